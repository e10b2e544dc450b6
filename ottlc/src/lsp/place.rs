//! The OTTL that stands at a place of a file, with what is known of it.

use ottl::config::yaml::Style;
use ottl::config::{self, ReadOptions, SiteGroup, Sort, Text};
use ottl::{Context, Engine, Group, Signal};
use ottl_syntax::ast::Item;
use ottl_syntax::{Span, parse_script};

use super::cursor::Mode;
use super::documents::{Document, Kind};
use super::repair::{self, Repaired};
use super::settings::Settings;

/// A source of OTTL, and a place in it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) source: String,
    /// Where in it; the start of a character.
    pub(super) offset: usize,
    pub(super) mode: Mode,
    /// The language that it is written in.
    pub(super) engine: Engine,
    pub(super) signal: Option<Signal>,
    /// The context, given or guessed.
    pub(super) context: Option<Context>,
    /// The only editors that may be called, if it is not all of them.
    pub(super) editors: Option<&'static [&'static str]>,
    /// How it is written in YAML; nothing for a script.
    pub(super) style: Option<Style>,
    origin: Origin,
}

/// Where a source stands in the file.
#[derive(Debug)]
enum Origin {
    /// It is the file, from this offset on.
    Script(usize),
    /// It is a scalar of the file, whose places are counted from this offset on.
    Scalar(usize, Text),
}

impl Place {
    /// A part of the source as a part of the file.
    pub(super) fn locate(&self, span: Span) -> Span {
        match &self.origin {
            Origin::Script(base) => span.shifted(*base),
            Origin::Scalar(base, text) => text.locate(span).shifted(*base),
        }
    }

    /// The blocks and definitions around and before the place; none but in scripts.
    pub(super) fn items(&self) -> Vec<Item> {
        let options = self.engine.options();
        match self.mode {
            Mode::Script => {
                let parsed = parse_script(&self.source, options.dialect, &options.limits);
                parsed.value.unwrap_or_default()
            }
            Mode::Statement | Mode::Condition => Vec::new(),
        }
    }
}

/// The source at an offset of a file.
pub(super) fn find(
    document: &Document,
    offset: usize,
    settings: &Settings,
    engine: &Engine,
) -> Option<Place> {
    let (text, base) = document.body();
    let at = text.floor_char_boundary(offset.checked_sub(base)?);
    match document.kind {
        Kind::Script => Some(in_script(text, at, base, settings, engine)),
        Kind::Config => in_config(&read(text), at, base, engine),
        Kind::Other => None,
    }
}

/// What is being written at an offset of a file.
pub(super) enum Written {
    /// OTTL.
    Source(Box<Place>),
    /// A key or a value of a configuration: what it can be, from where on, and what follows it.
    Choice(Vec<&'static str>, usize, &'static str),
}

/// What is being written at an offset: a source, keys and values of a configuration, or one of them
/// where both are possible.
pub(super) fn find_written(
    document: &Document,
    offset: usize,
    settings: &Settings,
    engine: &Engine,
) -> Vec<Written> {
    let (text, base) = document.body();
    let Some(at) = offset.checked_sub(base) else {
        return Vec::new();
    };
    let at = text.floor_char_boundary(at);
    let source = |place| Written::Source(Box::new(place));
    match document.kind {
        Kind::Script => vec![source(in_script(text, at, base, settings, engine))],
        Kind::Config => written_in_config(text, at, base, engine),
        Kind::Other => Vec::new(),
    }
}

fn in_script(text: &str, at: usize, base: usize, settings: &Settings, engine: &Engine) -> Place {
    let guess = || engine.guess_context(settings.signal, text);
    Place {
        source: text.to_owned(),
        offset: at,
        mode: Mode::Script,
        engine: engine.clone(),
        signal: settings.signal,
        context: settings.context.or_else(guess),
        editors: None,
        style: None,
        origin: Origin::Script(base),
    }
}

fn read(text: &str) -> config::Read {
    let options = ReadOptions {
        outline: true,
        ..ReadOptions::default()
    };
    config::read(text, &options)
}

