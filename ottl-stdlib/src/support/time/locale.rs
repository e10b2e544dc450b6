//! Names of days, months and halves of the day in the languages of the world.
//!
//! They are the reference's, from the table `locales.txt`, which says of itself where it comes from and
//! how it is to be read. The table is searched when a source is compiled and at no other time.

/// The names of one locale, in the order that numbers count them. A locale that lacks names of a
/// kind has an empty list.
#[derive(Debug)]
pub(crate) struct Locale {
    pub(super) short_days: Names,
    pub(super) long_days: Names,
    pub(super) short_months: Names,
    pub(super) long_months: Names,
    pub(super) halves: Names,
}

pub(super) type Names = Vec<&'static str>;

const TABLE: &str = include_str!("locales.txt");

impl Locale {
    /// The locale with a BCP 47 tag that is written as the CLDR does, case included.
    pub(crate) fn named(tag: &str) -> Option<Self> {
        let line = line_of(tag)?;
        Some(Self {
            short_days: column(line, 0),
            long_days: column(line, 1),
            short_months: column(line, 2),
            long_months: column(line, 3),
            halves: column(line, 4),
        })
    }
}

/// The columns behind the tags of the line that is for a locale.
fn line_of(tag: &str) -> Option<&'static str> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let mut split = lines.filter_map(|line| line.split_once('\t'));
    split.find_map(|(tags, columns)| tags.split(' ').any(|known| known == tag).then_some(columns))
}

fn column(line: &'static str, index: usize) -> Names {
    let text = line.split('\t').nth(index).unwrap_or_default();
    let text = match text.strip_prefix('=') {
        Some(tag) => line_of(tag).and_then(|line| line.split('\t').nth(index)),
        None => Some(text),
    };
    match text {
        None | Some("") => Vec::new(),
        Some(names) => names.split('|').collect(),
    }
}

/// Short English names are the first three letters of the long ones.
pub(super) fn short(names: &[&'static str]) -> Names {
    names.iter().map(|name| &name[..3]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::names::{LONG_DAYS, LONG_MONTHS};
    use super::*;

    #[test]
    fn every_line_of_the_table_is_whole() {
        let mut tags = 0;
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (own, columns) = line.split_once('\t').expect("tags end with a tab");
            assert_eq!(columns.split('\t').count(), 5, "{own}");
            for tag in own.split(' ') {
                let locale = Locale::named(tag).expect("the tag is in the table");
                for (names, full) in [
                    (locale.short_days, 7),
                    (locale.long_days, 7),
                    (locale.short_months, 12),
                    (locale.long_months, 12),
                    (locale.halves, 2),
                ] {
                    assert!(names.is_empty() || names.len() == full, "{tag}");
                    assert!(names.iter().all(|name| !name.starts_with('=')), "{tag}");
                }
                tags += 1;
            }
        }
        // As many as the reference's library has.
        assert_eq!(tags, 1015);
    }

    #[test]
    fn english_is_what_the_names_are_translated_to() {
        let english = Locale::named("en-US").expect("English has names");
        assert_eq!(english.short_days, short(&LONG_DAYS));
        assert_eq!(english.long_days, LONG_DAYS);
        assert_eq!(english.short_months, short(&LONG_MONTHS));
        assert_eq!(english.long_months, LONG_MONTHS);
        assert_eq!(english.halves, ["AM", "PM"]);
    }

    #[test]
    fn names_of_another_line_are_found_there() {
        let swiss = Locale::named("de-CH").expect("Switzerland has names");
        assert_eq!(swiss.long_months[2], "März");
        assert_eq!(swiss.long_days[6], "Samstag");
        let austrian = Locale::named("de-AT").expect("Austria has names");
        assert_eq!(austrian.long_months[0], "Jänner");
    }

    #[test]
    fn tags_are_those_of_the_table() {
        for tag in [
            "", "xx", "EN", "en_US", "de-", "de de-DE", "=de", "#", "pt-br",
        ] {
            assert!(Locale::named(tag).is_none(), "{tag}");
        }
    }
}
