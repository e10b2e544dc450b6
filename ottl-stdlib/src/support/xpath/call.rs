//! Calls of functions.

use std::borrow::Cow;
use std::collections::HashMap;

use ottl_vm::ExecError;

use super::navigator::Nav;
use super::plan::{CallPattern, OpId};
use super::run::{Query, Run};
use super::signature::Function;
use super::value::Value;
use crate::support::blanks::trim;
use crate::support::chars;
use crate::support::regex::Template;

/// A call.
pub(super) struct Call<'a> {
    pub(super) args: &'a [Option<OpId>],
    pub(super) nodes: Option<OpId>,
    pub(super) pattern: Option<&'a CallPattern>,
}

type Text<'a> = Cow<'a, [u8]>;

impl<'a> Call<'a> {
    /// Calls a function.
    pub(super) fn evaluate(
        &self,
        function: Function,
        run: &mut Run<'a>,
    ) -> Result<Value<'a>, ExecError> {
        Ok(match function {
            Function::True => Value::Bool(true),
            Function::False => Value::Bool(false),
            Function::Not => Value::Bool(self.not(run)?),
            Function::Boolean => Value::Bool(self.boolean(run)?),
            Function::StartsWith | Function::EndsWith | Function::Contains => {
                Value::Bool(self.contains(function, run)?)
            }
            Function::Matches => self.matches(run)?,
            Function::Position => Value::Number(self.position(run)?),
            Function::Last => Value::Number(self.last(run)?),
            Function::Count => Value::Number(self.count(run)?),
            Function::Sum => Value::Number(self.sum(run)?),
            Function::Number => Value::Number(self.number(0, run)?),
            Function::Ceiling => Value::Number(self.number(0, run)?.ceil()),
            Function::Floor => Value::Number(self.number(0, run)?.floor()),
            Function::Round => Value::Number(round(self.number(0, run)?)),
            Function::StringLength => {
                let text = self.node_text(0, run)?.unwrap_or_default();
                Value::Number(text.len() as f64)
            }
            Function::Name | Function::LocalName | Function::NamespaceUri => {
                Value::Text(self.name(function, run)?)
            }
            Function::String => Value::Text(self.string(run)?),
            Function::LowerCase => Value::Text(lower_case(&self.text(0, run)?, run)?),
            Function::NormalizeSpace => {
                let text = self.node_text(0, run)?.unwrap_or_default();
                Value::Text(normalized(&text, run)?)
            }
            Function::Concat => Value::Text(self.concat(run)?),
            Function::StringJoin => Value::Text(self.join(run)?),
            Function::Substring => Value::Text(self.substring(run)?),
            Function::SubstringBefore | Function::SubstringAfter => {
                Value::Text(self.substring_beside(function, run)?)
            }
            Function::Translate => Value::Text(self.translate(run)?),
            Function::Replace => Value::Text(self.replace(run)?),
            // It is an operation of its own.
            Function::Reverse => Value::Nodes,
        })
    }

    /// An argument, as an operation that did nothing yet.
    fn query(&self, arg: usize, run: &Run<'a>) -> Option<Query<'a>> {
        let id = self.args.get(arg).copied().flatten()?;
        Some(Query::new(run.plan, id))
    }

    /// An argument evaluated, with the operation to select from.
    fn value(
        &self,
        arg: usize,
        run: &mut Run<'a>,
    ) -> Result<(Value<'a>, Option<Query<'a>>), ExecError> {
        let mut query = self.query(arg, run);
        let value = match &mut query {
            Some(query) => query.evaluate(run)?,
            None => Value::Nodes,
        };
        Ok((value, query))
    }

    /// An argument as text, whatever it is.
    fn text(&self, arg: usize, run: &mut Run<'a>) -> Result<Text<'a>, ExecError> {
        let (value, mut query) = self.value(arg, run)?;
        value.text(query.as_mut(), run)
    }

    /// An argument that is text, or the text of its first node; none when there is no node. Numbers
    /// and booleans are empty.
    fn node_text(&self, arg: usize, run: &mut Run<'a>) -> Result<Option<Text<'a>>, ExecError> {
        let (value, mut query) = self.value(arg, run)?;
        Ok(match value {
            Value::Text(text) => Some(text),
            Value::Nodes => match run.first(query.as_mut())? {
                Some(node) => Some(run.value(node)?),
                None => None,
            },
            Value::Number(_) | Value::Bool(_) => Some(Cow::Borrowed(b"")),
        })
    }

    fn number(&self, arg: usize, run: &mut Run<'a>) -> Result<f64, ExecError> {
        if self.args.len() <= arg {
            return Value::Text(run.value(run.current)?).number(None, run);
        }
        let (value, mut query) = self.value(arg, run)?;
        value.number(query.as_mut(), run)
    }

    fn boolean(&self, run: &mut Run<'a>) -> Result<bool, ExecError> {
        if self.args.is_empty() {
            return Ok(true);
        }
        let (value, mut query) = self.value(0, run)?;
        value.truth(query.as_mut(), run)
    }

    fn not(&self, run: &mut Run<'a>) -> Result<bool, ExecError> {
        let (value, mut query) = self.value(0, run)?;
        Ok(match value {
            Value::Bool(value) => !value,
            Value::Nodes => run.first(query.as_mut())?.is_none(),
            Value::Number(_) | Value::Text(_) => false,
        })
    }

    fn contains(&self, function: Function, run: &mut Run<'a>) -> Result<bool, ExecError> {
        let (value, mut query) = self.value(0, run)?;
        let text = if let Value::Nodes = value {
            match run.first(query.as_mut())? {
                Some(node) => run.value(node)?,
                None => return Ok(false),
            }
        } else {
            value.text(None, run)?
        };
        let part = self.text(1, run)?;
        run.spend(text.len() / 16)?;
        Ok(match function {
            Function::StartsWith => text.starts_with(&part),
            Function::EndsWith => text.ends_with(&part),
            _ => memchr::memmem::find(&text, &part).is_some(),
        })
    }

    fn matches(&self, run: &mut Run<'a>) -> Result<Value<'a>, ExecError> {
        let Some(text) = self.node_text(0, run)? else {
            return Ok(Value::Text(Cow::Borrowed(b"")));
        };
        let pattern = self.text(1, run)?;
        let Some(CallPattern(compiled)) = self.pattern else {
            return Ok(Value::Bool(false));
        };
        let meter = run.heap.meter();
        let regex = compiled.of(meter, &pattern)?;
        regex.is_match(meter, &text).map(Value::Bool)
    }

    fn replace(&self, run: &mut Run<'a>) -> Result<Text<'a>, ExecError> {
        let text = self.text(0, run)?;
        let pattern = self.text(1, run)?;
        let replacement = self.text(2, run)?;
        let Some(CallPattern(compiled)) = self.pattern else {
            return Ok(text);
        };
        let meter = run.heap.meter();
        let regex = compiled.of(meter, &pattern)?;
        let template = braced(&replacement, regex.names().len(), run)?;
        let mut out = run.text();
        let replaced = regex.replace_all(meter, &text, &Template::new(&template), &mut out)?;
        Ok(if replaced {
            Cow::Owned(out.bytes().to_vec())
        } else {
            text
        })
    }

    fn position(&self, run: &mut Run<'a>) -> Result<f64, ExecError> {
        let mut node = run.current;
        let mut count = 1_usize;
        while node.go_to_previous(run.tree) {
            run.spend(1)?;
            count += usize::from(self.is_counted(node, run));
        }
        Ok(count as f64)
    }

    fn last(&self, run: &mut Run<'a>) -> Result<f64, ExecError> {
        let mut node = run.current;
        node.go_to_first(run.tree);
        let mut count = 0_usize;
        loop {
            run.spend(1)?;
            count += usize::from(self.is_counted(node, run));
            if !node.go_to_next(run.tree) {
                return Ok(count as f64);
            }
        }
    }

    fn is_counted(&self, node: Nav, run: &Run<'a>) -> bool {
        let test = run.plan.test(self.nodes);
        test.is_none_or(|test| test.matches(run.tree, node))
    }

    /// The nodes of the first argument that pass its test; none when it is something else.
    fn count(&self, run: &mut Run<'a>) -> Result<f64, ExecError> {
        let (value, query) = self.value(0, run)?;
        let (Value::Nodes, Some(mut query)) = (value, query) else {
            return Ok(0.0);
        };
        let test = run.plan.test(self.args[0]);
        let mut count = 0_usize;
        while let Some(node) = query.select(run)? {
            count += usize::from(test.is_none_or(|test| test.matches(run.tree, node)));
        }
        Ok(count as f64)
    }

    fn sum(&self, run: &mut Run<'a>) -> Result<f64, ExecError> {
        let (value, query) = self.value(0, run)?;
        match (value, query) {
            (Value::Nodes, Some(mut query)) => {
                let mut sum = 0.0;
                while let Some(node) = query.select(run)? {
                    sum += ottl_vm::go::parse_float(&run.value(node)?).unwrap_or(0.0);
                }
                Ok(sum)
            }
            (Value::Number(value), _) => Ok(value),
            (Value::Text(text), _) => Ok(ottl_vm::go::parse_float(&text).unwrap_or(f64::NAN)),
            (Value::Nodes | Value::Bool(_), _) => Ok(0.0),
        }
    }

    fn name(&self, function: Function, run: &mut Run<'a>) -> Result<Text<'a>, ExecError> {
        let node = match self.query(0, run) {
            None => run.current,
            Some(mut query) => match query.select(run)? {
                Some(node) => node,
                None => return Ok(Cow::Borrowed(b"")),
            },
        };
        let local = node.local(run.tree);
        Ok(Cow::Borrowed(match function {
            Function::LocalName => local,
            Function::NamespaceUri => node.namespace(run.tree),
            _ => {
                let prefix = node.prefix(run.tree);
                if !prefix.is_empty() {
                    return Ok(Cow::Owned([prefix, b":", local].concat()));
                }
                local
            }
        }))
    }

    fn string(&self, run: &mut Run<'a>) -> Result<Text<'a>, ExecError> {
        if self.args.first().copied().flatten().is_none() {
            return run.value(run.current);
        }
        self.text(0, run)
    }

    fn concat(&self, run: &mut Run<'a>) -> Result<Text<'a>, ExecError> {
        let mut out = run.text();
        for arg in 0..self.args.len() {
            out.push(&self.text(arg, run)?)?;
        }
        Ok(Cow::Owned(out.bytes().to_vec()))
    }

    fn join(&self, run: &mut Run<'a>) -> Result<Text<'a>, ExecError> {
        let separator = self.node_text(1, run)?.unwrap_or_default();
        let (value, query) = self.value(0, run)?;
        let (Value::Nodes, Some(mut query)) = (&value, query) else {
            return Ok(match value {
                Value::Text(text) => text,
                _ => Cow::Borrowed(b""),
            });
        };
        let test = run.plan.test(self.args[0]);
        let mut out = run.text();
        let mut is_first = true;
        while let Some(node) = query.select(run)? {
            if test.is_some_and(|test| !test.matches(run.tree, node)) {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                out.push(&separator)?;
            }
            out.push(&run.value(node)?)?;
        }
        Ok(Cow::Owned(out.bytes().to_vec()))
    }

    /// A part of text from a place on, counted in bytes. What the reference cannot cut, or what
    /// begins or ends outside of the text, is cut as XPath says.
    fn substring(&self, run: &mut Run<'a>) -> Result<Text<'a>, ExecError> {
        let Some(text) = self.node_text(0, run)? else {
            return Ok(Cow::Borrowed(b""));
        };
        let start = self.number(1, run)?.round();
        let len = text.len() as f64;
        if start.is_nan() || start > len {
            return Ok(Cow::Borrowed(b""));
        }
        let first = start.max(1.0) as usize - 1;
        if self.args.len() < 3 {
            return Ok(part(text, first, usize::MAX));
        }
        let count = self.number(2, run)?.round();
        if count.is_nan() || count <= 0.0 {
            return Ok(Cow::Borrowed(b""));
        }
        let count = count.min(len);
        if start > 0.0 {
            return Ok(part(text, first, first + count as usize));
        }
        let count = count + start;
        if start < 0.0 && count <= 1.0 {
            return Ok(Cow::Borrowed(b""));
        }
        Ok(part(text, 0, (count - 1.0) as usize))
    }

    fn substring_beside(
        &self,
        function: Function,
        run: &mut Run<'a>,
    ) -> Result<Text<'a>, ExecError> {
        let Some(text) = self.node_text(0, run)? else {
            return Ok(Cow::Borrowed(b""));
        };
        let word = self.node_text(1, run)?.unwrap_or_default();
        run.spend(text.len() / 16)?;
        let found = memchr::memmem::find(&text, &word).filter(|_| !word.is_empty());
        Ok(match found {
            None => Cow::Borrowed(b""),
            Some(at) if function == Function::SubstringBefore => part(text, 0, at),
            Some(at) => part(text, at + word.len(), usize::MAX),
        })
    }

    /// Text with characters replaced. The character at a byte of the second argument becomes the
    /// character whose number is the byte there in the third one.
    fn translate(&self, run: &mut Run<'a>) -> Result<Text<'a>, ExecError> {
        let text = self.text(0, run)?;
        let from = self.text(1, run)?;
        let to = self.text(2, run)?;
        run.spend(from.len() + text.len() / 8)?;
        let mut replacements = HashMap::new();
        let mut at = 0;
        while let Some((char, len)) = chars::first(&from[at..]) {
            let replacement = to.get(at).copied().map(char::from);
            replacements.entry(char).or_insert(replacement);
            at += len;
        }
        let mut out = run.text();
        let mut rest = &text[..];
        while let Some((char, len)) = chars::first(rest) {
            let is_invalid = char == char::REPLACEMENT_CHARACTER && len == 1;
            match replacements.get(&char).filter(|_| !is_invalid) {
                None => out.push(&rest[..len])?,
                Some(Some(char)) => out.push_char(*char)?,
                Some(None) => {}
            }
            rest = &rest[len..];
        }
        Ok(Cow::Owned(out.bytes().to_vec()))
    }
}

/// Bytes of text, as many as there are.
fn part(text: Text<'_>, start: usize, end: usize) -> Text<'_> {
    let end = end.min(text.len());
    let start = start.min(end);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
        Cow::Owned(text) => Cow::Owned(text[start..end].to_vec()),
    }
}

/// The nearest integer, the larger one of two.
fn round(value: f64) -> f64 {
    let floor = value.floor();
    if (-0.5..0.5).contains(&value) {
        return value * 0.0;
    }
    if value - floor >= 0.5 {
        floor + 1.0
    } else {
        floor
    }
}

fn lower_case<'a>(text: &[u8], run: &Run<'_>) -> Result<Text<'a>, ExecError> {
    let mut out = run.text();
    for (char, _) in chars::all(text) {
        // Go knows only mappings to one character.
        let mut lower = char.to_lowercase();
        out.push_char(lower.next().unwrap_or(char))?;
    }
    Ok(Cow::Owned(out.bytes().to_vec()))
}

/// Text without white space at its ends, and one blank for each run of white space.
fn normalized<'a>(text: &[u8], run: &Run<'_>) -> Result<Text<'a>, ExecError> {
    let mut out = run.text();
    let mut rest = trim(text);
    while let Some((char, len)) = chars::first(rest) {
        rest = &rest[len..];
        if !char.is_whitespace() {
            out.push_char(char)?;
        } else if chars::first(rest).is_none_or(|(next, _)| !next.is_whitespace()) {
            out.push_byte(b' ')?;
        }
    }
    Ok(Cow::Owned(out.bytes().to_vec()))
}

/// A replacement with the numbers of groups in braces, so that what follows them is not part of
/// their names.
fn braced(replacement: &[u8], groups: usize, run: &Run<'_>) -> Result<Vec<u8>, ExecError> {
    let mut template = replacement.to_vec();
    if !template.contains(&b'$') {
        return Ok(template);
    }
    for group in (1..groups).rev() {
        run.spend(1 + template.len() / 16)?;
        let name = format!("${group}");
        let mut out = run.text();
        let mut copied = 0;
        for found in memchr::memmem::find_iter(&template, name.as_bytes()) {
            out.push(&template[copied..found])?;
            out.push(format!("${{{group}}}").as_bytes())?;
            copied = found + name.len();
        }
        out.push(&template[copied..])?;
        template = out.bytes().to_vec();
    }
    Ok(template)
}
