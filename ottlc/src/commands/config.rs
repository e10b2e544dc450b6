//! Configurations of the Collector, as `check` and `run` read them.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use ottl::config::yaml::YamlLimits;
use ottl::config::{self, Component, Pipeline, Read, ReadOptions, References};
use ottl::{Diagnostic, Engine, Severity};
use ottl_syntax::{Code, Span};

use crate::error::{Access, Error, Failure, file_error};
use crate::script::Source;
use crate::terminal::{self, ColorChoice, count};

/// How many components an error lists.
const MAX_LISTED: usize = 20;

/// A configuration that was read.
pub(super) struct Config {
    /// The text, or what of it could be decoded.
    pub(super) source: Source,
    /// Its components, or why it is no text.
    pub(super) read: Result<Read, Box<Diagnostic>>,
}

/// Whether a file is a configuration by its name.
pub(super) fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["yaml", "yml"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known))
}

/// Reads a configuration; `-` is standard input. `expands` says whether references are replaced by
/// the variables of this process.
pub(super) fn read(path: &Path, expands: bool) -> Result<Config, Error> {
    let name = if path == Path::new("-") {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    };
    let limits = YamlLimits::default();
    let mut bytes = Vec::new();
    open(path)
        .and_then(|reader| {
            reader
                .take(limits.max_bytes as u64 + 1)
                .read_to_end(&mut bytes)
        })
        .map_err(|error| file_error(&name, Access::Read, &error))?;
    if bytes.len() > limits.max_bytes {
        let message = format!(
            "A configuration may have {} bytes at most.",
            limits.max_bytes
        );
        return Err(Error::new(message)
            .at(name)
            .help("Check that the file is a configuration of the Collector."));
    }
    // Some editors put a mark before text; places are counted behind it.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let lookup = |name: &str| {
        let value = std::env::var_os(name);
        value.map(|value| value.to_string_lossy().into_owned())
    };
    let options = ReadOptions {
        limits,
        references: if expands {
            References::Replace(&lookup)
        } else {
            References::Keep
        },
        ..ReadOptions::default()
    };
    let read = config::decode(bytes).map(|text| config::read(text, &options));
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = Source {
        name,
        text,
        is_marked: false,
    };
    Ok(Config { source, read })
}

fn open(path: &Path) -> io::Result<Box<dyn io::Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(File::open(path)?))
}

/// One component of a configuration, ready to run; shows its problems.
pub(super) fn compile<'c>(
    config: &'c Config,
    name: Option<&str>,
    engine: &Engine,
    color: ColorChoice,
) -> Result<(&'c Component, Pipeline), Failure> {
    let source = &config.source;
    let read = match &config.read {
        Ok(read) => read,
        Err(problem) => return Err(rejected(std::slice::from_ref(problem), source, color)),
    };
    if read.components.is_empty() && read.has_errors() {
        return Err(rejected(&read.diagnostics, source, color));
    }
    let component = choose(read, source, name)?;
    let mut problems = problems_of(read, component, engine);
    match component.compile(engine) {
        Ok(pipeline) => {
            show(&problems, source, color);
            Ok((component, pipeline))
        }
        Err(others) => {
            let has_errors = problems.iter().any(is_error);
            for other in others {
                let is_known = problems.contains(&other);
                if !(is_known || has_errors && is_refusal(component, &other)) {
                    problems.push(other);
                }
            }
            Err(rejected(&problems, source, color))
        }
    }
}

/// Every problem of a configuration, also that nothing in it is OTTL.
pub(super) fn problems(read: &Read, engine: &Engine) -> Vec<Diagnostic> {
    let mut problems = read.check(engine);
    if read.components.is_empty() && !read.has_errors() {
        let message = "The configuration has nothing that is OTTL, so that nothing was checked.";
        let place = Span::new(0, 0);
        problems.push(
            Diagnostic::warning(Code::NotChecked, place, message).with_note(
                "Looked for were transform and filter processors under `processors`, and routing \
                 connectors under `connectors`.",
            ),
        );
    }
    problems
}

/// The problems of one component.
pub(super) fn problems_of(read: &Read, component: &Component, engine: &Engine) -> Vec<Diagnostic> {
    let own = |diagnostic: &&Diagnostic| owner(read, diagnostic) == Some(component.name());
    let mut problems: Vec<_> = read.diagnostics.iter().filter(own).cloned().collect();
    // What an alias stands for is wrong where its anchor is, which can be anywhere.
    if !problems.iter().any(is_error) && is_broken(component, engine) {
        problems.clone_from(&read.diagnostics);
    }
    problems.extend(component.check(engine));
    problems.sort_by_key(|diagnostic| diagnostic.primary.span);
    problems
}

/// The component in which a problem stands.
fn owner<'r>(read: &'r Read, diagnostic: &Diagnostic) -> Option<&'r str> {
    let at = diagnostic.primary.span.start;
    let before = |component: &&Component| component.span().start <= at;
    let mut components = read.components.iter().rev();
    components.find(before).map(Component::name)
}

fn is_broken(component: &Component, engine: &Engine) -> bool {
    let Err(problems) = component.compile(engine) else {
        return false;
    };
    problems
        .iter()
        .any(|problem| is_refusal(component, problem))
}

/// Whether a problem only says that the component has others.
pub(super) fn is_refusal(component: &Component, problem: &Diagnostic) -> bool {
    problem.code == Code::InvalidSettings && problem.primary.span == component.span()
}

pub(super) fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

/// The component with a name; the only one when no name is given.
pub(super) fn choose<'r>(
    read: &'r Read,
    source: &Source,
    name: Option<&str>,
) -> Result<&'r Component, Error> {
    let names: Vec<_> = read.components.iter().map(Component::name).collect();
    let list = || {
        let more = if names.len() > MAX_LISTED {
            ", …"
        } else {
            ""
        };
        names[..names.len().min(MAX_LISTED)].join(", ") + more
    };
    let error = match (name, read.components.as_slice()) {
        (_, []) => Error::new(
            "The configuration has no transform or filter processor and no routing connector.",
        ),
        (None, [only]) => return Ok(only),
        (None, _) => Error::new("The configuration has several components with OTTL.")
            .help(format!("Choose one of {} with --processor.", list())),
        (Some(name), _) => {
            if let Some(component) = read.component(name) {
                return Ok(component);
            }
            let error = Error::new(format!("The configuration has no `{name}` with OTTL."));
            match ottl::nearest(name, names.iter().copied()) {
                Some(meant) => error.help(format!("Did you mean `{meant}`? It has {}.", list())),
                None => error.help(format!("It has {}.", list())),
            }
        }
    };
    Err(error.at(&source.name))
}

pub(super) fn show(problems: &[Diagnostic], source: &Source, color: ColorChoice) {
    if !problems.is_empty() {
        let color = color.stderr();
        terminal::say(&ottl::render(problems, &source.name, &source.text, color));
    }
}

pub(super) fn rejected(problems: &[Diagnostic], source: &Source, color: ColorChoice) -> Failure {
    show(problems, source, color);
    let errors = problems.iter().filter(|problem| is_error(problem));
    let errors = count(errors.count() as u64, "error", "errors");
    Error::new(format!("The configuration was rejected for {errors}."))
        .at(&source.name)
        .into()
}
