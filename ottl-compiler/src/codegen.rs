//! HIR to instructions.

use std::sync::Arc;

use otlp_columns::{Projection, Signal};
use ottl_syntax::{Code, Diagnostic};
use ottl_vm::path::{Access, Context};
use ottl_vm::{
    ArithmeticOp, BindArg, BindArgs, Bound, Call as BoundCall, CallArg, Function, Group, GroupMode,
    Instruction, KeyUse, Literal, Operand, ParamKind, Part, PathUse, Program, Register,
    RegisterKind,
};

use crate::Registry;
use crate::effects::{self, Effects};
use crate::hir::{Arg, ArgKind, Call, Condition, Expr, ExprKind, Key, Path, Statement};

/// Generates one program.
pub(crate) struct Generator<'a> {
    registry: &'a Registry,
    program: Program,
    /// For each kind the registers that exist, and how many of them the part uses.
    pools: [(Vec<Register>, usize); 4],
    /// Calls whose literal arguments cannot work, with the index of the part.
    diagnostics: Vec<(usize, Diagnostic)>,
}

/// An operand and what is known of it.
#[derive(Clone, Copy)]
struct Typed {
    operand: Operand,
    kind: RegisterKind,
}

impl<'a> Generator<'a> {
    pub(crate) fn new(registry: &'a Registry, signal: Signal, context: Context) -> Self {
        Self {
            registry,
            program: Program {
                signal,
                context,
                code: Vec::new(),
                parts: Vec::new(),
                groups: Vec::new(),
                registers: Vec::new(),
                constants: Vec::new(),
                paths: Vec::new(),
                calls: Vec::new(),
                projection: Projection::new(context),
                outputs: Vec::new(),
                uses_cache: false,
            },
            pools: Default::default(),
            diagnostics: Vec::new(),
        }
    }

    /// Generates statements, grouped by their effects.
    pub(crate) fn statements(&mut self, statements: &[Statement], sources: &[String]) {
        for (index, (statement, source)) in statements.iter().zip(sources).enumerate() {
            self.part(source, |generator| {
                generator.statement(statement, index as u32);
                None
            });
        }
        let context = self.program.context;
        let effects: Vec<_> = statements
            .iter()
            .map(|statement| Effects::of(statement, self.registry, context))
            .collect();
        self.program.groups = effects::groups(&effects);
    }

    /// Generates conditions, each on its own.
    pub(crate) fn conditions(&mut self, conditions: &[Condition], sources: &[String]) {
        for (condition, source) in conditions.iter().zip(sources) {
            self.part(source, |generator| {
                let result = generator.register(RegisterKind::Bool);
                generator.condition(condition, result);
                Some(result)
            });
        }
        self.one_group();
    }

    /// Generates expressions, each on its own.
    pub(crate) fn expressions(&mut self, expressions: &[Expr], sources: &[String]) {
        for (expr, source) in expressions.iter().zip(sources) {
            self.part(source, |generator| {
                let value = generator.value(expr);
                let result = match value.operand {
                    Operand::Register(register) => register,
                    constant @ Operand::Constant(_) => {
                        let dst = generator.register(RegisterKind::Value);
                        generator.emit(Instruction::Box { dst, src: constant });
                        dst
                    }
                };
                Some(result)
            });
        }
        self.one_group();
    }

    fn one_group(&mut self) {
        self.program.groups = vec![Group {
            parts: 0..self.program.parts.len(),
            mode: GroupMode::Columns,
        }];
    }

    /// The program, complete, and what is wrong with literal arguments, each with its part.
    pub(crate) fn finish(mut self) -> (Program, Vec<(usize, Diagnostic)>) {
        self.project();
        if self.diagnostics.is_empty() {
            debug_assert_eq!(ottl_vm::verify(&self.program), Ok(()));
        }
        (self.program, self.diagnostics)
    }

    fn part(&mut self, source: &str, generate: impl FnOnce(&mut Self) -> Option<Register>) {
        for (_, used) in &mut self.pools {
            *used = 0;
        }
        let start = self.program.code.len();
        let result = generate(self);
        self.program.parts.push(Part {
            source: source.to_owned(),
            code: start..self.program.code.len(),
            result,
        });
    }

    fn emit(&mut self, instruction: Instruction) {
        self.program.code.push(instruction);
    }

