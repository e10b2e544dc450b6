//! Options for what is known of the request that brings the messages.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use ottl::Request;

use crate::error::{Access, Error, file_error};

/// The longest file that is read.
const MAX_BYTES: usize = 1 << 20;

/// What the paths that begin with `otelcol` lead to.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What is known of the request")]
pub(crate) struct RequestArgs {
    /// What `otelcol.client.…` and `otelcol.grpc.…` lead to, as JSON that is laid out like the paths:
    /// {"client": {"addr": "…", "metadata": {"key": ["value"]}, "auth": {"attributes": {}}},
    /// "grpc": {"metadata": {}}}.
    #[arg(long, value_name = "FILE")]
    otelcol: Option<PathBuf>,
    /// Adds a value to a key of `otelcol.client.metadata`. May be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    client_metadata: Vec<(String, String)>,
}

impl RequestArgs {
    /// The file, when there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.otelcol.as_deref()
    }

    /// What is known; none when nothing was said.
    pub(crate) fn read(&self) -> Result<Option<Arc<Request>>, Error> {
        if self.otelcol.is_none() && self.client_metadata.is_empty() {
            return Ok(None);
        }
        let mut request = match &self.otelcol {
            Some(path) => read(path)?,
            None => Request::default(),
        };
        for (key, value) in &self.client_metadata {
            request = request.with_metadata(key, [value]);
        }
        Ok(Some(Arc::new(request)))
    }
}

fn read(path: &Path) -> Result<Request, Error> {
    let name = path.display().to_string();
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text))
        .map_err(|error| file_error(&name, Access::Read, &error))?;
    if text.len() > MAX_BYTES {
        let message = format!("What is known of a request may have {MAX_BYTES} bytes at most.");
        return Err(Error::new(message).at(name));
    }
    ottl::request_from_json(&text).map_err(|error| {
        Error::new(format!(
            "The file does not describe a request: {error}"
        ))
        .at(name)
        .help("Its form is {\"client\": {\"metadata\": {\"key\": [\"value\"]}}}; `ottlc run --help` has all of it.")
    })
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("give a key and a value, as KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::key_value;

    #[test]
    fn the_first_equals_sign_separates() {
        let expected = Ok(("a".to_owned(), "b=c".to_owned()));
        assert_eq!(key_value("a=b=c"), expected);
        assert_eq!(key_value("a="), Ok(("a".to_owned(), String::new())));
        assert!(key_value("=b").is_err());
        assert!(key_value("a").is_err());
    }
}
