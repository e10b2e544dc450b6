//! What path parameters lead to: reading, writing and editing it.

use otlp_columns::{Batch, BitSet, Entry, Heap, MapKind, PoolRange, Slice, Value};

use super::CallContext;
use crate::ExecError;
use crate::access::{self, Keys, Position};
use crate::path::{Access, PathDef};
use crate::program::CallArg;

impl CallContext<'_> {
    /// The value of an argument, which for a path parameter is what the path holds now.
    ///
    /// # Errors
    /// When its evaluation failed, or the path's keys do not fit.
    pub fn read(&mut self, param: usize) -> Result<Value, ExecError> {
        match self.call.args.get(param) {
            Some(CallArg::Path { .. }) => self.with_path(param, access::get),
            _ => self.value(param),
        }
    }

    /// Writes to a path parameter.
    ///
    /// # Errors
    /// When the value does not fit the path, or the path's keys do not fit.
    pub fn write(&mut self, param: usize, value: Value) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::set(batch, def, keys, position, value)
        })?;
        Ok(())
    }

    /// Writes a map of attribute values to a path parameter.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_map(&mut self, param: usize, entries: PoolRange) -> Result<(), ExecError> {
        self.write(param, Value::Map(MapKind::Map, entries))
    }

    /// Leaves the map that a path parameter leads to as it is, which is the result of an editor.
    ///
    /// # Errors
    /// When it could not have been written, even without a change.
    pub fn leave(&mut self, param: usize) -> Result<Value, ExecError> {
        self.with_path(param, |_, def, _, _| match def.access {
            Access::Request(_) => Err(access::read_only()),
            _ => Ok(Value::Nil),
        })
    }

    /// Does something with the path that is argument `param`, and with its keys.
    fn with_path<T>(
        &mut self,
        param: usize,
        then: impl FnOnce(&mut Batch, &PathDef, Keys<'_>, Position) -> Result<T, ExecError>,
    ) -> Result<T, ExecError> {
        let Some(CallArg::Path { path, first_key }) = self.call.args.get(param) else {
            return Err(ExecError::new("The argument is no path."));
        };
        let path = &self.paths[*path];
        let dynamic = self.slots.range(*first_key, path.dynamic_keys());
        let keys = Keys::new(&path.keys, &dynamic);
        let result = then(self.batch, &path.def, keys, self.position);
        self.state.explain(result, &dynamic)
    }

    /// Removes what the last key of a path parameter leads to, and does nothing where there is
    /// nothing.
    ///
    /// # Errors
    /// When the path has no keys, or they do not fit what they index.
    pub fn remove(&mut self, param: usize) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, access::remove)?;
        Ok(())
    }

    /// Keeps the entries of the map that a path parameter leads to for which `keep` says so, in
    /// order. Values may be [`Value::Wire`].
    ///
    /// # Errors
    /// When the path does not lead to a map, or its keys do not fit what they index.
    pub fn retain(
        &mut self,
        param: usize,
        keep: impl FnMut(&Heap, &Entry) -> bool,
    ) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::retain(batch, def, keys, position, keep)
        })?;
        Ok(())
    }

    /// Copies those entries of `source` to the map that a path parameter leads to for which `wanted`
    /// says so, told whether the map has the key.
    ///
    /// # Errors
    /// When the path does not lead to a map, or its keys do not fit what they index.
    pub fn merge(
        &mut self,
        param: usize,
        source: PoolRange,
        wanted: impl Fn(bool) -> bool,
    ) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::merge(batch, def, keys, position, source, wanted)
        })?;
        Ok(())
    }

    /// Merges the map that holds the place of a path parameter, `depth` keys into the path, into the
    /// map that it leads to. `wanted` says so of the entries whose key the map has and of those whose
    /// key it has not; with `empties` a place is emptied before it is written.
    ///
    /// # Errors
    /// When the path does not lead to a map, or its keys do not fit what they index.
    pub fn merge_within(
        &mut self,
        param: usize,
        depth: usize,
        wanted: impl Fn(bool) -> bool,
        empties: bool,
    ) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::merge_within(batch, def, keys, position, depth, (wanted, empties))
        })?;
        Ok(())
    }

    /// Removes a key, given as a string argument, from the map that a path parameter leads to, and
    /// puts the last entry in its place.
    ///
    /// # Errors
    /// When the path does not lead to a map, its keys do not fit what they index, or the key is no
    /// string.
    pub fn remove_key(&mut self, param: usize, key: Slice) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::remove_key(batch, def, keys, position, key)
        })?;
        Ok(())
    }

    /// Routes the item to the output that an output parameter names.
    pub fn route(&mut self, param: usize) {
        let Some(CallArg::Output(output)) = self.call.args.get(param) else {
            return;
        };
        let rows = self.batch.rows(self.position.context);
        let routes = &mut self.state.routes;
        if routes.len() <= *output {
            routes.resize(*output + 1, BitSet::default());
        }
        let route = &mut routes[*output];
        if route.len() < rows {
            *route = BitSet::new(rows);
        }
        route.insert(self.position.row);
    }
}
