//! How the call is written that the cursor is in.

use gen_lsp_types as lsp;
use ottl::describe_param;

use super::completion::markup;
use super::cursor;
use super::markdown;
use super::place::Place;

/// The signature of the innermost call, and which parameter is being given.
pub(super) fn help(place: &Place, markdown: bool) -> Option<lsp::SignatureHelp> {
    let dialect = place.engine.options().dialect;
    let call = cursor::look(&place.source, place.offset, place.mode, dialect).call?;
    let registry = place.engine.registry();
    let function = registry.get(registry.find(&call.name)?);
    let signature = function.signature();
    let active = match &call.named {
        Some(name) => signature.params.iter().position(|param| param.name == name),
        None => Some(call.argument),
    };
    let active = active
        .filter(|at| *at < signature.params.len())
        .and_then(|at| u32::try_from(at).ok());
    let parameters = signature.params.iter().map(|param| {
        let mark = if param.optional { "?" } else { "" };
        let label = format!("{}{mark}: {}", param.name, describe_param(param.kind));
        lsp::ParameterInformation {
            label: lsp::ParameterInformationLabel::String(label),
            documentation: None,
        }
    });
    let content = lsp::MarkupContent {
        kind: markup(markdown),
        value: markdown::function(&**function),
    };
    let active = active.map(lsp::ActiveParameter::Int);
    Some(lsp::SignatureHelp {
        signatures: vec![lsp::SignatureInformation {
            label: ottl::declaration(signature),
            documentation: Some(lsp::Documentation::MarkupContent(content)),
            parameters: Some(parameters.collect()),
            active_parameter: active,
        }],
        active_signature: Some(0),
        active_parameter: active,
    })
}
