//! What an operation evaluates to, and how that converts.

use std::borrow::Cow;

use ottl_vm::{ExecError, go};

use super::run::{Query, Run};
use crate::support::blanks::trim;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// Those that the operation selects from now on.
    Nodes,
    Number(f64),
    Text(Cow<'a, [u8]>),
    Bool(bool),
}

impl<'a> Value<'a> {
    /// As a number. Of nodes the first counts.
    pub(super) fn number(
        self,
        query: Option<&mut Query<'a>>,
        run: &mut Run<'a>,
    ) -> Result<f64, ExecError> {
        Ok(match self {
            Value::Nodes => match run.first(query)? {
                Some(node) => to_number(&run.value(node)?),
                None => f64::NAN,
            },
            Value::Number(value) => value,
            Value::Text(text) => to_number(&text),
            Value::Bool(value) => f64::from(u8::from(value)),
        })
    }

    /// As text. Of nodes the first counts.
    pub(super) fn text(
        self,
        query: Option<&mut Query<'a>>,
        run: &mut Run<'a>,
    ) -> Result<Cow<'a, [u8]>, ExecError> {
        Ok(match self {
            Value::Nodes => match run.first(query)? {
                Some(node) => run.value(node)?,
                None => Cow::Borrowed(b""),
            },
            Value::Number(value) => Cow::Owned(number_text(value)),
            Value::Text(text) => text,
            Value::Bool(true) => Cow::Borrowed(b"true"),
            Value::Bool(false) => Cow::Borrowed(b"false"),
        })
    }

    /// Whether it holds. Nodes do when there is one.
    pub(super) fn truth(
        self,
        query: Option<&mut Query<'a>>,
        run: &mut Run<'a>,
    ) -> Result<bool, ExecError> {
        Ok(match self {
            Value::Nodes => run.first(query)?.is_some(),
            Value::Number(value) => value != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Bool(value) => value,
        })
    }
}

/// The number that text is, NaN when it is none.
pub(super) fn to_number(text: &[u8]) -> f64 {
    go::parse_float(trim(text)).unwrap_or(f64::NAN)
}

fn number_text(value: f64) -> Vec<u8> {
    if value.is_nan() {
        return b"NaN".to_vec();
    }
    if value.is_infinite() {
        let name: &[u8] = if value > 0.0 {
            b"Infinity"
        } else {
            b"-Infinity"
        };
        return name.to_vec();
    }
    // Adding zero takes the sign from a negative zero.
    (value + 0.0).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_exponent() {
        for (value, text) in [
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (-0.0, "0"),
            (1e21, "1000000000000000000000"),
            (1.5e-7, "0.00000015"),
        ] {
            assert_eq!(String::from_utf8(number_text(value)).as_deref(), Ok(text));
        }
    }
}
