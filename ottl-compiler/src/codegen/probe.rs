//! Parts of conditions as parts of a program; see [`probe`](crate::probe).

use ottl_syntax::Span;
use ottl_vm::path;
use ottl_vm::{Instruction, Operand, Register, RegisterKind, Type};

use super::Generator;
use crate::hir::{ArgKind, Call, Condition, Expr, ExprKind, Key, Path};
use crate::probe::{Probe, Probes, Texts, ValueProbe};

/// The condition of a part, kept for its probes.
pub(super) struct Recorded {
    condition: Option<Condition>,
    /// The text of the part, and where it begins.
    text: String,
    start: u32,
}

impl Generator<'_> {
    /// Keeps the conditions of what is generated from here on, for probes of them.
    pub(crate) fn with_conditions(mut self) -> Self {
        self.recorded = Some(Vec::new());
        self
    }

    /// Generates probes of the conditions that were kept, behind all statements and blocks. `source`
    /// is the whole script, when there is one. There are none where no conditions were kept.
    pub(crate) fn probes(&mut self, source: Option<&str>) -> Option<Probes> {
        let recorded = self.recorded.take()?;
        let conditions = recorded.iter().map(|part| {
            let texts = match source {
                Some(source) => Texts::new(source, 0),
                None => Texts::new(&part.text, part.start),
            };
            let condition = part.condition.as_ref()?;
            Some(self.probe(condition, texts))
        });
        let conditions = conditions.collect();
        Some(Probes {
            conditions,
            cache: Some(self.probe_cache()),
        })
    }

    /// Generates probes of conditions that were generated each on its own.
    pub(crate) fn probes_of(&mut self, conditions: &[Condition], sources: &[String]) -> Probes {
        let conditions = conditions.iter().zip(sources);
        let probe =
            |(condition, source): (_, &String)| Some(self.probe(condition, Texts::new(source, 0)));
        Probes {
            conditions: conditions.map(probe).collect(),
            cache: None,
        }
    }

    /// Keeps the condition of the part that is generated next, if somebody wants to look into it.
    pub(super) fn record(&mut self, condition: Option<&Condition>, text: &str, span: Span) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push(Recorded {
                condition: condition.cloned(),
                text: text.to_owned(),
                start: span.start,
            });
        }
    }

    fn probe_cache(&mut self) -> usize {
        let context = self.program.context;
        let def = match self.shares_cache {
            true => path::shared_cache(context),
            false => path::cache(context),
        };
        let cache = Expr {
            span: Span::default(),
            ty: Type::Map,
            kind: ExprKind::Path(Path {
                span: Span::default(),
                name: format!("{}.cache", path::context_name(context)),
                def,
                keys: Vec::new(),
            }),
        };
        self.value_part(&cache, "cache")
    }

    /// A part whose result is a value.
    pub(super) fn value_part(&mut self, expr: &Expr, text: &str) -> usize {
        self.part(text, |generator| Some(generator.boxed_value(expr)));
        self.program.parts.len() - 1
    }

    /// The register of any kind with a value.
    pub(super) fn boxed_value(&mut self, expr: &Expr) -> Register {
        let value = self.value(expr);
        match value.operand {
            Operand::Register(register) => register,
            constant @ Operand::Constant(_) => {
                let dst = self.register(RegisterKind::Value);
                self.emit(Instruction::Box { dst, src: constant });
                dst
            }
        }
    }

    fn truth_part(&mut self, condition: &Condition, text: &str) -> usize {
        self.part(text, |generator| Some(generator.truth(condition)));
        self.program.parts.len() - 1
    }

    fn probe(&mut self, condition: &Condition, texts: Texts<'_>) -> Probe {
        match condition {
            Condition::Known { value, .. } => Probe::Known(*value),
            Condition::Compare { span, op, lhs, rhs } => {
                let text = texts.at(*span);
                Probe::Compare {
                    op: *op,
                    lhs: self.probe_value(lhs, texts),
                    rhs: self.probe_value(rhs, texts),
                    truth: self.truth_part(condition, &text),
                    text,
                }
            }
            Condition::In { span, value, .. } => {
                let text = texts.at(*span);
                Probe::In {
                    value: self.probe_value(value, texts),
                    truth: self.truth_part(condition, &text),
                    text,
                }
            }
            Condition::Truth(value) => {
                let value = self.probe_value(value, texts);
                Probe::Truth {
                    truth: self.truth_part(condition, &value.text),
                    value,
                }
            }
            Condition::Not(inner) => Probe::Not(Box::new(self.probe(inner, texts))),
            Condition::And(parts) => Probe::And(self.probe_all(parts, texts)),
            Condition::Or(parts) => Probe::Or(self.probe_all(parts, texts)),
        }
    }

    fn probe_all(&mut self, parts: &[Condition], texts: Texts<'_>) -> Vec<Probe> {
        parts.iter().map(|part| self.probe(part, texts)).collect()
    }

    fn probe_value(&mut self, expr: &Expr, texts: Texts<'_>) -> ValueProbe {
        let mut inputs = Vec::new();
        if let Some(inside) = texts.inside() {
            self.probe_inputs(expr, inside, &mut inputs);
        }
        let text = texts.at(expr.span);
        ValueProbe {
            part: self.value_part(expr, &text),
            is_literal: matches!(expr.kind, ExprKind::Literal(_)),
            inputs,
            text,
        }
    }

    /// Probes of what a value is computed from. The parameters of lambdas have no value here.
    fn probe_inputs(&mut self, expr: &Expr, texts: Texts<'_>, inputs: &mut Vec<ValueProbe>) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Error => {}
            ExprKind::Path(path) => self.probe_keys(path, texts, inputs),
            ExprKind::Call(call) => self.probe_arguments(call, texts, inputs),
            ExprKind::Index { base, keys } => {
                self.probe_input(base, texts, inputs);
                keys.iter()
                    .for_each(|key| self.probe_input(key, texts, inputs));
            }
            ExprKind::List(parts) => {
                parts
                    .iter()
                    .for_each(|part| self.probe_input(part, texts, inputs));
            }
            ExprKind::Map(entries) => {
                entries
                    .iter()
                    .for_each(|(_, value)| self.probe_input(value, texts, inputs));
            }
            ExprKind::Negate(inner) => self.probe_input(inner, texts, inputs),
            ExprKind::Arithmetic { lhs, rhs, .. } => {
                self.probe_input(lhs, texts, inputs);
                self.probe_input(rhs, texts, inputs);
            }
        }
    }

    fn probe_input(&mut self, expr: &Expr, texts: Texts<'_>, inputs: &mut Vec<ValueProbe>) {
        if !matches!(expr.kind, ExprKind::Literal(_)) {
            inputs.push(self.probe_value(expr, texts));
        }
    }

    fn probe_keys(&mut self, path: &Path, texts: Texts<'_>, inputs: &mut Vec<ValueProbe>) {
        for key in &path.keys {
            if let Key::Expr(key) = key {
                self.probe_input(key, texts, inputs);
            }
        }
    }

    fn probe_arguments(&mut self, call: &Call, texts: Texts<'_>, inputs: &mut Vec<ValueProbe>) {
        for arg in &call.args {
            match &arg.kind {
                ArgKind::Value(value) => self.probe_input(value, texts, inputs),
                ArgKind::List(values) => {
                    values
                        .iter()
                        .for_each(|value| self.probe_input(value, texts, inputs));
                }
                ArgKind::Path(path) => self.probe_keys(path, texts, inputs),
                ArgKind::Absent
                | ArgKind::Function(_)
                | ArgKind::Output(_)
                | ArgKind::Lambda(_) => {}
            }
        }
    }
}
