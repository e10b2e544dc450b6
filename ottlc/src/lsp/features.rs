//! What the server can do, and the requests about files.

use gen_lsp_types as lsp;
use ottl::Engine;
use ottl_syntax::Span;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::completion::{self, Abilities, markup};
use super::documents::{Document, Documents};
use super::positions::Encoding;
use super::settings::Settings;
use super::{actions, diagnostics, formatting, hover, place, signature, symbols};

/// What the client can do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// Whether it shows further places of a problem.
    pub(super) relates: bool,
    /// Whether it can be asked for its settings.
    pub(super) has_configuration: bool,
    completion: Abilities,
    /// Whether what it shows of a name is Markdown.
    hovers_markdown: bool,
    signs_markdown: bool,
}

impl Client {
    /// By the parameters of `initialize`.
    pub(super) fn of(params: &Json) -> Self {
        let all = &params["capabilities"];
        let is = |pointer: &str| all.pointer(pointer) == Some(&Json::Bool(true));
        let names = |pointer: &str, name: &str| {
            let list = all.pointer(pointer).and_then(Json::as_array);
            list.is_some_and(|list| list.iter().any(|known| known == name))
        };
        let encodes = |name| names("/general/positionEncodings", name);
        let document = "/textDocument";
        let item = format!("{document}/completion/completionItem");
        let signed = format!("{document}/signatureHelp/signatureInformation/documentationFormat");
        Self {
            encoding: match ["utf-8", "utf-16", "utf-32"].map(encodes) {
                [true, ..] => Encoding::Utf8,
                [_, false, true] => Encoding::Utf32,
                _ => Encoding::Utf16,
            },
            relates: is(&format!("{document}/publishDiagnostics/relatedInformation")),
            has_configuration: is("/workspace/configuration"),
            completion: Abilities {
                snippets: is(&format!("{item}/snippetSupport")),
                markdown: names(&format!("{item}/documentationFormat"), "markdown"),
            },
            hovers_markdown: names(&format!("{document}/hover/contentFormat"), "markdown"),
            signs_markdown: names(&signed, "markdown"),
        }
    }
}

/// The answer to `initialize`.
pub(super) fn capabilities(client: &Client) -> Json {
    let letters = |letters: &str| letters.chars().map(String::from).collect::<Vec<_>>();
    json!({
        "capabilities": {
            "positionEncoding": match client.encoding {
                Encoding::Utf8 => "utf-8",
                Encoding::Utf16 => "utf-16",
                Encoding::Utf32 => "utf-32",
            },
            "textDocumentSync": {"openClose": true, "change": 2, "save": {"includeText": false}},
            "completionProvider": {"triggerCharacters": letters(".[\"(")},
            "hoverProvider": true,
            "signatureHelpProvider": {"triggerCharacters": letters("(,")},
            "documentFormattingProvider": true,
            "documentSymbolProvider": true,
            "codeActionProvider": {"codeActionKinds": ["quickfix"]},
        },
        "serverInfo": {"name": "ottlc", "version": env!("CARGO_PKG_VERSION")},
    })
}

/// The settings and the engine for a file.
pub(super) fn of(settings: &Settings, engine: &Engine, uri: &str) -> (Settings, Engine) {
    if settings.overrides.is_empty() {
        return (settings.clone(), engine.clone());
    }
    let own = settings.of(uri);
    let engine = engine
        .clone()
        .with_dialect(own.dialect)
        .with_gates(own.gates)
        .with_lints(own.lints);
    (own, engine)
}

/// Why a request was not answered.
#[derive(Debug)]
pub(super) enum Failed {
    UnknownMethod,
    Params(String),
}

/// Answers requests about files.
pub(super) struct Features<'s> {
    pub(super) documents: &'s Documents,
    pub(super) client: &'s Client,
    pub(super) settings: &'s Settings,
    pub(super) engine: &'s Engine,
}

/// The part of a request that says where it is about.
struct At<'s> {
    document: &'s Document,
    offset: usize,
    settings: Settings,
    engine: Engine,
}

impl At<'_> {
    fn place(&self) -> Option<place::Place> {
        place::find(self.document, self.offset, &self.settings, &self.engine)
    }
}

impl<'s> Features<'s> {
    /// Answers a request.
    pub(super) fn answer(&self, method: &str, params: &Json) -> Result<Json, Failed> {
        match method {
            "textDocument/completion" => self.completion(params),
            "textDocument/hover" => self.hover(params),
            "textDocument/signatureHelp" => self.signature_help(params),
            "textDocument/formatting" => self.formatting(params),
            "textDocument/codeAction" => self.code_action(params),
            "textDocument/documentSymbol" => self.document_symbol(params),
            _ => Err(Failed::UnknownMethod),
        }
    }

