//! Character encodings: text of another encoding as UTF-8.
//!
//! Which bytes form a character, and how many of them one U+FFFD stands for, is decided here, since
//! the reference's library (golang.org/x/text) and the Encoding Standard part there. The tables of
//! characters are those of encoding_rs where it has them.

mod chinese;
mod code_page;
mod japanese;
mod korean;
mod names;
mod pairs;
mod unicode;

use ottl_vm::{ExecError, TextBuilder};

/// A character encoding.
pub(crate) enum Encoding {
    /// Bytes stay as they are.
    Raw,
    Utf8,
    Utf16 {
        big_endian: bool,
        /// Whether a mark at the beginning tells the order of the bytes.
        marked: bool,
    },
    Ascii,
    /// One byte is one character.
    CodePage(Box<[char; 256]>),
    EucJp,
    ShiftJis,
    Iso2022Jp,
    EucKr,
    Gbk,
    Gb18030,
    Hz,
    Big5,
}

impl Encoding {
    /// The encoding with a name of the IANA registry, in any case, or one of the names that the
    /// reference adds to them.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        names::find(name)
    }

    /// Appends text in this encoding as UTF-8. What is no text becomes U+FFFD.
    ///
    /// # Errors
    /// When the text would be too long.
    pub(crate) fn decode(&self, text: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
        match self {
            Self::Raw => out.push(text),
            Self::Utf8 => unicode::utf_8(text, out),
            Self::Utf16 { big_endian, marked } => unicode::utf_16(text, *big_endian, *marked, out),
            Self::Ascii => by_units(text, out, |_| (char::REPLACEMENT_CHARACTER, 1)),
            Self::CodePage(page) => code_page::decode(page, text, out),
            Self::EucJp => by_units(text, out, japanese::euc_jp()),
            Self::ShiftJis => by_units(text, out, japanese::shift_jis()),
            Self::Iso2022Jp => japanese::iso_2022_jp(text, out),
            Self::EucKr => by_units(text, out, korean::euc_kr()),
            Self::Gbk => by_units(text, out, chinese::gbk(false)),
            Self::Gb18030 => by_units(text, out, chinese::gbk(true)),
            Self::Hz => chinese::hz(text, out),
            Self::Big5 => chinese::big5(text, out),
        }
    }
}

/// Decodes with a function that gives the character at the beginning of bytes of which the first is
/// not ASCII, and how many bytes it takes.
fn by_units(
    mut text: &[u8],
    out: &mut TextBuilder,
    unit: impl Fn(&[u8]) -> (char, usize),
) -> Result<(), ExecError> {
    loop {
        text = push_ascii(text, out)?;
        if text.is_empty() {
            return Ok(());
        }
        let (char, len) = unit(text);
        out.push_char(char)?;
        text = &text[len..];
    }
}

/// Appends what is ASCII at the beginning, and gives the rest.
fn push_ascii<'t>(text: &'t [u8], out: &mut TextBuilder) -> Result<&'t [u8], ExecError> {
    let end = text.iter().position(|byte| !byte.is_ascii());
    let (ascii, rest) = text.split_at(end.unwrap_or(text.len()));
    out.push(ascii)?;
    Ok(rest)
}
