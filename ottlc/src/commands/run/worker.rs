//! What is done to one message, apart from what is done in the order of messages.

use std::sync::Arc;

use bytes::Bytes;
use ottl::samples::ErrorSample;
use ottl::{EncodeError, ExecError, Request, RunError, Signal};

use super::Args;
use super::observe::{self, Samples};
use super::pool::Weight;
use super::work::{Done, Failed, Work};
use crate::error::Error;
use crate::io::format::Format;
use crate::io::messages::Message;
use crate::io::output::Settings;
use crate::io::payload;
use crate::limits;
use crate::report::noun;
use crate::script::Listed;

/// What threads share that work on messages.
pub(super) struct Worker<'a> {
    pub(super) args: &'a Args,
    pub(super) signal: Signal,
    pub(super) work: &'a Work,
    pub(super) request: Option<Arc<Request>>,
    pub(super) samples: &'a Samples,
    pub(super) statements: Vec<Listed>,
    /// What the input is called, and its form.
    pub(super) input: String,
    pub(super) format: Format,
    /// How the main output is written; none of a connector.
    pub(super) main: Option<Settings>,
    /// How named outputs are written.
    pub(super) routes: Vec<(String, Settings)>,
    /// Whether there is a file for the main output.
    pub(super) has_file: bool,
}

/// What became of one message.
pub(super) struct Worked {
    /// Its number, from 1.
    pub(super) number: u64,
    /// What is to be written has the form of its output.
    pub(super) done: Result<Done, Error>,
    pub(super) samples: Vec<ErrorSample>,
}

impl Weight for Message {
    fn weight(&self) -> usize {
        self.content.len()
    }
}

impl Worker<'_> {
    /// Does everything to a message that other messages do not matter for.
    pub(super) fn work(&self, message: Message) -> Worked {
        let done = self.message(&message);
        Worked {
            number: message.number,
            samples: observe::take(self.samples),
            done,
        }
    }

    fn message(&self, message: &Message) -> Result<Done, Error> {
        let (file, format) = (self.input.as_str(), self.format);
        let wire = payload::wire(file, self.signal, format, message)?;
        let mut context = self.args.limits.context();
        if let Some(request) = &self.request {
            context = context.with_request(Arc::clone(request));
        }
        let wants = |name: &str| self.route(name).is_some();
        let done = self
            .work
            .message(self.signal, wire.clone(), &context, &wants);
        let place = || payload::place(file, message);
        let mut done = done.map_err(|failed| match failed {
            Failed::Decode(error) => {
                payload::decode_error(file, self.signal, format, message, &wire, error)
            }
            Failed::Encode(error) => encode_error(&error).at(place()),
            Failed::Run(error) => self.run_error(&error).at(place()),
            Failed::Statement(listed, item, error) => self
                .statement_error(Some(&listed), item, &error)
                .at(place()),
        })?;
        let content = |settings: Option<Settings>, message: Option<Bytes>| {
            let both = settings.zip(message);
            let content = both.map(|(settings, message)| settings.content(message));
            content.transpose().map_err(|error| error.at(place()))
        };
        done.message = content(self.main, done.message)?;
        for routed in &mut done.routed {
            routed.message = content(self.route(&routed.name), routed.message.take())?;
        }
        Ok(done)
    }

    fn route(&self, name: &str) -> Option<Settings> {
        let mut routes = self.routes.iter();
        let found = routes.find(|(known, _)| known == name);
        found.map(|(_, settings)| *settings)
    }

    fn run_error(&self, error: &RunError) -> Error {
        match error {
            RunError::Statement(failed) => {
                let listed = self.statements.get(failed.statement);
                self.statement_error(listed, failed.item, &failed.error)
            }
            RunError::OutOfMemory
            | RunError::OutOfWork
            | RunError::Interrupted
            | RunError::SharedCacheFull(_) => Error::new(error.to_string()),
        }
        .help(format!("{} {}", self.written(), limits::help(error)))
    }

    fn statement_error(&self, listed: Option<&Listed>, item: usize, error: &ExecError) -> Error {
        let item = format!("{} {}", noun(self.work.context()), item + 1);
        let statement = match listed {
            Some(listed) => format!(
                "line {} of the {}, `{}`",
                listed.line,
                self.work.noun(),
                listed.text
            ),
            None => "a statement".to_owned(),
        };
        let help = "Add a condition that excludes such items, or go on behind failures with \
                    `error_mode: ignore` in the configuration.";
        Error::new(format!("{item}: {statement}, failed: {error}"))
            .help(format!("{} {help}", self.written()))
    }

    /// What was written when a message failed.
    fn written(&self) -> &'static str {
        if self.has_file || !self.work.has_main() {
            "Nothing was written."
        } else if self.args.threads.unordered {
            "What was done before it was written, be it in front of this message or behind it."
        } else {
            "Nothing was written from this message on."
        }
    }
}

fn encode_error(error: &EncodeError) -> Error {
    Error::new(error.to_string()).help(limits::GROWTH)
}
