//! Functions that not everybody has, or not everywhere.

use otlp_columns::Level;
use ottl_vm::{BindArgs, BindError, Bound, Function, Home, Signature};

/// Such a function, which is one with fewer restrictions otherwise.
pub(crate) struct Offered<F> {
    pub(super) function: F,
    pub(super) home: Home,
    pub(super) contexts: &'static [Level],
}

impl<F: Function> Function for Offered<F> {
    fn signature(&self) -> &Signature {
        self.function.signature()
    }

    fn home(&self) -> Home {
        self.home
    }

    fn contexts(&self) -> &'static [Level] {
        self.contexts
    }

    fn is_pure(&self) -> bool {
        self.function.is_pure()
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        self.function.bind(args)
    }
}
