//! What is said to people: colours, and writing that does not care whether anybody listens.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;

use crate::error::{Error, Failure};

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless the environment variable NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorChoice {
    pub(crate) fn stdout(self) -> bool {
        self.wanted(io::stdout().is_terminal())
    }

    pub(crate) fn stderr(self) -> bool {
        self.wanted(io::stderr().is_terminal())
    }

    fn wanted(self, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        }
    }
}

/// What a piece of text says, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// That something is as it was wanted.
    Good,
    /// That something is not.
    Bad,
    /// That something is different.
    Note,
    /// That nothing happened.
    Faint,
    /// What the rest is about.
    Strong,
}

/// Whether text is coloured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    /// The text in the colour of a tone; nothing in it acts on the terminal but that.
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        let text = visible(text);
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Note => "33",
            Tone::Faint => "2",
            Tone::Strong => "1",
        };
        match self.0 {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text,
        }
    }

    /// What `show` makes with this paint, with nothing in it that acts on the terminal but the paint.
    ///
    /// In a text that is painted already, control characters of others cannot be told from colours, so
    /// that a text which has them is shown without any.
    pub(crate) fn apart(self, show: impl Fn(Self) -> String) -> String {
        let plain = show(Self(false));
        let shown = visible(&plain);
        match shown == plain {
            true => show(self),
            false => shown,
        }
    }
}

/// The text with what would act on a terminal, or be invisible there, spelled out. Lines and tabs stay.
///
/// A string of OTTL has the same value in this spelling, and so has one of JSON, in which no character
/// below a blank can stand.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\0'..='\u{1f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            '\u{7f}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Writes to standard error. That it is closed is no reason to stop.
pub(crate) fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| stdout_failure(&error))
}

/// What a failed write to standard output means.
pub(crate) fn stdout_failure(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::BrokenPipe
    } else {
        Error::new(format!("Standard output cannot be written: {error}.")).into()
    }
}

/// A number with a comma between each three digits.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of things in a second, as `12.3 M spans/s`.
pub(crate) fn rate(per_second: f64, things: &str) -> String {
    let (value, prefix) = scale(per_second);
    let gap = if prefix.is_empty() { "" } else { " " };
    format!("{value} {prefix}{gap}{things}/s")
}

/// A number of bytes in a second, as `12.3 MB/s`.
pub(crate) fn byte_rate(per_second: f64) -> String {
    let (value, prefix) = scale(per_second);
    format!("{value} {prefix}B/s")
}

/// Three digits or so, and the prefix of the unit.
fn scale(number: f64) -> (String, &'static str) {
    let (value, prefix) = match number {
        v if v >= 1e9 => (v / 1e9, "G"),
        v if v >= 1e6 => (v / 1e6, "M"),
        v if v >= 1e3 => (v / 1e3, "k"),
        v => (v, ""),
    };
    let digits = match value {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    (format!("{value:.digits$}"), prefix)
}

/// A number and the noun that goes with it.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{} {noun}", thousands(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(rate(1_234_567.0, "spans"), "1.23 M spans/s");
        assert_eq!(rate(12.0, "spans"), "12.0 spans/s");
        assert_eq!(byte_rate(123_456.0), "123 kB/s");
        assert_eq!(count(1, "span", "spans"), "1 span");
        assert_eq!(count(0, "span", "spans"), "0 spans");
    }

    #[test]
    fn only_our_own_colours_reach_the_terminal() {
        assert_eq!(visible("é\t\n🦀"), "é\t\n🦀");
        assert_eq!(visible("a\x1b[31m\r\0"), "a\\x1b[31m\\x0d\\x00");
        assert_eq!(visible("\x7f\u{9b}\u{202e}"), "\\u007f\\u009b\\u202e");
        let red = Paint(true).tone(Tone::Bad, "a\x1b[0mb");
        assert_eq!(red, "\x1b[31ma\\x1b[0mb\x1b[0m");
        let shown = |text: &str| {
            Paint(true).apart(|paint| format!("{text} {}", paint.tone(Tone::Good, "\x1bx")))
        };
        assert_eq!(shown("a"), "a \x1b[32m\\x1bx\x1b[0m");
        assert_eq!(shown("\x1b"), "\\x1b \\x1bx");
    }
}
