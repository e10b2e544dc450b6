//! What the command is asked for.

use std::path::{Path, PathBuf};

use benches::scenarios::{SCENARIOS, Scenario, named};

use crate::Failure;

/// How the command is used.
pub(crate) const USAGE: &str = "\
Usage: cargo xtask bench-vs-reference [OPTIONS]

  --seconds N         how long each figure of each program is measured, over all rounds [default: 3]
  --rounds N          how many turns the programs take [default: 5]
  --items N           items in each message [default: 20000]
  --scenarios LIST    names with commas between them [default: all]
  --output DIR        where results and inputs go [default: target/bench-vs-reference]
  --ottlc FILE        an ottlc that is built already
  --without-vrl       leaves the second baseline out, which takes minutes to build
  --without-scale     leaves out how cost grows with items and threads
  --update-readme     writes the table to README.md and docs/, and the chart to docs/";

#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) seconds: f64,
    pub(super) rounds: usize,
    pub(super) items: usize,
    pub(super) scenarios: Vec<&'static Scenario>,
    output: Option<PathBuf>,
    pub(super) ottlc: Option<PathBuf>,
    pub(super) vrl: bool,
    pub(super) scale: bool,
    pub(super) update_readme: bool,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self {
            seconds: 3.0,
            rounds: 5,
            items: 20_000,
            scenarios: SCENARIOS.iter().collect(),
            output: None,
            ottlc: None,
            vrl: true,
            scale: true,
            update_readme: false,
        };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| Failure::from(format!("{name} needs a value.\n\n{USAGE}")))
            };
            match name.as_str() {
                "--seconds" => options.seconds = number(name, value()?, 0.0..=3600.0)?,
                "--rounds" => options.rounds = number(name, value()?, 1..=1000)?,
                "--items" => options.items = number(name, value()?, 1..=1_000_000)?,
                "--scenarios" => {
                    let names = value()?.split(',').map(str::trim);
                    options.scenarios = names.map(scenario).collect::<Result<_, _>>()?;
                }
                "--output" => options.output = Some(value()?.into()),
                "--ottlc" => options.ottlc = Some(value()?.into()),
                "--without-vrl" => options.vrl = false,
                "--without-scale" => options.scale = false,
                "--update-readme" => options.update_readme = true,
                _ => return Err(format!("There is no option {name}.\n\n{USAGE}").into()),
            }
        }
        Ok(options)
    }

    /// Where results go.
    pub(super) fn output(&self, root: &Path) -> PathBuf {
        let default = || super::programs::target(root).join("bench-vs-reference");
        self.output.clone().unwrap_or_else(default)
    }
}

fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    name: &str,
    text: &str,
    range: std::ops::RangeInclusive<T>,
) -> Result<T, Failure> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        format!("{name} is a number from {least} to {most}, not {text}.").into()
    })
}

fn scenario(name: &str) -> Result<&'static Scenario, Failure> {
    named(name).ok_or_else(|| {
        let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        format!(
            "There is no scenario {name}; there are {}.",
            names.join(", ")
        )
        .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn all_scenarios_are_measured_unless_some_are_named() {
        let all = parse("").expect("no options are needed");
        assert_eq!(all.scenarios.len(), SCENARIOS.len());
        assert!(all.vrl && !all.update_readme);
        let some = parse("--scenarios s2_slo,rules_10 --seconds 0.5 --without-vrl");
        let some = some.expect("these are options");
        let names: Vec<_> = some.scenarios.iter().map(|known| known.name).collect();
        assert_eq!(names, ["s2_slo", "rules_10"]);
        assert!(some.seconds < 1.0 && !some.vrl);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, text) in [
            (
                "--scenarios s9",
                "There is no scenario s9; there are s1_redact",
            ),
            ("--rounds 0", "--rounds is a number from 1 to 1000, not 0"),
            ("--seconds much", "--seconds is a number from 0 to 3600"),
            ("--items", "--items needs a value"),
            ("--fast", "There is no option --fast"),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(text), "{error}");
        }
    }
}
