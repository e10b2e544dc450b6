//! Delimiters of texts such as `a=1 b=2`, which two functions have as arguments 1 and 2.

use ottl_vm::{BindArgs, BindError, Param, ParamKind};

/// The parameter `delimiter`.
pub(crate) const DELIMITER: Param = Param::optional("delimiter", ParamKind::StringLiteral);
/// The parameter `pair_delimiter`.
pub(crate) const PAIR_DELIMITER: Param =
    Param::optional("pair_delimiter", ParamKind::StringLiteral);

/// What stands between keys and values, and between pairs. Neither is empty.
pub(crate) struct Delimiters {
    pub(crate) value: Vec<u8>,
    pub(crate) pair: Vec<u8>,
}

impl Delimiters {
    /// The arguments 1 and 2, or `=` and a space.
    ///
    /// # Errors
    /// When one is empty, or both are the same.
    pub(crate) fn bind(args: &BindArgs<'_>) -> Result<Self, BindError> {
        for param in [1, 2] {
            if args.string(param) == Some(b"") {
                return Err(BindError::param(param, "A delimiter must not be empty."));
            }
        }
        let value = args.string(1).unwrap_or(b"=").to_vec();
        let pair = args.string(2).unwrap_or(b" ").to_vec();
        if value == pair {
            let message = "The delimiter and the pair delimiter must not be the same.";
            return Err(BindError::param(
                if args.is_present(2) { 2 } else { 1 },
                message,
            ));
        }
        Ok(Self { value, pair })
    }
}
