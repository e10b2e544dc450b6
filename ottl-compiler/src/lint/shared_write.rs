//! `shared-write`: an item writes to its resource or scope what depends on the item.
//!
//! All items of a resource share it, so that the last item decides, whichever that is.

use otlp_columns::Level;
use ottl_syntax::{Code, Diagnostic};
use ottl_vm::path;

use super::{Around, Rule, node_level, walk};
use crate::effects;
use crate::hir::{ArgKind, Path, Statement};

#[derive(Default)]
pub(super) struct SharedWrite;

impl Rule for SharedWrite {
    fn statement(&mut self, around: &mut Around<'_>, statement: &Statement, guard: Option<Level>) {
        let moving = effects::moving_level(around.context);
        let is_shared = |path: &Path| {
            path.def.writable
                && path.level() < around.context
                && !(around.regroups && path.level() < moving)
        };
        let args = statement.editor.args.iter();
        let targets = args.filter_map(|arg| match &arg.kind {
            ArgKind::Path(path) if is_shared(path) => Some(path),
            _ => None,
        });
        let targets: Vec<_> = targets.collect();
        let Some(target) = targets.first() else {
            return;
        };
        let (registry, context) = (around.registry, around.context);
        let mut value = None;
        walk::call(registry, &statement.editor, &mut |node| {
            value = value.max(node_level(registry, context, node));
        });
        let mut condition = guard;
        if let Some(own) = &statement.condition {
            walk::condition(registry, own, &mut |node| {
                condition = condition.max(node_level(registry, context, node));
            });
        }
        let depends = |level: Option<Level>| level.filter(|level| *level > target.level());
        let mut warning = match (depends(value), depends(condition)) {
            (Some(level), _) => warning(VALUE, target, level),
            (None, Some(level)) => warning(CONDITION, target, level),
            (None, None) => return,
        };
        if target.level() < moving {
            let ((one, _), (shared, _)) = (
                path::context_nouns(moving),
                path::context_nouns(target.level()),
            );
            warning = warning.with_note(format!(
                "With regrouping, the option --regroup of ottlc, each {one} gets the {shared} that it asks for."
            ));
        }
        around.problems.report(warning);
    }
}

/// What depends on the item, and what follows from that.
type Cause = (&'static str, &'static str);

const VALUE: Cause = ("What is written", "the last one that writes here wins");
const CONDITION: Cause = (
    "Whether it is written",
    "what one of them asks for, all get",
);

fn warning((what, label): Cause, target: &Path, level: Level) -> Diagnostic {
    let (one, many) = path::context_nouns(level);
    let (shared, _) = path::context_nouns(target.level());
    let message = format!(
        "`{}` belongs to the {shared}, which many {many} share. {what} depends on the {one}.",
        target.name
    );
    let own = path::context_name(level);
    Diagnostic::warning(Code::SharedWrite, target.span, message)
        .with_label(label)
        .with_note(format!(
            "Write to the {one} instead, to a path that begins with `{own}.`, or let the {shared} alone decide."
        ))
}
