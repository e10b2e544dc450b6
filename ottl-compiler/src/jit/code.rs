//! Machine code: made, called, and freed.
//!
//! Each loop has a module of its own, since each is made when it pays. A module writes code to pages that are
//! not executable and makes them executable and read-only before anybody gets its address.

#![expect(unsafe_code, reason = "calls machine code and frees it")]

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Module, ModuleError, default_libcall_names};
use otlp_columns::{Batch, Level, Row, Value};
use ottl_vm::native::Chunk;

use super::build::{self, Shape, frame};
use super::predicate::{Column, MAX_COLUMNS, Source};

/// Levels that can be above an item.
const MAX_TABLES: usize = 4;

/// What a loop is called with; see [`build::signature`].
type Entry = unsafe extern "C" fn(
    frame: *const usize,
    items: *const u32,
    count: usize,
    entered: *mut u32,
    held: *mut bool,
) -> usize;

/// The machine that this runs on; nothing where Cranelift does not know it.
static ISA: LazyLock<Option<Arc<dyn TargetIsa>>> = LazyLock::new(|| {
    let mut flags = settings::builder();
    let set = [
        ("opt_level", "speed"),
        ("is_pic", "false"),
        ("unwind_info", "false"),
        (
            "enable_verifier",
            if cfg!(debug_assertions) {
                "true"
            } else {
                "false"
            },
        ),
    ];
    for (name, value) in set {
        flags.set(name, value).ok()?;
    }
    let isa = cranelift_native::builder().ok()?;
    let isa = isa.finish(settings::Flags::new(flags)).ok()?;
    // Frames are arrays of words that hold addresses.
    (isa.pointer_bytes() == 8 && size_of::<usize>() == 8).then_some(isa)
});

/// Why there is no machine code of a loop that could have some.
#[derive(Debug)]
pub(super) enum Failed {
    /// Cranelift does not know the machine.
    Machine,
    /// The system gives no memory for code, or does not let it be executed.
    Memory(Box<ModuleError>),
    /// Cranelift does not take what we gave it, which is a fault of ours.
    Fault(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine => f.write_str("there is no machine code for this kind of machine"),
            Self::Memory(error) => write!(f, "memory for machine code cannot be had: {error}"),
            Self::Fault(error) => write!(f, "the code was not accepted: {error}"),
        }
    }
}

/// A loop that can be called.
pub(super) struct Code {
    entry: Entry,
    tables: Vec<Level>,
    /// Present until the code is dropped. Nobody locks it before.
    module: Mutex<Option<JITModule>>,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").finish_non_exhaustive()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        let module = match self.module.get_mut() {
            Ok(module) => module.take(),
            Err(poisoned) => poisoned.into_inner().take(),
        };
        if let Some(module) = module {
            // SAFETY: the only address of the module's code is `entry`, which nobody can call any more: it is
            // private, is called with a borrow of `self`, and code that runs was called that way.
            unsafe { module.free_memory() };
        }
    }
}

/// The function of a loop, and what it is compiled for.
pub(super) fn function(shape: Shape<'_>) -> Result<(Function, Arc<dyn TargetIsa>), Failed> {
    let isa = ISA.as_ref().ok_or(Failed::Machine)?;
    let mut function = Function::new();
    function.signature = build::signature(&**isa);
    build::build(&mut function, shape, &**isa);
    Ok((function, Arc::clone(isa)))
}

/// The loop as text: before Cranelift works on it, or as instructions of the machine.
pub(super) fn text(shape: Shape<'_>, is_machine: bool) -> Result<String, Failed> {
    let (function, isa) = function(shape)?;
    if !is_machine {
        return Ok(function.display().to_string());
    }
    let mut context = Context::for_function(function);
    context.set_disasm(true);
    let code = context.compile(&*isa, &mut ControlPlane::default());
    let code = code.map_err(|error| fault(&error.inner))?;
    Ok(code.vcode.clone().unwrap_or_default())
}

