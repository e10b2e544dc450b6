//! Random cases without answers.
//!
//! A case is a function of its seed and number alone. Most cases are well-typed, so that they get
//! past the parser and do something; one in five lets values of the wrong type slip in. The parts:
//! `rng` draws, `message` writes OTLP/JSON messages, `path` knows what can be read and
//! written in each context, `expression` writes values and conditions of a wanted type, and
//! `program` puts statements together.
//!
//! Nothing here knows what an answer should be; cases whose answer depends on chance, because the
//! reference lets the order of a map show, have to be filtered out by asking it more than once.

mod expression;
mod message;
mod path;
mod program;
mod rng;

pub use path::CONTEXTS;

use crate::case::{Case, Kind};
use rng::Rng;

/// Writes case `number` of the sequence that `seed` stands for.
pub fn case(seed: u64, number: u64) -> Case {
    let mut rng = Rng::new(seed, number);
    let context = rng.pick(&CONTEXTS);
    let (kind, mode, sources) = program::sources(&mut rng, context);
    let (signal, input) = message::message(&mut rng, context);
    let mut case = Case {
        id: format!("random/{seed}-{number:05}"),
        kind,
        signal,
        context: context.name().to_owned(),
        component: None,
        gates: Vec::new(),
        error_mode: mode.filter(|_| kind == Kind::Statements).map(str::to_owned),
        statements: Vec::new(),
        conditions: Vec::new(),
        expressions: Vec::new(),
        config: None,
        input,
        otelcol: None,
        expect: None,
    };
    case.set_sources(sources);
    case
}
