//! Character classes: `[…]`, `\d`, `\pN`.
//!
//! Classes are written for the `regex` crate with their parts as nested classes, whose case folding
//! and negation come in the same order as Go's.

use std::fmt::Write as _;

use super::translate::Cursor;

/// A class that matches no character.
pub(super) const NOTHING: &str = r"[^\x{0}-\x{10FFFF}]";

/// Writes a character so that it means itself inside and outside of brackets.
pub(super) fn write_char(out: &mut String, char: char) {
    if char.is_ascii_alphanumeric() || !char.is_ascii() {
        out.push(char);
    } else {
        let _ = write!(out, "\\x{{{:X}}}", u32::from(char));
    }
}

/// A class in brackets; the cursor is at the opening one.
pub(super) fn bracketed(cursor: &mut Cursor<'_>) -> Result<String, String> {
    let start = cursor.at;
    cursor.at += 1;
    let negated = cursor.eat("^");
    let mut items = String::new();
    let mut is_first = true;
    while is_first || !cursor.rest().starts_with(']') {
        is_first = false;
        if cursor.rest().is_empty() {
            cursor.at = start;
            return cursor.error("missing closing `]` of the class");
        }
        if let Some(item) = posix(cursor)? {
            items.push_str(&item);
        } else if let Some(item) = escape(cursor)? {
            items.push_str(&item);
        } else {
            range(cursor, &mut items)?;
        }
    }
    cursor.at += 1;
    Ok(match (items.is_empty(), negated) {
        (true, false) => NOTHING.to_owned(),
        (true, true) => r"[\x{0}-\x{10FFFF}]".to_owned(),
        (false, false) => format!("[{items}]"),
        (false, true) => format!("[^{items}]"),
    })
}

fn range(cursor: &mut Cursor<'_>, items: &mut String) -> Result<(), String> {
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
    // No text has surrogates in it, and the crate does not know them.
    write_range(items, low, high.min(0xd7ff));
    write_range(items, low.max(0xe000), high);
    Ok(())
}

fn write_range(items: &mut String, low: u32, high: u32) {
    if low <= high {
        let _ = write!(items, "\\x{{{low:X}}}-\\x{{{high:X}}}");
    }
}

fn class_char(cursor: &mut Cursor<'_>) -> Result<u32, String> {
    match cursor.next() {
        None => cursor.error("missing closing `]` of the class"),
        Some('\\') => cursor.escape(),
        Some(char) => Ok(u32::from(char)),
    }
}

/// `[:name:]` inside of brackets. Without the closing `:]` it is no such name.
fn posix(cursor: &mut Cursor<'_>) -> Result<Option<String>, String> {
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
    Ok(Some(group(ranges, negated)))
}

fn group(ranges: &str, negated: bool) -> String {
    format!("[{}{ranges}]", if negated { "^" } else { "" })
}

const DIGIT: &str = "0-9";
const SPACE: &str = r"\t\n\f\r\x20";
const WORD: &str = r"0-9A-Z_a-z";

const POSIX: [(&str, &str); 14] = [
    ("alnum", "0-9A-Za-z"),
    ("alpha", "A-Za-z"),
    ("ascii", r"\x00-\x7F"),
    ("blank", r"\t\x20"),
    ("cntrl", r"\x00-\x1F\x7F"),
    ("digit", DIGIT),
    ("graph", r"\x21-\x7E"),
    ("lower", "a-z"),
    ("print", r"\x20-\x7E"),
    ("punct", r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E"),
    ("space", r"\t-\r\x20"),
    ("upper", "A-Z"),
    ("word", WORD),
    ("xdigit", "0-9A-Fa-f"),
];

/// `\d` and its like, or `\pN` and its like; the cursor is at the backslash, if there is one.
pub(super) fn escape(cursor: &mut Cursor<'_>) -> Result<Option<String>, String> {
    let Some(behind) = cursor.rest().strip_prefix('\\') else {
        return Ok(None);
    };
    let ranges = match behind.chars().next() {
        Some('d' | 'D') => DIGIT,
        Some('s' | 'S') => SPACE,
        Some('w' | 'W') => WORD,
        Some('p' | 'P') => return unicode(cursor).map(Some),
        _ => return Ok(None),
    };
    let negated = behind.starts_with(|char: char| char.is_ascii_uppercase());
    cursor.at += 2;
    Ok(Some(group(ranges, negated)))
}

/// `\pN`, `\p{Name}` or `\p{^Name}`, with `\P` negated.
fn unicode(cursor: &mut Cursor<'_>) -> Result<String, String> {
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
        "any" => r"\x{0}-\x{10FFFF}".to_owned(),
        "ascii" => r"\x00-\x7F".to_owned(),
        "assigned" => r"\P{gc=Cn}".to_owned(),
        // Surrogates, which no text has.
        "cs" | "surrogate" => NOTHING.to_owned(),
        other if CATEGORIES.split(' ').any(|known| known == other) => format!(r"\p{{gc={other}}}"),
        other if SCRIPTS.split_ascii_whitespace().any(|known| known == other) => {
            format!(r"\p{{sc={other}}}")
        }
        _ => {
            cursor.at = start;
            return cursor.error("an unknown class name");
        }
    };
    Ok(group(&class, negated))
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
