//! Configurations of a collector.

use std::sync::LazyLock;

use ottl::config::{self, ComponentKind, Read, ReadOptions, References};
use ottl::{Diagnostic, Engine, EngineLimits, PatternLimits, Signal};

use super::programs;

/// Reads any bytes as a configuration of a collector and of each component, checks it, and runs
/// what has no problems over a small message.
///
/// # Panics
/// When a problem is about a place outside the file, or a component without problems does not
/// compile.
pub fn configs(data: &[u8]) {
    let file = match config::decode(data) {
        Ok(file) => file,
        Err(problem) => {
            let shown = String::from_utf8_lossy(data);
            return check_places(&shown, &[*problem]);
        }
    };
    let lookup = |name: &str| match name {
        "EMPTY" => Some(String::new()),
        "NESTED" => Some("${env:NESTED}${STATEMENT}".to_owned()),
        "STATEMENT" => Some("set(span.name, \"${x}\")".to_owned()),
        _ => None,
    };
    let replaced = ReadOptions {
        references: References::Replace(&lookup),
        ..ReadOptions::default()
    };
    for options in [ReadOptions::default(), replaced] {
        check(file, &config::read(file, &options));
        for kind in ComponentKind::ALL {
            check(file, &config::read_component(kind, file, &options));
        }
    }
}

/// An engine whose runs and patterns are small, so that a slow input is a fault.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let engine = programs::engine();
    let limits = engine.limits();
    engine.with_limits(EngineLimits {
        patterns: PatternLimits {
            max_bytes: 1 << 18,
            max_total_bytes: 1 << 20,
            ..limits.patterns
        },
        ..limits
    })
});

fn check(file: &str, read: &Read) {
    let problems = read.check(&ENGINE);
    check_places(file, &problems);
    assert!(problems.len() <= 101, "{} problems", problems.len());
    for component in &read.components {
        let problems = component.check(&ENGINE);
        check_places(file, &problems);
        match component.compile(&ENGINE) {
            Ok(pipeline) => {
                for signal in Signal::ALL {
                    // What a run gives is for the other targets.
                    let _ = pipeline.run(signal, programs::message(signal, &[b"a", b"b"]));
                }
            }
            Err(problems) => check_places(file, &problems),
        }
    }
}

fn check_places(file: &str, problems: &[Diagnostic]) {
    for problem in problems {
        let labels = std::iter::once(&problem.primary).chain(&problem.secondary);
        for label in labels {
            let text = file.get(label.span.range());
            assert!(text.is_some(), "{problem:?} is outside the file");
        }
        assert!(!problem.message.is_empty());
    }
    let shown = ottl::render(problems, "file", file, false);
    assert_eq!(shown.is_empty(), problems.is_empty());
}
