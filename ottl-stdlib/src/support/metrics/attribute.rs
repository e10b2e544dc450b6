//! The filter processor's converters that look at the attributes of a metric's data points.

use otlp_columns::Value;
use otlp_columns::metric::{Attribute, Data};
use ottl_vm::{BindArgs, BindError, Bound, CallContext, ExecError};

/// Whether the first attribute whose key the first parameter names is as it should be.
pub(crate) fn bind_attribute(
    args: &BindArgs<'_>,
    is_right: impl Fn(&Attribute) -> bool + Send + Sync + 'static,
) -> Result<Bound, BindError> {
    let key = args.string(0).unwrap_or_default().to_vec();
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let metric = cx.metric()?;
        if metric.data == Data::None {
            return Err(ExecError::new("The metric has no type."));
        }
        let mut attributes = metric.data.attributes();
        let found = attributes.find_map(|point| point.iter().find(|it| it.key == key));
        Ok(Value::Bool(found.is_some_and(&is_right)))
    }))
}
