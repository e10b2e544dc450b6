//! `HasAttrKeyOnDatapoint(key)`

use otlp_columns::{Field, Level};
use ottl_vm::{Example, Home, Param, ParamKind, Signature, Type};

use crate::support::metrics::attribute::bind_attribute;
use crate::support::offered::Offered;
use crate::support::prepared::Prepared;

/// The converter `HasAttrKeyOnDatapoint`.
pub(crate) const HAS_ATTR_KEY_ON_DATAPOINT: Offered<Prepared> = Prepared {
    signature: &SIGNATURE,
    bind: |args| bind_attribute(args, |_| true),
}
.offered(Home::Filter, &[Level::Metric]);

static SIGNATURE: Signature = Signature {
    name: "HasAttrKeyOnDatapoint",
    params: &[Param::new("key", ParamKind::StringLiteral)],
    result: Type::Bool,
    fields: &[Field::MetricPoints],
    docs: "Whether a data point of the metric has an attribute.\n\n\
           A metric without a type is an error.",
    examples: &[
        Example {
            title: "One point has it",
            source: r#"HasAttrKeyOnDatapoint("zone")"#,
            attributes: r#"{"gauge":{"dataPoints":[{},{"attributes":[{"key":"host","value":{"stringValue":"b"}}]},{"attributes":[{"key":"host","value":{"stringValue":"a"}},{"key":"zone","value":{"stringValue":"z"}}]}]}}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "A metric without a type",
            source: r#"HasAttrKeyOnDatapoint("zone")"#,
            attributes: "{}",
            result: "error: The metric has no type.",
        },
    ],
};
