//! The expressions for user agents, from the file `regexes.yaml` of uap-core.
//!
//! That file is read without a parser of YAML: every line of it that matters has one of three forms,
//! and a line that has another one fails the build.

use std::path::Path;

use crate::read;

/// One entry of the file.
#[derive(Clone)]
struct Definition {
    regex: String,
    /// What the family and the parts of the version are made of, empty where the file says nothing.
    templates: Vec<String>,
}

const AGENT_KEYS: [&str; 4] = [
    "family_replacement",
    "v1_replacement",
    "v2_replacement",
    "v3_replacement",
];
const SYSTEM_KEYS: [&str; 5] = [
    "os_replacement",
    "os_v1_replacement",
    "os_v2_replacement",
    "os_v3_replacement",
    "os_v4_replacement",
];

/// Rust source: the tables `AGENTS` and `SYSTEMS`.
pub(crate) fn tables(file: &Path) -> String {
    let text = read(file);
    let mut agents = section(&text, "user_agent_parsers", &AGENT_KEYS);
    change_agents(&mut agents);
    let mut systems = section(&text, "os_parsers", &SYSTEM_KEYS);
    change_systems(&mut systems);
    table("AGENTS", AGENT_KEYS.len(), &agents) + &table("SYSTEMS", SYSTEM_KEYS.len(), &systems)
}

fn table(name: &str, templates: usize, definitions: &[Definition]) -> String {
    let entries = definitions.iter().map(|definition| {
        let templates = definition.templates.iter().enumerate();
        let templates = templates.map(|(at, template)| match template.as_str() {
            "" => format!("${}", at + 1),
            template => template.to_owned(),
        });
        let templates: Vec<_> = templates.collect();
        format!("    ({:?}, {templates:?}),\n", definition.regex)
    });
    let entries: String = entries.collect();
    format!("static {name}: &[(&str, [&str; {templates}])] = &[\n{entries}];\n")
}

fn section(text: &str, name: &str, keys: &[&str]) -> Vec<Definition> {
    let mut lines = text
        .lines()
        .skip_while(|line| line.strip_suffix(':') != Some(name));
    assert!(lines.next().is_some(), "there is no section {name}");
    let mut definitions: Vec<Definition> = Vec::new();
    for line in lines {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if content.len() == line.len() {
            break;
        }
        let (key, value) = content.split_once(": ").unwrap_or_else(|| unexpected(line));
        let value = scalar(value).unwrap_or_else(|| unexpected(line));
        if key == "- regex" {
            definitions.push(Definition {
                regex: value,
                templates: vec![String::new(); keys.len()],
            });
            continue;
        }
        let place = keys.iter().position(|&known| known == key);
        let definition = definitions.last_mut();
        let (Some(place), Some(definition)) = (place, definition) else {
            unexpected(line)
        };
        definition.templates[place] = value;
    }
    definitions
}

/// A text in single quotes, in which a quote is written twice. A comment may follow.
fn scalar(value: &str) -> Option<String> {
    let mut rest = value.trim_start().strip_prefix('\'')?;
    let mut text = String::new();
    loop {
        let (part, behind) = rest.split_once('\'')?;
        text.push_str(part);
        match behind.strip_prefix('\'') {
            Some(more) => {
                text.push('\'');
                rest = more;
            }
            None => {
                let behind = behind.trim_start();
                return (behind.is_empty() || behind.starts_with('#')).then_some(text);
            }
        }
    }
}

fn unexpected(line: &str) -> ! {
    panic!("the definitions of user agents have a line of an unknown form: {line}")
}

/// What uap-core has changed since for browsers.
fn change_agents(agents: &mut Vec<Definition>) {
    replace(agents, r"\b(Boto3?|JetS3t|", "|go|", r"|go|go-v\d|");
    insert(
        agents,
        r"\[FB.{0,300};",
        &[(r"(RecipeRadar)/(\d+)\.(\d+)(?:\.(\d+)|)", &[])],
    );
    for system in ["ios", "android"] {
        let start = format!("(Ecosia) {system}@");
        replace(agents, &start, r"\.(\d+)", r"(?:\.(\d+)|)");
    }
    let ecosia = r"(Ecosia) android@(\d+)(?:\.(\d+)|)(?:\.(\d+)|)(?:\.(\d+)|)";
    let parts = r"(\d+)\.(\d+)\.(\d+)\.(\d+)";
    let vivo = format!(r"(VivoBrowser)/{parts}");
    let hi = format!("(HiBrowser)/v{parts}");
    insert(agents, ecosia, &[(&vivo, &[]), (&hi, &[])]);
}

/// What uap-core has changed since for operating systems.
fn change_systems(systems: &mut Vec<Definition>) {
    let mac = r"^Box.{0,200};(Darwin)/(10)\.(1\d)(?:\.(\d+)|)";
    insert(systems, mac, &[("darwin; arm64", &["Mac OS X"])]);
    let darwin = |version: &str| format!(r"CFNetwork/.{{0,100}} Darwin/{version}\.\d+");
    for minor in 0..5 {
        let old = darwin(&format!(r"22\.{minor}"));
        let at = place(systems, |regex| regex == old);
        systems.remove(at);
    }
    let minor = |major: u32| darwin(&format!(r"{major}\.([0-5])"));
    let any = |major: u32| darwin(&format!("({major})"));
    insert(
        systems,
        &darwin("(21)"),
        &[(&minor(22), &["iOS", "16", "$1"])],
    );
    insert(
        systems,
        &any(22),
        &[
            (&minor(23), &["iOS", "17", "$1"]),
            (&any(23), &["iOS", "17"]),
            (&minor(24), &["iOS", "18", "$1"]),
            (&any(24), &["iOS", "18"]),
        ],
    );
    // A slip in that release, which the reference follows.
    let roku = place(systems, |regex| regex.starts_with("^(Roku)/DVP"));
    systems[roku].templates = ["Mac OS X", "$1", "$2", "$3", ""]
        .map(str::to_owned)
        .to_vec();
}

fn place(definitions: &[Definition], is_meant: impl Fn(&str) -> bool) -> usize {
    let place = definitions
        .iter()
        .position(|definition| is_meant(&definition.regex));
    place.expect("an expression that is changed is there")
}

fn replace(definitions: &mut [Definition], start: &str, old: &str, new: &str) {
    let place = place(definitions, |regex| regex.starts_with(start));
    let regex = &mut definitions[place].regex;
    assert!(regex.contains(old), "the expression {regex} has {old}");
    *regex = regex.replace(old, new);
}

/// Adds definitions, each with its first templates, behind the one with a certain expression.
fn insert(definitions: &mut Vec<Definition>, before: &str, new: &[(&str, &[&str])]) {
    let place = place(definitions, |regex| regex == before);
    let count = definitions[place].templates.len();
    let new = new.iter().map(|(regex, templates)| {
        let mut templates: Vec<_> = templates.iter().map(ToString::to_string).collect();
        templates.resize(count, String::new());
        Definition {
            regex: (*regex).to_owned(),
            templates,
        }
    });
    definitions.splice(place + 1..place + 1, new);
}
