//! Writes what came out to the files that tests name as their outputs.

use std::fs;

use ottl::Signal;
use ottl::testing::{Case, Data, Done, Verdict};
use serde::Deserialize as _;
use serde_json::Value as Json;

use super::files::Folder;
use crate::error::{Access, Error, file_error};

/// Writes the output of a case that did not pass; gives the name of the file. Nothing is done for a
/// case whose output is not in a file, or that gave none.
pub(super) fn output(case: &Case, done: &Done, folder: &Folder) -> Option<Result<String, Error>> {
    let differs = !matches!(done.verdict, Verdict::Passed | Verdict::Skipped(_));
    let (Data::File { path, .. }, _) = case.expect.output.as_ref().filter(|_| differs)? else {
        return None;
    };
    let output = done.output.as_ref()?;
    let path = folder.path(path);
    let name = path.display().to_string();
    let signal = case.settings.signal.unwrap_or(Signal::Traces);
    let content = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => match document(signal, output) {
            Ok(content) => content,
            Err(error) => return Some(Err(error.at(name))),
        },
        Some("pb" | "binpb" | "otlp") => output.to_vec(),
        _ => {
            let message = "The file cannot be updated: only *.json and *.pb can.";
            return Some(Err(Error::new(message).at(name)));
        }
    };
    let written = fs::write(&path, content);
    Some(match written {
        Ok(()) => Ok(name),
        Err(error) => Err(file_error(&name, Access::Write, &error)),
    })
}

/// A message as an OTLP/JSON document with lines.
fn document(signal: Signal, message: &[u8]) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    let written = ottl::json::from_wire(signal, message, &mut text);
    written.map_err(|error| Error::new(error.to_string()))?;
    let mut reader = serde_json::Deserializer::from_slice(&text);
    reader.disable_recursion_limit();
    let json = Json::deserialize(&mut reader).map_err(|error| Error::new(error.to_string()))?;
    let mut pretty =
        serde_json::to_vec_pretty(&json).map_err(|error| Error::new(error.to_string()))?;
    pretty.push(b'\n');
    Ok(pretty)
}
