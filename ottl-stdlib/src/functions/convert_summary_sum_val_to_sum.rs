//! `convert_summary_sum_val_to_sum(string_agg_temp, monotonic, suffix?)`

use otlp_columns::Level;
use otlp_columns::metric::Number;
use ottl_vm::{Example, Param, ParamKind, Signature, Type};

use crate::support::metrics::{Reshaper, bind_summary_sum};

/// The editor `convert_summary_sum_val_to_sum`.
pub(crate) const CONVERT_SUMMARY_SUM_VAL_TO_SUM: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::DataPoint],
    bind: |args| bind_summary_sum(args, "_sum", |summary| Number::Double(summary.sum)),
};

static SIGNATURE: Signature = Signature {
    name: "convert_summary_sum_val_to_sum",
    params: &[
        Param::new("string_agg_temp", ParamKind::StringLiteral),
        Param::new("monotonic", ParamKind::BoolLiteral),
        Param::optional("suffix", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Appends a sum of the sums of a summary.\n\n\
           Its name is that of the metric with the suffix, `_sum` if none is given. The aggregation \
           temporality is `\"delta\"` or `\"cumulative\"`. For metrics of another type nothing is appended. \
           The function runs for each data point, and each time appends a sum of all points: a \
           condition has to choose one point.",
    examples: &[
        Example {
            title: "A summary with one point",
            source: "convert_summary_sum_val_to_sum(\"delta\", true)",
            attributes: r#"{"name":"m","unit":"s","summary":{"dataPoints":[{"timeUnixNano":"9","count":"3","sum":4.5}]}}"#,
            result: r#"[{"name":"m","unit":"s","summary":{"dataPoints":[{"timeUnixNano":"9","count":"3","sum":4.5}]}},{"name":"m_sum","unit":"s","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"9","asDouble":4.5}]}}]"#,
        },
        Example {
            title: "An unknown temporality",
            source: "convert_summary_sum_val_to_sum(\"\", true)",
            attributes: "{}",
            result: "rejected: There is no aggregation temporality ``; there are `delta` and `cumulative`.",
        },
    ],
};