    /// A register that the part does not use yet.
    fn register(&mut self, kind: RegisterKind) -> Register {
        let pool = match kind {
            RegisterKind::Value => 0,
            RegisterKind::Int => 1,
            RegisterKind::Str => 2,
            RegisterKind::Bool => 3,
        };
        let (registers, used) = &mut self.pools[pool];
        if *used == registers.len() {
            registers.push(Register(self.program.registers.len() as u32));
            self.program.registers.push(kind);
        }
        *used += 1;
        registers[*used - 1]
    }

    fn constant(&mut self, literal: Literal) -> Operand {
        let same = |known: &Literal| match (known, &literal) {
            (Literal::Double(known), Literal::Double(new)) => known.to_bits() == new.to_bits(),
            // Lists and maps may hold doubles; they are rare enough to be kept apart.
            (Literal::List(_) | Literal::Map(_), _) => false,
            (known, new) => known == new,
        };
        let constants = &mut self.program.constants;
        let index = constants.iter().position(same).unwrap_or_else(|| {
            constants.push(literal.clone());
            constants.len() - 1
        });
        Operand::Constant(index as u32)
    }

    fn statement(&mut self, statement: &Statement, index: u32) {
        let guard = statement.condition.as_ref().map(|condition| {
            let register = self.register(RegisterKind::Bool);
            self.condition(condition, register);
            self.open(register, true)
        });
        self.emit(Instruction::Matched { part: index });
        self.edit(&statement.editor);
        if let Some(guard) = guard {
            self.close(guard);
        }
    }

    /// Opens a region and gives the index of its guard.
    fn open(&mut self, condition: Register, when: bool) -> usize {
        self.emit(Instruction::Guard {
            condition,
            when,
            end: 0,
        });
        self.program.code.len() - 1
    }

    fn close(&mut self, guard: usize) {
        let at = self.program.code.len() as u32;
        self.emit(Instruction::EndGuard {});
        if let Instruction::Guard { end, .. } = &mut self.program.code[guard] {
            *end = at;
        }
    }

    fn condition(&mut self, condition: &Condition, dst: Register) {
        match condition {
            Condition::Known(value) => self.emit(Instruction::Bool { dst, value: *value }),
            Condition::Compare { op, lhs, rhs, .. } => {
                let (lhs, rhs) = (self.value(lhs), self.value(rhs));
                self.compare(dst, *op, lhs, rhs);
            }
            Condition::Truth(expr) => {
                let src = self.value(expr).operand;
                self.emit(Instruction::Truth { dst, src });
            }
            Condition::Not(inner) => {
                self.condition(inner, dst);
                self.emit(Instruction::Not { dst, src: dst });
            }
            Condition::And(parts) => self.chain(parts, dst, true),
            Condition::Or(parts) => self.chain(parts, dst, false),
        }
    }

    /// Evaluates further parts only for items whose result is still `undecided`.
    fn chain(&mut self, parts: &[Condition], dst: Register, undecided: bool) {
        let Some((first, rest)) = parts.split_first() else {
            return;
        };
        self.condition(first, dst);
        for part in rest {
            let guard = self.open(dst, undecided);
            self.condition(part, dst);
            self.close(guard);
        }
    }

    fn compare(&mut self, dst: Register, op: ottl_vm::CompareOp, lhs: Typed, rhs: Typed) {
        let instruction = match (lhs.kind, rhs.kind) {
            (RegisterKind::Int, RegisterKind::Int) => Instruction::CompareInt {
                dst,
                op,
                lhs: lhs.operand,
                rhs: rhs.operand,
            },
            (RegisterKind::Str, RegisterKind::Str) => Instruction::CompareStr {
                dst,
                op,
                lhs: lhs.operand,
                rhs: rhs.operand,
            },
            _ => {
                let (lhs, rhs) = (self.boxed(lhs), self.boxed(rhs));
                Instruction::Compare { dst, op, lhs, rhs }
            }
        };
        self.emit(instruction);
    }

    /// The operand as one of kind value.
    fn boxed(&mut self, typed: Typed) -> Operand {
        match (typed.operand, typed.kind) {
            (src @ Operand::Register(_), RegisterKind::Int | RegisterKind::Str) => {
                let dst = self.register(RegisterKind::Value);
                self.emit(Instruction::Box { dst, src });
                Operand::Register(dst)
            }
            (operand, _) => operand,
        }
    }

