//! Text in the language of a locale as English text.
//!
//! A text is translated before it is read. The translation follows the layout through the text byte
//! by byte, as the reference's does, and shares its limits: a one-digit hour does not fit `%H`, and
//! literal text that is not ASCII does not survive.

use super::locale::{Locale, Names, short};
use super::names::{LONG_DAYS, LONG_MONTHS};
use super::strptime::Failure;
use crate::support::fold::equal_fold;

impl Locale {
    /// `value` with the names that `layout` tells where to look for in English.
    ///
    /// # Errors
    /// When a name is not where the layout wants it, or the locale has no names of its kind.
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
        let (element, names, english): (&str, &Names, Names) = match rest {
            [b'J', b'a', b'n', b'u', b'a', b'r', b'y', ..] => {
                ("January", &self.long_months, LONG_MONTHS.to_vec())
            }
            [b'J', b'a', b'n', ..] if is_word => ("Jan", &self.short_months, short(&LONG_MONTHS)),
            [b'M', b'o', b'n', b'd', b'a', b'y', ..] => {
                ("Monday", &self.long_days, LONG_DAYS.to_vec())
            }
            [b'M', b'o', b'n', ..] if is_word => ("Mon", &self.short_days, short(&LONG_DAYS)),
            [b'P', b'M' | b'm', ..] => ("PM", &self.halves, vec!["AM", "PM"]),
            [b'p', b'M' | b'm', ..] => ("pm", &self.halves, vec!["am", "pm"]),
            [b'_', ..] => return translation.padded(rest),
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
        Ok(element.len())
    }
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

    /// Copies what stands for a number that is padded with blanks, at the beginning of `layout`.
    fn padded(&mut self, layout: &[u8]) -> Result<usize, Failure> {
        let mut len = 0;
        for element in ["_2006", "_2"] {
            if layout.starts_with(element.as_bytes()) {
                len = self.padded_number(element)?;
                break;
            }
        }
        // The reference takes any byte behind a padded day, and `_2` behind that, for the day of the
        // year.
        if layout[len..].get(1..3) == Some(b"_2") {
            len += self.padded_number("__2")?;
        }
        Ok(len)
    }

    /// Copies what stands for `element`, and gives its length; 0 when there is too little text.
    fn padded_number(&mut self, element: &str) -> Result<usize, Failure> {
        if self.value.len() < self.at + element.len() {
            return Ok(0);
        }
        let start = self.at + self.blanks();
        let len = self.value[start..]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn translate(tag: &str, layout: &str, value: &str) -> Option<String> {
        let locale = Locale::named(tag).expect("the locale has names");
        let text = locale.translate(layout.as_bytes(), value.as_bytes()).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    #[test]
    fn names_become_english() {
        let french = translate("fr", "2 January 2006", "1 FÉVRIER 2024");
        assert_eq!(french.as_deref(), Some("1 February 2024"));
        let english = translate("en", "3:04 PM", "9:05 pm");
        assert_eq!(english.as_deref(), Some("9:05 PM"));
        let half = translate("zh", "3:04pm", "9:05下午");
        assert_eq!(half.as_deref(), Some("9:05pm"));
    }

    #[test]
    fn the_longest_name_counts() {
        // The short names of this locale are numbers with a word behind them.
        let december = translate("zh", "Jan", "12月");
        assert_eq!(december.as_deref(), Some("Dec"));
    }

    #[test]
    fn what_a_locale_lacks_is_an_error() {
        assert_eq!(translate("fr", "January", "January"), None);
        assert_eq!(translate("ab", "PM", "AM"), None);
        assert_eq!(translate("fr", "15:04", "9:05"), None);
    }

    #[test]
    fn padded_numbers_take_what_stands_there() {
        assert_eq!(translate("en", "_2", " 1").as_deref(), Some(" 1"));
        let days = translate("en", "_2-_2", "1-  x");
        assert_eq!(days.as_deref(), Some("1-  x"));
        assert_eq!(
            translate("en", "2006_1_2", "2024_03_07").as_deref(),
            Some("2024_03_07")
        );
        assert_eq!(translate("en", "__2", "  "), Some("  ".to_owned()));
        assert_eq!(translate("en", "__2", "   "), None);
    }
}
