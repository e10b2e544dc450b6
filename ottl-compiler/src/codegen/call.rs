//! Calls: functions are bound to their arguments, arguments are evaluated into slots.

use std::sync::Arc;

use ottl_syntax::{Code, Diagnostic};
use ottl_vm::access::Holders;
use ottl_vm::path::Access;
use ottl_vm::{
    BindArg, BindArgs, BindError, BindPath, Bound, Call as BoundCall, CallArg, Function,
    Instruction, Kernel, KeyUse, Operand, ParamKind, Rebound, ValueKind,
};

use super::{Generator, Typed};
use crate::hir::{Arg, ArgKind, Call, Expr, ExprKind, FunctionId, Key, Lambda, LambdaBody, Path};

/// What a call was bound to.
#[derive(Clone, Copy)]
pub(super) enum Ready {
    /// The kernel of a call of the program.
    Call(u32),
    /// Writing the value of one parameter to the path of another.
    Store { target: usize, value: usize },
}

impl Generator<'_> {
    pub(super) fn edit(&mut self, call: &Call) {
        match self.ready(call) {
            Some(Ready::Store { target, value }) => {
                return self.store(&call.args[target], &call.args[value]);
            }
            Some(Ready::Call(index)) => {
                let (_, slots) = self.slots(call);
                return self.emit(Instruction::Edit { call: index, slots });
            }
            None => {}
        }
        let function = self.function(call.function);
        match self.bind(call, &function) {
            Some(Bound::Store { target, value }) => {
                self.ready
                    .insert(address(call), Ready::Store { target, value });
                self.store(&call.args[target], &call.args[value]);
            }
            Some(Bound::Kernel(kernel)) => {
                let (call, slots) = self.bound(call, &*function, kernel);
                self.emit(Instruction::Edit { call, slots });
            }
            None => {}
        }
    }

    /// What a call was bound to, when its code is generated again.
    fn ready(&self, call: &Call) -> Option<Ready> {
        self.shared.as_ref()?;
        self.ready.get(&address(call)).copied()
    }

    pub(super) fn converter(&mut self, call: &Call) -> Typed {
        if let Some(Ready::Call(index)) = self.ready(call) {
            let (_, slots) = self.slots(call);
            return self.make(|dst| Instruction::Call {
                dst,
                call: index,
                slots,
            });
        }
        let function = self.function(call.function);
        match self.bind(call, &function) {
            Some(Bound::Kernel(kernel)) => {
                let (call, slots) = self.bound(call, &*function, kernel);
                self.make(|dst| Instruction::Call { dst, call, slots })
            }
            Some(Bound::Store { .. }) => {
                let name = function.signature().name;
                let message = format!("The editor `{name}` assigns and has no value.");
                self.problems
                    .report(Diagnostic::error(Code::EditorNotFirst, call.span, message));
                self.nothing()
            }
            None => self.nothing(),
        }
    }

    /// A function; what it reads and writes of the item by itself is projected.
    fn function(&mut self, id: FunctionId) -> Arc<dyn Function> {
        let function = self.registry.get(id).clone();
        self.program.reshapes |= function.reshapes();
        let projection = &mut self.program.projection;
        for &field in function.signature().fields.iter().chain(function.writes()) {
            projection.add_field(field);
        }
        for &map in function.maps() {
            projection.add_map(map);
        }
        function
    }

    fn bind(&mut self, call: &Call, function: &Arc<dyn Function>) -> Option<Bound> {
        let args: Vec<_> = call.args.iter().map(|arg| self.bind_arg(arg)).collect();
        let params = function.signature().params;
        let is_computed = |&at: &usize| {
            params.get(at).is_some_and(|param| param.kind.is_literal())
                && matches!(args[at], BindArg::Dynamic | BindArg::Path(_))
        };
        let computed: Vec<_> = (0..args.len()).filter(is_computed).collect();
        if !computed.is_empty() {
            self.wanted = None;
            let kernel = Rebound::new(Arc::clone(function), args, computed, self.patterns);
            return Some(Bound::Kernel(Box::new(kernel)));
        }
        let args = BindArgs {
            args: &args,
            patterns: self.patterns,
        };
        let bound = match self.wanted.take() {
            Some(key) => function.bind_for_key(&args, &key),
            None => function.bind(&args),
        };
        match bound {
            Ok(bound) => Some(bound),
            Err(error) => {
                self.invalid(call, error);
                None
            }
        }
    }

    fn invalid(&mut self, call: &Call, error: BindError) {
        let span = error
            .param
            .and_then(|param| call.args.get(param))
            .map_or(call.span, |arg| arg.span);
        let diagnostic = Diagnostic::error(Code::InvalidArgument, span, error.message);
        self.problems.report(diagnostic);
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
            ArgKind::Lambda(_) => BindArg::Lambda,
        }
    }

    /// The number of a bound call, and its slots.
    fn bound(
        &mut self,
        call: &Call,
        function: &dyn Function,
        kernel: Box<dyn Kernel>,
    ) -> (u32, Vec<Operand>) {
        let (args, slots) = self.slots(call);
        let index = self.program.calls.len() as u32;
        self.ready.insert(address(call), Ready::Call(index));
        self.program.calls.push(BoundCall {
            name: function.signature().name,
            kernel: Some(kernel),
            args,
        });
        (index, slots)
    }

    /// Evaluates the arguments of a call into slots.
    fn slots(&mut self, call: &Call) -> (Vec<CallArg>, Vec<Operand>) {
        let mut slots = Vec::new();
        let mut args = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            args.push(match &arg.kind {
                ArgKind::Absent => CallArg::Absent,
                // They were bound with the call, and capture nothing outside of lambdas.
                ArgKind::Function(_) | ArgKind::Lambda(_) if self.shared.is_some() => {
                    CallArg::Absent
                }
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
                ArgKind::Function(id) => CallArg::Function(Box::new(self.function_argument(*id))),
                ArgKind::Output(name) => CallArg::Output(self.tables.output(name)),
                ArgKind::Lambda(lambda) => {
                    let (lambda, captured) = self.lambda(lambda);
                    let first_capture = slots.len();
                    slots.extend(captured);
                    CallArg::Lambda {
                        lambda,
                        first_capture,
                    }
                }
            });
        }
        (args, slots)
    }

    /// A function given by name: it can be called if it takes exactly one string.
    fn function_argument(&mut self, id: FunctionId) -> BoundCall {
        let function = self.function(id);
        let signature = function.signature();
        let one_string = matches!(
            signature.params,
            [param] if param.kind == ParamKind::Value(ValueKind::String)
        );
        let args = &[BindArg::Dynamic];
        let patterns = self.patterns;
        let bound = one_string.then(|| function.bind(&BindArgs { args, patterns }));
        BoundCall {
            name: signature.name,
            kernel: match bound {
                Some(Ok(Bound::Kernel(kernel))) => Some(kernel),
                Some(Ok(Bound::Store { .. }) | Err(_)) | None => None,
            },
            args: vec![CallArg::Value(0)],
        }
    }

    fn store(&mut self, target: &Arg, value: &Arg) {
        let (ArgKind::Path(path), ArgKind::Value(expr)) = (&target.kind, &value.kind) else {
            return;
        };
        let src = self.value(expr).operand;
        let within = holders(path, expr);
        let (path, keys) = self.path(path);
        self.emit(Instruction::Store {
            path,
            keys,
            src,
            within,
        });
    }
}

