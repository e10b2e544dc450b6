//! The filter processor's converters that look at the attributes of a metric's data points.

use otlp_columns::metric::{Attribute, Data};
use otlp_columns::{Level, Value};
use ottl_vm::{BindArgs, BindError, Bound, CallContext, ExecError, Function, Home, Signature};

/// Such a converter.
pub(crate) struct PointAttribute {
    pub(crate) signature: &'static Signature,
    pub(crate) bind: fn(&BindArgs<'_>) -> Result<Bound, BindError>,
}

impl Function for PointAttribute {
    fn signature(&self) -> &Signature {
        self.signature
    }

    fn home(&self) -> Home {
        Home::Filter
    }

    fn contexts(&self) -> &'static [Level] {
        &[Level::Metric]
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        (self.bind)(args)
    }
}

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
