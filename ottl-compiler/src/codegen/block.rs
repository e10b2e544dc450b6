//! Statements and blocks to parts.
//!
//! The conditions of a block are parts of their own in front of its statements. They sort the items
//! into masks, and the statements run for the items of a mask.

use ottl_syntax::Span;
use ottl_vm::{ErrorMode, Items, Mask};

use super::Generator;
use crate::effects::Effects;
use crate::hir::{Arm, Block, Head, Item, Statement};

/// The parts that were generated, in their order.
#[derive(Default)]
pub(super) struct Listed<'h> {
    pub(super) effects: Vec<Effects>,
    /// The statements; none for conditions of blocks.
    pub(super) statements: Vec<Option<&'h Statement>>,
}

impl Generator<'_> {
    /// Generates what runs for the items of a mask, and notes the effects of each part.
    pub(super) fn items_of<'h>(&mut self, items: &'h [Item], of: Items, listed: &mut Listed<'h>) {
        for item in items {
            match item {
                Item::Statement(statement) => self.statement_of(statement, of, listed),
                Item::Block(block) => self.block(block, of, listed),
            }
        }
    }

    fn statement_of<'h>(&mut self, statement: &'h Statement, of: Items, listed: &mut Listed<'h>) {
        if self.optimises() {
            self.values.statement(statement);
        }
        let index = self.program.parts.len() as u32;
        self.record(
            statement.condition.as_ref(),
            &statement.text,
            statement.span,
        );
        self.part(&statement.text, |generator| {
            generator.statement(statement, index);
            None
        });
        self.finish_part(statement.span, of, statement.error_mode);
        let effects = Effects::of(statement, self.registry);
        if self.optimises() {
            for place in &effects.writes {
                self.values.write(place);
            }
        }
        listed.effects.push(effects.shared(self.program.context));
        listed.statements.push(Some(statement));
    }

    fn block<'h>(&mut self, block: &'h Block, of: Items, listed: &mut Listed<'h>) {
        let mut rest = of;
        for (index, arm) in block.arms.iter().enumerate() {
            let is_last = index + 1 == block.arms.len() && block.otherwise.is_empty();
            let missed = (!is_last).then(|| self.mask());
            let held = self.mask();
            self.heads(arm, rest, (held, missed), listed);
            let chosen = Items {
                of: Some(held),
                ..Items::default()
            };
            self.items_of(&arm.items, chosen, listed);
            rest = Items {
                of: missed,
                ..Items::default()
            };
        }
        self.items_of(&block.otherwise, rest, listed);
    }

    /// The conditions of an arm. A further one is asked only about items for which none held yet.
    fn heads(
        &mut self,
        arm: &Arm,
        of: Items,
        (held, missed): (Mask, Option<Mask>),
        listed: &mut Listed<'_>,
    ) {
        for (index, head) in arm.conditions.iter().enumerate() {
            let is_last = index + 1 == arm.conditions.len();
            let items = Items {
                of: of.of,
                without: (index > 0).then_some(held),
                held: Some(held),
                missed: missed.filter(|_| is_last),
            };
            self.head(head, items, listed);
        }
    }

    fn head(&mut self, head: &Head, items: Items, listed: &mut Listed<'_>) {
        if self.optimises() {
            self.values.condition(&head.condition);
        }
        self.record(Some(&head.condition), &head.text, head.span);
        self.part(&head.text, |generator| {
            Some(generator.truth(&head.condition))
        });
        self.finish_part(head.span, items, head.error_mode);
        let effects = Effects::of_condition(&head.condition, self.registry);
        listed.effects.push(effects.shared(self.program.context));
        listed.statements.push(None);
    }

    fn finish_part(&mut self, span: Span, items: Items, error_mode: Option<ErrorMode>) {
        if let Some(part) = self.program.parts.last_mut() {
            part.offset = span.start as usize;
            part.items = items;
            part.error_mode = error_mode;
        }
    }

    fn mask(&mut self) -> Mask {
        self.program.masks += 1;
        Mask(self.program.masks - 1)
    }
}
