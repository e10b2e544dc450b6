//! `ottlc functions`: what functions there are, and what each does.

use std::fmt::Write as _;

use clap::ValueEnum;
use ottl::{Context, Engine, Function, Signature, context_name, reference};
use serde_json::{Value as Json, json};

use crate::args::ContextArg;
use crate::error::{Error, Failure};
use crate::terminal::{self, ColorChoice};

/// Lists the functions of the language, or shows all there is to know about one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The function; capital letters do not matter. Without it all are listed.
    #[arg(value_name = "NAME", conflicts_with_all = ["kind", "context"])]
    name: Option<String>,
    /// Lists only these.
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<Kind>,
    /// Lists only those that can be called in this context.
    #[arg(long, value_enum, value_name = "CONTEXT", hide_possible_values = true)]
    context: Option<ContextArg>,
    /// Prints JSON: an array with an object for each function, or the object of the one.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  ottlc functions --kind editor
  ottlc functions --context metric
  ottlc functions replace_pattern";

/// What a function is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Functions that change data, at the head of a statement.
    Editor,
    /// Functions that give a value.
    Converter,
}

impl Kind {
    fn of(signature: &Signature) -> Self {
        match signature.is_editor() {
            true => Self::Editor,
            false => Self::Converter,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::Converter => "converter",
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    let engine = Engine::default();
    let all = engine.registry().all();
    let all: Vec<&dyn Function> = all.iter().map(|function| &***function).collect();
    let text = match &args.name {
        Some(name) => {
            let function = find(&all, name)?;
            match args.json {
                true => format!("{:#}\n", object(function)),
                false => page(function, Style(color.stdout())),
            }
        }
        None => {
            let chosen: Vec<_> = all.into_iter().filter(|it| args.chooses(*it)).collect();
            match args.json {
                true => {
                    let objects: Json = chosen.into_iter().map(object).collect();
                    format!("{objects:#}\n")
                }
                false => list(&chosen, Style(color.stdout())),
            }
        }
    };
    terminal::print(&text)
}

impl Args {
    fn chooses(&self, function: &dyn Function) -> bool {
        let kind = Kind::of(function.signature());
        let context = self.context.map(Context::from);
        self.kind.is_none_or(|wanted| wanted == kind)
            && context.is_none_or(|wanted| reference::contexts_of(function).contains(&wanted))
    }
}

/// The function with a name, spelled exactly if there is one, and otherwise in any case.
fn find<'a>(all: &[&'a dyn Function], name: &str) -> Result<&'a dyn Function, Error> {
    let named = |is_it: &dyn Fn(&str) -> bool| {
        let mut all = all.iter();
        all.find(|function| is_it(function.signature().name))
            .copied()
    };
    named(&|it| it == name)
        .or_else(|| named(&|it| it.eq_ignore_ascii_case(name)))
        .ok_or_else(|| {
            let names = all.iter().map(|function| function.signature().name);
            let help = match ottl::nearest(name, names) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "ottlc functions lists all that there are.".to_owned(),
            };
            Error::new(format!("There is no function `{name}`.")).help(help)
        })
}

/// Whether headings are bold.
#[derive(Clone, Copy)]
struct Style(bool);

impl Style {
    fn bold(self, text: &str) -> String {
        match self.0 {
            true => format!("\x1b[1m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

fn list(functions: &[&dyn Function], style: Style) -> String {
    let mut out = String::new();
    for (title, kind) in [("Editors", Kind::Editor), ("Converters", Kind::Converter)] {
        let mut of_kind = functions
            .iter()
            .filter(|function| Kind::of(function.signature()) == kind)
            .peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{}", style.bold(title));
        for function in of_kind {
            let signature = function.signature();
            let declaration = ottl::declaration(signature);
            let _ = writeln!(
                out,
                "  {}\n      {} [{}; {}]",
                style.bold(&declaration),
                reference::summary(signature),
                reference::home_name(function.home()),
                contexts(*function)
            );
        }
    }
    let count = terminal::count(functions.len() as u64, "function", "functions");
    let gap = if out.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{gap}{count}");
    out
}

/// Where a function can be called, as `span, log` or `every context`.
fn contexts(function: &dyn Function) -> String {
    if reference::is_everywhere(function) {
        return "every context".to_owned();
    }
    names(function).join(", ")
}

fn names(function: &dyn Function) -> Vec<&'static str> {
    let contexts = reference::contexts_of(function);
    contexts.into_iter().map(context_name).collect()
}

fn page(function: &dyn Function, style: Style) -> String {
    let signature = function.signature();
    let home = function.home();
    let mut out = format!(
        "{}\n\n{}\n\n",
        style.bold(&ottl::declaration(signature)),
        signature.docs.trim_end()
    );
    let _ = writeln!(out, "kind      {}", Kind::of(signature).name());
    let note = reference::home_note(home).map_or_else(String::new, |note| format!(". {note}"));
    let _ = writeln!(out, "home      {}{note}", reference::home_name(home));
    let _ = writeln!(out, "contexts  {}", contexts(function));
    write_parameters(&mut out, signature, style);
    write_examples(&mut out, signature, style);
    out
}

fn write_parameters(out: &mut String, signature: &Signature, style: Style) {
    if signature.params.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.bold("Parameters"));
    let lengths = signature.params.iter().map(|param| param.name.len());
    let width = lengths.max().unwrap_or_default();
    for param in signature.params {
        let takes = ottl::describe_param(param.kind);
        let optional = if param.optional {
            "; may be left out"
        } else {
            ""
        };
        let _ = writeln!(out, "  {:width$}  {takes}{optional}", param.name);
    }
}

fn write_examples(out: &mut String, signature: &Signature, style: Style) {
    if signature.examples.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.bold("Examples"));
    for example in signature.examples {
        let _ = writeln!(out, "  {}:\n    {}", example.title, example.source);
        if reference::has_attributes(example) {
            let _ = writeln!(out, "      attributes  {}", example.attributes);
        }
        let _ = writeln!(out, "      result      {}", reference::outcome(example));
    }
}

fn object(function: &dyn Function) -> Json {
    let signature = function.signature();
    let params = signature.params.iter().map(|param| {
        json!({
            "name": param.name,
            "takes": ottl::describe_param(param.kind),
            "optional": param.optional,
        })
    });
    let examples = signature.examples.iter().map(|example| {
        json!({
            "title": example.title,
            "source": example.source,
            "attributes": example.attributes,
            "result": example.result,
        })
    });
    json!({
        "name": signature.name,
        "kind": Kind::of(signature).name(),
        "declaration": ottl::declaration(signature),
        "summary": reference::summary(signature),
        "documentation": signature.docs,
        "home": reference::home_name(function.home()),
        "contexts": names(function),
        "parameters": params.collect::<Json>(),
        "examples": examples.collect::<Json>(),
    })
}