    /// A value whose kind does not matter.
    fn operand(&mut self, expr: &Expr) -> Operand {
        let typed = self.value(expr);
        self.boxed(typed)
    }

    fn operands(&mut self, exprs: &[Expr]) -> Vec<Operand> {
        exprs.iter().map(|expr| self.operand(expr)).collect()
    }

    fn value(&mut self, expr: &Expr) -> Typed {
        match &expr.kind {
            ExprKind::Literal(literal) => Typed {
                kind: match literal {
                    Literal::Int(_) => RegisterKind::Int,
                    Literal::String(_) => RegisterKind::Str,
                    _ => RegisterKind::Value,
                },
                operand: self.constant(literal.clone()),
            },
            ExprKind::Path(path) => self.load(path),
            ExprKind::Call(call) => self.converter(call),
            ExprKind::Index { base, keys } => {
                let src = self.operand(base);
                let keys = self.operands(keys);
                self.make(|dst| Instruction::Index { dst, src, keys })
            }
            ExprKind::List(elements) => {
                let elements = self.operands(elements);
                self.make(|dst| Instruction::List { dst, elements })
            }
            ExprKind::Map(entries) => {
                let keys = entries
                    .iter()
                    .map(|(key, _)| self.constant(Literal::String(key.clone())))
                    .collect();
                let values = entries
                    .iter()
                    .map(|(_, value)| self.operand(value))
                    .collect();
                self.make(|dst| Instruction::Map { dst, keys, values })
            }
            ExprKind::Negate(inner) => {
                let src = self.operand(inner);
                self.make(|dst| Instruction::Negate { dst, src })
            }
            ExprKind::Arithmetic { op, lhs, rhs } => {
                let (lhs, rhs) = (self.value(lhs), self.value(rhs));
                self.arithmetic(*op, lhs, rhs)
            }
            ExprKind::Error => self.make(|dst| Instruction::List {
                dst,
                elements: Vec::new(),
            }),
        }
    }

    fn make(&mut self, instruction: impl FnOnce(Register) -> Instruction) -> Typed {
        let dst = self.register(RegisterKind::Value);
        self.emit(instruction(dst));
        Typed {
            operand: Operand::Register(dst),
            kind: RegisterKind::Value,
        }
    }

    fn arithmetic(&mut self, op: ArithmeticOp, lhs: Typed, rhs: Typed) -> Typed {
        let both_int = lhs.kind == RegisterKind::Int && rhs.kind == RegisterKind::Int;
        if both_int && op != ArithmeticOp::Div {
            let dst = self.register(RegisterKind::Int);
            self.emit(Instruction::ArithmeticInt {
                dst,
                op,
                lhs: lhs.operand,
                rhs: rhs.operand,
            });
            return Typed {
                operand: Operand::Register(dst),
                kind: RegisterKind::Int,
            };
        }
        let (lhs, rhs) = (self.boxed(lhs), self.boxed(rhs));
        self.make(|dst| Instruction::Arithmetic { dst, op, lhs, rhs })
    }

    fn load(&mut self, path: &Path) -> Typed {
        let (index, keys) = self.path(path);
        let kind = match path.def.access {
            _ if path.nullable() => RegisterKind::Value,
            Access::Int(..) | Access::TimeNanos(_) => RegisterKind::Int,
            Access::Str(_) => RegisterKind::Str,
            _ => RegisterKind::Value,
        };
        let dst = self.register(kind);
        self.emit(match kind {
            RegisterKind::Int => Instruction::LoadInt { dst, path: index },
            RegisterKind::Str => Instruction::LoadStr { dst, path: index },
            RegisterKind::Value | RegisterKind::Bool => Instruction::Load {
                dst,
                path: index,
                keys,
            },
        });
        Typed {
            operand: Operand::Register(dst),
            kind,
        }
    }