fn fault(error: &CodegenError) -> Failed {
    Failed::Fault(error.to_string())
}

/// Makes the code of a loop. The literals of the shape's predicate must live as long as the code.
pub(super) fn compile(shape: Shape<'_>) -> Result<Code, Failed> {
    let (function, isa) = function(shape)?;
    let tables = shape.tables();
    if tables.len() > MAX_TABLES {
        return Err(Failed::Fault("too many levels".to_owned()));
    }
    let mut module = JITModule::new(JITBuilder::with_isa(isa, default_libcall_names()));
    match define(&mut module, function) {
        Ok(entry) => Ok(Code {
            entry,
            tables,
            module: Mutex::new(Some(module)),
        }),
        Err(error) => {
            // SAFETY: nobody has an address of what is in the module.
            unsafe { module.free_memory() };
            Err(match *error {
                ModuleError::Compilation(error) => fault(&error),
                other => Failed::Memory(Box::new(other)),
            })
        }
    }
}

fn define(module: &mut JITModule, function: Function) -> Result<Entry, Box<ModuleError>> {
    let id = module
        .declare_anonymous_function(&function.signature)
        .map_err(Box::new)?;
    let mut context = Context::for_function(function);
    module.define_function(id, &mut context).map_err(Box::new)?;
    module.finalize_definitions().map_err(Box::new)?;
    let address = module.get_finalized_function(id);
    // SAFETY: this is the address of a function with the signature that `build::signature` gave it, in the
    // convention for C of this machine, and its parameters are those of `Entry`: five words, of which a
    // word is made. It is valid until the module is freed.
    Ok(unsafe { std::mem::transmute::<*const u8, Entry>(address) })
}

impl Code {
    /// Runs the loop; nothing where the batch does not keep what it reads as columns.
    pub(super) fn run(&self, columns: &[Column], chunk: &mut Chunk<'_>) -> bool {
        let Some(&last) = chunk.items.last() else {
            return true;
        };
        let rows = chunk.base..chunk.base + last as usize + 1;
        let Some(frame) = self.frame(chunk, columns, rows.end) else {
            return false;
        };
        if chunk.held.len() < last as usize + 1 {
            return false;
        }
        chunk.entered.resize(chunk.items.len(), 0);
        // SAFETY: the code reads
        // - the frame, whose layout `frame` below and `build` share;
        // - `count` items, of which there is at least one;
        // - conditions of registers at items, which exist up to the last one;
        // - elements of columns and rows of tables, at `item` behind the addresses in the frame that were
        //   moved to the chunk's first row, of which `frame` checked that they exist up to the last item;
        //   the items ascend, so none is behind the last one;
        // - elements of columns and rows of tables above, at the numbers that those rows have of their parents:
        //   a batch's rows belong to rows that exist, and columns have an element for each row;
        // - bytes of the heap at the places of strings, which are in the message or in the arena.
        // It writes at most `count` elements of `entered`, which has as many, and elements of `held` at items,
        // which exist up to the last one, with 0 or 1. Nothing else has access to these meanwhile:
        // they are borrowed mutably, and the batch is borrowed.
        let entered = unsafe {
            (self.entry)(
                frame.as_ptr(),
                chunk.items.as_ptr(),
                chunk.items.len(),
                chunk.entered.as_mut_ptr(),
                chunk.held.as_mut_ptr(),
            )
        };
        chunk.entered.truncate(entered);
        true
    }