fn in_config(read: &config::Read, at: usize, base: usize, engine: &Engine) -> Option<Place> {
    for component in &read.components {
        for group in component.sites() {
            let mut sites = group.sites.iter();
            let found = sites.find_map(|site| Some((site, site.text.offset_of(at)?)));
            let Some((site, offset)) = found else {
                continue;
            };
            let source = site.text.value().to_owned();
            return Some(Place {
                offset: source.floor_char_boundary(offset),
                source,
                mode: match site.sort {
                    Sort::Statement => Mode::Statement,
                    Sort::Condition => Mode::Condition,
                },
                engine: engine
                    .clone()
                    .with_component(site.owner)
                    .with_bare_paths(group.context.is_some()),
                signal: group.signal,
                context: group.context.or_else(|| guess(&group, engine)),
                editors: group.editors,
                style: Some(site.style),
                origin: Origin::Scalar(base, site.text.clone()),
            });
        }
    }
    None
}

/// The context that the sources of a group seem to have.
fn guess(group: &SiteGroup<'_>, engine: &Engine) -> Option<Context> {
    let of = |sort| {
        let sites = group.sites.iter().filter(move |site| site.sort == sort);
        sites
            .map(|site| site.text.value().to_owned())
            .collect::<Vec<_>>()
    };
    let (conditions, statements) = (of(Sort::Condition), of(Sort::Statement));
    let sources = Group {
        conditions: &conditions,
        statements: &statements,
    };
    engine.guess_context_of(group.signal, sources)
}

fn written_in_config(text: &str, at: usize, base: usize, engine: &Engine) -> Vec<Written> {
    let source = |place| Written::Source(Box::new(place));
    let whole = read(text);
    let mut written: Vec<_> = in_config(&whole, at, base, engine)
        .map(source)
        .or_else(|| choice(&whole, at, text, at))
        .into_iter()
        .collect();
    if written.is_empty() {
        for copy in repair::values(text, at) {
            let read = read(&copy.text);
            let place = in_config(&read, copy.at, base, engine);
            written.extend(place.map(|place| source(unfilled(place, &copy))));
            written.extend(choice(&read, copy.at, text, at));
            if !written.is_empty() {
                break;
            }
        }
    }
    let keys = repair::key(text, at).and_then(|copy| keys(&read(&copy.text), &copy, text, at));
    written.extend(keys);
    written
}

/// The place as it is in the file that was repaired.
fn unfilled(mut place: Place, copy: &Repaired) -> Place {
    place.style = copy.style.or(place.style);
    if copy.has_filler && place.source[place.offset..].starts_with('x') {
        place.source.remove(place.offset);
    }
    place
}

/// Where the word begins that ends at `at`.
fn word_start(text: &str, at: usize) -> usize {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text[..at].trim_end_matches(is_word).len()
}

fn choice(read: &config::Read, at: usize, text: &str, cursor: usize) -> Option<Written> {
    let mut places = read.outline.choices.iter();
    let place = places.find(|place| {
        let range = place.span.range();
        range.start <= at && at <= range.end
    })?;
    let choices = place.choices.clone();
    Some(Written::Choice(choices, word_start(text, cursor), ""))
}

/// The keys that a mapping may have and does not have.
fn keys(read: &config::Read, copy: &Repaired, text: &str, cursor: usize) -> Option<Written> {
    let is_here = |span: &Span| (span.range().start..=span.range().end).contains(&copy.at);
    let mut places = read.outline.mappings.iter();
    let place = places.find(|place| {
        let keys = place.keys.iter().zip(&place.present);
        let mut unfinished = keys.filter(|(_, name)| repair::is_unfinished(name));
        unfinished.any(|(span, _)| is_here(span))
    })?;
    let is_new = |key: &&&str| !place.present.iter().any(|name| name == **key);
    let keys = place.known.iter().filter(is_new).copied().collect();
    Some(Written::Choice(keys, word_start(text, cursor), ":"))
}
