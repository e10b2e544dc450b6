//! Makes tables of the data that two packages carry beside their code: grok patterns, and the
//! expressions that tell browsers and operating systems by their user agent.
//!
//! The packages are dependencies of this script for the sake of their files. The reference was built
//! with other releases of the same data; what differs is changed here, entry by entry, so that an
//! update of a package in which an entry is no longer what it was fails the build.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads and writes files, and asks cargo where they are"
)]

mod grok;
mod packages;
mod user_agents;

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let [patterns, agents] = packages::folders(["grok-rs", "ua-parser"]);
    let patterns = patterns.join("src/patterns");
    write(&out.join("grok_patterns.rs"), &grok::table(&patterns));
    let definitions = agents.join("uap-core/regexes.yaml");
    write(
        &out.join("user_agents.rs"),
        &user_agents::tables(&definitions),
    );
    println!("cargo::rerun-if-changed=build");
}

fn write(file: &Path, text: &str) {
    fs::write(file, text)
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
}

/// The text of a file of a package.
fn read(file: &Path) -> String {
    println!("cargo::rerun-if-changed={}", file.display());
    fs::read_to_string(file)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()))
}
