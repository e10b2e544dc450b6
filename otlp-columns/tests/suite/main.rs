//! Properties of batches and of their JSON form, with the structs of `opentelemetry-proto` as the
//! oracle.

mod access;
mod arbitrary;
mod edits;
mod encode;
mod flat;
mod hostile;
mod json;
mod json_reference;
mod merge;
mod merge_model;
mod messages;
mod profiles;
#[cfg(feature = "opentelemetry-proto")]
mod proto;
mod regroup;
mod regroup_model;
mod rewrite;
mod rows;
