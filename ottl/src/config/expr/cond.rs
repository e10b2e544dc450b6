//! Conditions put together from tests of OTTL, and made smaller where a part is known.

use std::rc::Rc;

use ottl_syntax::Span;

use super::Piece;

/// A condition, true or false for each data point.
#[derive(Clone, Debug)]
pub(super) enum Cond {
    Always,
    Never,
    /// That the metric has a type, by its name in OTTL. It has one.
    Type(&'static str, Span),
    /// A condition of OTTL without `and`, `or` and `not`, and what it comes from.
    Test(Rc<str>, Span),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Cond {
    pub(super) fn test(text: String, span: Span) -> Self {
        Self::Test(text.into(), span)
    }

    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Always } else { Self::Never }
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, other) => other,
            (one, Self::Always) => one,
            (one, other) if one.excludes(&other) => Self::Never,
            (one, other) => {
                let mut parts = match one {
                    Self::All(parts) => parts,
                    one => vec![one],
                };
                match other {
                    Self::All(more) => parts.extend(more),
                    other => parts.push(other),
                }
                Self::All(parts)
            }
        }
    }

    /// The type that is asked for, beside other things.
    fn asked_type(&self) -> Option<&'static str> {
        match self {
            Self::Type(name, _) => Some(name),
            Self::All(parts) => parts.iter().find_map(|part| match part {
                Self::Type(name, _) => Some(*name),
                _ => None,
            }),
            _ => None,
        }
    }

    /// Whether both ask for types, and for different ones.
    fn excludes(&self, other: &Self) -> bool {
        match (self.asked_type(), other.asked_type()) {
            (Some(one), Some(other)) => one != other,
            _ => false,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Never, other) => other,
            (one, Self::Never) => one,
            (one, other) => {
                let mut parts = match one {
                    Self::Any(parts) => parts,
                    one => vec![one],
                };
                match other {
                    Self::Any(more) => parts.extend(more),
                    other => parts.push(other),
                }
                Self::Any(parts)
            }
        }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// About how many bytes it takes when written.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Always | Self::Never => 5,
            Self::Type(name, _) => name.len() + 40,
            Self::Test(text, _) => text.len() + 5,
            Self::Not(inner) => inner.size() + 6,
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::size).sum::<usize>() + 2,
        }
    }

    /// How deep its brackets nest.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Always | Self::Never | Self::Type(..) | Self::Test(..) => 0,
            Self::Not(inner) => inner.depth() + 1,
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().map(Self::depth).max().unwrap_or(0) + 1
            }
        }
    }

    /// Writes it in OTTL.
    pub(super) fn write(&self, out: &mut Vec<Piece>, whole: Span) {
        let mut add = |text: &str| out.push((text.to_owned(), whole));
        match self {
            Self::Always => add("true"),
            Self::Never => add("false"),
            Self::Type(name, span) => {
                out.push((format!("metric.type == METRIC_DATA_TYPE_{name}"), *span));
            }
            Self::Test(text, span) => out.push((text.as_ref().to_owned(), *span)),
            Self::Not(inner) => {
                add("not (");
                inner.write(out, whole);
                out.push((")".to_owned(), whole));
            }
            Self::All(parts) => Self::write_parts(parts, " and ", out, whole),
            Self::Any(parts) => Self::write_parts(parts, " or ", out, whole),
        }
    }

    fn write_parts(parts: &[Self], between: &str, out: &mut Vec<Piece>, whole: Span) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                out.push((between.to_owned(), whole));
            }
            let is_list = matches!(part, Self::All(_) | Self::Any(_));
            if is_list {
                out.push(("(".to_owned(), whole));
            }
            part.write(out, whole);
            if is_list {
                out.push((")".to_owned(), whole));
            }
        }
    }
}
