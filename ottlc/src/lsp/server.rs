//! The conversation: what a client says is taken in order, and problems are told when nothing waits.
//!
//! One thread reads; this one answers. While somebody types, changes pile up and are all made before
//! problems are looked for, so that no time goes into texts that are gone already.

use std::collections::{HashSet, VecDeque};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use ottl::Engine;
use serde_json::{Value as Json, json};

use super::documents::{Document, Documents, Kind, Lost};
use super::features::{Client, Failed, Features};
use super::settings::{self, Settings};
use super::transport::{self, Id, Message, Sender};
use super::{diagnostics, features};

/// How many messages may wait.
const WAITING: usize = 256;
/// The name of the request for settings.
const CONFIGURATION: &str = "ottl/configuration";

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client asked for it, in the order that the protocol has.
    Asked,
    /// The client went away, or left without asking before.
    Abrupt,
}

/// Talks to a client until it leaves.
///
/// # Errors
/// When nothing can be written any more.
pub(crate) fn serve(
    mut input: impl BufRead + Send + 'static,
    output: impl Write,
    settings: Settings,
) -> io::Result<Ending> {
    let (sender, messages) = sync_channel(WAITING);
    thread::spawn(move || {
        while let Ok(Some(message)) = transport::read(&mut input) {
            if sender.send(message).is_err() {
                break;
            }
        }
    });
    Server::new(messages, output, settings).run()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before `initialize`.
    New,
    Ready,
    /// Behind `shutdown`.
    Closing,
}

struct Server<W> {
    messages: Receiver<Message>,
    waiting: VecDeque<Message>,
    /// Requests that nobody wants answered any more.
    cancelled: HashSet<String>,
    out: Sender<W>,
    state: State,
    client: Client,
    engine: Engine,
    /// The settings of the command line.
    defaults: Settings,
    settings: Settings,
    documents: Documents,
}

impl<W: Write> Server<W> {
    fn new(messages: Receiver<Message>, output: W, settings: Settings) -> Self {
        Self {
            messages,
            waiting: VecDeque::new(),
            cancelled: HashSet::new(),
            out: Sender(output),
            state: State::New,
            client: Client::default(),
            engine: settings.engine(),
            defaults: settings.clone(),
            settings,
            documents: Documents::default(),
        }
    }

    fn run(&mut self) -> io::Result<Ending> {
        loop {
            let is_open = self.take_waiting();
            let message = match self.waiting.pop_front() {
                Some(message) => message,
                None if self.tell_problems()? => continue,
                None if !is_open => return Ok(Ending::Abrupt),
                None => match self.messages.recv() {
                    Ok(message) => {
                        self.waiting.push_back(message);
                        continue;
                    }
                    Err(_) => return Ok(Ending::Abrupt),
                },
            };
            if let Some(ending) = self.hear(message)? {
                return Ok(ending);
            }
        }
    }