    /// The path's number, and its dynamic keys.
    fn path(&mut self, path: &Path) -> (u32, Vec<Operand>) {
        let mut dynamic = Vec::new();
        let keys = path
            .keys
            .iter()
            .map(|key| match key {
                Key::Str(text) => KeyUse::Str(text.clone()),
                Key::Int(index) => KeyUse::Int(*index),
                Key::Expr(expr) => {
                    dynamic.push(self.operand(expr));
                    KeyUse::Dynamic
                }
            })
            .collect();
        let use_ = PathUse {
            name: path.name.clone(),
            def: path.def,
            keys,
        };
        let paths = &mut self.program.paths;
        let index = paths
            .iter()
            .position(|known| *known == use_)
            .unwrap_or_else(|| {
                paths.push(use_);
                paths.len() - 1
            });
        (index as u32, dynamic)
    }

    fn converter(&mut self, call: &Call) -> Typed {
        match self.bind(call) {
            Some((bound, slots)) => {
                let call = self.program.calls.len() as u32;
                self.program.calls.push(bound);
                self.make(|dst| Instruction::Call { dst, call, slots })
            }
            None => self.make(|dst| Instruction::List {
                dst,
                elements: Vec::new(),
            }),
        }
    }

    fn edit(&mut self, call: &Call) {
        let function = self.function_of(call);
        let args: Vec<_> = call.args.iter().map(|arg| self.bind_arg(arg)).collect();
        match function.bind(&BindArgs { args: &args }) {
            Ok(Bound::Store { target, value }) => self.store(&call.args[target], &call.args[value]),
            Ok(Bound::Kernel(kernel)) => {
                let (args, slots) = self.slots(call);
                let index = self.program.calls.len() as u32;
                self.program.calls.push(BoundCall {
                    name: function.signature().name,
                    kernel: Some(kernel),
                    args,
                });
                self.emit(Instruction::Edit { call: index, slots });
            }
            Err(error) => self.invalid(call, &error),
        }
    }

    /// The function of a call; what it reads of the item is projected.
    fn function_of(&mut self, call: &Call) -> Arc<dyn Function> {
        let function = self.registry.get(call.function).clone();
        for &field in function.signature().fields {
            self.program.projection.add_field(field);
        }
        function
    }

    fn store(&mut self, target: &Arg, value: &Arg) {
        let (ArgKind::Path(path), ArgKind::Value(expr)) = (&target.kind, &value.kind) else {
            return;
        };
        let src = self.value(expr).operand;
        let within = within(path, expr);
        let (path, keys) = self.path(path);
        self.emit(Instruction::Store {
            path,
            keys,
            src,
            within,
        });
    }

    /// Binds a converter, and evaluates its arguments.
    fn bind(&mut self, call: &Call) -> Option<(BoundCall, Vec<Operand>)> {
        let function = self.function_of(call);
        let args: Vec<_> = call.args.iter().map(|arg| self.bind_arg(arg)).collect();
        match function.bind(&BindArgs { args: &args }) {
            Ok(Bound::Kernel(kernel)) => {
                let (args, slots) = self.slots(call);
                let bound = BoundCall {
                    name: function.signature().name,
                    kernel: Some(kernel),
                    args,
                };
                Some((bound, slots))
            }
            Ok(Bound::Store { .. }) => None,
            Err(error) => {
                self.invalid(call, &error);
                None
            }
        }
    }

    fn invalid(&mut self, call: &Call, error: &ottl_vm::BindError) {
        let span = error
            .param
            .and_then(|param| call.args.get(param))
            .map_or(call.span, |arg| arg.span);
        let message = error.message.clone();
        let part = self.program.parts.len();
        let diagnostic = Diagnostic::error(Code::InvalidArgument, span, message);
        self.diagnostics.push((part, diagnostic));
    }

    fn bind_arg(&self, arg: &Arg) -> BindArg {
        let value = |expr: &Expr| match &expr.kind {
            ExprKind::Literal(literal) => BindArg::Literal(literal.clone()),
            ExprKind::Path(path) => bind_path(path),
            _ => BindArg::Dynamic,
        };
        match &arg.kind {
            ArgKind::Absent => BindArg::Absent,
            ArgKind::Value(expr) => value(expr),
            ArgKind::List(elements) => BindArg::List(elements.iter().map(value).collect()),
            ArgKind::Path(path) => bind_path(path),
            ArgKind::Function(id) => {
                BindArg::Function(self.registry.get(*id).signature().name.to_owned())
            }
            ArgKind::Output(name) => BindArg::Output(name.clone()),
        }
    }

