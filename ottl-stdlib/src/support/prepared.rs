//! Functions that prepare their literal arguments.

use otlp_columns::Level;
use ottl_vm::{BindArgs, BindError, Bound, Function, Home, Signature};

use super::offered::Offered;

/// A function that looks at the arguments of each call in a source before any item comes. Its kernels
/// look at nothing but their arguments; see [`Impure`](super::impure::Impure) for others.
pub(crate) struct Prepared {
    pub(crate) signature: &'static Signature,
    pub(crate) bind: fn(&BindArgs<'_>) -> Result<Bound, BindError>,
}

impl Prepared {
    /// The same function, which `home` offers in `contexts`, or in all of them if none is named.
    pub(crate) const fn offered(self, home: Home, contexts: &'static [Level]) -> Offered<Self> {
        Offered {
            function: self,
            home,
            contexts,
        }
    }
}

impl Function for Prepared {
    fn signature(&self) -> &Signature {
        self.signature
    }

    fn is_pure(&self) -> bool {
        true
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        (self.bind)(args)
    }
}