    /// Takes what has come so far; says whether more can come.
    fn take_waiting(&mut self) -> bool {
        while self.waiting.len() < WAITING {
            match self.messages.try_recv() {
                Ok(Message::Notification { method, params }) if method == "$/cancelRequest" => {
                    let is_it = |message: &Message| matches!(message, Message::Request { id, .. } if *id == params["id"]);
                    if self.waiting.iter().any(is_it) {
                        self.cancelled.insert(params["id"].to_string());
                    }
                }
                Ok(message) => self.waiting.push_back(message),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        true
    }

    fn hear(&mut self, message: Message) -> io::Result<Option<Ending>> {
        match message {
            Message::Request { id, method, params } => {
                if self.cancelled.remove(&id.to_string()) {
                    let message = "The request was cancelled.";
                    self.out.fail(id, transport::CANCELLED, message)?;
                } else {
                    self.request(id, &method, &params)?;
                }
            }
            Message::Notification { method, params } => {
                if method == "exit" {
                    return Ok(Some(match self.state {
                        State::Closing => Ending::Asked,
                        State::New | State::Ready => Ending::Abrupt,
                    }));
                }
                if self.state == State::Ready {
                    self.notification(&method, &params)?;
                }
            }
            Message::Response { id, result } => {
                if id == CONFIGURATION
                    && let Some(Json::Array(sections)) = result
                {
                    self.configure(sections.first().unwrap_or(&Json::Null))?;
                }
            }
            Message::Malformed { id, code, reason } => {
                // It may have been a change of any file.
                if code == transport::PARSE_ERROR {
                    let lose = |document: &mut Document| document.lose(Lost::Missed);
                    self.documents.all().for_each(lose);
                }
                self.out.fail(id, code, &reason)?;
            }
        }
        Ok(None)
    }

    fn request(&mut self, id: Id, method: &str, params: &Json) -> io::Result<()> {
        match (self.state, method) {
            (State::New, "initialize") => {
                self.state = State::Ready;
                self.client = Client::of(params);
                let capabilities = features::capabilities(&self.client);
                self.out.answer(id, capabilities)?;
                let said = &params["initializationOptions"];
                self.configure(settings::section(said).unwrap_or(said))
            }
            (State::New, _) => {
                let message = "The first request is `initialize`.";
                self.out.fail(id, transport::NOT_INITIALIZED, message)
            }
            (State::Closing, _) => {
                let message = "The server is shut down.";
                self.out.fail(id, transport::INVALID_REQUEST, message)
            }
            (State::Ready, "initialize") => {
                let message = "The server was initialized before.";
                self.out.fail(id, transport::INVALID_REQUEST, message)
            }
            (State::Ready, "shutdown") => {
                self.state = State::Closing;
                self.out.answer(id, Json::Null)
            }
            (State::Ready, _) => self.ask(id, method, params),
        }
    }

    /// Answers a request about a file. A bug of ours costs the answer and not the conversation.
    fn ask(&mut self, id: Id, method: &str, params: &Json) -> io::Result<()> {
        let features = Features {
            documents: &self.documents,
            client: &self.client,
            settings: &self.settings,
            engine: &self.engine,
        };
        let answer = catch_unwind(AssertUnwindSafe(|| features.answer(method, params)));
        match answer {
            Ok(Ok(result)) => self.out.answer(id, result),
            Ok(Err(Failed::UnknownMethod)) => {
                let message = format!("The server has no method `{method}`.");
                self.out.fail(id, transport::METHOD_NOT_FOUND, &message)
            }
            Ok(Err(Failed::Params(reason))) => {
                let message = format!("The parameters are wrong: {reason}.");
                self.out.fail(id, transport::INVALID_PARAMS, &message)
            }
            Err(_) => {
                let message = "The server has a bug; standard error says more.";
                self.out.fail(id, transport::INTERNAL_ERROR, message)
            }
        }
    }

    fn notification(&mut self, method: &str, params: &Json) -> io::Result<()> {
        match method {
            "initialized" => self.ask_for_settings(),
            "textDocument/didOpen" => {
                if !self.documents.open(params) {
                    return self.log("textDocument/didOpen names no file or has no text.");
                }
                Ok(())
            }
            "textDocument/didChange" => {
                if !self.documents.change(params, self.client.encoding) {
                    return self.log("textDocument/didChange is about a file that is not open.");
                }
                Ok(())
            }
            "textDocument/didClose" => match self.documents.close(params) {
                Some(uri) => self.publish(&uri, None, &[]),
                None => Ok(()),
            },
            "textDocument/didSave" => {
                let uri = params["textDocument"]["uri"].as_str().unwrap_or_default();
                let saved = self.documents.all().find(|document| document.uri == uri);
                if let Some(document) = saved {
                    document.mark_dirty();
                }
                Ok(())
            }
            "workspace/didChangeConfiguration" => {
                if self.client.has_configuration {
                    return self.ask_for_settings();
                }
                match settings::section(&params["settings"]) {
                    Some(section) => self.configure(section),
                    None => Ok(()),
                }
            }
            // All others say nothing that matters here.
            _ => Ok(()),
        }
    }

    fn ask_for_settings(&mut self) -> io::Result<()> {
        if !self.client.has_configuration {
            return Ok(());
        }
        let items = json!({"items": [{"section": "ottl"}]});
        self.out
            .request(CONFIGURATION, "workspace/configuration", items)
    }

    /// Takes what the client says of settings; nothing is no reason to forget what it said before.
    fn configure(&mut self, said: &Json) -> io::Result<()> {
        if said.is_null() {
            return Ok(());
        }
        let (settings, wrong) = self.defaults.with(said, &self.settings);
        self.engine = settings.engine();
        self.settings = settings;
        self.documents.all().for_each(Document::mark_dirty);
        for problem in wrong {
            let message = format!("ottl settings: {problem}");
            let params = json!({"type": 2, "message": message});
            self.out.notify("window/showMessage", params)?;
        }
        Ok(())
    }

    fn log(&mut self, message: &str) -> io::Result<()> {
        let params = json!({"type": 2, "message": message});
        self.out.notify("window/logMessage", params)
    }

    /// Tells the problems of one file that changed; says whether there was one.
    fn tell_problems(&mut self) -> io::Result<bool> {
        let Some(document) = self.documents.all().find(|document| document.is_dirty) else {
            return Ok(false);
        };
        document.is_dirty = false;
        if document.kind == Kind::Other {
            return Ok(true);
        }
        let (settings, engine) = features::of(&self.settings, &self.engine, &document.uri);
        let document = &*document;
        // A bug of ours costs the problems and not the conversation.
        let find = || diagnostics::check(document, &settings, &engine);
        let found = catch_unwind(AssertUnwindSafe(|| document.problems(find)));
        let problems = found.unwrap_or_default().iter().map(|problem| {
            let (encoding, relates) = (self.client.encoding, self.client.relates);
            let told = diagnostics::told(document, problem, encoding, relates);
            serde_json::to_value(told).unwrap_or_default()
        });
        let problems: Vec<_> = problems.collect();
        let (uri, version) = (document.uri.clone(), document.version);
        self.publish(&uri, version, &problems)?;
        Ok(true)
    }

    fn publish(&mut self, uri: &str, version: Option<i64>, problems: &[Json]) -> io::Result<()> {
        let mut params = json!({"uri": uri, "diagnostics": problems});
        if let Some(version) = version {
            params["version"] = version.into();
        }
        self.out.notify("textDocument/publishDiagnostics", params)
    }
}

#[cfg(test)]
mod tests {
    use ottl::{Dialect, Gates, Lints};

    use super::*;

    #[test]
    fn requests_that_wait_can_be_cancelled() {
        let (sender, messages) = sync_channel(WAITING);
        let request = |id: i64| Message::Request {
            id: id.into(),
            method: "textDocument/hover".to_owned(),
            params: Json::Null,
        };
        let cancel = |id: i64| Message::Notification {
            method: "$/cancelRequest".to_owned(),
            params: json!({"id": id}),
        };
        for message in [request(1), request(2), cancel(2), cancel(3), request(3)] {
            sender.send(message).expect("the server listens");
        }
        drop(sender);
        let settings = Settings {
            signal: None,
            context: None,
            dialect: Dialect::Strict,
            gates: Gates::default(),
            lints: Lints::NONE,
            regroup: false,
            width: 100,
            overrides: Vec::new(),
        };
        let mut written = Vec::new();
        let ending = Server::new(messages, &mut written, settings).run();
        assert_eq!(ending.expect("memory can be written"), Ending::Abrupt);
        let written = String::from_utf8(written).expect("JSON is UTF-8");
        let codes = written.split("Content-Length").skip(1).map(|answer| {
            let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
            let answer: Json = serde_json::from_str(body).expect("an answer is JSON");
            (answer["id"].as_i64(), answer["error"]["code"].as_i64())
        });
        let not_yet = Some(transport::NOT_INITIALIZED);
        let expected = [
            (Some(1), not_yet),
            (Some(2), Some(transport::CANCELLED)),
            (Some(3), not_yet),
        ];
        assert_eq!(codes.collect::<Vec<_>>(), expected);
    }
}
