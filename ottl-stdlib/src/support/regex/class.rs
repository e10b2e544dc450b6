//! Character classes: `[…]`, `\d`, `\pN`.
//!
//! Case folding and negation of a class and of the classes in it come in the same order as Go's.

use regex_syntax::Parser;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::translate::Cursor;

/// Ranges of characters.
type Ranges = &'static [(char, char)];

/// A class of ranges that no surrogate is in.
fn class_of(ranges: Ranges) -> ClassUnicode {
    let ranges = ranges.iter();
    ClassUnicode::new(ranges.map(|&(low, high)| ClassUnicodeRange::new(low, high)))
}

/// The class with the other cases of its letters, if it is to `fold`, or what is not in that.
fn finished(mut class: ClassUnicode, fold: bool, negated: bool) -> ClassUnicode {
    if fold {
        class.case_fold_simple();
    }
    if negated {
        class.negate();
    }
    class
}

/// A character with its other cases.
pub(super) fn folded(char: char) -> ClassUnicode {
    let range = ClassUnicodeRange::new(char, char);
    finished(ClassUnicode::new([range]), true, false)
}

/// All characters but the end of a line.
pub(super) fn not_newline() -> ClassUnicode {
    finished(class_of(&[('\n', '\n')]), false, true)
}

/// All characters.
pub(super) fn any() -> ClassUnicode {
    class_of(ANY)
}

/// A class in brackets; the cursor is at the opening one.
pub(super) fn bracketed(cursor: &mut Cursor<'_>, fold: bool) -> Result<ClassUnicode, String> {
    let start = cursor.at;
    cursor.at += 1;
    let negated = cursor.eat("^");
    let mut class = ClassUnicode::empty();
    let mut ranges = Vec::new();
    let mut is_first = true;
    while is_first || !cursor.rest().starts_with(']') {
        is_first = false;
        if cursor.rest().is_empty() {
            cursor.at = start;
            return cursor.error("missing closing `]` of the class");
        }
        if let Some(item) = posix(cursor, fold)? {
            class.union(&item);
        } else if let Some(item) = escape(cursor, fold)? {
            class.union(&item);
        } else {
            range(cursor, &mut ranges)?;
        }
    }
    cursor.at += 1;
    class.union(&ClassUnicode::new(ranges));
    Ok(finished(class, fold, negated))
}

fn range(cursor: &mut Cursor<'_>, ranges: &mut Vec<ClassUnicodeRange>) -> Result<(), String> {
    let low = class_char(cursor)?;
    let rest = cursor.rest();
    let high = if rest.len() >= 2 && rest.starts_with('-') && !rest.starts_with("-]") {
        cursor.at += 1;
        class_char(cursor)?
    } else {
        low
    };
    if high < low {
        return cursor.error("a range that ends below its beginning, before the place");
    }
    // No text has surrogates in it.
    let parts = [(low, high.min(0xd7ff)), (low.max(0xe000), high)];
    let parts = parts.into_iter().filter(|(low, high)| low <= high);
    let chars = |(low, high)| Some((char::from_u32(low)?, char::from_u32(high)?));
    ranges.extend(
        parts
            .filter_map(chars)
            .map(|(low, high)| ClassUnicodeRange::new(low, high)),
    );
    Ok(())
}

fn class_char(cursor: &mut Cursor<'_>) -> Result<u32, String> {
    match cursor.next() {
        None => cursor.error("missing closing `]` of the class"),
        Some('\\') => cursor.escape(),
        Some(char) => Ok(u32::from(char)),
    }
}

/// `[:name:]` inside of brackets. Without the closing `:]` it is no such name.
fn posix(cursor: &mut Cursor<'_>, fold: bool) -> Result<Option<ClassUnicode>, String> {
    if !cursor.has_posix_end() {
        return Ok(None);
    }
    let Some(named) = cursor.rest().strip_prefix("[:") else {
        return Ok(None);
    };
    let Some(end) = named.find(":]") else {
        return Ok(None);
    };
    let name = &named[..end];
    let (name, negated) = match name.strip_prefix('^') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let Some((_, ranges)) = POSIX.iter().find(|(known, _)| *known == name) else {
        return cursor.error("an unknown class name");
    };
    cursor.at += end + 4;
    Ok(Some(finished(class_of(ranges), fold, negated)))
}

const ANY: Ranges = &[('\0', char::MAX)];
const ASCII: Ranges = &[('\0', '\x7f')];
const DIGIT: Ranges = &[('0', '9')];
const SPACE: Ranges = &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')];
const WORD: Ranges = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

