//! Statements and blocks to parts.
//!
//! The conditions of a block are parts of their own in front of its statements. They sort the items
//! into masks, and the statements run for the items of a mask.

use ottl_syntax::Span;
use ottl_vm::{ErrorMode, Items, Mask};

use super::Generator;
use crate::effects::Effects;
use crate::hir::{Arm, Block, Head, Item, Statement};

impl Generator<'_> {
    /// Generates what runs for the items of a mask, and notes the effects of each part.
    pub(super) fn items_of(&mut self, items: &[Item], of: Items, effects: &mut Vec<Effects>) {
        for item in items {
            match item {
                Item::Statement(statement) => self.statement_of(statement, of, effects),
                Item::Block(block) => self.block(block, of, effects),
            }
        }
    }

    fn statement_of(&mut self, statement: &Statement, of: Items, effects: &mut Vec<Effects>) {
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
        let context = self.program.context;
        effects.push(Effects::of(statement, self.registry, context));
    }

    fn block(&mut self, block: &Block, of: Items, effects: &mut Vec<Effects>) {
        let mut rest = of;
        for (index, arm) in block.arms.iter().enumerate() {
            let is_last = index + 1 == block.arms.len() && block.otherwise.is_empty();
            let missed = (!is_last).then(|| self.mask());
            let held = self.mask();
            self.heads(arm, rest, (held, missed), effects);
            let chosen = Items {
                of: Some(held),
                ..Items::default()
            };
            self.items_of(&arm.items, chosen, effects);
            rest = Items {
                of: missed,
                ..Items::default()
            };
        }
        self.items_of(&block.otherwise, rest, effects);
    }

    /// The conditions of an arm. A further one is asked only about items for which none held yet.
    fn heads(
        &mut self,
        arm: &Arm,
        of: Items,
        (held, missed): (Mask, Option<Mask>),
        effects: &mut Vec<Effects>,
    ) {
        for (index, head) in arm.conditions.iter().enumerate() {
            let is_last = index + 1 == arm.conditions.len();
            let items = Items {
                of: of.of,
                without: (index > 0).then_some(held),
                held: Some(held),
                missed: missed.filter(|_| is_last),
            };
            self.head(head, items, effects);
        }
    }

    fn head(&mut self, head: &Head, items: Items, effects: &mut Vec<Effects>) {
        self.record(Some(&head.condition), &head.text, head.span);
        self.part(&head.text, |generator| {
            Some(generator.truth(&head.condition))
        });
        self.finish_part(head.span, items, head.error_mode);
        let context = self.program.context;
        effects.push(Effects::of_condition(
            &head.condition,
            self.registry,
            context,
        ));
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
