//! Functions that look at the world: the clock, random numbers.

use ottl_vm::{BindArgs, BindError, Bound, Function, Signature};

/// Such a function. Each of its calls has to be made, however alike they are.
pub(crate) struct Impure<F>(pub(crate) F);

impl<F: Function> Function for Impure<F> {
    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        self.0.bind(args)
    }
}
