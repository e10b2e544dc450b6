//! Names of days and months in other languages than English.
//!
//! A text is translated to English before it is read. The translation follows the layout through the
//! text byte by byte, as the reference's does, and shares its limits: a one-digit hour does not fit
//! `%H`, and literal text that is not ASCII does not survive.

use super::names::{LONG_DAYS, LONG_MONTHS};
use super::strptime::Failure;

/// The names of one locale.
#[derive(Debug)]
pub(crate) struct Locale {
    short_days: Vec<&'static str>,
    long_days: Vec<&'static str>,
    short_months: Vec<&'static str>,
    long_months: Vec<&'static str>,
    halves: Vec<&'static str>,
}

impl Locale {
    /// The locale with a BCP 47 tag, case included. English is the only language with names.
    pub(crate) fn named(tag: &str) -> Option<Self> {
        matches!(tag, "en" | "en-US").then(|| Self {
            short_days: short(&LONG_DAYS),
            long_days: LONG_DAYS.to_vec(),
            short_months: short(&LONG_MONTHS),
            long_months: LONG_MONTHS.to_vec(),
            halves: vec!["AM", "PM"],
        })
    }

    /// `value` with the names that `layout` tells where to look for in English.
    pub(crate) fn translate(&self, layout: &[u8], value: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut translation = Translation {
            value,
            at: 0,
            out: Vec::with_capacity(value.len() + 32),
        };
        let mut at = 0;
        while at < layout.len() {
            match self.element(layout, at, &mut translation)? {
                0 => {
                    translation.copy_byte();
                    at += 1;
                }
                len => at += len,
            }
        }
        let rest = value.get(translation.at..).unwrap_or_default();
        translation.out.extend_from_slice(rest);
        Ok(translation.out)
    }

    /// Translates the element that begins at `at`, and gives its length; 0 when there is none.
    fn element(
        &self,
        layout: &[u8],
        at: usize,
        translation: &mut Translation<'_>,
    ) -> Result<usize, Failure> {
        let rest = &layout[at..];
        let is_word = !rest.get(3).is_some_and(u8::is_ascii_lowercase);
        let (element, names, english, len): (_, _, Vec<&str>, _) = match rest {
            [b'J', b'a', b'n', b'u', b'a', b'r', b'y', ..] => {
                ("January", &self.long_months, LONG_MONTHS.to_vec(), 7)
            }
            [b'J', b'a', b'n', ..] if is_word => {
                ("Jan", &self.short_months, short(&LONG_MONTHS), 3)
            }
            [b'M', b'o', b'n', b'd', b'a', b'y', ..] => {
                ("Monday", &self.long_days, LONG_DAYS.to_vec(), 6)
            }
            [b'M', b'o', b'n', ..] if is_word => ("Mon", &self.short_days, short(&LONG_DAYS), 3),
            [b'P', b'M' | b'm', ..] => ("PM", &self.halves, vec!["AM", "PM"], 2),
            [b'p', b'M' | b'm', ..] => ("pm", &self.halves, vec!["am", "pm"], 2),
            [b'_', ..] => return translation.padded(layout, at),
            [b'3' | b'4' | b'5', ..] if at == 0 || layout[at - 1] != b'0' => {
                return translation.clock_digits(rest[0]);
            }
            _ => return Ok(0),
        };
        if names.is_empty() {
            return Err(Failure::new(format!(
                "The locale has no names for {element}."
            )));
        }
        translation.name(element, names, &english)?;
        Ok(len)
    }
}

