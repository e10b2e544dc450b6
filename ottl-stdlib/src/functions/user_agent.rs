//! `UserAgent(user_agent)`

use otlp_columns::{Slice, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::fnv::Fnv;
use crate::support::maps::{FixedKeys, raw_map};
use crate::support::prepared::Prepared;
use crate::support::user_agents::answer;

/// The converter `UserAgent`.
pub(crate) const USER_AGENT: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "UserAgent",
    params: &[Param::new(
        "user_agent",
        ParamKind::Value(ValueKind::String),
    )],
    result: Type::Map,
    fields: &[],
    docs: "What the header `User-Agent` of a request tells about a browser and an operating system.\n\n\
           `user_agent.name`, `user_agent.original`, `user_agent.version` and `os.name` are always \
           there; what is not known has the name `Other`, and an empty version. `os.version` is there \
           where it is known. The definitions are those of the ua-parser project.",
    examples: &[
        Example {
            title: "A browser",
            source: r#"UserAgent(span.attributes["agent"])"#,
            attributes: r#"{"agent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:126.0) Gecko/20100101 Firefox/126.0"}"#,
            result: r#"{"map":{"os.name":{"string":"Windows"},"os.version":{"string":"10"},"user_agent.name":{"string":"Firefox"},"user_agent.original":{"string":"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:126.0) Gecko/20100101 Firefox/126.0"},"user_agent.version":{"string":"126.0"}}}"#,
        },
        Example {
            title: "Something else",
            source: r#"UserAgent("my-script")"#,
            attributes: "{}",
            result: r#"{"map":{"os.name":{"string":"Other"},"user_agent.name":{"string":"Other"},"user_agent.original":{"string":"my-script"},"user_agent.version":{"string":""}}}"#,
        },
        Example {
            title: "No text",
            source: r#"UserAgent(span.attributes["agent"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn bind(_: &BindArgs<'_>) -> Result<Bound, BindError> {
    Ok(Bound::remembering(user_agent))
}

/// What the calls for the items before gave.
#[derive(Default)]
struct Memory {
    keys: FixedKeys,
    /// Values by their texts, each at the place that the text leads to.
    values: Vec<Option<(Slice, Value)>>,
}

/// So many values are remembered.
const PLACES: usize = 64;

fn user_agent(memory: &mut Memory, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = cx.string(0)?;
    memory.values.resize(PLACES, None);
    let text = cx.bytes(target);
    let place = hash(text) as usize % PLACES;
    if let Some((known, value)) = memory.values[place]
        && cx.bytes(known) == text
    {
        cx.spend(1 + text.len() as u64 / 8)?;
        return Ok(value);
    }
    let told = answer(cx, text)?;
    let mut entries = vec![
        ("user_agent.name", cx.new_string(&told.browser)),
        ("user_agent.original", Value::Str(target)),
        ("user_agent.version", cx.new_string(&told.browser_version)),
        ("os.name", cx.new_string(&told.system)),
    ];
    if !told.system_version.is_empty() {
        entries.push(("os.version", cx.new_string(&told.system_version)));
    }
    let value = raw_map(cx.heap_mut(), &mut memory.keys, &entries);
    memory.values[place] = Some((target, value));
    Ok(value)
}

/// A hash of the length and some of the bytes.
fn hash(text: &[u8]) -> u64 {
    let mut hash = Fnv::default();
    hash.write(&text.len().to_le_bytes()[..2]);
    let step = 1 + text.len() / 32;
    for &byte in text.iter().step_by(step) {
        hash.write(&[byte]);
    }
    hash.finish() >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Span, convert, text};
    use serde_json::json;

    fn told(agent: &str) -> [String; 4] {
        let map = convert(&USER_AGENT, &[text(agent)]).expect("a map")["map"].clone();
        [
            "user_agent.name",
            "user_agent.version",
            "os.name",
            "os.version",
        ]
        .map(|key| map[key]["string"].as_str().unwrap_or("-").to_owned())
    }

    #[test]
    fn what_changed_since_the_package_is_known() {
        for (agent, expected) in [
            (
                "aws-sdk-go-v2/1.21.0",
                ["aws-sdk-go-v2", "1.21.0", "Other", "-"],
            ),
            ("RecipeRadar/1.2.3", ["RecipeRadar", "1.2.3", "Other", "-"]),
            ("Ecosia ios@9.1", ["Ecosia iOS", "9.1", "Other", "-"]),
            ("HiBrowser/v1.2.3.4", ["HiBrowser", "1.2.3", "Other", "-"]),
            (
                "x CFNetwork/1 Darwin/24.3.0",
                ["CFNetwork", "", "iOS", "18.3"],
            ),
            (
                "x CFNetwork/1 Darwin/24.9.0",
                ["CFNetwork", "", "iOS", "18"],
            ),
            ("Roku/DVP-9.10", ["Roku", "9.10", "Mac OS X", "Roku.9.10"]),
            ("node (darwin; arm64)", ["Other", "", "Mac OS X", "-"]),
        ] {
            assert_eq!(told(agent), expected, "{agent}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_taken_as_they_are() {
        let result = convert(&USER_AGENT, &[text(b"curl/7.1\xff")]).expect("a map");
        assert_eq!(
            result["map"]["user_agent.version"],
            json!({"string": "7.1"})
        );
    }

    #[test]
    fn long_texts_are_counted_as_work() {
        let mut span = Span::new("{}");
        span.limits(|limits| limits.min_work = 10_000);
        let agent = "Mozilla/5.0 Android Chrome ".repeat(10_000);
        assert!(span.call(&USER_AGENT, &[text(agent)]).is_err());
        assert!(span.stopped().is_some());
    }
}
