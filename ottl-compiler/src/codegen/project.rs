//! What a program needs of a message.

use otlp_columns::MapField;
use ottl_vm::path::Access;
use ottl_vm::{Instruction, KeyUse, Program};

/// Adds to the projection what the paths of a program need. A map is kept as columns where the
/// program only ever uses it through literal keys.
pub(super) fn project(program: &mut Program) {
    let cache = Access::Map(MapField::Scratch(program.context));
    let shared_cache = Access::Map(MapField::Shared(program.context));
    for path in &program.paths {
        program.uses_cache |= path.def.access == cache;
        program.uses_shared_cache |= path.def.access == shared_cache;
        program.uses_request |= matches!(path.def.access, Access::Request(_));
        let key = match path.keys.first() {
            Some(KeyUse::Str(key)) => Some(key.as_slice()),
            _ => None,
        };
        path.def.access.project(&mut program.projection, key);
    }
    for (map, keys) in assignments(program) {
        program.projection.add_spare(map, keys);
    }
}

/// How often statements assign to keys of each map.
fn assignments(program: &Program) -> Vec<(MapField, usize)> {
    let mut counts: Vec<(MapField, usize)> = Vec::new();
    for instruction in &program.code {
        let Instruction::Store { path, .. } = instruction else {
            continue;
        };
        let path = &program.paths[*path as usize];
        let Access::Map(map) = path.def.access else {
            continue;
        };
        if path.keys.is_empty() {
            continue;
        }
        match counts.iter_mut().find(|(known, _)| *known == map) {
            Some((_, count)) => *count += 1,
            None => counts.push((map, 1)),
        }
    }
    counts
}
