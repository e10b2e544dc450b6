//! What the editors that replace text put in its place: text, or what a function makes of it.
//!
//! Their parameters `replacement`, `function` and `replacement_format` follow each other.

use std::sync::Arc;

use otlp_columns::{Slice, Value};
use ottl_vm::{BindArgs, CallContext, ExecError, Param, ParamKind, TextBuilder, ValueKind};

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
    pub(crate) fn template(&self, cx: &CallContext<'_>) -> Result<GivenTemplate<'_>, ExecError> {
        match &self.template {
            Some(template) => Ok(GivenTemplate::Literal(template)),
            None => Ok(GivenTemplate::Dynamic(Template::new(
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
        template: &GivenTemplate<'_>,
        text: Slice,
    ) -> Result<Option<Slice>, ExecError> {
        let template = match template {
            GivenTemplate::Literal(template) => template,
            GivenTemplate::Dynamic(template) => template,
        };
        let mut out = cx.text();
        if !cx.is_present(self.param + 1) {
            let meter = cx.heap().meter();
            if regex.replace_all(meter, cx.bytes(text), template, &mut out)? {
                return Ok(Some(cx.new_text(out)));
            }
            cx.discard(out);
            return Ok(None);
        }
        let meter = Arc::clone(cx.heap().meter());
        let text = cx.bytes(text).to_vec();
        let (mut expanded, mut copied) = (cx.text(), None);
        regex.for_each(&meter, &text, true, |found| {
            expanded.truncate(0);
            template.expand(regex, &text, found, &mut expanded)?;
            let input = expanded.slice(cx.heap_mut());
            let result = self.call(cx, input)?;
            let range = found.range();
            out.push(&text[copied.unwrap_or(0)..range.start])?;
            out.push(cx.bytes(result))?;
            copied = Some(range.end);
            Ok(())
        })?;
        let Some(copied) = copied else {
            return Ok(None);
        };
        out.push(&text[copied..])?;
        Ok(Some(cx.new_text(out)))
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
        if cx.bytes(format) == b"%s" {
            return Ok(result);
        }
        let mut out = cx.text();
        if !put_formatted(cx.bytes(format), cx.bytes(result), &mut out)? {
            return Err(ExecError::new(
                "The format of the replacement must contain `%s`, no other `%` and no line break.",
            ));
        }
        Ok(cx.new_text(out))
    }
}

/// A template of this or of an earlier moment.
pub(crate) enum GivenTemplate<'a> {
    /// From a literal.
    Literal(&'a Template),
    /// From a value.
    Dynamic(Template),
}

/// Appends `format` with `%s` replaced, as Go's `Sprintf` with one argument would, and tells
/// whether the format is allowed.
///
/// # Errors
/// When the result would be too long, or the run has to stop.
fn put_formatted(format: &[u8], text: &[u8], out: &mut TextBuilder) -> Result<bool, ExecError> {
    if format.contains(&b'\n') {
        return Ok(false);
    }
    let mut parts = format.split(|&byte| byte == b'%');
    out.push(parts.next().unwrap_or_default())?;
    let mut used = false;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        match part.strip_prefix(b"s") {
            Some(rest) => {
                // Go says so in the text when it runs out of arguments.
                out.push(if used { b"%!s(MISSING)" } else { text })?;
                out.push(rest)?;
                used = true;
            }
            None if part.is_empty() && parts.peek().is_none() => out.push(b"%!(NOVERB)")?,
            None => return Ok(false),
        }
    }
    Ok(used)
}

#[cfg(test)]
mod tests {
    use otlp_columns::Heap;

    use super::*;

    #[test]
    fn formats_are_those_of_go_with_one_string() {
        let apply = |format: &str| {
            let mut out = TextBuilder::new(&Heap::scratch(), 100);
            let allowed = put_formatted(format.as_bytes(), b"x", &mut out).expect("it is short");
            allowed.then(|| String::from_utf8_lossy(out.bytes()).into_owned())
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
