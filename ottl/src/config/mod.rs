//! Configurations of the Collector: reading, checking and running what in them is OTTL.
//!
//! A file of the Collector, or just the part about one component, becomes [`Component`]s: transform
//! and filter processors and routing connectors. Every statement and condition is compiled by an
//! [`Engine`](crate::Engine), and every problem is shown where it stands in the file, whichever way
//! the scalar was quoted or folded.
//!
//! ```
//! use ottl::{Engine, Signal, config};
//!
//! let file = r#"
//! processors:
//!   transform/names:
//!     trace_statements:
//!       - set(span.nme, "x")
//! "#;
//! let read = config::read(file, &config::ReadOptions::default());
//! let problems = read.check(&Engine::default());
//! let shown = ottl::render(&problems, "collector.yaml", file, false);
//! assert!(shown.contains("collector.yaml:5:13"));
//! assert!(shown.contains("did you mean `span.name`?"));
//! ```
//!
//! A component without errors runs over messages as the Collector's would:
//!
//! ```
//! # use ottl::{Engine, Signal, config};
//! let file = r#"{trace_conditions: ['span.name == "health"']}"#;
//! let options = config::ReadOptions::default();
//! let read = config::read_component(config::ComponentKind::Filter, file, &options);
//! let pipeline = read.components[0].compile(&Engine::default()).expect("no problems");
//! let message = ottl::json::to_wire(
//!     Signal::Traces,
//!     br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"health"}]}]}]}"#,
//! )?;
//! let outcome = pipeline.run(Signal::Traces, message)?;
//! assert!(outcome.outputs.is_empty(), "nothing is left to be sent");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Facts about the components come from processor/transformprocessor and processor/filterprocessor
//! at v0.161.0 and connector/routingconnector at v0.149.0. Nothing here reads files or the
//! environment of the process.

mod compile;
mod error;
mod expr;
mod fields;
mod filter;
mod follow;
mod matching;
mod pipeline;
pub(crate) mod problems;
mod properties;
mod read;
mod references;
mod routing;
mod run;
pub(crate) mod shape;
mod sites;
pub(crate) mod source;
mod text;
mod trace;
mod transform;
mod value;
pub mod yaml;

pub use error::PipelineError;
pub use pipeline::{
    ConditionReport, Failure, GroupInfo, GroupReport, ItemCounts, Outcome, Output, Pipeline,
};
pub use read::{
    ChoiceError, Component, ComponentKind, ComponentSource, Read, ReadOptions, decode, read,
    read_component,
};
pub use references::{Lookup, References};
pub use sites::{ChoicePlace, MappingPlace, Outline, Site, SiteGroup, Sort};
pub use text::{Edit, Text};
pub use trace::{ComponentTrace, Section, Verdict};
