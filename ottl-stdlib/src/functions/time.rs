//! `Time(time, format, location?, locale?)`

use std::sync::OnceLock;

use jiff::tz::TimeZone;
use otlp_columns::{Timestamp, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Environment, Example, ExecError, Param, ParamKind,
    Signature, Type, ValueKind,
};

use crate::support::impure::Impure;
use crate::support::prepared::Prepared;
use crate::support::time::layout::Layout;
use crate::support::time::locale::Locale;
use crate::support::time::resolve::{Instant, Surroundings, resolve};
use crate::support::time::strptime::{self, Failure, Format};
use crate::support::time::zone::Zone;

/// The converter `Time`.
pub(crate) const TIME: Impure<Prepared> = Impure(Prepared {
    signature: &SIGNATURE,
    bind,
});

static SIGNATURE: Signature = Signature {
    name: "Time",
    params: &[
        Param::new("time", ParamKind::Value(ValueKind::String)),
        Param::new("format", ParamKind::StringLiteral),
        Param::optional("location", ParamKind::StringLiteral),
        Param::optional("locale", ParamKind::StringLiteral),
    ],
    result: Type::Time,
    fields: &[],
    docs: "Reads a time by a format with directives such as `%Y-%m-%dT%H:%M:%S%z`.\n\n\
           Numbers may lack leading zeros and blanks may stand before them. A fraction of a \
           second is read behind the seconds even when the format has none. A year that is \
           missing is the present one, or the one before it for a date more than a week ahead.\n\n\
           `location` is the zone of times that tell none, by its name in the time zone \
           database; without it that is UTC for a format that ends with the letter `Z`, and the \
           machine's zone for others. `locale` is a BCP 47 tag that tells the language of the names \
           of days, months and halves of the day, as `de`, `fr-CA` or `zh-Hant`; it is one of those \
           of the Unicode CLDR, case included. With a `locale` halves of the \
           day are read without regard to case, as other names always are, the hour `%H` needs two \
           digits, and text around the directives has to be ASCII.\n\n\
           Directives: `%Y` `%y` year; `%m` `%o` `%q` `%b` `%h` `%B` month; `%d` `%e` `%g` day; \
           `%a` `%A` weekday; `%H` `%I` `%l` hour; `%p` `%P` half of the day; `%M` minute; `%S` \
           second; `%L` `%f` `%s` milliseconds, microseconds, nanoseconds, behind a point or \
           comma; `%Z` zone name; `%z` `%w` `%i` `%j` `%k` zone offset; `%D` `%x` `%F` date; \
           `%T` `%X` `%r` `%R` clock; `%c` date and clock; `%n` `%t` `%%` themselves. Other \
           digits and directives are rejected.",
    examples: &[
        Example {
            title: "An offset",
            source: r#"Time("2024-02-29T12:34:56.789+05:30", "%Y-%m-%dT%H:%M:%S%z")"#,
            attributes: "{}",
            result: r#"{"time":"2024-02-29T07:04:56.789Z"}"#,
        },
        Example {
            title: "A location",
            source: r#"Time("07/04/2024 09:00 AM", "%m/%d/%Y %I:%M %p", "America/New_York")"#,
            attributes: "{}",
            result: r#"{"time":"2024-07-04T13:00:00Z"}"#,
        },
        Example {
            title: "A locale",
            source: r#"Time("mercredi 7 février 2024", "%A %d %B %Y", "Europe/Paris", "fr")"#,
            attributes: "{}",
            result: r#"{"time":"2024-02-06T23:00:00Z"}"#,
        },
        Example {
            title: "Another text",
            source: r#"Time(span.attributes["t"], "%F")"#,
            attributes: r#"{"t":"today"}"#,
            result: "error: The text does not fit the format.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let source = args.string(1).unwrap_or_default();
    let format = Format::new(source).map_err(|message| BindError::param(1, message))?;
    let location = match args.string(2).unwrap_or_default() {
        b"" if source.ends_with(b"Z") && !source.ends_with(b"%Z") => {
            Location::Zone(Zone::new(TimeZone::UTC))
        }
        b"" | b"Local" => Location::Local,
        name => {
            let zone = std::str::from_utf8(name).ok().and_then(Zone::named);
            Location::Zone(zone.ok_or_else(|| unknown(2, "time zone", name, KNOWN_ZONES))?)
        }
    };
    let locale = args.string(3).map(|tag| {
        let locale = std::str::from_utf8(tag).ok().and_then(Locale::named);
        locale.ok_or_else(|| unknown(3, "locale", tag, KNOWN_LOCALES))
    });
    let reader = Reader {
        first: format.read_layout(),
        format,
        location,
        locale: locale.transpose()?,
        local: OnceLock::new(),
    };
    Ok(Bound::remembering(
        move |is_local: &mut Option<bool>, cx: &mut CallContext<'_>| reader.call(cx, is_local),
    ))
}

/// The error of an argument that names nothing. `known` says which names there are.
fn unknown(param: usize, what: &str, name: &[u8], known: &str) -> BindError {
    let name = name.escape_ascii();
    BindError::param(param, format!("There is no {what} `{name}`. {known}"))
}

const KNOWN_ZONES: &str = "Use a name of the time zone database, such as `Europe/Paris`.";
const KNOWN_LOCALES: &str = "Use a tag of the Unicode CLDR, such as `de` or `fr-CA`.";

struct Reader {
    format: Format,
    /// The layout that fits most texts.
    first: Layout,
    location: Location,
    locale: Option<Locale>,
    /// The machine's zone as it was first, with what was found out about it.
    local: OnceLock<Zone>,
}

enum Location {
    Local,
    Zone(Zone),
}

impl Reader {
    /// Reads the text of an item. `is_local` remembers whether the machine's zone is the known one.
    fn call(
        &self,
        cx: &mut CallContext<'_>,
        is_local: &mut Option<bool>,
    ) -> Result<Value, ExecError> {
        let text = cx.string(0)?;
        if text.is_empty() {
            return Err(ExecError::new("The text is empty."));
        }
        // Each of many attempts may look at all of the text.
        cx.spend(text.len.into())?;
        let instant = self.read(cx.bytes(text), cx.environment(), is_local)?;
        let zone = cx.zones().intern(&instant.zone);
        Ok(Timestamp {
            zone,
            ..instant.time
        }
        .into())
    }

    fn read(
        &self,
        text: &[u8],
        environment: &dyn Environment,
        is_local: &mut Option<bool>,
    ) -> Result<Instant, ExecError> {
        let zone = || environment.local_zone();
        let known = self.local.get_or_init(|| Zone::new(zone()));
        let other;
        let local = if *is_local.get_or_insert_with(|| known.tz == zone()) {
            known
        } else {
            other = Zone::new(zone());
            &other
        };
        let around = Surroundings {
            location: match &self.location {
                Location::Local => local,
                Location::Zone(zone) => zone,
            },
            local,
            now: environment.now(),
        };
        let mut read = |layout: &Layout| self.read_by(layout, text, &around);
        match read(&self.first) {
            Ok(instant) => Ok(instant),
            Err(_) => self
                .format
                .read(&mut read)
                .map_err(|failure| ExecError::new(failure.message)),
        }
    }

    fn read_by(
        &self,
        layout: &Layout,
        text: &[u8],
        around: &Surroundings<'_>,
    ) -> Result<Instant, Failure> {
        let translated;
        let text = match &self.locale {
            Some(locale) => {
                translated = locale.translate(layout.text(), text)?;
                &translated
            }
            None => text,
        };
        let fields = strptime::fields(layout, text)?;
        resolve(&fields, around).map_err(Failure::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure as Refusal, convert, text};
    use serde_json::{Value as Json, json};

    fn time(args: &[&str]) -> Option<Json> {
        let args: Vec<_> = args.iter().map(text).collect();
        Some(convert(&TIME, &args).ok()?["time"].clone())
    }

    #[test]
    fn offsets_have_three_forms() {
        for offset in ["+0530", "+05:30"] {
            let text = format!("2024-01-01 00:00:00 {offset}");
            assert_eq!(
                time(&[&text, "%F %T %z"]),
                Some(json!("2023-12-31T18:30:00Z"))
            );
        }
        assert_eq!(
            time(&["2024-01-01 +05", "%F %z"]),
            Some(json!("2023-12-31T19:00:00Z"))
        );
        assert_eq!(
            time(&["2024-01-01 Z", "%F %z"]),
            Some(json!("2024-01-01T00:00:00Z"))
        );
        assert_eq!(time(&["2024-01-01 +5:30", "%F %z"]), None);
    }

    #[test]
    fn a_missing_year_is_a_recent_one() {
        // The test's world is at 2024-02-29T12:34:56.789Z.
        assert_eq!(
            time(&["Mar 7 00:00", "%b %d %H:%M"]),
            Some(json!("2024-03-07T00:00:00Z"))
        );
        assert_eq!(
            time(&["Mar 8 00:00", "%b %d %H:%M"]),
            Some(json!("2023-03-08T00:00:00Z"))
        );
    }

    #[test]
    fn fractions_may_be_longer_or_missing() {
        let precise = time(&["2024-01-01 00:00:00.123456789999", "%F %T.%L"]);
        assert_eq!(precise, Some(json!("2024-01-01T00:00:00.123456789Z")));
        assert_eq!(
            time(&["2024-01-01 00:00:00", "%F %T.%L"]),
            Some(json!("2024-01-01T00:00:00Z"))
        );
        assert_eq!(time(&["2024-01-01 00:00:00.", "%F %T.%L"]), None);
        assert_eq!(
            time(&["2024-01-01 00:00:00,5", "%F %T"]),
            Some(json!("2024-01-01T00:00:00.5Z"))
        );
    }

    #[test]
    fn halves_of_the_day_mind_case_unless_there_is_a_locale() {
        assert_eq!(time(&["2024 10 pm", "%Y %I %p"]), None);
        let english = time(&["2024 10 pm", "%Y %I %p", "UTC", "en"]);
        assert_eq!(english, Some(json!("2024-01-01T22:00:00Z")));
    }

    #[test]
    fn locales_tell_the_language_of_names() {
        for (args, result) in [
            (
                ["Freitag, 1. März 2024", "%A, %e. %B %Y", "UTC", "de"],
                json!("2024-03-01T00:00:00Z"),
            ),
            (
                ["11 de DICIEMBRE de 2024", "%e de %B de %Y", "UTC", "es-MX"],
                json!("2024-12-11T00:00:00Z"),
            ),
            (
                ["2024 下午 3", "%Y %p %I", "UTC", "zh-Hant"],
                json!("2024-01-01T15:00:00Z"),
            ),
        ] {
            assert_eq!(time(&args), Some(result), "{args:?}");
        }
        // Polish has no names in the nominative; Abkhaz has none for halves of the day.
        assert_eq!(time(&["styczeń 2024", "%B %Y", "UTC", "pl"]), None);
        assert_eq!(time(&["2024 10 AM", "%Y %I %p", "UTC", "ab"]), None);
        // Literal text is translated byte by byte.
        assert_eq!(time(&["2024年", "%Y年", "UTC", "ja"]), None);
    }

    #[test]
    fn literals_are_checked_beforehand() {
        for args in [
            ["x", "", "UTC", "en"],
            ["x", "%Q", "UTC", "en"],
            ["x", "%F", "america/new_york", "en"],
            ["x", "%F", "UTC", "xx"],
        ] {
            let result = convert(&TIME, &args.map(text));
            assert!(matches!(result, Err(Refusal::Bind(_))), "{args:?}");
        }
    }

    #[test]
    fn nil_and_empty_text_are_errors() {
        assert_eq!(time(&["", "%Y"]), None);
        assert!(convert(&TIME, &[Arg::Computed(|_| Value::Nil), text("%Y")]).is_err());
    }
}
