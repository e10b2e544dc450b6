//! Functions whose arguments need no preparation.

use otlp_columns::{Level, Value};
use ottl_vm::{BindArgs, BindError, Bound, CallContext, ExecError, Function, Home, Signature};

use super::offered::Offered;

/// A function that is nothing but its signature and its kernel, which looks at nothing but its
/// arguments and fields; see [`Impure`](super::impure::Impure) for others.
pub(crate) struct Plain {
    pub(crate) signature: &'static Signature,
    pub(crate) kernel: fn(&mut CallContext<'_>) -> Result<Value, ExecError>,
}

impl Plain {
    /// The same function, which `home` offers in `contexts`, or in all of them if none is named.
    pub(crate) const fn offered(self, home: Home, contexts: &'static [Level]) -> Offered<Self> {
        Offered {
            function: self,
            home,
            contexts,
        }
    }
}

impl Function for Plain {
    fn signature(&self) -> &Signature {
        self.signature
    }

    fn is_pure(&self) -> bool {
        true
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        Ok(Bound::kernel(self.kernel))
    }
}
