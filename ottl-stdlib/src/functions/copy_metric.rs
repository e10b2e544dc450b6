//! `copy_metric(name?, description?, unit?)`

use otlp_columns::metric::Metric;
use otlp_columns::{Level, Value};
use ottl_vm::{
    Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::metrics::Reshaper;

/// The editor `copy_metric`.
pub(crate) const COPY_METRIC: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind: |_| Ok(Bound::kernel(copy)),
};

static SIGNATURE: Signature = Signature {
    name: "copy_metric",
    params: &[
        Param::optional("name", ParamKind::Value(ValueKind::String)),
        Param::optional("description", ParamKind::Value(ValueKind::String)),
        Param::optional("unit", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Appends a copy of the metric, with another name, description or unit.\n\n\
           Statements run for the copy as well, when they have run for all metrics before it: \
           without a condition that it does not meet it is copied in turn, until the message has \
           grown too much. If an argument is no text the call fails, but the copy is there.",
    examples: &[
        Example {
            title: "Another name and unit",
            source: r#"copy_metric(name="copy", unit="s") where metric.name != "copy""#,
            attributes: r#"{"name":"m","description":"d","gauge":{}}"#,
            result: r#"[{"name":"m","description":"d","gauge":{}},{"name":"copy","description":"d","unit":"s","gauge":{}}]"#,
        },
        Example {
            title: "A name that is no text",
            source: r#"copy_metric(metric.cache["missing"])"#,
            attributes: r#"{"name":"m","gauge":{}}"#,
            result: "error: Expected string but got nil.",
        },
    ],
};

fn copy(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let mut copy = cx.metric()?;
    let changed = change(cx, &mut copy);
    cx.append_metric(&copy)?;
    changed.map(|()| Value::Nil)
}

fn change(cx: &CallContext<'_>, copy: &mut Metric) -> Result<(), ExecError> {
    let fields = [&mut copy.name, &mut copy.description, &mut copy.unit];
    for (param, field) in fields.into_iter().enumerate() {
        if cx.is_present(param) {
            *field = cx.bytes(cx.string(param)?).to_vec();
        }
    }
    Ok(())
}
