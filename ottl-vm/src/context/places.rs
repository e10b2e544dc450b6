//! What path parameters lead to: reading, writing and editing it.

use std::borrow::Cow;

use otlp_columns::{Batch, BitSet, Entry, Heap, Level, MapField, MapKind, PoolRange, Value};

use super::CallContext;
use crate::ExecError;
use crate::access::{self, Keys, Position};
use crate::path::{Access, PathDef};
use crate::program::{CallArg, KeyUse, PathUse};

impl CallContext<'_> {
    /// The value of an argument, which for a path parameter is what the path holds now.
    ///
    /// # Errors
    /// When its evaluation failed, or the path's keys do not fit.
    pub fn read(&mut self, param: usize) -> Result<Value, ExecError> {
        match self.call.args.get(param) {
            Some(CallArg::Path { path, .. }) => {
                match literal_place(&self.paths[*path], self.batch, self.position) {
                    Some((map, row, key)) => {
                        Ok(self.batch.map_get(map, row, key).unwrap_or(Value::Nil))
                    }
                    None => self.with_path(param, access::get),
                }
            }
            _ => self.value(param),
        }
    }

    /// Writes to a path parameter.
    ///
    /// # Errors
    /// When the value does not fit the path, or the path's keys do not fit.
    pub fn write(&mut self, param: usize, value: Value) -> Result<(), ExecError> {
        if let (Some(CallArg::Path { path, .. }), true) =
            (self.call.args.get(param), access::is_scalar(value))
            && let Some((map, row, key)) =
                literal_place(&self.paths[*path], self.batch, self.position)
        {
            self.changed |= self.batch.map_set(map, row, key, value);
            return Ok(());
        }
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
        let dynamic = match path.dynamic_keys() {
            0 => Cow::Borrowed(&[][..]),
            count => self.slots.range(*first_key, count),
        };
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

    /// Gives entries of the map that a path parameter leads to new values where `change` has one.
    /// Values may be [`Value::Wire`].
    ///
    /// # Errors
    /// When the path does not lead to a map that can be written, or its keys do not fit what they
    /// index.
    pub fn update(
        &mut self,
        param: usize,
        change: impl FnMut(&mut Heap, &Entry) -> Option<Value>,
    ) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::update(batch, def, keys, position, change)
        })?;
        Ok(())
    }

    /// Looks at the entries of the map that a path parameter leads to. Values may be
    /// [`Value::Wire`].
    ///
    /// # Errors
    /// When the path does not lead to a map, or its keys do not fit what they index.
    pub fn peek<T>(
        &mut self,
        param: usize,
        look: impl FnOnce(&Heap, &[Entry]) -> T,
    ) -> Result<T, ExecError> {
        self.with_path(param, |batch, def, keys, position| {
            access::peek(batch, def, keys, position, look)
        })
    }

    /// Removes a key from the map that a path parameter leads to, and puts the last entry in its
    /// place.
    ///
    /// # Errors
    /// When the path does not lead to a map, or its keys do not fit what they index.
    pub fn remove_key(&mut self, param: usize, key: &[u8]) -> Result<(), ExecError> {
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

/// The map, row and key of a path that is one literal key into attributes which all rows have.
#[inline]
fn literal_place<'p>(
    path: &'p PathUse,
    batch: &Batch,
    position: Position,
) -> Option<(MapField, usize, &'p [u8])> {
    let (Access::Map(map), [KeyUse::Str(key)]) = (path.def.access, path.keys.as_slice()) else {
        return None;
    };
    let level = map.level();
    let is_shaped = matches!(level, Level::Metric | Level::DataPoint);
    (!is_shaped).then_some((map, position.row_of(batch, level), key))
}
