//! The language server: what editors ask about scripts and configurations.
//!
//! [`server`] reads messages and answers them one by one; a thread of its own only reads. What it
//! knows of an open file is a [`documents::Document`]. To answer about a place it finds the OTTL that
//! stands there ([`place`]), whether the file is a script or has it in a YAML scalar, and asks what a
//! writer is in the midst of ([`cursor`]); from there on both are the same.
//!
//! Problems come from the same functions as those of `ottlc check`, names and documentation from the
//! tables that the compiler uses. Nothing here reads files: the editor sends their content.

mod actions;
mod completion;
mod cursor;
mod diagnostics;
mod documents;
mod features;
mod formatting;
mod hover;
mod markdown;
mod place;
mod positions;
mod repair;
mod server;
mod settings;
mod signature;
mod symbols;
mod transport;

pub(crate) use server::{Ending, serve};
pub(crate) use settings::Settings;
