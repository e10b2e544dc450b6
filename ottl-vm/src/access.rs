//! Reading and writing paths of one row.
//!
//! Rules: the setters of pkg/ottl/contexts/internal and their helpers in ctxutil.

mod attributes;
mod coding;
mod entries;
mod keys;
mod read;
mod request;
mod store;
mod within;
mod write;

use otlp_columns::{Batch, Level};

pub(crate) use self::coding::decode_int;
pub use self::entries::{merge, peek, remove, remove_key, retain, update};
pub use self::keys::{Key, Keys};
pub use self::read::get;
pub(crate) use self::store::raw_map;
pub use self::within::{Holders, merge_within, set_within};
pub use self::write::set;
pub(crate) use self::write::{is_scalar, read_only};

/// The item a program works on.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The level of the program's items.
    pub context: Level,
    /// The item's row.
    pub row: usize,
}

impl Position {
    /// The row of `level` that the item belongs to.
    #[inline]
    #[must_use]
    pub fn row_of(self, batch: &Batch, level: Level) -> usize {
        if level == self.context {
            self.row
        } else {
            batch.ancestor(self.context, self.row, level)
        }
    }
}
