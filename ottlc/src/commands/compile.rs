//! `ottlc compile`: what each stage of compilation makes of a script.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;
use ottl::{Checked, Engine, Passes, Program, Severity, Signal};
use ottl_syntax::lexer::{self, LexMode, Token, TokenKind};
use ottl_syntax::{Limits, LineIndex};

use crate::args::{Language, SignalArg};
use crate::ast_dump;
use crate::error::{Error, Failure};
use crate::script::{self, Source};
use crate::terminal::{self, ColorChoice, count};

/// Shows what a stage of compilation makes of a script.
///
/// Tokens and the syntax tree are shown as far as they could be built, the later stages only for a
/// script without errors. Problems go to standard error.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The stage.
    #[arg(long, value_enum, value_name = "STAGE")]
    emit: Stage,
    /// The script, or - for standard input.
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    /// The kind of data; without it any kind will do that has the context.
    #[arg(long, value_enum, value_name = "SIGNAL")]
    signal: Option<SignalArg>,
    /// The passes of the optimiser: all, none, or names with commas between them.
    #[arg(long, value_name = "PASSES", value_parser = Passes::parse, default_value = "all")]
    #[arg(
        long_help = "The passes of the optimiser: all, none, or names with commas between them. The passes are \
                       fold, dead, sets, share, fuse, hoist and switch."
    )]
    passes: Passes,
    #[command(flatten)]
    language: Language,
}

/// A stage of compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// The words, with their places; names are made of several, as in the reference.
    Tokens,
    /// The syntax tree, close to the source.
    Ast,
    /// The statements with names resolved and types.
    Hir,
    /// The instructions, with the constants and paths that they refer to.
    Bytecode,
    /// The conditions that become machine code, in Cranelift's intermediate representation, and why others
    /// do not.
    #[cfg(feature = "jit")]
    Clif,
    /// The same as instructions of this machine.
    #[cfg(feature = "jit")]
    Asm,
}

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    let source = script::read(&args.script)?;
    let engine = args.language.engine().with_passes(args.passes);
    let signal = args.signal.map(Signal::from);
    if args.emit == Stage::Tokens {
        return show_tokens(&source, &engine, color);
    }
    let checked = engine.check(signal, args.language.context(), &source.text);
    if !checked.diagnostics.is_empty() {
        let rendered = ottl::render(
            &checked.diagnostics,
            &source.name,
            &source.text,
            color.stderr(),
        );
        terminal::say(&rendered);
    }
    if args.emit == Stage::Ast {
        terminal::print(&ast_dump::dump(&checked.ast, &source.text))?;
    }
    if checked.has_errors() {
        let errors = checked.diagnostics.iter();
        let errors = errors
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .count();
        return Err(rejected(&source, errors));
    }
    match args.emit {
        Stage::Hir => terminal::print(&ottl::dump::hir(&checked.hir, engine.registry())),
        Stage::Bytecode => program(
            args,
            &engine,
            &source,
            signal,
            &checked,
            ottl::dump::bytecode,
        ),
        #[cfg(feature = "jit")]
        Stage::Clif => program(args, &engine, &source, signal, &checked, |program| {
            ottl::jit::listing(program, ottl::jit::Form::Clif)
        }),
        #[cfg(feature = "jit")]
        Stage::Asm => program(args, &engine, &source, signal, &checked, |program| {
            ottl::jit::listing(program, ottl::jit::Form::Assembly)
        }),
        Stage::Tokens | Stage::Ast => Ok(()),
    }
}

fn rejected(source: &Source, errors: usize) -> Failure {
    let errors = count(errors as u64, "error", "errors");
    Error::new(format!("The script was rejected for {errors}."))
        .at(&source.name)
        .into()
}

/// Shows what a program becomes.
fn program(
    args: &Args,
    engine: &Engine,
    source: &Source,
    signal: Option<Signal>,
    checked: &Checked,
    show: impl FnOnce(&Program) -> String,
) -> Result<(), Failure> {
    let context = checked.context;
    let fitting = context.and_then(|context| ottl::signals_of(context).first().copied());
    let Some(signal) = signal.or(fitting) else {
        let message = "A script without statements needs --signal to be compiled.";
        return Err(Failure::Usage(message.to_owned()));
    };
    let script = engine.compile(signal, args.language.context(), &source.text);
    let script = script.map_err(|error| rejected(source, error.problems().len()))?;
    terminal::print(&show(script.program()))
}

fn show_tokens(source: &Source, engine: &Engine, color: ColorChoice) -> Result<(), Failure> {
    let dialect = engine.options().dialect;
    let lexed = lexer::lex(&source.text, LexMode::Script, dialect, &Limits::default());
    terminal::print(&tokens(&lexed.tokens, &source.text))?;
    if lexed.diagnostics.is_empty() {
        return Ok(());
    }
    let rendered = ottl::render(
        &lexed.diagnostics,
        &source.name,
        &source.text,
        color.stderr(),
    );
    terminal::say(&rendered);
    Err(rejected(source, lexed.diagnostics.len()))
}

/// A line for each token; the pieces of a name that touch share one.
fn tokens(tokens: &[Token], source: &str) -> String {
    let index = LineIndex::new(source);
    let mut out = String::new();
    let is_piece = |token: &Token| matches!(token.kind, TokenKind::Lower | TokenKind::Upper);
    let joined = |before: &Token, token: &Token| {
        is_piece(before) && is_piece(token) && before.span.end == token.span.start
    };
    for group in tokens.chunk_by(joined) {
        let span = group[0].span.to(group[group.len() - 1].span);
        let at = index.line_column(span.start as usize);
        let place = format!("{}:{}", at.line, at.column);
        let kind = match group {
            [token] => format!("{:?}", token.kind),
            _ => "Name".to_owned(),
        };
        let text = &source[span.range()];
        let pieces: Vec<_> = group
            .iter()
            .map(|token| &source[token.span.range()])
            .collect();
        let _ = match pieces.as_slice() {
            [_] => writeln!(out, "{place:>8}  {kind:<10}  {text}"),
            pieces => writeln!(
                out,
                "{place:>8}  {kind:<10}  {text}  ({})",
                pieces.join(" ")
            ),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line() {
        let source = "set(span.name,\n  IsMatch)";
        let lexed = lexer::lex(
            source,
            LexMode::Script,
            ottl::Dialect::Strict,
            &Limits::default(),
        );
        let shown = tokens(&lexed.tokens, source);
        let rows: Vec<Vec<&str>> = shown
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(rows[0], ["1:1", "Lower", "set"]);
        assert_eq!(rows[6], ["2:3", "Name", "IsMatch", "(I", "s", "M", "atch)"]);
        assert_eq!(rows[7], ["2:10", "RParen", ")"]);
    }
}
