//! Functions whose arguments need no preparation.

use otlp_columns::Value;
use ottl_vm::{BindArgs, BindError, Bound, CallContext, ExecError, Function, Signature};

/// A function that is nothing but its signature and its kernel.
pub(crate) struct Plain {
    pub(crate) signature: &'static Signature,
    pub(crate) kernel: fn(&mut CallContext<'_>) -> Result<Value, ExecError>,
}

impl Function for Plain {
    fn signature(&self) -> &Signature {
        self.signature
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        Ok(Bound::kernel(self.kernel))
    }
}
