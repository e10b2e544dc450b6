//! Reading paths into registers.

use otlp_columns::{Batch, Heap, Value};

use super::{ColumnMachine, wrong_kind};
use crate::access::{self, Keys, decode_int};
use crate::context::RunState;
use crate::path::{Access, IntCoding};
use crate::program::PathUse;
use crate::slots::Vector;
use crate::{KeyUse, Operand, Register};

impl ColumnMachine<'_> {
    pub(super) fn load(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        dst: Register,
        path: u32,
        keys: &[Operand],
    ) {
        let program = self.program;
        let path = &program.paths[path as usize];
        if self.load_values(batch, dst, path) {
            return;
        }
        let level = path.level();
        // Neighbouring items mostly share their resource and scope.
        let mut last: Option<(usize, Value)> = None;
        let shared = level != program.context && keys.is_empty();
        self.fill(state, dst, |machine, state, item| {
            let position = machine.position(item);
            let row = position.row_of(batch, level);
            if let Some((known, value)) = last
                && shared
                && known == row
            {
                return Ok(value);
            }
            if keys.is_empty() {
                let value = access::get(batch, &path.def, Keys::new(&path.keys, &[]), position)?;
                if shared {
                    last = Some((row, value));
                }
                return Ok(value);
            }
            machine.fill_keys(keys, item);
            let keys = Keys::new(&path.keys, &machine.slots);
            let result = access::get(batch, &path.def, keys, position);
            state.explain(result, &machine.slots)
        });
    }

    /// Reads what needs no general access: bodies, and attributes by a literal key.
    fn load_values(&mut self, batch: &mut Batch, dst: Register, path: &PathUse) -> bool {
        let mut rows = self.rows(path.level());
        let selection = self.take_selection();
        let values = self.values_mut(dst);
        let is_read = match (path.def.access, path.keys.as_slice()) {
            (Access::Body, []) => {
                for &item in &selection {
                    let body = batch.body(rows.of(batch, item));
                    values[item as usize] = batch.heap_mut().resolve(body);
                }
                true
            }
            (Access::Map(map), [KeyUse::Str(key)]) => {
                if let Some(column) = batch.key_column(map, key) {
                    for &item in &selection {
                        values[item as usize] = column[rows.of(batch, item)].unwrap_or(Value::Nil);
                    }
                    resolve(batch.heap_mut(), values, &selection);
                } else {
                    for &item in &selection {
                        let value = batch.map_get(map, rows.of(batch, item), key);
                        values[item as usize] = value.unwrap_or(Value::Nil);
                    }
                }
                true
            }
            _ => false,
        };
        self.put_selection(selection);
        is_read
    }

    pub(super) fn load_int(&mut self, batch: &Batch, dst: Register, path: u32) {
        let path: &PathUse = &self.program.paths[path as usize];
        let (field, coding) = match path.def.access {
            Access::Int(field, coding) => (field, coding),
            Access::TimeNanos(field) => (field, IntCoding::Bits64),
            _ => unreachable_path(path),
        };
        let column = batch.scalars(field);
        let mut rows = self.rows(path.level());
        let selection = self.take_selection();
        let Vector::Int(values) = &mut self.registers[dst.0 as usize] else {
            wrong_kind(dst)
        };
        for &item in &selection {
            values[item as usize] = decode_int(column[rows.of(batch, item)], coding);
        }
        self.put_selection(selection);
    }

    pub(super) fn load_str(&mut self, batch: &Batch, dst: Register, path: u32) {
        let path: &PathUse = &self.program.paths[path as usize];
        let Access::Str(field) = path.def.access else {
            unreachable_path(path)
        };
        let mut rows = self.rows(path.level());
        let selection = self.take_selection();
        let Vector::Str(values) = &mut self.registers[dst.0 as usize] else {
            wrong_kind(dst)
        };
        for &item in &selection {
            values[item as usize] = batch.slice(field, rows.of(batch, item));
        }
        self.put_selection(selection);
    }
}

/// Decodes the values of a selection that are still in their wire form.
fn resolve(heap: &mut Heap, values: &mut [Value], selection: &[u32]) {
    for &item in selection {
        let value = &mut values[item as usize];
        if matches!(value, Value::Wire(_)) {
            *value = heap.resolve(*value);
        }
    }
}

#[cold]
fn unreachable_path(path: &PathUse) -> ! {
    panic!(
        "path {} is not of the kind that the instruction reads",
        path.name
    )
}
