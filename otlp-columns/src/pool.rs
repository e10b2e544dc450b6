//! Memory that batches leave behind for later ones.
//!
//! What a batch makes beside its message is mostly as much as the batch before it made. Asking the
//! system for that memory again and again costs more than filling it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::value::{Entry, Value};

/// How much memory is kept from one batch to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Bytes that a pool keeps.
    pub max_bytes: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
        }
    }
}

/// Keeps the memory of batches that are done, within a limit.
///
/// It can be shared by threads. When there is nothing to be found in it, memory comes from the
/// system, as without a pool.
#[derive(Debug)]
pub struct Pool {
    max_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    buffers: Vec<Buffers>,
    bytes: usize,
}

/// The empty buffers of a heap.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub(crate) arena: Vec<u8>,
    pub(crate) values: Vec<Value>,
    pub(crate) entries: Vec<Entry>,
}

impl Buffers {
    fn bytes(&self) -> usize {
        self.arena.capacity()
            + self.values.capacity() * size_of::<Value>()
            + self.entries.capacity() * size_of::<Entry>()
    }
}

impl Pool {
    /// An empty pool that keeps as many as `max_bytes` bytes.
    #[must_use]
    pub fn new(max_bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            max_bytes,
            kept: Mutex::default(),
        })
    }

    /// How many bytes may be kept.
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// How many bytes are kept now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    pub(crate) fn take(&self) -> Buffers {
        let mut kept = self.lock();
        let buffers = kept.buffers.pop().unwrap_or_default();
        kept.bytes -= buffers.bytes();
        buffers
    }

    pub(crate) fn give(&self, mut buffers: Buffers) {
        buffers.arena.clear();
        buffers.values.clear();
        buffers.entries.clear();
        let bytes = buffers.bytes();
        let mut kept = self.lock();
        if bytes > 0 && kept.bytes + bytes <= self.max_bytes {
            kept.bytes += bytes;
            kept.buffers.push(buffers);
        }
    }

    /// What is kept is whole at any time, so that a thread that panicked elsewhere does no harm.
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffers(bytes: usize) -> Buffers {
        Buffers {
            arena: vec![7; bytes],
            ..Buffers::default()
        }
    }

    #[test]
    fn what_is_given_is_found_empty() {
        let pool = Pool::new(1000);
        pool.give(buffers(600));
        assert_eq!(pool.bytes(), 600);
        let found = pool.take();
        assert!(found.arena.is_empty());
        assert_eq!(found.arena.capacity(), 600);
        assert_eq!(pool.bytes(), 0);
        assert_eq!(pool.take().arena.capacity(), 0);
    }

    #[test]
    fn there_is_a_limit_on_what_is_kept() {
        let pool = Pool::new(1000);
        pool.give(buffers(600));
        pool.give(buffers(600));
        pool.give(buffers(400));
        pool.give(buffers(0));
        assert_eq!(pool.bytes(), 1000);
        assert_eq!(pool.take().arena.capacity(), 400);
    }
}