fn short(names: &[&'static str]) -> Vec<&'static str> {
    names.iter().map(|name| &name[..3]).collect()
}

struct Translation<'a> {
    value: &'a [u8],
    at: usize,
    out: Vec<u8>,
}

impl Translation<'_> {
    /// Copies what stands for one byte of literal text.
    fn copy_byte(&mut self) {
        if let Some(&byte) = self.value.get(self.at) {
            // The reference takes each byte for a character.
            let char = char::from(byte);
            self.out
                .extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            self.at += char.len_utf8();
        }
    }

    /// Number of blanks at the present place.
    fn blanks(&self) -> usize {
        let rest = self.value.get(self.at..).unwrap_or_default();
        rest.iter().take_while(|&&byte| is_blank(byte)).count()
    }

    fn copy_blanks(&mut self) {
        let blanks = self.blanks();
        self.at += blanks;
        self.out.resize(self.out.len() + blanks, b' ');
    }

    /// Translates the longest name that stands here.
    fn name(&mut self, element: &str, names: &[&str], english: &[&str]) -> Result<(), Failure> {
        let start = self.at + self.blanks();
        let rest = self.value.get(start..).unwrap_or_default();
        let mut found: Option<(&str, usize)> = None;
        for (name, english) in names.iter().zip(english) {
            let is_longer = found.is_none_or(|(_, len)| name.len() > len);
            let candidate = rest.get(..name.len());
            if is_longer && candidate.is_some_and(|text| equal_fold(text, name)) {
                found = Some((english, name.len()));
            }
        }
        let Some((english, len)) = found.filter(|_| !rest.is_empty()) else {
            return Err(Failure::of_element(element));
        };
        self.copy_blanks();
        self.out.extend_from_slice(english.as_bytes());
        self.at += len;
        Ok(())
    }

    /// Copies one or two digits.
    fn clock_digits(&mut self, element: u8) -> Result<usize, Failure> {
        let start = self.at + self.blanks();
        let rest = self.value.get(start..).unwrap_or_default();
        let digits = rest
            .iter()
            .take(2)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 {
            return Err(Failure::of_element(
                char::from(element).encode_utf8(&mut [0; 4]),
            ));
        }
        self.copy_blanks();
        self.out
            .extend_from_slice(&self.value[start..start + digits]);
        self.at = start + digits;
        Ok(1)
    }

    /// Copies what stands for a number that is padded with blanks.
    fn padded(&mut self, layout: &[u8], at: usize) -> Result<usize, Failure> {
        let rest = &layout[at..];
        let left = self.value.len().saturating_sub(self.at);
        let element = if rest.starts_with(b"_2006") {
            "_2006"
        } else if rest.starts_with(b"_2") {
            "_2"
        } else if rest.starts_with(b"__2") {
            "__2"
        } else {
            return Ok(0);
        };
        if left < element.len() {
            return Ok(0);
        }
        let start = self.at + self.blanks();
        let text = &self.value[start..];
        let len = text
            .iter()
            .take(element.len())
            .take_while(|&&byte| !is_blank(byte))
            .count();
        if len == 0 {
            return Err(Failure::of_element(element));
        }
        self.copy_blanks();
        self.out.extend_from_slice(&self.value[start..start + len]);
        self.at = start + len;
        Ok(element.len())
    }
}

/// A blank as Unicode sees it, of the characters up to U+00FF.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)
}

/// Equality without case.
fn equal_fold(text: &[u8], name: &str) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let same = |left: char, right: char| {
        left == right
            || left.to_lowercase().eq(right.to_lowercase())
            || left.to_uppercase().eq(right.to_uppercase())
    };
    text.chars().count() == name.chars().count()
        && text
            .chars()
            .zip(name.chars())
            .all(|(left, right)| same(left, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// French, as far as the tests need it.
    fn french() -> Locale {
        Locale {
            short_days: vec!["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
            long_days: vec![
                "dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi",
            ],
            short_months: vec![
                "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.",
                "nov.", "déc.",
            ],
            long_months: vec![
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
            halves: Vec::new(),
        }
    }

    fn translate(locale: &Locale, layout: &str, value: &str) -> Option<String> {
        let text = locale.translate(layout.as_bytes(), value.as_bytes()).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    #[test]
    fn names_become_english() {
        let french = translate(&french(), "2 January 2006", "1 FÉVRIER 2024");
        assert_eq!(french.as_deref(), Some("1 February 2024"));
        let english = Locale::named("en").expect("English has names");
        let english = translate(&english, "3:04 PM", "9:05 pm");
        assert_eq!(english.as_deref(), Some("9:05 PM"));
    }

    #[test]
    fn what_a_locale_lacks_is_an_error() {
        assert!(Locale::named("xx").is_none());
        assert!(Locale::named("EN").is_none());
        assert_eq!(translate(&french(), "January", "January"), None);
        assert_eq!(translate(&french(), "PM", "AM"), None);
        assert_eq!(translate(&french(), "15:04", "9:05"), None);
    }
}
