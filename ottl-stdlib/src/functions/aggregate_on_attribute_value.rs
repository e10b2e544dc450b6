//! `aggregate_on_attribute_value(aggregation_function, attribute, values, new_value)`

use otlp_columns::metric::Attribute;
use otlp_columns::{Level, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type,
};

use crate::support::keys::KeySet;
use crate::support::metrics::Reshaper;
use crate::support::metrics::aggregate::Aggregation;

/// The editor `aggregate_on_attribute_value`.
pub(crate) const AGGREGATE_ON_ATTRIBUTE_VALUE: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "aggregate_on_attribute_value",
    params: &[
        Param::new("aggregation_function", ParamKind::StringLiteral),
        Param::new("attribute", ParamKind::StringLiteral),
        Param::new("values", ParamKind::StringLiterals),
        Param::new("new_value", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Replaces values of an attribute of the data points of a metric, and merges the points that \
           are then the same.\n\n\
           An attribute that is one of `values` becomes `new_value`; one that is no text counts as the \
           empty text. Points are merged as `aggregate_on_attributes` does it, also those that were the \
           same before. A summary loses its points.",
    examples: &[
        Example {
            title: "Two values become one",
            source: r#"aggregate_on_attribute_value("sum", "host", ["a", "b"], "all")"#,
            attributes: r#"{"gauge":{"dataPoints":[{"attributes":[{"key":"host","value":{"stringValue":"a"}}],"asInt":"1"},{"attributes":[{"key":"host","value":{"stringValue":"b"}}],"asInt":"2"},{"attributes":[{"key":"host","value":{"stringValue":"c"}}],"asInt":"4"}]}}"#,
            result: r#"[{"gauge":{"dataPoints":[{"attributes":[{"key":"host","value":{"stringValue":"all"}}],"asInt":"3"},{"attributes":[{"key":"host","value":{"stringValue":"c"}}],"asInt":"4"}]}}]"#,
        },
        Example {
            title: "A summary",
            source: r#"aggregate_on_attribute_value("max", "host", ["a"], "b")"#,
            attributes: r#"{"summary":{"dataPoints":[{"count":"1"}]}}"#,
            result: r#"[{"summary":{}}]"#,
        },
        Example {
            title: "An unknown aggregation",
            source: r#"aggregate_on_attribute_value("", "host", [], "b")"#,
            attributes: "{}",
            result: "rejected: There is no aggregation ``; there are `sum`, `mean`, `min`, `max`, `median` and `count`.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let aggregation = Aggregation::bind(args, 0)?;
    let key = args.string(1).unwrap_or_default().to_vec();
    let values = KeySet::new(args.strings(2).unwrap_or_default());
    let new_value = args.string(3).unwrap_or_default().to_vec();
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let mut metric = cx.metric()?;
        let is_replaced =
            |attribute: &Attribute| values.contains(attribute.string().unwrap_or_default());
        metric.data.change_attributes(|attributes| {
            let found = attributes.iter_mut().find(|it| it.key == key);
            if let Some(attribute) = found.filter(|it| is_replaced(it)) {
                attribute.set_string(&new_value);
            }
        });
        let metric = aggregation.apply(cx, metric)?;
        cx.replace_metric(&metric)?;
        Ok(Value::Nil)
    }))
}
