//! Formats with directives such as `%Y`, as layouts.
//!
//! To print, a format is one layout. To read, it is several: numbers may lack zeros in front, blanks
//! may stand before them, and a zone's offset has three forms. The reference tries them one after the
//! other, led by the element that did not fit, and so does [`Format::read`].

use super::layout::Layout;
use super::parse::{Fields, Mismatch};

/// How many directives a format may have: each is a level of recursion.
const MAX_DIRECTIVES: usize = 200;

/// How many layouts are tried to read one text. The reference has no limit and may never end.
const MAX_ATTEMPTS: usize = 100;

/// A valid format.
#[derive(Debug)]
pub(crate) struct Format {
    directives: Vec<Directive>,
    tail: Vec<u8>,
}

#[derive(Debug)]
struct Directive {
    /// The text before it.
    literal: Vec<u8>,
    letter: u8,
}

/// The sample that stands for a directive in a layout to print by.
fn sample(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'Y' => "2006",
        b'y' => "06",
        b'm' => "01",
        b'o' => "_1",
        b'q' => "1",
        b'b' | b'h' => "Jan",
        b'B' => "January",
        b'd' => "02",
        b'e' => "_2",
        b'g' => "2",
        b'a' => "Mon",
        b'A' => "Monday",
        b'H' => "15",
        b'l' => "3",
        b'I' => "03",
        b'p' => "PM",
        b'P' => "pm",
        b'M' => "04",
        b'S' => "05",
        b'L' => "999",
        b'f' => "999999",
        b's' => "999999999",
        b'Z' => "MST",
        b'z' => "Z0700",
        b'w' => "-070000",
        b'i' => "-07",
        b'j' => "-07:00",
        b'k' => "-07:00:00",
        b'D' | b'x' => "01/02/2006",
        b'F' => "2006-01-02",
        b'T' | b'X' => "15:04:05",
        b'r' => "03:04:05 pm",
        b'R' => "15:04",
        b'n' => "\n",
        b't' => "\t",
        b'%' => "%",
        b'c' => "Mon Jan 02 15:04:05 2006",
        _ => return None,
    })
}

/// The samples that stand for a directive in the layouts to read by, in the order they are tried.
fn alternatives(letter: u8) -> Vec<Vec<&'static str>> {
    match letter {
        b'm' | b'o' | b'q' => vec![vec!["1"]],
        b'd' | b'e' | b'g' => vec![vec!["2"]],
        b'I' => vec![vec!["3"]],
        b'M' => vec![vec!["4"]],
        b'S' => vec![vec!["5"]],
        b'D' | b'x' => vec![
            vec!["1", "/", "2", "/", "2006"],
            vec!["1", "/", "2", "/", "06"],
        ],
        b'F' => vec![vec!["2006", "-", "1", "-", "2"]],
        b'T' | b'X' => vec![vec!["15", ":", "4", ":", "5"]],
        b'r' => vec![vec!["3", ":", "4", ":", "5", " ", "pm"]],
        b'R' => vec![vec!["15", ":", "4"]],
        b'c' => vec![vec![
            "Mon", " ", "Jan", " ", "2", " ", "15", ":", "4", ":", "5", " ", "2006",
        ]],
        b'z' => vec![vec!["Z0700"], vec!["Z07:00"], vec!["Z07"]],
        other => sample(other)
            .into_iter()
            .map(|sample| vec![sample])
            .collect(),
    }
}

/// Why a text is not read, and which element is to blame for it, if one is.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    element: Vec<u8>,
    /// The text where the element should be, if that is known.
    found: Vec<u8>,
}

impl Failure {
    /// A failure that no other layout can mend.
    pub(crate) fn new(message: String) -> Self {
        Self {
            message,
            element: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The element of a layout does not fit; blanks in the text cannot be the reason.
    pub(super) fn of_element(element: &str) -> Self {
        Self {
            message: "The text does not fit the format and the locale.".to_owned(),
            element: element.as_bytes().to_vec(),
            found: Vec::new(),
        }
    }
}

impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Self {
        let message = match mismatch.reason {
            "" => "The text does not fit the format.".to_owned(),
            reason => format!("The text does not fit the format: {reason}."),
        };
        Self {
            message,
            element: mismatch.element,
            found: mismatch.found,
        }
    }
}

impl Format {
    /// Takes a format apart.
    ///
    /// # Errors
    /// A sentence when it has digits, a directive that does not exist, or a fraction of a second
    /// without a point or comma before it.
    pub(crate) fn new(format: &[u8]) -> Result<Self, String> {
        if format.is_empty() {
            return Err("The format is empty.".to_owned());
        }
        if format.iter().any(u8::is_ascii_digit) {
            return Err("A format cannot have digits.".to_owned());
        }
        // As in the reference this looks at pairs of bytes, so it takes `%%L` for a fraction.
        let is_bare_fraction = |bytes: &[u8]| match bytes {
            [b'.' | b',', ..] => false,
            [_, rest @ ..] => matches!(rest, [b'%', b'L' | b'f' | b's']),
            [] => false,
        };
        if format.windows(3).any(is_bare_fraction) {
            return Err("A fraction of a second needs a point or comma before it.".to_owned());
        }
        let mut directives = Vec::new();
        let mut literal = Vec::new();
        let mut rest = format;
        while let [byte, behind @ ..] = rest {
            match (byte, behind) {
                (b'%', [letter, behind @ ..]) if *letter != b'\n' => {
                    if sample(*letter).is_none() {
                        return Err(unknown(behind.len(), rest));
                    }
                    directives.push(Directive {
                        literal: std::mem::take(&mut literal),
                        letter: *letter,
                    });
                    rest = behind;
                }
                _ => {
                    literal.push(*byte);
                    rest = behind;
                }
            }
        }
        if directives.len() > MAX_DIRECTIVES {
            return Err(format!("A format has at most {MAX_DIRECTIVES} directives."));
        }
        Ok(Self {
            directives,
            tail: literal,
        })
    }

