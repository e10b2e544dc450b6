//! Random messages of profiles: a dictionary, and profiles that point into it.

use ottl::{Context, Level};
use serde_json::{Value, json};

use super::message::{any_value, attributes, list, maybe, object, time};
use super::path::KEYS;
use super::rng::Rng;

/// Strings of the dictionary before the keys of attributes.
const STRINGS: [&str; 5] = ["", "cpu", "nanoseconds", "samples", "main.rs"];

/// A message whose items have the planted attributes most of the time.
pub(super) fn message(rng: &mut Rng, context: Context, planted: &[(String, Value)]) -> Value {
    let mut strings: Vec<&str> = STRINGS.to_vec();
    let mut table = vec![json!({})];
    for (key, wanted) in KEYS {
        if key != "none" {
            table.push(json!({"keyStrindex": strings.len(), "value": any_value(rng, wanted, 2)}));
            strings.push(key);
        }
    }
    let own = table.len();
    for (key, value) in planted {
        table.push(json!({"keyStrindex": strings.len(), "value": value}));
        strings.push(key);
    }
    let all = table.len();
    let indices = |rng: &mut Rng, plants: bool| {
        let mut chosen: Vec<usize> = (1..own).filter(|_| rng.chance(35)).collect();
        if plants {
            chosen.extend((own..all).filter(|_| rng.chance(85)));
        }
        // Beyond the table there is nothing, which is an error to read.
        chosen.extend(rng.chance(2).then_some(all + 3));
        json!(chosen)
    };
    let profile = |rng: &mut Rng| {
        let mut profile = object([("attributeIndices", indices(rng, context == Level::Profile))]);
        maybe(rng, 60, &mut profile, "timeUnixNano", time);
        maybe(rng, 40, &mut profile, "durationNano", |_| json!("1500"));
        maybe(rng, 40, &mut profile, "period", |_| json!("100"));
        maybe(
            rng,
            50,
            &mut profile,
            "sampleType",
            |rng| json!({"typeStrindex": rng.below(4), "unitStrindex": rng.below(4)}),
        );
        maybe(
            rng,
            30,
            &mut profile,
            "periodType",
            |rng| json!({"typeStrindex": rng.below(4), "unitStrindex": rng.below(4)}),
        );
        maybe(rng, 50, &mut profile, "profileId", |_| {
            json!("0102030405060708090a0b0c0d0e0f10")
        });
        maybe(rng, 20, &mut profile, "originalPayload", |_| json!("AQID"));
        maybe(rng, 20, &mut profile, "originalPayloadFormat", |_| {
            json!("pprof")
        });
        maybe(rng, 20, &mut profile, "droppedAttributesCount", |_| {
            json!(3)
        });
        maybe(rng, 85, &mut profile, "samples", |rng| {
            let sample = |rng: &mut Rng| {
                let is_item = context == Level::ProfileSample;
                let mut sample = object([("attributeIndices", indices(rng, is_item))]);
                maybe(rng, 80, &mut sample, "values", |_| json!(["10", "20"]));
                maybe(rng, 50, &mut sample, "timestampsUnixNano", |rng| {
                    json!([time(rng), time(rng)])
                });
                maybe(rng, 30, &mut sample, "linkIndex", |_| json!(1));
                Value::Object(sample)
            };
            Value::Array(list(rng, 1, 2, sample))
        });
        Value::Object(profile)
    };
    let profiles = list(rng, 1, 2, profile);
    let resource = attributes(rng, 2);
    let scope = attributes(rng, 2);
    json!({
        "resourceProfiles": [{
            "resource": {"attributes": resource},
            "scopeProfiles": [{"scope": {"name": "lib", "attributes": scope}, "profiles": profiles}],
        }],
        "dictionary": {
            "stringTable": strings,
            "attributeTable": table,
            "linkTable": [{}, {"traceId": "000102030405060708090a0b0c0d0e0f", "spanId": "0001020304050607"}],
            "mappingTable": [{}],
            "locationTable": [{}],
            "functionTable": [{}],
            "stackTable": [{}],
        },
    })
}
