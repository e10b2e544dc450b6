//! Text from a pattern with verbs, as Go's `fmt.Sprintf` makes it.
//!
//! The shape of a pattern depends on the number of operands but not on the operands, so that it is
//! read once; see [`Pattern`]. Widths and precisions that are operands are looked up when text is made.
//!
//! Where the reference prints addresses of its memory this prints text: maps, lists and message parts
//! of the data model have the text of an attribute. No text is longer than the limit of the run.

mod float;
mod number;
mod pattern;
mod printer;
mod quote;
mod text;
mod types;

pub(crate) use pattern::Pattern;
pub(crate) use printer::print;
