//! Plans an expression as the reference does, since what it selects depends on the plan: steps are
//! joined, and filters with positions take the step before them apart.

use ottl_vm::{BindArg, BindArgs, Literal};

use super::ast::{Ast, AstId, Expr, NodeTest, Operator, Step};
use super::plan::{Axis, CallPattern, Op, OpId, Plan, Test};
use super::signature::Function;
use crate::support::pattern::Pattern;

/// How deep operations may depend on each other. Evaluation recurses as deep.
const MAX_DEPTH: usize = 200;

/// Where an expression stands.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// It is the input of a step to descendants.
    before_descendants: bool,
    /// It is the input of a filter.
    in_filter: bool,
}

/// What an expression turned out to have.
#[derive(Clone, Copy, Debug, Default)]
struct Traits {
    filters_by_position: bool,
    has_position: bool,
    has_last: bool,
}

/// Plans an expression.
///
/// # Errors
/// What is wrong with it.
pub(super) fn plan(ast: &Ast<'_>, args: &BindArgs<'_>) -> Result<Plan, String> {
    let mut builder = Builder {
        ast,
        args,
        plan: Plan::new(),
        depth: 0,
        latest: None,
    };
    let (top, _) = builder.expression(ast.top, Place::default())?;
    let mut plan = builder.plan;
    plan.top = top.ok_or("it selects namespaces")?;
    Ok(plan)
}

struct Builder<'a> {
    ast: &'a Ast<'a>,
    args: &'a BindArgs<'a>,
    plan: Plan,
    depth: usize,
    /// The step, filter or group that was planned last: what `position()` and `last()` count.
    latest: Option<OpId>,
}

/// An operation, none on the axis `namespace`, and what it has.
type Planned = Result<(Option<OpId>, Traits), String>;