fn address(call: &Call) -> usize {
    std::ptr::from_ref(call).addr()
}

fn bind_path(path: &Path) -> BindArg {
    if is_read_as_copy(path) {
        return BindArg::Dynamic;
    }
    let mut keys = Vec::with_capacity(path.keys.len());
    for key in &path.keys {
        keys.push(match key {
            Key::Str(text) => KeyUse::Str(text.clone()),
            Key::Int(index) => KeyUse::Int(*index),
            Key::Expr(_) => return BindArg::Dynamic,
        });
    }
    let access = path.def.access;
    BindArg::Path(BindPath { access, keys })
}

/// Whether each read makes a new map, which writing the path does not change: the attributes of
/// profiles are put together from the dictionary.
fn is_read_as_copy(path: &Path) -> bool {
    matches!(path.def.access, Access::Attributes(_))
}

/// What a value may be or contain that holds the target.
fn holders(target: &Path, value: &Expr) -> Option<Holders> {
    let mut keys = 0;
    find_holders(target, value, &mut keys);
    let mut elements = u64::MAX;
    if let ExprKind::List(list) = &value.kind {
        elements = 0;
        for (at, element) in list.iter().enumerate() {
            let mut keys = 0;
            find_holders(target, element, &mut keys);
            elements |= u64::from(keys != 0) << at.min(Holders::LAST);
        }
    }
    (keys != 0).then_some(Holders { keys, elements })
}

/// Sets the bits of [`Holders::keys`] for the paths whose value a value may be or contain.
fn find_holders(target: &Path, value: &Expr, found: &mut u32) {
    match &value.kind {
        ExprKind::Path(source) => {
            if is_holder(source, target) {
                *found |= 1 << source.keys.len();
            }
        }
        ExprKind::List(elements) => elements
            .iter()
            .for_each(|it| find_holders(target, it, found)),
        ExprKind::Index { base, .. } => find_holders(target, base, found),
        ExprKind::Call(call) => {
            for arg in &call.args {
                match &arg.kind {
                    ArgKind::Value(value) => find_holders(target, value, found),
                    ArgKind::List(list) => {
                        list.iter().for_each(|it| find_holders(target, it, found))
                    }
                    ArgKind::Lambda(Lambda { body, .. }) => {
                        if let LambdaBody::Value(value) = &**body {
                            find_holders(target, value, found);
                        }
                    }
                    ArgKind::Absent
                    | ArgKind::Path(_)
                    | ArgKind::Function(_)
                    | ArgKind::Output(_) => {}
                }
            }
        }
        // What is made anew holds copies.
        ExprKind::Literal(_)
        | ExprKind::Local(_)
        | ExprKind::Map(_)
        | ExprKind::Negate(_)
        | ExprKind::Arithmetic { .. }
        | ExprKind::Error => {}
    }
}

/// Whether the value of one path holds the place of another.
fn is_holder(source: &Path, target: &Path) -> bool {
    let same = |(left, right): (&Key, &Key)| match (left, right) {
        (Key::Str(left), Key::Str(right)) => left == right,
        (Key::Int(left), Key::Int(right)) => left == right,
        _ => false,
    };
    source.def.access == target.def.access
        && !is_read_as_copy(source)
        && source.keys.len() < target.keys.len().min(32)
        && source.keys.iter().zip(&target.keys).all(same)
}
