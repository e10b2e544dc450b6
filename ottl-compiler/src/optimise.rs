//! The optimiser: what is known of values before the program runs, and which statements run together.
//!
//! Nothing rewrites the HIR. [`Values`] numbers the values and conditions of a program, so that two
//! with the same number are the same wherever they stand, and knows some of them. The code generator
//! asks for these numbers: what is known becomes a constant ([`fold`]), chains of equalities become
//! a table ([`sets`]), and what a part has computed is not computed again ([`known`]). Then [`plan`]
//! looks at neighbouring statements that run by columns and decides what they share, what is
//! evaluated once for many items, and which of them are chosen between through a table.
//!
//! A pass that is switched off changes nothing but the code: programs give the same answers with any
//! of them. Time and memory are in proportion to the source.

mod fold;
pub(crate) mod known;
pub(crate) mod plan;
pub(crate) mod sets;
mod values;

use std::collections::HashMap;
use std::fmt;

use foldhash::fast::RandomState;

pub(crate) use self::values::{ValueId, Values};

/// A table that is asked often while one program is compiled.
pub(crate) type Map<K, V> = HashMap<K, V, RandomState>;

/// One pass of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pass {
    /// Arithmetic, comparisons and logic on literals are done when the program is compiled.
    Fold,
    /// Statements whose condition never holds have no code.
    Dead,
    /// Many literals that one value is compared with become a table.
    Sets,
    /// Values that a statement, or several, need more than once are computed once.
    Share,
    /// A condition that several statements have is evaluated once.
    Fuse,
    /// What depends only on the levels above the items is evaluated once for neighbouring items.
    Hoist,
    /// Statements that compare the same value with literals are chosen between through a table.
    Switch,
}

impl Pass {
    /// Every pass.
    pub const ALL: [Self; 7] = [
        Self::Fold,
        Self::Dead,
        Self::Sets,
        Self::Share,
        Self::Fuse,
        Self::Hoist,
        Self::Switch,
    ];

    /// The name by which it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fold => "fold",
            Self::Dead => "dead",
            Self::Sets => "sets",
            Self::Share => "share",
            Self::Fuse => "fuse",
            Self::Hoist => "hoist",
            Self::Switch => "switch",
        }
    }
}

/// A set of passes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Passes(u8);

impl Default for Passes {
    /// All of them.
    fn default() -> Self {
        Self::ALL
    }
}

impl Passes {
    /// No pass.
    pub const NONE: Self = Self(0);

    /// Every pass.
    pub const ALL: Self = Self((1 << Pass::ALL.len()) - 1);

    /// Whether a pass is among them.
    #[must_use]
    pub fn has(self, pass: Pass) -> bool {
        self.0 & 1 << pass as u8 != 0
    }

    /// The same passes and one more.
    #[must_use]
    pub fn with(self, pass: Pass) -> Self {
        Self(self.0 | 1 << pass as u8)
    }

    /// The same passes but for one.
    #[must_use]
    pub fn without(self, pass: Pass) -> Self {
        Self(self.0 & !(1 << pass as u8))
    }

    /// Reads `all`, `none`, or names of passes with commas between them.
    ///
    /// # Errors
    /// A sentence when there is no such pass.
    ///
    /// ```
    /// use ottl_compiler::{Pass, Passes};
    ///
    /// let passes = Passes::parse("hoist,switch").unwrap();
    /// assert!(passes.has(Pass::Hoist) && !passes.has(Pass::Fold));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "all" => return Ok(Self::ALL),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        let mut passes = Self::NONE;
        for name in text.split(',') {
            let named = |pass: &Pass| pass.name() == name;
            let Some(pass) = Pass::ALL.into_iter().find(named) else {
                let names = Pass::ALL.map(Pass::name).join(", ");
                return Err(format!(
                    "There is no pass {name:?}. Give all, none, or some of {names}, with commas."
                ));
            };
            passes = passes.with(pass);
        }
        Ok(passes)
    }
}

impl fmt::Display for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ALL => f.write_str("all"),
            Self::NONE => f.write_str("none"),
            some => {
                let passes = Pass::ALL.into_iter().filter(|&pass| some.has(pass));
                let names: Vec<_> = passes.map(Pass::name).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

impl fmt::Debug for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passes({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_are_read_as_they_are_shown() {
        let some = Passes::NONE.with(Pass::Fold).with(Pass::Switch);
        for passes in [
            Passes::ALL,
            Passes::NONE,
            some,
            Passes::ALL.without(Pass::Hoist),
        ] {
            assert_eq!(Passes::parse(&passes.to_string()), Ok(passes));
        }
        assert_eq!(some.to_string(), "fold,switch");
        let error = Passes::parse("fold,inline").expect_err("there is no such pass");
        assert!(error.starts_with("There is no pass \"inline\"."), "{error}");
    }
}
