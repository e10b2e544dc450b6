//! What several functions share.

pub(crate) mod case;
pub(crate) mod duration;
pub(crate) mod glob;
pub(crate) mod id;
pub(crate) mod json;
pub(crate) mod lambda;
pub(crate) mod maps;
pub(crate) mod pattern;
pub(crate) mod plain;
pub(crate) mod regex;
pub(crate) mod replacement;
pub(crate) mod slices;
pub(crate) mod time;
