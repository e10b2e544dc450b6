//! The limits on compiled patterns reach whatever an engine compiles.

use ottl::{Engine, EngineLimits, Level, PatternLimits, Signal};

#[test]
fn every_kind_of_source_has_the_limits_of_the_engine() {
    let limits = EngineLimits {
        patterns: PatternLimits {
            max_total_bytes: 64 << 10,
            ..PatternLimits::default()
        },
        ..EngineLimits::default()
    };
    let engine = Engine::default().with_limits(limits);
    assert_eq!(engine.limits(), limits);
    let (signal, context) = (Signal::Traces, Level::Span);
    for (pattern, fits) in [(r"^\\d+$", true), (r"\\pL{50}", false)] {
        let condition = format!("IsMatch(span.name, \"{pattern}\")");
        let script = format!("set(span.name, \"\") where {condition}");
        let compiled = [
            engine.compile(signal, context, &script).err(),
            engine.compile_condition(signal, context, &condition).err(),
            engine.compile_expression(signal, context, &condition).err(),
        ];
        for error in compiled {
            let said = error.map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(said.contains("more than 65536 bytes"), !fits, "{said}");
            assert_eq!(said.is_empty(), fits, "{said}");
        }
        let checked = engine.check(Some(signal), Some(context), &script);
        assert_eq!(checked.has_errors(), !fits);
    }
}