    /// Addresses of what the loop reads, if the batch keeps it as columns and they reach up to the row `end`.
    fn frame(
        &self,
        chunk: &Chunk<'_>,
        columns: &[Column],
        end: usize,
    ) -> Option<[usize; frame::REST + MAX_TABLES + MAX_COLUMNS]> {
        let (batch, base) = (chunk.batch, chunk.base);
        let mut words = [0; frame::REST + MAX_TABLES + MAX_COLUMNS];
        let input = batch.heap().input();
        words[frame::INPUT] = input.as_ptr().addr();
        let arena = batch.heap().arena().as_ptr().addr();
        words[frame::ARENA] = arena.wrapping_sub(input.len());
        words[frame::INPUT_LEN] = input.len();
        let mut slot = frame::REST;
        for (up, level) in self.tables.iter().enumerate() {
            let table = batch.table(*level);
            if up == 0 && table.len() < end {
                return None;
            }
            let first = if up == 0 { base } else { 0 };
            words[slot] = table.as_ptr().addr() + first * size_of::<Row>();
            slot += 1;
        }
        let above = self.tables.first();
        for Column { source, level } in columns {
            if let Source::Register(register) = source {
                // One for each item of the chunk, and not for each row.
                let held = chunk.conditions.get(*register)?;
                if held.len() < end - base {
                    return None;
                }
                words[slot] = held.as_ptr().addr();
                slot += 1;
                continue;
            }
            let (address, size, len) = place(batch, source)?;
            // Without tables all columns are those of the items.
            let is_own = above.is_none_or(|own| own == level);
            if len < if is_own { end } else { batch.rows(*level) } {
                return None;
            }
            words[slot] = address + if is_own { base * size } else { 0 };
            slot += 1;
        }
        Some(words)
    }
}

/// Where a column begins, how large its elements are, and how many there are.
fn place(batch: &Batch, source: &Source) -> Option<(usize, usize, usize)> {
    Some(match source {
        Source::Words(field) => {
            let words = batch.words(*field);
            (words.as_ptr().addr(), size_of::<u64>(), words.len())
        }
        Source::Cells(map, key) => {
            let cells = batch.key_column(*map, key)?;
            (
                cells.as_ptr().addr(),
                size_of::<Option<Value>>(),
                cells.len(),
            )
        }
        Source::Bodies => {
            let bodies = batch.bodies();
            (bodies.as_ptr().addr(), size_of::<Value>(), bodies.len())
        }
        Source::Register(_) => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use otlp_columns::{Field, Level, Signal};
    use ottl_vm::CompareOp;
    use ottl_vm::path::IntCoding;

    use super::super::predicate::{Node, NodeId, Predicate};
    use super::*;

    /// How the memory around an address may be used, as the system says.
    #[expect(clippy::disallowed_methods, reason = "only the system knows")]
    fn access(address: usize) -> Option<String> {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("the system says so");
        maps.lines().find_map(|line| {
            let (range, rest) = line.split_once(' ')?;
            let (start, end) = range.split_once('-')?;
            let start = usize::from_str_radix(start, 16).ok()?;
            let end = usize::from_str_radix(end, 16).ok()?;
            (start..end)
                .contains(&address)
                .then(|| rest[..4].to_owned())
        })
    }

    #[test]
    fn code_is_never_writable_and_goes_with_its_owner() {
        let predicate = Predicate {
            nodes: vec![
                Node::Int {
                    column: 0,
                    coding: IntCoding::Bits64,
                },
                Node::Constant(7),
                Node::CompareInt {
                    op: CompareOp::Eq,
                    lhs: NodeId(0),
                    rhs: NodeId(1),
                },
            ],
            columns: vec![Column {
                source: Source::Words(Field::SpanKind),
                level: Level::Span,
            }],
            root: NodeId(2),
        };
        let code = compile(Shape {
            predicate: &predicate,
            guard: Some(true),
            keeps: false,
            signal: Signal::Traces,
            context: Level::Span,
        });
        let code = code.unwrap_or_else(|error| panic!("{error}"));
        let address = code.entry as usize;
        assert_eq!(access(address).as_deref(), Some("r-xp"));
        drop(code);
        let after = access(address);
        assert!(after.as_deref() != Some("r-xp"), "{after:?}");
    }
}
