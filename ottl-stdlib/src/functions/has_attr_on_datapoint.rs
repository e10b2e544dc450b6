//! `HasAttrOnDatapoint(key, expected_val)`

use otlp_columns::{Field, Level};
use ottl_vm::{BindArgs, BindError, Bound, Example, Home, Param, ParamKind, Signature, Type};

use crate::support::metrics::attribute::bind_attribute;
use crate::support::offered::Offered;
use crate::support::prepared::Prepared;

/// The converter `HasAttrOnDatapoint`.
pub(crate) const HAS_ATTR_ON_DATAPOINT: Offered<Prepared> = Prepared {
    signature: &SIGNATURE,
    bind,
}
.offered(Home::Filter, &[Level::Metric]);

static SIGNATURE: Signature = Signature {
    name: "HasAttrOnDatapoint",
    params: &[
        Param::new("key", ParamKind::StringLiteral),
        Param::new("expected_val", ParamKind::StringLiteral),
    ],
    result: Type::Bool,
    fields: &[Field::MetricPoints],
    docs: "Whether an attribute of the data points has a value.\n\n\
           The first data point that has the attribute decides. A value that is no text counts as the \
           empty text. A metric without a type is an error.",
    examples: &[
        Example {
            title: "The first point that has it has another value",
            source: r#"HasAttrOnDatapoint("host", "a")"#,
            attributes: r#"{"gauge":{"dataPoints":[{},{"attributes":[{"key":"host","value":{"stringValue":"b"}}]},{"attributes":[{"key":"host","value":{"stringValue":"a"}},{"key":"zone","value":{"stringValue":"z"}}]}]}}"#,
            result: r#"{"bool":false}"#,
        },
        Example {
            title: "A metric without a type",
            source: r#"HasAttrOnDatapoint("host", "a")"#,
            attributes: "{}",
            result: "error: The metric has no type.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let expected = args.string(1).unwrap_or_default().to_vec();
    bind_attribute(args, move |attribute| {
        attribute.string().unwrap_or_default() == expected
    })
}