    /// The layout to print by.
    pub(crate) fn print_layout(&self) -> Layout {
        self.layout(|letter| sample(letter).unwrap_or("").to_owned())
    }

    /// The layout that is tried first to read by.
    pub(crate) fn read_layout(&self) -> Layout {
        self.layout(|letter| alternatives(letter)[0].concat())
    }

    fn layout(&self, stand_in: fn(u8) -> String) -> Layout {
        let mut text = Vec::new();
        for directive in &self.directives {
            text.extend_from_slice(&directive.literal);
            text.extend_from_slice(stand_in(directive.letter).as_bytes());
        }
        text.extend_from_slice(&self.tail);
        Layout::new(text)
    }

    /// Reads a text with `read`, which is given one layout after the other until one fits, or until
    /// none is left that could.
    pub(crate) fn read<T>(
        &self,
        read: &mut dyn FnMut(&Layout) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut attempts = MAX_ATTEMPTS;
        let mut read = |layout: Vec<u8>| {
            attempts = attempts.checked_sub(1).ok_or_else(|| {
                Failure::new("The text does not fit the format after many attempts.".to_owned())
            })?;
            read(&Layout::new(layout))
        };
        self.read_from(0, Vec::new(), &mut read)
    }

    /// Tries what the directives from `index` on can stand for, behind the layout so far.
    fn read_from<T>(
        &self,
        index: usize,
        mut layout: Vec<u8>,
        read: &mut dyn FnMut(Vec<u8>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(directive) = self.directives.get(index) else {
            layout.extend_from_slice(&self.tail);
            return read(layout);
        };
        layout.extend_from_slice(&directive.literal);
        let mut outcome = None;
        for alternative in alternatives(directive.letter) {
            let (result, is_to_blame) = self.read_alternative(index, &layout, alternative, read);
            let stop = result.is_ok() || !is_to_blame;
            outcome = Some(result);
            if stop {
                break;
            }
        }
        outcome.unwrap_or_else(|| Err(Failure::new("The format is empty.".to_owned())))
    }

    /// Tries one stand-in for a directive, with blanks put before its numbers where the text has
    /// them. Tells as well whether the stand-in is to blame for a failure.
    fn read_alternative<T>(
        &self,
        index: usize,
        layout: &[u8],
        alternative: Vec<&'static str>,
        read: &mut dyn FnMut(Vec<u8>) -> Result<T, Failure>,
    ) -> (Result<T, Failure>, bool) {
        let mut elements: Vec<Vec<u8>> = alternative
            .iter()
            .map(|element| element.as_bytes().to_vec())
            .collect();
        loop {
            let longer = [layout, &elements.concat()].concat();
            let mut failure = match self.read_from(index + 1, longer, read) {
                Ok(value) => return (Ok(value), false),
                Err(failure) => failure,
            };
            let blamed = elements
                .iter()
                .position(|element| !failure.element.is_empty() && *element == failure.element);
            let Some(blamed) = blamed else {
                return (Err(failure), false);
            };
            // For the directives before this one, this one is to blame as a whole.
            failure.element = vec![b'%', self.directives[index].letter];
            let is_number = matches!(elements[blamed][0], b'0'..=b'9' | b'Z');
            let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c);
            let blanks: Vec<u8> = failure.found.iter().take_while(is_blank).copied().collect();
            if !is_number || blanks.is_empty() {
                return (Err(failure), true);
            }
            elements.insert(blamed, blanks);
        }
    }
}

fn unknown(behind: usize, rest: &[u8]) -> String {
    let directive = &rest[..rest.len() - behind];
    format!("There is no directive {}.", directive.escape_ascii())
}

/// Reads a text by one layout.
pub(crate) fn fields<'a>(layout: &Layout, text: &'a [u8]) -> Result<Fields<'a>, Failure> {
    layout.parse(text).map_err(Failure::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(format: &str, text: &str) -> Result<(i64, u8, u8), String> {
        let format = Format::new(format.as_bytes())?;
        let mut read = |layout: &Layout| {
            let fields = fields(layout, text.as_bytes())?;
            Ok((fields.year, fields.month, fields.day))
        };
        format.read(&mut read).map_err(|failure| failure.message)
    }

    #[test]
    fn blanks_may_stand_before_numbers() {
        assert_eq!(day("%F", " 2024- 1-  1"), Ok((2024, 1, 1)));
        assert_eq!(day("%F", "2024-\t1-1"), Ok((2024, 1, 1)));
        assert!(day("%B", " January").is_err());
    }

    #[test]
    fn a_short_date_may_have_a_short_year() {
        assert_eq!(day("%D", "1/2/24"), Ok((2024, 1, 2)));
        assert_eq!(day("%x", "1/ 2/2024"), Ok((2024, 1, 2)));
    }

    #[test]
    fn neighbouring_directives_may_mean_another() {
        let hour = Format::new(b"%m%S")
            .expect("the format is valid")
            .read_layout();
        assert_eq!(hour.text(), b"15");
    }

    #[test]
    fn attempts_end_where_the_reference_does_not() {
        assert!(day("%m %m", " 1 1").is_err());
    }

    #[test]
    fn formats_are_checked() {
        for format in ["", "%Y1", "%Q", "%é", " %L", "%%L"] {
            assert!(Format::new(format.as_bytes()).is_err(), "{format}");
        }
        for format in ["%L", ".%L", ",%f", "%Y%", "%\n", "é"] {
            assert!(Format::new(format.as_bytes()).is_ok(), "{format}");
        }
    }
}
