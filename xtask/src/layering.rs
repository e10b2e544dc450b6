//! Which crate may know which.
//!
//! The layers are crates and edges point one way. This table is the list of what is allowed; the
//! rest is forbidden, so that a new edge is a decision somebody takes here.

use std::fs;
use std::path::Path;

use crate::Failure;
use crate::metadata::{Dependency, Kind, Metadata, Package};

/// A crate of the workspace and those it may depend on.
struct Layer {
    name: &'static str,
    /// Crates of the workspace that it may use.
    uses: &'static [&'static str],
    /// Crates that only its tests and examples may use.
    tests_use: &'static [&'static str],
}

const fn layer(name: &'static str, uses: &'static [&'static str]) -> Layer {
    Layer {
        name,
        uses,
        tests_use: &[],
    }
}

/// From the bottom to the top.
const LAYERS: &[Layer] = &[
    layer("ottl-syntax", &[]),
    layer("otlp-columns", &[]),
    layer("ottl-vm", &["otlp-columns"]),
    layer("ottl-stdlib", &["otlp-columns", "ottl-vm"]),
    Layer {
        tests_use: &["ottl-stdlib"],
        ..layer("ottl-compiler", &["otlp-columns", "ottl-syntax", "ottl-vm"])
    },
    layer(
        "ottl",
        &[
            "otlp-columns",
            "ottl-compiler",
            "ottl-stdlib",
            "ottl-syntax",
            "ottl-vm",
        ],
    ),
    layer("ottlc", &["ottl", "ottl-compiler", "ottl-syntax"]),
    layer(
        "spec-tests",
        &[
            "otlp-columns",
            "ottl",
            "ottl-compiler",
            "ottl-syntax",
            "ottl-vm",
        ],
    ),
    Layer {
        tests_use: &["otlp-columns", "ottl-compiler", "ottl-syntax"],
        ..layer("benches", &["ottl"])
    },
    layer("xtask", &["benches", "ottl", "ottl-syntax"]),
];

/// Crates that mean an asynchronous runtime or a network.
const ASYNC: &[&str] = &[
    "async-std",
    "axum",
    "h2",
    "hyper",
    "reqwest",
    "smol",
    "tokio",
    "tonic",
];

/// The beginning of the names of crates that generate machine code.
const JIT: &str = "cranelift";
/// The crate that knows them, where a feature asks for it.
const JIT_CRATE: &str = "ottl-compiler";
/// The sources of that crate that know them: a module of this name, and what is below.
const JIT_MODULE: &str = "ottl-compiler/src/jit";

/// Every edge that the table does not allow, every crate that it does not have, and every source
/// that generates machine code and should not.
pub(crate) fn check_all(root: &Path, metadata: &Metadata) -> Result<Vec<String>, Failure> {
    let mut findings = check(metadata);
    for member in metadata.members() {
        let folder = member.manifest_path.with_file_name("");
        check_sources(root, &folder, &mut findings)?;
    }
    Ok(findings)
}

/// Looks into all sources in a folder of a crate.
fn check_sources(root: &Path, folder: &Path, findings: &mut Vec<String>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let place = path.strip_prefix(root).unwrap_or(&path);
        let place = place.to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            if !path.ends_with("target") {
                check_sources(root, &path, findings)?;
            }
        } else if place.ends_with(".rs") && knows_jit(&place, &fs::read_to_string(&path)?) {
            findings.push(format!(
                "{place} must not name {JIT}: only the module {JIT_MODULE} generates machine code."
            ));
        }
    }
    Ok(())
}

/// Whether a source uses what only one module may use.
fn knows_jit(place: &str, source: &str) -> bool {
    let is_allowed = place
        .strip_prefix(JIT_MODULE)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
    let path = format!("{JIT}_");
    !is_allowed && source.contains(&path)
}

fn check(metadata: &Metadata) -> Vec<String> {
    let mut findings = Vec::new();
    for member in metadata.members() {
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == member.name) else {
            findings.push(format!(
                "{} is in no layer. Add it to the table in xtask/src/layering.rs.",
                member.name
            ));
            continue;
        };
        findings.extend(
            member
                .dependencies
                .iter()
                .filter_map(|edge| check_edge(layer, edge)),
        );
        findings.extend(check_runtime(metadata, member));
    }
    findings
}