const POSIX: [(&str, Ranges); 14] = [
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", ASCII),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1f'), ('\x7f', '\x7f')]),
    ("digit", DIGIT),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", WORD),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

/// `\d` and its like, or `\pN` and its like; the cursor is at the backslash, if there is one.
pub(super) fn escape(cursor: &mut Cursor<'_>, fold: bool) -> Result<Option<ClassUnicode>, String> {
    let Some(behind) = cursor.rest().strip_prefix('\\') else {
        return Ok(None);
    };
    let ranges = match behind.chars().next() {
        Some('d' | 'D') => DIGIT,
        Some('s' | 'S') => SPACE,
        Some('w' | 'W') => WORD,
        Some('p' | 'P') => return unicode(cursor, fold).map(Some),
        _ => return Ok(None),
    };
    let negated = behind.starts_with(|char: char| char.is_ascii_uppercase());
    cursor.at += 2;
    Ok(Some(finished(class_of(ranges), fold, negated)))
}

/// `\pN`, `\p{Name}` or `\p{^Name}`, with `\P` negated.
fn unicode(cursor: &mut Cursor<'_>, fold: bool) -> Result<ClassUnicode, String> {
    let start = cursor.at;
    let mut negated = cursor.rest().starts_with(r"\P");
    cursor.at += 2;
    let rest = cursor.rest();
    let (name, width) = if let Some(braced) = rest.strip_prefix('{') {
        match braced.find('}') {
            Some(end) => (&braced[..end], end + 2),
            None => return cursor.error("missing closing `}` of the class name"),
        }
    } else {
        let width = rest.chars().next().map_or(0, char::len_utf8);
        (&rest[..width], width)
    };
    cursor.at += width;
    let name = match name.strip_prefix('^') {
        Some(name) => {
            negated = !negated;
            name
        }
        None => name,
    };
    let canonical: String = name
        .chars()
        .filter(|char| !matches!(char, '_' | '-' | ' '))
        .map(|char| char.to_ascii_lowercase())
        .collect();
    let class = match canonical.as_str() {
        "any" => any(),
        "ascii" => class_of(ASCII),
        "assigned" => finished(named("gc", "Cn")?, fold, true),
        // Surrogates, which no text has.
        "cs" | "surrogate" => ClassUnicode::empty(),
        other if CATEGORIES.split(' ').any(|known| known == other) => named("gc", other)?,
        other if SCRIPTS.split_ascii_whitespace().any(|known| known == other) => {
            named("sc", other)?
        }
        _ => {
            cursor.at = start;
            return cursor.error("an unknown class name");
        }
    };
    Ok(finished(class, fold, negated))
}

/// The characters of which a property has a value.
fn named(property: &str, value: &str) -> Result<ClassUnicode, String> {
    let hir = Parser::new().parse(&format!(r"\p{{{property}={value}}}"));
    let hir = hir.map_err(|error| format!("the pattern is not supported ({error})"))?;
    Ok(match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => class,
        // A class of a single character.
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            ClassUnicode::new(text.chars().map(|char| ClassUnicodeRange::new(char, char)))
        }
        _ => ClassUnicode::empty(),
    })
}

/// The general categories, short and long names, in lower case and without underscores.
const CATEGORIES: &str = "c cc cf cn co l lc ll lm lo lt lu m mc me mn n nd nl no p pc pd pe pf pi \
    po ps s sc sk sm so z zl zp zs casedletter closepunctuation combiningmark connectorpunctuation \
    control currencysymbol dashpunctuation decimalnumber enclosingmark finalpunctuation format \
    initialpunctuation letter letternumber lineseparator lowercaseletter mark mathsymbol \
    modifierletter modifiersymbol nonspacingmark number openpunctuation other otherletter \
    othernumber otherpunctuation othersymbol paragraphseparator privateuse punctuation separator \
    spaceseparator spacingmark symbol titlecaseletter unassigned uppercaseletter cntrl digit punct";

/// The scripts that Go knows, in lower case and without underscores.
const SCRIPTS: &str = "\
    adlam ahom anatolianhieroglyphs arabic armenian avestan balinese bamum bassavah batak \
    bengali bhaiksuki bopomofo brahmi braille buginese buhid canadianaboriginal carian \
    caucasianalbanian chakma cham cherokee chorasmian common coptic cuneiform cypriot \
    cyprominoan cyrillic deseret devanagari divesakuru dogra duployan egyptianhieroglyphs \
    elbasan elymaic ethiopic georgian glagolitic gothic grantha greek gujarati gunjalagondi \
    gurmukhi han hangul hanifirohingya hanunoo hatran hebrew hiragana imperialaramaic inherited \
    inscriptionalpahlavi inscriptionalparthian javanese kaithi kannada katakana kawi kayahli \
    kharoshthi khitansmallscript khmer khojki khudawadi lao latin lepcha limbu lineara linearb \
    lisu lycian lydian mahajani makasar malayalam mandaic manichaean marchen masaramgondi \
    medefaidrin meeteimayek mendekikakui meroiticcursive meroitichieroglyphs miao modi mongolian \
    mro multani myanmar nabataean nagmundari nandinagari newtailue newa nko nushu \
    nyiakengpuachuehmong ogham olchiki oldhungarian olditalic oldnortharabian oldpermic \
    oldpersian oldsogdian oldsoutharabian oldturkic olduyghur oriya osage osmanya pahawhhmong \
    palmyrene paucinhau phagspa phoenician psalterpahlavi rejang runic samaritan saurashtra \
    sharada shavian siddham signwriting sinhala sogdian sorasompeng soyombo sundanese \
    sylotinagri syriac tagalog tagbanwa taile taitham taiviet takri tamil tangsa tangut telugu \
    thaana thai tibetan tifinagh tirhuta toto ugaritic vai vithkuqi wancho warangciti yezidi yi \
    zanabazarsquare";
