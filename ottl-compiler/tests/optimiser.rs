//! What each pass of the optimiser makes of a program, and where it must not.

use insta::assert_snapshot;
use otlp_columns::{Level, Signal};
use ottl_compiler::{Language, Options, Pass, Passes, Registry, Target, dump};

/// The instructions without and with a pass.
fn both(pass: Pass, source: &str) -> String {
    let (before, after) = (
        bytecode(Passes::NONE, source),
        bytecode(Passes::NONE.with(pass), source),
    );
    format!("{source}\n\n{before}\n=== {}\n{after}", pass.name())
}

fn bytecode(passes: Passes, source: &str) -> String {
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options {
        passes,
        ..Options::default()
    };
    let target = Target {
        signal: Signal::Traces,
        context: Some(Level::Span),
    };
    let compiled = Language::new(&registry, &options).compile_script(target, source);
    let program = compiled.expect("the script compiles").program;
    ottl_vm::verify(&program).expect("the program is well formed");
    dump::bytecode(&program)
}

/// That a pass has nothing to do.
fn assert_same(pass: Pass, source: &str) {
    assert_eq!(
        bytecode(Passes::NONE.with(pass), source),
        bytecode(Passes::NONE, source),
        "{} {source}",
        pass.name()
    );
}

#[test]
fn literals_are_folded() {
    assert_snapshot!(both(
        Pass::Fold,
        "set(span.attributes[\"limit\"], 60 * 1000 + span.kind) \
         where span.end_time_unix_nano > -(5 - 8) * 1000000000 and 2 * 3 == 6",
    ));
}

#[test]
fn what_fails_is_not_folded() {
    assert_same(Pass::Fold, "set(span.attributes[\"x\"], 1 / 0)");
    assert_same(
        Pass::Fold,
        "set(span.attributes[\"x\"], 1) where Int(\"1\") == 1",
    );
    // The first part may fail, and then the second is not asked.
    assert_same(
        Pass::Fold,
        "set(span.name, \"x\") where span.attributes[\"a\"][\"b\"] == 1 or span.kind == 1",
    );
}

#[test]
fn statements_that_never_run_have_no_code() {
    assert_snapshot!(both(
        Pass::Dead,
        "set(span.name, \"a\")\nset(span.name, \"b\") where false\nset(span.name, \"c\")",
    ));
}

#[test]
fn statements_that_may_run_stay() {
    assert_same(Pass::Dead, "set(span.name, \"b\") where span.kind == 1");
}

#[test]
fn many_literals_become_a_set() {
    assert_snapshot!(both(
        Pass::Sets,
        "set(span.name, \"a\") where span.name == \"1\" or span.name == \"2\" or \"3\" == span.name \
         or span.name == \"4\" or span.name == \"5\" or span.name == \"6\" or span.name == \"7\" \
         or span.name == \"8\" or span.kind == 1",
    ));
}

#[test]
fn few_literals_and_other_values_become_no_set() {
    assert_same(
        Pass::Sets,
        "set(span.name, \"a\") where span.name == \"1\" or span.name == \"2\"",
    );
    let different = |at: usize| format!("span.attributes[\"{at}\"] == \"x\"");
    let conditions: Vec<_> = (0..10).map(different).collect();
    let source = format!("set(span.name, \"a\") where {}", conditions.join(" or "));
    assert_same(Pass::Sets, &source);
    // Nothing says that it is the same twice.
    let conditions = ["UUID() == \"x\""; 10].join(" or ");
    assert_same(
        Pass::Sets,
        &format!("set(span.name, \"a\") where {conditions}"),
    );
    // Doubles are compared one by one.
    let conditions = ["span.attributes[\"x\"] == 1.5"; 10].join(" or ");
    assert_same(
        Pass::Sets,
        &format!("set(span.name, \"a\") where {conditions}"),
    );
}

#[test]
fn values_are_computed_once() {
    assert_snapshot!(both(
        Pass::Share,
        "set(span.attributes[\"card\"], SHA256(span.attributes[\"card\"])) \
         where span.attributes[\"card\"] != nil and IsString(span.attributes[\"card\"])\n\
         set(span.attributes[\"n\"], span.name)\n\
         set(span.attributes[\"m\"], span.name)",
    ));
}

#[test]
fn values_that_may_be_others_are_computed_again() {
    // Of the items that reach the second use not all reached the first.
    assert_same(
        Pass::Share,
        "set(span.attributes[\"x\"], span.name) where span.kind == 1 or span.name == \"a\"",
    );
    // The path was written in between.
    assert_same(
        Pass::Share,
        "set(span.name, span.trace_state)\nset(span.trace_state, span.name)",
    );
    assert_same(
        Pass::Share,
        "set(span.attributes[\"a\"], span.attributes[\"b\"])\n\
         delete_matching_keys(span.attributes, \"b\")\n\
         set(span.attributes[\"c\"], span.attributes[\"b\"])",
    );
    assert_same(
        Pass::Share,
        "set(span.attributes[\"x\"], Concat([UUID(), UUID()], \"\"))",
    );
}