fn check_edge(layer: &Layer, edge: &Dependency) -> Option<String> {
    let from = layer.name;
    let to = edge.name.as_str();
    if to.starts_with(JIT) && !(from == JIT_CRATE && edge.optional) {
        return Some(format!(
            "{from} must not depend on {to}: only {JIT_CRATE} generates machine code, where a feature \
             asks for it."
        ));
    }
    let is_allowed =
        layer.uses.contains(&to) || edge.kind == Some(Kind::Dev) && layer.tests_use.contains(&to);
    (edge.path.is_some() && !is_allowed).then(|| {
        format!(
            "{from} must not depend on {to}. If it should, say so in xtask/src/layering.rs and in \
             ARCHITECTURE.md."
        )
    })
}

fn check_runtime(metadata: &Metadata, member: &Package) -> Option<String> {
    let linked = metadata.linked(member);
    let runtime = linked
        .iter()
        .find(|package| ASYNC.contains(&package.name.as_str()))?;
    Some(format!(
        "{} links {}, but nothing in its layer knows an asynchronous runtime.",
        member.name, runtime.name
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn metadata(member: &str, dependencies: &Value, linked: &Value) -> Metadata {
        let package = |name: &str, source: Value, dependencies: &Value| {
            json!({
                "id": name, "name": name, "manifest_path": "", "source": source, "dependencies": dependencies,
            })
        };
        let registry = json!("registry+https://registry.example/index");
        serde_json::from_value(json!({
            "packages": [
                package(member, Value::Null, dependencies),
                package("tokio", registry.clone(), &json!([])),
                package("bridge", registry, &json!([])),
            ],
            "resolve": {"nodes": [
                {"id": member, "deps": linked},
                {"id": "bridge", "deps": [{"pkg": "tokio", "dep_kinds": [{"kind": null}]}]},
                {"id": "tokio", "deps": []},
            ]},
        }))
        .expect("the form of cargo's metadata")
    }

    fn findings(member: &str, dependencies: &Value, linked: &Value) -> usize {
        check(&metadata(member, dependencies, linked)).len()
    }

    #[test]
    fn edges_point_down() {
        let edge = |to: &str, kind: Value| json!([{"name": to, "kind": kind, "path": to}]);
        assert_eq!(
            findings("ottl-vm", &edge("otlp-columns", Value::Null), &json!([])),
            0
        );
        assert_eq!(
            findings("otlp-columns", &edge("ottl-vm", Value::Null), &json!([])),
            1
        );
        assert_eq!(
            findings("ottl-vm", &edge("ottl", json!("dev")), &json!([])),
            1
        );
        assert_eq!(
            findings(
                "ottl-syntax",
                &edge("otlp-columns", json!("build")),
                &json!([])
            ),
            1
        );
    }

    #[test]
    fn a_crate_without_layer_is_found() {
        assert_eq!(findings("newcomer", &json!([]), &json!([])), 1);
    }

    #[test]
    fn a_runtime_is_found_behind_another_crate() {
        let through = |kind: Value| json!([{"pkg": "bridge", "dep_kinds": [{"kind": kind}]}]);
        assert_eq!(findings("ottl", &json!([]), &through(Value::Null)), 1);
        assert_eq!(findings("ottl", &json!([]), &through(json!("dev"))), 0);
    }

    #[test]
    fn machine_code_is_found() {
        let edge =
            |optional: bool| json!([{"name": "cranelift-jit", "kind": null, "optional": optional}]);
        assert_eq!(findings("ottl-compiler", &edge(true), &json!([])), 0);
        assert_eq!(findings("ottl-compiler", &edge(false), &json!([])), 1);
        assert_eq!(findings("ottl-vm", &edge(true), &json!([])), 1);
    }

    #[test]
    fn one_module_generates_machine_code() {
        // Written out, this file would be found.
        let source = &format!("use {JIT}_codegen::ir::Function;");
        assert!(!knows_jit("ottl-compiler/src/jit.rs", source));
        assert!(!knows_jit("ottl-compiler/src/jit/build.rs", source));
        assert!(knows_jit("ottl-compiler/src/jitter.rs", source));
        assert!(knows_jit("ottl-vm/src/run.rs", source));
        assert!(!knows_jit("ottl-vm/src/run.rs", "// no code"));
    }

    #[test]
    fn the_table_itself_points_down() {
        for (at, layer) in LAYERS.iter().enumerate() {
            for used in layer.uses {
                let below = LAYERS[..at].iter().any(|other| other.name == *used);
                assert!(below, "{} uses {used}, which is not below it", layer.name);
            }
        }
    }
}
