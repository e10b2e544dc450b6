//! Writes what came out to the files that tests name as their outputs.
//!
//! A file is written only where the comparison with it failed, or where there is none. What a test
//! reads, and what another test expects to be otherwise, is never written.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ottl::Signal;
use ottl::testing::{Case, Done, Verdict};
use serde::Deserialize as _;
use serde_json::Value as Json;

use super::super::run::place;
use super::files::Folder;
use super::{FileResult, TestResult};
use crate::error::{Error, Failure};
use crate::io::output::Finished;

/// A file that tests name, and what for.
#[derive(Debug, Default)]
struct Uses {
    /// Why it is never written: a test reads it, or expects it at a named output, or it is a test file.
    kept: Option<String>,
    /// The tests whose output it is.
    outputs: Vec<Claim>,
}

/// A test that expects a file as its output.
#[derive(Debug)]
struct Claim {
    /// The number of the test file, and the name of the test in it.
    test: (usize, String),
    /// How the test is called among those of other files.
    title: String,
    /// What came out, if the test ran.
    output: Option<Bytes>,
}

/// The files that tests name.
#[derive(Debug, Default)]
pub(super) struct Named(HashMap<PathBuf, Uses>);

impl Named {
    /// Those of all test files, also of tests that do not run.
    pub(super) fn of(files: &[FileResult]) -> Self {
        let mut named = Self::default();
        for (number, file) in files.iter().enumerate() {
            let Some(folder) = &file.folder else {
                continue;
            };
            named.keep(Path::new(&file.name), || "it is a test file".to_owned());
            let tests = file.tests.iter().flatten();
            let ran = tests.map(|test| {
                let output = test.done.as_ref().and_then(|done| done.output.clone());
                (&test.case, output)
            });
            for (case, output) in ran.chain(file.others.iter().map(|case| (case, None))) {
                let title = format!("`{}` in {}", case.name, file.name);
                for path in case.reads() {
                    named.keep(&folder.path(path), || format!("{title} reads it"));
                }
                let routes = case.expect.routes.iter().flat_map(|(routes, _)| routes);
                let routes = routes.filter_map(|(_, data, _)| data.as_ref()?.path());
                for path in routes {
                    let reason = || format!("{title} expects it under `routes`");
                    named.keep(&folder.path(path), reason);
                }
                if let Some(path) = output_of(case) {
                    named.uses(&folder.path(path)).outputs.push(Claim {
                        test: (number, case.name.clone()),
                        title,
                        output,
                    });
                }
            }
        }
        named
    }

    fn uses(&mut self, path: &Path) -> &mut Uses {
        self.0.entry(place(path)).or_default()
    }

    fn keep(&mut self, path: &Path, reason: impl FnOnce() -> String) {
        self.uses(path).kept.get_or_insert_with(reason);
    }

    /// Whether tests name a file, for whatever.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.0.contains_key(&place(path))
    }

    /// Whether the output of a test may be written to a file.
    fn check(
        &self,
        (number, test): (usize, &TestResult),
        place: &Path,
        output: &Bytes,
    ) -> Result<(), Error> {
        let Some(uses) = self.0.get(place) else {
            return Ok(());
        };
        let refused = |reason: &str| {
            let name = &test.case.name;
            let message = format!("The output of `{name}` is not written to the file: {reason}.");
            Err(Error::new(message).help("Give each test a file of its own for its output."))
        };
        if let Some(reason) = &uses.kept {
            return refused(reason);
        }
        let own = (number, test.case.name.clone());
        let others = uses.outputs.iter().filter(|claim| claim.test != own);
        for other in others {
            match &other.output {
                Some(other) if other == output => {}
                Some(_) => {
                    let title = &other.title;
                    return refused(&format!("{title} has it as well, and another output"));
                }
                None => {
                    let title = &other.title;
                    return refused(&format!("{title} has it as well, and gave no output"));
                }
            }
        }
        Ok(())
    }
}

/// The file that a case names as its output.
fn output_of(case: &Case) -> Option<&str> {
    case.expect
        .output
        .as_ref()
        .and_then(|(data, _)| data.path())
}

/// Writes the outputs that are other than those of the files, and runs those tests again with `run`.
pub(super) fn outputs(files: &mut [FileResult], run: &dyn Fn((&str, &Folder), &Case) -> Done) {
    let named = Named::of(files);
    let mut written = HashSet::new();
    for (number, file) in files.iter_mut().enumerate() {
        let (Ok(tests), Some(folder)) = (&mut file.tests, &file.folder) else {
            continue;
        };
        for test in tests {
            let updated = output(folder, (number, test), &named, &mut written);
            if let Some(Ok(_)) = &updated {
                test.done = Some(run((&file.name, folder), &test.case));
            }
            test.updated = updated;
        }
    }
}

/// Writes the output of one test, if it is another; gives the name of the file.
fn output(
    folder: &Folder,
    (number, test): (usize, &TestResult),
    named: &Named,
    written: &mut HashSet<PathBuf>,
) -> Option<Result<String, Error>> {
    let done = test.done.as_ref()?;
    let (data, span) = test.case.expect.output.as_ref()?;
    let path = folder.path(data.path()?);
    let place = place(&path);
    let is_missing = || {
        let is_unread = matches!(&done.verdict, Verdict::Broken(_, at) if at == span);
        is_unread && (!exists(&path) || written.contains(&place))
    };
    if !(test.case.output_differs(done) || is_missing()) {
        return None;
    }
    let output = done.output.as_ref()?;
    let name = path.display().to_string();
    let mut write = || -> Result<(), Error> {
        let signal = test.case.settings.signal.unwrap_or(Signal::Traces);
        let content = content(signal, &path, output)?;
        named.check((number, test), &place, output)?;
        // Another test with the same output has written it.
        if !written.contains(&place) {
            let finished = Finished::content(&path, &content);
            let done = finished.and_then(|file| Finished::commit(vec![file]));
            done.map_err(|failure| match failure {
                Failure::Error(error) => error,
                _ => Error::new("The file cannot be written."),
            })?;
            written.insert(place.clone());
        }
        Ok(())
    };
    Some(match write() {
        Ok(()) => Ok(name),
        Err(error) if error.place.is_none() => Err(error.at(name)),
        Err(error) => Err(error),
    })
}

/// Whether there is something at a path, be it a link that leads nowhere.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// What a file of this name holds when it holds a message.
fn content(signal: Signal, path: &Path, output: &Bytes) -> Result<Vec<u8>, Error> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => document(signal, output),
        Some("pb" | "binpb" | "otlp") => Ok(output.to_vec()),
        _ => Err(Error::new(
            "The file cannot be updated: only *.json and *.pb can.",
        )),
    }
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
