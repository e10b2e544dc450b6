//! The forms that a file of messages may have.

use std::path::Path;

use clap::ValueEnum;

/// How messages lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// One protobuf message.
    Proto,
    /// Protobuf messages, each behind its length as a varint.
    ProtoDelimited,
    /// One OTLP/JSON document.
    Json,
    /// OTLP/JSON documents, one a line.
    JsonLines,
}

impl Format {
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::JsonLines)
    }

    /// Whether there may be more than one message.
    pub(crate) fn is_stream(self) -> bool {
        matches!(self, Self::ProtoDelimited | Self::JsonLines)
    }

    fn new(is_json: bool, is_stream: bool) -> Self {
        match (is_json, is_stream) {
            (true, true) => Self::JsonLines,
            (true, false) => Self::Json,
            (false, true) => Self::ProtoDelimited,
            (false, false) => Self::Proto,
        }
    }

    /// The form to write a file in: its name tells whether it is JSON, and the input whether there
    /// may be many messages.
    pub(crate) fn for_output(path: Option<&Path>, input: Self) -> Self {
        match path.and_then(plain_extension).as_deref() {
            Some("json") => Self::new(true, input.is_stream()),
            Some("jsonl" | "ndjson") => Self::JsonLines,
            Some("pb" | "binpb" | "otlp") => Self::new(false, input.is_stream()),
            _ => input,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Proto => "proto",
            Self::ProtoDelimited => "proto-delimited",
            Self::Json => "json",
            Self::JsonLines => "json-lines",
        }
    }
}

/// The extension in lowercase, without that of a compression.
fn plain_extension(path: &Path) -> Option<String> {
    let extension = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
    let last = extension(path)?;
    match last.as_str() {
        "gz" | "zst" => extension(Path::new(path.file_stem()?)),
        _ => Some(last),
    }
}

/// How to read a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// As its content tells.
    #[default]
    Auto,
    /// One protobuf message.
    Proto,
    /// Protobuf messages, each behind its length as a varint.
    ProtoDelimited,
    /// One OTLP/JSON document.
    Json,
    /// OTLP/JSON documents, one a line.
    JsonLines,
}

impl InputFormat {
    /// The form, unless the content has to tell.
    pub(crate) fn known(self) -> Option<Format> {
        match self {
            Self::Auto => None,
            Self::Proto => Some(Format::Proto),
            Self::ProtoDelimited => Some(Format::ProtoDelimited),
            Self::Json => Some(Format::Json),
            Self::JsonLines => Some(Format::JsonLines),
        }
    }
}

/// How to write a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// One protobuf message; many messages become one, which holds the resources of all.
    Proto,
    /// Protobuf messages, each behind its length as a varint.
    ProtoDelimited,
    /// One OTLP/JSON document.
    Json,
    /// OTLP/JSON documents, one a line.
    JsonLines,
}

impl From<OutputFormat> for Format {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Proto => Self::Proto,
            OutputFormat::ProtoDelimited => Self::ProtoDelimited,
            OutputFormat::Json => Self::Json,
            OutputFormat::JsonLines => Self::JsonLines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn for_output(name: &str, input: Format) -> Format {
        Format::for_output(Some(Path::new(name)), input)
    }

    #[test]
    fn the_name_tells_the_encoding_and_the_input_the_framing() {
        use Format as F;
        assert_eq!(for_output("a.json", F::Proto), F::Json);
        assert_eq!(for_output("a.json.gz", F::ProtoDelimited), F::JsonLines);
        assert_eq!(for_output("a.PB", F::JsonLines), F::ProtoDelimited);
        assert_eq!(for_output("a.pb.zst", F::Json), F::Proto);
        assert_eq!(for_output("a.jsonl", F::Proto), F::JsonLines);
        assert_eq!(for_output("a.gz", F::Json), F::Json);
        assert_eq!(for_output("a", F::ProtoDelimited), F::ProtoDelimited);
        assert_eq!(Format::for_output(None, F::Json), F::Json);
    }
}