    /// The file that a request names; nothing when it is not open.
    fn document(&self, params: &Json) -> Result<Option<&'s Document>, Failed> {
        match params["textDocument"]["uri"].as_str() {
            Some(uri) => Ok(self.documents.get(uri)),
            None => Err(Failed::Params("`textDocument.uri` is missing".to_owned())),
        }
    }

    fn at(&self, params: &Json) -> Result<Option<At<'s>>, Failed> {
        let position: lsp::Position = read(&params["position"])?;
        Ok(self.document(params)?.map(|document| {
            let (settings, engine) = of(self.settings, self.engine, &document.uri);
            At {
                document,
                offset: document.offset(position, self.client.encoding),
                settings,
                engine,
            }
        }))
    }

    fn completion(&self, params: &Json) -> Result<Json, Failed> {
        let Some(at) = self.at(params)? else {
            return Ok(Json::Null);
        };
        written(&completion::proposals(
            at.document,
            at.offset,
            (&at.settings, &at.engine),
            self.client.encoding,
            self.client.completion,
        ))
    }

    fn hover(&self, params: &Json) -> Result<Json, Failed> {
        let Some(at) = self.at(params)? else {
            return Ok(Json::Null);
        };
        let place = at.place();
        let about = place.as_ref().and_then(hover::about);
        let span = place.as_ref().zip(about.as_ref());
        let span: Option<Span> = span.map(|(place, (_, span))| place.locate(*span));
        let mut texts: Vec<_> = about.map(|(text, _)| text).into_iter().collect();
        let find = || diagnostics::check(at.document, &at.settings, &at.engine);
        let problems = at.document.problems(find);
        texts.extend(hover::explanations(problems, at.offset));
        if texts.is_empty() {
            return Ok(Json::Null);
        }
        let content = lsp::MarkupContent {
            kind: markup(self.client.hovers_markdown),
            value: texts.join("\n\n---\n\n"),
        };
        written(&lsp::Hover {
            contents: lsp::Contents::MarkupContent(content),
            range: span.map(|span| at.document.range(span, self.client.encoding)),
        })
    }

    fn signature_help(&self, params: &Json) -> Result<Json, Failed> {
        let place = self.at(params)?.and_then(|at| at.place());
        let help = place.and_then(|place| signature::help(&place, self.client.signs_markdown));
        written(&help)
    }

    fn formatting(&self, params: &Json) -> Result<Json, Failed> {
        let Some(document) = self.document(params)? else {
            return Ok(Json::Null);
        };
        let (settings, _) = of(self.settings, self.engine, &document.uri);
        let changes = formatting::changes(document, &settings);
        let edits = changes.into_iter().map(|change| lsp::TextEdit {
            range: document.range(change.span, self.client.encoding),
            new_text: change.text,
        });
        written(&edits.collect::<Vec<_>>())
    }

    fn code_action(&self, params: &Json) -> Result<Json, Failed> {
        let range: lsp::Range = read(&params["range"])?;
        let Some(document) = self.document(params)? else {
            return Ok(Json::Null);
        };
        let only = params["context"]["only"].as_array();
        let is_wanted = only.is_none_or(|only| {
            only.iter()
                .any(|kind| kind == "quickfix" || kind.as_str() == Some(""))
        });
        if !is_wanted {
            return Ok(json!([]));
        }
        let (encoding, relates) = (self.client.encoding, self.client.relates);
        let (settings, engine) = of(self.settings, self.engine, &document.uri);
        let find = || diagnostics::check(document, &settings, &engine);
        let problems = document.problems(find);
        written(&actions::fixes(
            document, problems, range, encoding, relates,
        ))
    }

    fn document_symbol(&self, params: &Json) -> Result<Json, Failed> {
        let Some(document) = self.document(params)? else {
            return Ok(Json::Null);
        };
        let (settings, _) = of(self.settings, self.engine, &document.uri);
        let (dialect, encoding) = (settings.dialect, self.client.encoding);
        written(&symbols::symbols(document, dialect, encoding))
    }
}

fn read<T: DeserializeOwned>(value: &Json) -> Result<T, Failed> {
    serde_json::from_value(value.clone()).map_err(|error| Failed::Params(error.to_string()))
}

fn written(value: &impl Serialize) -> Result<Json, Failed> {
    serde_json::to_value(value).map_err(|error| Failed::Params(error.to_string()))
}
