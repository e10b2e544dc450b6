//! The functions that programs may call.
//!
//! Ids are never reused: a function that another one replaced keeps its own, so that what was
//! resolved before stays as it was.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use ottl_vm::Function;

use crate::hir::FunctionId;

/// Functions by name.
#[derive(Clone, Default)]
pub struct Registry {
    functions: Vec<Arc<dyn Function>>,
    names: HashMap<&'static str, FunctionId, RandomState>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names.keys()).finish()
    }
}

impl Registry {
    /// A registry of `functions`; of equal names the last counts.
    pub fn new(functions: impl IntoIterator<Item = Box<dyn Function>>) -> Self {
        let mut registry = Self::default();
        for function in functions {
            registry.add(Arc::from(function));
        }
        registry
    }

    /// Adds a function, in place of one with the same name.
    pub fn add(&mut self, function: Arc<dyn Function>) {
        let id = FunctionId(self.functions.len() as u32);
        self.names.insert(function.signature().name, id);
        self.functions.push(function);
    }

    /// The function with a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<FunctionId> {
        self.names.get(name).copied()
    }

    /// A function.
    ///
    /// # Panics
    /// When `id` is of another registry.
    #[must_use]
    pub fn get(&self, id: FunctionId) -> &Arc<dyn Function> {
        &self.functions[id.0 as usize]
    }

    /// Every function that a program can call, sorted by name.
    #[must_use]
    pub fn all(&self) -> Vec<&Arc<dyn Function>> {
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort_by_key(|(name, _)| **name);
        names.into_iter().map(|(_, id)| self.get(*id)).collect()
    }
}
