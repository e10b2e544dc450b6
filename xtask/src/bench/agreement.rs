//! That the programs do the same, which is looked at before it is measured how fast they do it.

use std::fs;
use std::path::Path;

use benches::scenarios::{Kind, Scenario};
use ottl::Signal;
use ottl::diff::{self, Order};
use serde_json::json;

use super::programs::Programs;
use crate::Failure;

/// Items of the message that is compared.
const ITEMS: usize = 500;
/// Differences that are shown.
const SHOWN: usize = 3;

/// Lets the programs transform one message and compares what comes out.
pub(super) fn check(
    scenario: &Scenario,
    script: &Path,
    (programs, has_vrl): (&Programs, bool),
    output: &Path,
) -> Result<(), Failure> {
    let input = super::input(output, scenario.data, ITEMS)?;
    let [ours, others] = ["ottl.pb", "other.pb"].map(|name| output.join(name));
    match scenario.kind {
        Kind::Statements => programs.transform(scenario, script, &input, &ours)?,
        Kind::Filter => {
            let configuration = output.join(format!("{}.yaml", scenario.name));
            fs::write(&configuration, filter(scenario))?;
            programs.filter(scenario, &configuration, &input, &ours)?;
        }
    }
    programs.reference_transform(scenario, script, &input, &others)?;
    let signal = scenario.data.signal();
    compare(scenario.name, "the reference", signal, [&ours, &others])?;
    if has_vrl {
        programs.vrl_transform(scenario, &input, &others)?;
        compare(scenario.name, "VRL", signal, [&ours, &others])?;
    }
    Ok(())
}

/// The configuration of a Collector with the filter. JSON is YAML.
fn filter(scenario: &Scenario) -> String {
    let list = match scenario.data.signal() {
        Signal::Traces => "trace_conditions",
        Signal::Logs => "log_conditions",
        Signal::Metrics => "metric_conditions",
        Signal::Profiles => "profile_conditions",
    };
    let source = scenario.source();
    let conditions: Vec<_> = source
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    json!({ "processors": { "filter": { list: conditions } } }).to_string()
}

fn compare(
    scenario: &str,
    other: &str,
    signal: Signal,
    [ours, others]: [&Path; 2],
) -> Result<(), Failure> {
    let changes = diff::messages(signal, &fs::read(ours)?, &fs::read(others)?, Order::Free)?;
    if changes.is_empty() {
        return Ok(());
    }
    let mut message = format!(
        "{scenario} gives another message in {other}, so that it makes no sense to compare how fast \
         they are. Differences: {}.",
        changes.len()
    );
    for change in changes.iter().take(SHOWN) {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let (here, there) = (shown(&change.before), shown(&change.after));
        message += &format!("\n  {}: {here} here, {there} there", change.path);
    }
    Err(message.into())
}

#[cfg(test)]
mod tests {
    use benches::data::Dataset;
    use benches::scenarios::named;

    use super::*;

    #[test]
    fn a_difference_is_shown_with_its_place() {
        let folder = tempfile::tempdir().expect("a folder for files");
        let [ours, others] = ["a.pb", "b.pb"].map(|name| folder.path().join(name));
        let message = Dataset::Traces.message(1);
        fs::write(&ours, &message).expect("written");
        fs::write(&others, Dataset::TracesOfSdk.message(1)).expect("written");
        let both = [ours.as_path(), others.as_path()];
        let signal = Signal::Traces;
        compare("s", "VRL", signal, both).expect("the order of fields does not matter");

        let change = "set(span.name, \"other\")";
        let script = ottl::Engine::default().compile(signal, None, change);
        let script = script.expect("a statement");
        let mut batch = script.decode(message).expect("a message");
        script.run(&mut batch).expect("no errors");
        fs::write(&others, batch.encode()).expect("written");
        let error = compare("s", "VRL", signal, both).expect_err("another name");
        let place = "resourceSpans[0].scopeSpans[0].spans[0].name: \"";
        assert!(error.to_string().contains(place), "{error}");
    }

    #[test]
    fn a_filter_becomes_a_configuration() {
        let configuration = filter(named("filter_spans").expect("a scenario"));
        let engine = ottl::Engine::default();
        let read = ottl::config::read(&configuration, &ottl::config::ReadOptions::default());
        assert_eq!(read.check(&engine), Vec::new());
        let pipeline = read.components[0].compile(&engine).expect("conditions");
        assert_eq!(pipeline.groups()[0].sources.len(), 2);
    }
}
