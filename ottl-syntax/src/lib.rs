//! OTTL source text to syntax tree.
//!
//! Four entry points: [`parse_statement`], [`parse_condition`] and [`parse_value`] take one source
//! each, as a configuration file has them; [`parse_script`] takes a file of statements with comments.
//! All return what they could build *and* every problem they found ([`Parsed`]). [`render`] shows the
//! problems with carets, [`print_statement`] and [`print_expr`] spell a tree canonically.
//! [`format_script`] and its siblings lay a source out and keep its comments and spelling.
//!
//! ```
//! use ottl_syntax::{Dialect, Limits, parse_statement, print_statement};
//!
//! let source = "set( span.name , \"x\" )where span.kind==SPAN_KIND_SERVER";
//! let parsed = parse_statement(source, Dialect::Strict, &Limits::default());
//! let statement = parsed.value.expect("this is a valid statement");
//! let canonical = "set(span.name, \"x\") where span.kind == SPAN_KIND_SERVER";
//! assert_eq!(print_statement(&statement), canonical);
//! ```
//!
//! On the way: [`lexer`] makes tokens, which are the reference's tokens; pieces of names are joined;
//! the nesting is checked against [`Limits`]; a LALR(1) grammar (`grammar/ottl.lalrpop`) builds a tree
//! that covers values and conditions alike, which a parser by hand does faster for sources without
//! mistakes; and one pass decides what may stand where and makes the
//! [`ast`]. In [`Dialect::Strict`] the language is exactly that of the reference's grammar.
//!
//! Nothing in this crate knows about OTLP, about which paths or functions exist, or about execution:
//! it does no I/O and reads no environment. No source text makes it panic.

pub mod ast;
mod codes;
mod cover;
mod depth;
mod diagnostic;
mod direct;
pub mod explanation;
mod format;
mod items;
pub mod lexer;
mod line_index;
mod literal;
mod lower;
mod names;
mod parser;
mod printer;
mod recover;
mod render;
mod script;
mod sorts;
mod span;
mod statement;
mod unspan;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Fix, Label, Severity};
pub use format::{FormatOptions, format_condition, format_script, format_statement, format_value};
pub use line_index::{LineColumn, LineIndex, one_line};
pub use parser::{
    Dialect, Limits, Parsed, parse_condition, parse_script, parse_statement, parse_value,
};
pub use printer::{print_expr, print_item, print_statement};
pub use render::render;
pub use script::open_statement;
pub use span::Span;
