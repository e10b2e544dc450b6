//! Functions that make maps, and make less when only one of its keys is used.

use ottl_vm::{BindArgs, BindError, Bound, Function, Signature};

/// A pure function that is told which key of its result is used, if it is only one.
pub(crate) struct ByKey {
    pub(crate) signature: &'static Signature,
    pub(crate) bind: fn(&BindArgs<'_>, Option<&[u8]>) -> Result<Bound, BindError>,
}

impl Function for ByKey {
    fn signature(&self) -> &Signature {
        self.signature
    }

    fn is_pure(&self) -> bool {
        true
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        (self.bind)(args, None)
    }

    fn bind_for_key(&self, args: &BindArgs<'_>, key: &[u8]) -> Result<Bound, BindError> {
        (self.bind)(args, Some(key))
    }
}