    /// Evaluates the arguments of a call into slots.
    fn slots(&mut self, call: &Call) -> (Vec<CallArg>, Vec<Operand>) {
        let mut slots = Vec::new();
        let mut args = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            args.push(match &arg.kind {
                ArgKind::Absent => CallArg::Absent,
                ArgKind::Value(expr) => {
                    slots.push(self.operand(expr));
                    CallArg::Value(slots.len() - 1)
                }
                ArgKind::List(elements) => {
                    let first = slots.len();
                    slots.extend(self.operands(elements));
                    CallArg::List {
                        first,
                        len: elements.len(),
                    }
                }
                ArgKind::Path(path) => {
                    let (path, keys) = self.path(path);
                    let first_key = slots.len();
                    slots.extend(keys);
                    CallArg::Path {
                        path: path as usize,
                        first_key,
                    }
                }
                ArgKind::Function(id) => CallArg::Function(Box::new(self.function(*id))),
                ArgKind::Output(name) => CallArg::Output(self.output(name)),
            });
        }
        (args, slots)
    }

    /// A function given by name: it can be called if it takes exactly one string.
    fn function(&self, id: crate::hir::FunctionId) -> BoundCall {
        let function = self.registry.get(id);
        let signature = function.signature();
        let one_string = matches!(
            signature.params,
            [param] if param.kind == ParamKind::Value(ottl_vm::ValueKind::String)
        );
        let kernel = one_string
            .then(|| {
                function.bind(&BindArgs {
                    args: &[BindArg::Dynamic],
                })
            })
            .and_then(Result::ok)
            .and_then(|bound| match bound {
                Bound::Kernel(kernel) => Some(kernel),
                Bound::Store { .. } => None,
            });
        BoundCall {
            name: signature.name,
            kernel,
            args: vec![CallArg::Value(0)],
        }
    }

    fn output(&mut self, name: &str) -> usize {
        let outputs = &mut self.program.outputs;
        outputs
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                outputs.push(name.to_owned());
                outputs.len() - 1
            })
    }

    /// What the program needs of a message. A map is kept as columns where the program only ever
    /// uses it through literal keys.
    fn project(&mut self) {
        let program = &mut self.program;
        for path in &program.paths {
            if path.def.access == Access::Map(otlp_columns::MapField::Scratch(program.context)) {
                program.uses_cache = true;
            }
            let key = match path.keys.first() {
                Some(KeyUse::Str(key)) => Some(key.as_slice()),
                _ => None,
            };
            path.def.access.project(&mut program.projection, key);
        }
        let assigned = assigned_maps(program);
        for map in &assigned {
            let keys = assigned.iter().filter(|other| *other == map).count();
            program.projection.add_spare(*map, keys);
        }
    }
}

fn bind_path(path: &Path) -> BindArg {
    let mut place = format!("{:?}", path.def.access);
    for key in &path.keys {
        match key {
            Key::Str(text) => place.push_str(&format!("[{:?}]", text.escape_ascii().to_string())),
            Key::Int(index) => place.push_str(&format!("[{index}]")),
            Key::Expr(_) => return BindArg::Dynamic,
        }
    }
    BindArg::Path(place)
}

/// The maps that statements assign to keys of, one for each assignment.
fn assigned_maps(program: &Program) -> Vec<otlp_columns::MapField> {
    let map_of = |instruction: &Instruction| match instruction {
        Instruction::Store { path, .. } => match &program.paths[*path as usize] {
            PathUse { def, keys, .. } if !keys.is_empty() => match def.access {
                Access::Map(map) => Some(map),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    program.code.iter().filter_map(map_of).collect()
}

/// Whether a value is what holds its target, and if so after how many keys.
fn within(target: &Path, value: &Expr) -> Option<u32> {
    let ExprKind::Path(source) = &value.kind else {
        return None;
    };
    let same = |(left, right): (&Key, &Key)| match (left, right) {
        (Key::Str(left), Key::Str(right)) => left == right,
        (Key::Int(left), Key::Int(right)) => left == right,
        _ => false,
    };
    let holds = source.def.access == target.def.access
        && source.keys.len() < target.keys.len()
        && source.keys.iter().zip(&target.keys).all(same);
    holds.then_some(source.keys.len() as u32)
}