impl Builder<'_> {
    fn expression(&mut self, id: AstId, place: Place) -> Planned {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!(
                "it has more than {MAX_DEPTH} steps and operators that depend on each other"
            ));
        }
        let planned = self.planned(id, place)?;
        self.depth -= 1;
        Ok(planned)
    }

    fn planned(&mut self, id: AstId, place: Place) -> Planned {
        let ast = self.ast;
        match ast.get(id) {
            Expr::Number(value) => Ok(self.plain(Op::Number(*value))),
            Expr::Text(text) => Ok(self.plain(Op::Text(text.to_vec()))),
            Expr::Root => Ok(self.plain(Op::Root)),
            Expr::Step(step) => {
                let planned = self.step(step, place)?;
                self.latest = planned.0;
                Ok(planned)
            }
            Expr::Filter { input, condition } => {
                let (filter, traits) = self.filter(*input, *condition, place)?;
                self.latest = Some(filter);
                Ok((Some(filter), traits))
            }
            Expr::Call { name, args } => self.call(name, args),
            Expr::Operator { op, left, right } => self.operator(*op, *left, *right),
            Expr::Group(inner) => {
                let (input, traits) = self.expression(*inner, Place::default())?;
                let group = self.plan.add(Op::Group { input });
                self.latest = Some(group);
                Ok((Some(group), traits))
            }
            Expr::Variable => Err("there are no variables".to_owned()),
        }
    }

    fn plain(&mut self, op: Op) -> (Option<OpId>, Traits) {
        (Some(self.plan.add(op)), Traits::default())
    }

    fn step(&mut self, step: &Step<'_>, place: Place) -> Planned {
        self.latest = None;
        let test = Test {
            kind: step.test,
            local: step.local.to_vec(),
            prefix: step.prefix.to_vec(),
        };
        let mut before_descendants = false;
        if !place.in_filter {
            if step.axis == b"child"
                && let Some(before) = self.descendant_or_self(step.input)
            {
                let place = Place {
                    before_descendants: true,
                    in_filter: false,
                };
                let (input, traits) = self.input(before.input, place)?;
                let axis = Axis::Descendant { or_self: false };
                let op = Op::Step { axis, test, input };
                return Ok((Some(self.plan.add(op)), traits));
            }
            before_descendants = matches!(step.axis, b"descendant" | b"descendant-or-self");
        }
        let input_place = Place {
            before_descendants,
            in_filter: false,
        };
        let (input, traits) = self.input(step.input, input_place)?;
        let Some(axis) = axis(step.axis, place)? else {
            return Ok((None, traits));
        };
        let op = Op::Step { axis, test, input };
        Ok((Some(self.plan.add(op)), traits))
    }

    /// The step `descendant-or-self`, if that is the input of a step.
    fn descendant_or_self(&self, input: Option<AstId>) -> Option<&Step<'_>> {
        match self.ast.get(input?) {
            Expr::Step(step) if step.axis == b"descendant-or-self" => Some(step),
            _ => None,
        }
    }

    fn input(&mut self, input: Option<AstId>, place: Place) -> Planned {
        match input {
            Some(input) => self.expression(input, place),
            None => Ok(self.plain(Op::Context)),
        }
    }

    fn filter(
        &mut self,
        input: AstId,
        condition: AstId,
        place: Place,
    ) -> Result<(OpId, Traits), String> {
        let filtered = Place {
            in_filter: true,
            ..place
        };
        let (planned, mut traits) = self.expression(input, filtered)?;
        let latest = self.latest;
        let (condition, mut found) = self.expression(condition, place)?;
        let no_namespaces = "namespaces cannot be filtered";
        let mut condition = condition.ok_or(no_namespaces)?;
        if self.can_be_number(condition)? || found.has_position || found.has_last {
            found.has_position = true;
        }
        if !matches!(self.ast.get(input), Expr::Filter { .. }) {
            traits.filters_by_position = false;
        }
        traits.filters_by_position |= found.has_position;
        if found.has_last
            && let Op::Call {
                nodes: Some(nodes), ..
            } = *self.plan.get(condition)
            && let Op::Filter { .. } | Op::Group { .. } = self.plan.get(nodes)
        {
            condition = self.plan.add(Op::Size { input: nodes });
        }
        let planned = planned.ok_or(no_namespaces)?;
        let input = if !place.in_filter
            && traits.filters_by_position
            && self.can_be_merged(planned)
            && let Some(latest) = latest
        {
            self.take_input(latest)
        } else {
            None
        };
        let filter = self.plan.add(Op::Filter {
            input: planned,
            condition,
        });
        let Some(input) = input else {
            return Ok((filter, traits));
        };
        let merge = self.plan.add(Op::Merge {
            input,
            child: filter,
        });
        Ok((merge, traits))
    }

    /// Takes the input of a step or group away, which then starts from the current node.
    fn take_input(&mut self, id: OpId) -> Option<OpId> {
        let input = match *self.plan.get(id) {
            Op::Step { input, .. } | Op::Group { input } => input,
            _ => return None,
        };
        if input.is_some_and(|input| matches!(self.plan.get(input), Op::Context)) {
            return None;
        }
        let context = self.plan.add(Op::Context);
        if let Op::Step { input, .. } | Op::Group { input } = self.plan.get_mut(id) {
            *input = Some(context);
        }
        input
    }

    fn can_be_number(&self, id: OpId) -> Result<bool, String> {
        let mut id = id;
        loop {
            return Ok(match self.plan.get(id) {
                Op::Group { input } => {
                    id = input.ok_or("namespaces are no condition")?;
                    continue;
                }
                Op::Call { .. }
                | Op::Reverse { .. }
                | Op::Number(_)
                | Op::Arithmetic { .. }
                | Op::Size { .. } => true,
                _ => false,
            });
        }
    }

    fn can_be_merged(&self, id: OpId) -> bool {
        let mut id = id;
        while let Op::Filter { input, .. } = self.plan.get(id) {
            id = *input;
        }
        !matches!(self.plan.get(id), Op::Group { .. })
    }

    fn operator(&mut self, op: Operator, left: AstId, right: AstId) -> Planned {
        let (left, of_left) = self.expression(left, Place::default())?;
        let (right, of_right) = self.expression(right, Place::default())?;
        let traits = Traits {
            filters_by_position: of_left.filters_by_position | of_right.filters_by_position,
            has_position: of_left.has_position | of_right.has_position,
            has_last: of_left.has_last | of_right.has_last,
        };
        let op = match op {
            Operator::Or | Operator::And => Op::Logic {
                is_or: op == Operator::Or,
                left,
                right,
            },
            Operator::Union => Op::Union { left, right },
            Operator::Compare(op) => Op::Compare { op, left, right },
            Operator::Arithmetic(op) => Op::Arithmetic { op, left, right },
        };
        Ok((Some(self.plan.add(op)), traits))
    }

    fn call(&mut self, name: &[u8], args: &[AstId]) -> Planned {
        let shown = String::from_utf8_lossy(name);
        let Some(function) = Function::of(name) else {
            return Err(format!("there is no function `{shown}`"));
        };
        let arity = function.arity(args.len());
        if args.len() < arity.min || args.len() > arity.max {
            let count = args.len();
            return Err(format!("`{shown}` does not take {count} arguments"));
        }
        let mut traits = Traits::default();
        let mut planned = Vec::new();
        for arg in args.iter().take(arity.used) {
            let (arg, found) = self.expression(*arg, Place::default())?;
            traits = found;
            planned.push(arg);
        }
        if function == Function::NormalizeSpace && args.is_empty() {
            planned.push(Some(self.current_node()));
        }
        if function == Function::Reverse {
            let op = self.plan.add(Op::Reverse { input: planned[0] });
            return Ok((Some(op), traits));
        }
        let is_counting = matches!(function, Function::Position | Function::Last);
        traits.has_position |= function == Function::Position;
        traits.has_last |= function == Function::Last;
        let pattern = match function {
            Function::Matches | Function::Replace => Some(self.pattern(function, planned[1])?),
            _ => None,
        };
        let op = self.plan.add(Op::Call {
            function,
            args: planned,
            nodes: self.latest.filter(|_| is_counting),
            pattern,
        });
        Ok((Some(op), traits))
    }

    fn current_node(&mut self) -> OpId {
        let input = Some(self.plan.add(Op::Context));
        let test = Test {
            kind: NodeTest::Any,
            local: Vec::new(),
            prefix: Vec::new(),
        };
        let axis = Axis::Itself;
        let step = self.plan.add(Op::Step { axis, test, input });
        self.latest = Some(step);
        step
    }

    /// The pattern of a call, compiled when it is literal.
    fn pattern(&self, function: Function, arg: Option<OpId>) -> Result<CallPattern, String> {
        let arg = match arg.map(|arg| self.plan.get(arg)) {
            Some(Op::Text(text)) => BindArg::Literal(Literal::String(text.clone())),
            Some(Op::Number(_)) if function == Function::Matches => {
                return Err("the pattern of `matches` is a number".to_owned());
            }
            _ => BindArg::Dynamic,
        };
        let args = BindArgs {
            args: &[arg],
            patterns: self.args.patterns,
        };
        let pattern = Pattern::bind(&args, 0).map_err(|error| {
            let message = error.message;
            message.trim_end_matches('.').to_owned()
        })?;
        Ok(CallPattern(pattern))
    }
}

/// The axis with a name; none for that of namespaces.
fn axis(name: &[u8], place: Place) -> Result<Option<Axis>, String> {
    let descendant = |or_self| {
        if place.before_descendants {
            Axis::Below { or_self }
        } else {
            Axis::Descendant { or_self }
        }
    };
    Ok(Some(match name {
        b"ancestor" => Axis::Ancestor { or_self: false },
        b"ancestor-or-self" => Axis::Ancestor { or_self: true },
        b"attribute" => Axis::Attribute,
        b"child" => Axis::Child,
        b"descendant" => descendant(false),
        b"descendant-or-self" => descendant(true),
        b"following" => Axis::Following,
        b"following-sibling" => Axis::FollowingSibling,
        b"parent" => Axis::Parent,
        b"preceding" => Axis::Preceding,
        b"preceding-sibling" => Axis::PrecedingSibling,
        b"self" => Axis::Itself,
        b"namespace" => return Ok(None),
        _ => {
            let name = String::from_utf8_lossy(name);
            return Err(format!("there is no axis `{name}`"));
        }
    }))
}
