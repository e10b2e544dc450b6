//! What the editors that replace text put in its place: text, or what a function makes of it.
//!
//! Their parameters `replacement`, `function` and `replacement_format` follow each other.

use std::borrow::Cow;

use otlp_columns::{Slice, Value};
use ottl_vm::{BindArgs, CallContext, ExecError, Param, ParamKind, ValueKind};

use super::regex::{GoRegex, Template};

/// The parameter `replacement`.
pub(crate) const REPLACEMENT: Param =
    Param::new("replacement", ParamKind::Value(ValueKind::String));
/// The parameter `function`.
pub(crate) const FUNCTION: Param = Param::optional("function", ParamKind::Function);
/// The parameter `replacement_format`.
pub(crate) const FORMAT: Param =
    Param::optional("replacement_format", ParamKind::Value(ValueKind::String));

/// The three arguments, the first of which is number `param`.
pub(crate) struct Replacement {
    param: usize,
    template: Option<Template>,
}

impl Replacement {
    /// Prepares a literal replacement as a template.
    pub(crate) fn bind(args: &BindArgs<'_>, param: usize) -> Self {
        Self {
            param,
            template: args.string(param).map(Template::new),
        }
    }

    /// The replacement as plain text, for editors that replace the whole.
    ///
    /// # Errors
    /// When an argument is no string, or the function fails.
    pub(crate) fn whole(&self, cx: &mut CallContext<'_>) -> Result<Slice, ExecError> {
        let replacement = cx.string(self.param)?;
        if cx.is_present(self.param + 1) {
            self.call(cx, replacement)
        } else {
            Ok(replacement)
        }
    }

    /// The replacement as a template for matches.
    ///
    /// # Errors
    /// When it is no string.
    pub(crate) fn template(&self, cx: &CallContext<'_>) -> Result<Prepared<'_>, ExecError> {
        match &self.template {
            Some(template) => Ok(Prepared::Literal(template)),
            None => Ok(Prepared::Dynamic(Template::new(
                cx.bytes(cx.string(self.param)?),
            ))),
        }
    }

    /// `text` with each match replaced; `None` when there is no match.
    ///
    /// # Errors
    /// When the function fails, or the result is too long.
    pub(crate) fn rewrite(
        &self,
        cx: &mut CallContext<'_>,
        regex: &GoRegex,
        template: &Prepared<'_>,
        text: Slice,
    ) -> Result<Option<Slice>, ExecError> {
        let template = match template {
            Prepared::Literal(template) => template,
            Prepared::Dynamic(template) => template,
        };
        let limit = cx.settings().max_string_bytes;
        let too_long = || ExecError::new("The text with its replacements is too long.");
        if !cx.is_present(self.param + 1) {
            let out = regex.replace_all(cx.bytes(text), template, limit);
            let out = out.map_err(|_| too_long())?;
            return Ok(out.map(|out| cx.heap_mut().alloc(&out)));
        }
        let text = cx.bytes(text).to_vec();
        let (mut out, mut copied) = (Vec::new(), None);
        regex.for_each(&text, true, |found| {
            let mut expanded = Vec::new();
            template
                .expand(regex, &text, found, limit, &mut expanded)
                .map_err(|_| too_long())?;
            let input = cx.heap_mut().alloc(&expanded);
            let result = self.call(cx, input)?;
            let range = found.range();
            out.extend_from_slice(&text[copied.unwrap_or(0)..range.start]);
            out.extend_from_slice(cx.bytes(result));
            copied = Some(range.end);
            if out.len() > limit {
                return Err(too_long());
            }
            Ok(())
        })?;
        let Some(copied) = copied else {
            return Ok(None);
        };
        out.extend_from_slice(&text[copied..]);
        if out.len() > limit {
            return Err(too_long());
        }
        Ok(Some(cx.heap_mut().alloc(&out)))
    }

    /// What the function makes of `input`, in its format.
    fn call(&self, cx: &mut CallContext<'_>, input: Slice) -> Result<Slice, ExecError> {
        let Value::Str(result) = cx.call_function(self.param + 1, Value::Str(input))? else {
            return Err(ExecError::new("The function's result is no string."));
        };
        if !cx.is_present(self.param + 2) {
            return Ok(result);
        }
        let format = cx.string(self.param + 2)?;
        let Some(text) = formatted(cx.bytes(format), cx.bytes(result)) else {
            return Err(ExecError::new(
                "The format of the replacement must contain `%s`, no other `%` and no line break.",
            ));
        };
        let text = text.into_owned();
        Ok(cx.heap_mut().alloc(&text))
    }
}

/// A template of this or of an earlier moment.
pub(crate) enum Prepared<'a> {
    /// From a literal.
    Literal(&'a Template),
    /// From a value.
    Dynamic(Template),
}

/// `format` with `%s` replaced, as Go's `Sprintf` with one argument would; `None` when the format
/// is not allowed.
fn formatted<'a>(format: &[u8], text: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    if format == b"%s" {
        return Some(Cow::Borrowed(text));
    }
    if format.contains(&b'\n') {
        return None;
    }
    let mut parts = format.split(|&byte| byte == b'%');
    let mut out = parts.next()?.to_vec();
    let mut used = false;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        match part.strip_prefix(b"s") {
            Some(rest) => {
                // Go says so in the text when it runs out of arguments.
                out.extend_from_slice(if used { b"%!s(MISSING)" } else { text });
                out.extend_from_slice(rest);
                used = true;
            }
            None if part.is_empty() && parts.peek().is_none() => {
                out.extend_from_slice(b"%!(NOVERB)");
            }
            None => return None,
        }
    }
    used.then_some(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_of_go_with_one_string() {
        let apply = |format: &str| {
            formatted(format.as_bytes(), b"x").map(|out| String::from_utf8_lossy(&out).into_owned())
        };
        assert_eq!(apply("%s").as_deref(), Some("x"));
        assert_eq!(apply("<%s>").as_deref(), Some("<x>"));
        assert_eq!(apply("%s-%s").as_deref(), Some("x-%!s(MISSING)"));
        assert_eq!(apply("%s%").as_deref(), Some("x%!(NOVERB)"));
        for format in ["", "x", "%", "%d", "%s%d", "%%s", "100% %s", "%s\n", "%5s"] {
            assert_eq!(apply(format), None, "{format:?}");
        }
    }
}