#[test]
fn a_condition_of_two_statements_is_evaluated_once() {
    assert_snapshot!(both(
        Pass::Fuse,
        "set(span.status.code, 2) where span.end_time_unix_nano - span.start_time_unix_nano > 3\n\
         set(span.status.message, \"slow\") where \
         span.end_time_unix_nano - span.start_time_unix_nano > 3 and span.attributes[\"x\"] == 1\n\
         set(span.name, \"slow\") where span.attributes[\"x\"] == 1",
    ));
}

#[test]
fn a_condition_that_a_statement_changes_is_evaluated_again() {
    assert_same(
        Pass::Fuse,
        "set(span.start_time_unix_nano, 0) where span.start_time_unix_nano > 3\n\
         set(span.status.message, \"slow\") where span.start_time_unix_nano > 3",
    );
    // What only few items are asked is not asked of all.
    assert_same(
        Pass::Fuse,
        "set(span.name, \"a\") where span.kind == 1 and IsMatch(span.name, \"x+\")\n\
         set(span.trace_state, \"\") where span.kind == 2 and IsMatch(span.name, \"x+\")",
    );
    // One runs by rows.
    assert_same(
        Pass::Fuse,
        "set(resource.attributes[\"a\"], resource.attributes[\"a\"] + 1) where span.kind == 1\n\
         set(span.name, \"b\") where span.kind == 1",
    );
}

#[test]
fn what_depends_on_the_resource_is_evaluated_once_for_it() {
    assert_snapshot!(both(
        Pass::Hoist,
        "set(span.attributes[\"a\"], ToUpperCase(resource.attributes[\"env\"])) \
         where resource.attributes[\"env\"] == \"prod\" and span.kind == 1 \
         and IsMatch(scope.name, \"^http\")",
    ));
}

#[test]
fn conditions_on_their_own_are_hoisted_too() {
    let source = "IsMatch(resource.attributes[\"env\"], \"^prod\") and span.kind == 1".to_owned();
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options::default();
    let target = Target {
        signal: Signal::Traces,
        context: Some(Level::Span),
    };
    let compiled = Language::new(&registry, &options).compile_conditions(target, &[source]);
    let program = compiled.expect("the condition compiles").program;
    ottl_vm::verify(&program).expect("the program is well formed");
    assert_snapshot!(dump::bytecode(&program));
}

#[test]
fn what_depends_on_the_item_is_not_hoisted() {
    assert_same(
        Pass::Hoist,
        "set(span.attributes[\"a\"], resource.attributes[\"b\"])\n\
         set(span.name, \"b\") where span.attributes[\"x\"] == resource.attributes[\"x\"]\n\
         set(span.name, Concat([UUID()], \"\"))",
    );
}

#[test]
fn statements_of_one_value_are_chosen_through_a_table() {
    assert_snapshot!(both(
        Pass::Switch,
        "set(span.attributes[\"to\"], \"1\") where resource.attributes[\"tenant\"] == \"a\"\n\
         set(span.attributes[\"to\"], \"2\") where \"b\" == resource.attributes[\"tenant\"] \
         and span.kind == 2\n\
         set(span.attributes[\"to\"], \"3\") where resource.attributes[\"tenant\"] == \"c\" \
         or resource.attributes[\"tenant\"] == 7\n\
         set(span.attributes[\"to\"], \"4\") where resource.attributes[\"tenant\"] == \"a\"\n\
         set(span.name, \"x\") where span.kind == 1",
    ));
}

#[test]
fn statements_that_write_what_they_ask_are_asked_in_turn() {
    let rule = |at: usize| format!("set(span.name, \"{}\") where span.name == \"{at}\"", at + 1);
    let rules: Vec<_> = (0..6).map(rule).collect();
    assert_same(Pass::Switch, &rules.join("\n"));
    let rule = |at: usize| format!("set(span.kind, 1) where span.attributes[\"x\"] > {at}");
    let rules: Vec<_> = (0..6).map(rule).collect();
    assert_same(Pass::Switch, &rules.join("\n"));
    let few =
        "set(span.name, \"a\") where span.kind == 1\nset(span.name, \"b\") where span.kind == 2";
    assert_same(Pass::Switch, few);
}

#[test]
fn all_passes_together() {
    assert_snapshot!(bytecode(
        Passes::ALL,
        "set(span.attributes[\"card\"], SHA256(span.attributes[\"card\"])) \
         where resource.attributes[\"env\"] == \"prod\" and span.attributes[\"card\"] != nil\n\
         set(span.status.code, 2) where span.end_time_unix_nano - span.start_time_unix_nano > 3 * 1000\n\
         set(span.status.message, \"slow\") \
         where span.end_time_unix_nano - span.start_time_unix_nano > 3000",
    ));
}
