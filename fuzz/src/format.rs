//! The formatter.

use ottl_syntax::ast::Item;
use ottl_syntax::{
    Code, Diagnostic, Dialect, FormatOptions, Limits, format_condition, format_script,
    format_statement, format_value, parse_condition, parse_script, parse_statement, parse_value,
    print_item,
};

use super::source::{DIALECTS, accepted, roomy};

/// The widths that a text is laid out for: as narrow as can be, as usual, and on one line.
const WIDTHS: [usize; 3] = [0, 100, usize::MAX];

/// Formats text as everything that it could be.
///
/// # Panics
/// When a text that is accepted cannot be formatted, becomes another program, or does not stay as
/// it is when it is formatted again; or when a text is formatted that is not accepted.
pub fn format(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else {
        return;
    };
    for dialect in DIALECTS {
        for width in WIDTHS {
            script(source, dialect, width);
            single(source, dialect, width, format_statement, |text, limits| {
                accepted(parse_statement(text, dialect, limits)).map(|tree| tree.without_spans())
            });
            single(source, dialect, width, format_condition, |text, limits| {
                accepted(parse_condition(text, dialect, limits)).map(|tree| tree.without_spans())
            });
            single(source, dialect, width, format_value, |text, limits| {
                accepted(parse_value(text, dialect, limits)).map(|tree| tree.without_spans())
            });
        }
        printed_items(source, dialect);
    }
}

fn script(source: &str, dialect: Dialect, width: usize) {
    single(source, dialect, width, format_script, |text, limits| {
        items(text, dialect, limits)
    });
}

fn items(source: &str, dialect: Dialect, limits: &Limits) -> Option<Vec<Item>> {
    let items = accepted(parse_script(source, dialect, limits))?;
    Some(items.into_iter().map(Item::without_spans).collect())
}

type Format = fn(&str, Dialect, &FormatOptions) -> Result<String, Vec<Diagnostic>>;

fn single<T: PartialEq + std::fmt::Debug>(
    source: &str,
    dialect: Dialect,
    width: usize,
    format: Format,
    parse: impl Fn(&str, &Limits) -> Option<T>,
) {
    let options = |limits| FormatOptions { width, limits };
    let tree = parse(source, &Limits::default());
    match format(source, dialect, &options(Limits::default())) {
        Ok(text) => {
            assert!(tree.is_some(), "{source:?} is not accepted, but formatted");
            assert_eq!(parse(&text, &roomy()), tree, "{source:?} became {text:?}");
            let again = format(&text, dialect, &options(roomy()));
            assert_eq!(again, Ok(text), "{source:?} at {width}");
        }
        Err(problems) => {
            let is_too_long = |it: &Diagnostic| it.code == Code::SourceTooLong;
            assert!(
                tree.is_none() || problems.iter().any(is_too_long),
                "{source:?}: {problems:?}"
            );
        }
    }
}

/// The items of a script printed one below the other are the same script.
fn printed_items(source: &str, dialect: Dialect) {
    let Some(items) = items(source, dialect, &Limits::default()) else {
        return;
    };
    let printed: Vec<_> = items.iter().map(print_item).collect();
    let text = printed.join("\n");
    let again = self::items(&text, dialect, &roomy());
    assert_eq!(again, Some(items), "{source:?} is printed as {text:?}");
}
