//! Where cargo keeps the files of packages.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// The folders of packages that this one depends on.
pub(crate) fn folders<const COUNT: usize>(names: [&str; COUNT]) -> [PathBuf; COUNT] {
    // What is built was fetched; cargo is asked again without these limits for what is not.
    let metadata = metadata(&["--frozen"]).or_else(|_| metadata(&[]));
    let metadata = metadata.unwrap_or_else(|error| panic!("cargo metadata failed: {error}"));
    let packages = metadata["packages"]
        .as_array()
        .expect("cargo lists packages");
    names.map(|name| {
        let package = packages.iter().find(|package| package["name"] == name);
        let manifest = package.and_then(|package| package["manifest_path"].as_str());
        let manifest = manifest.unwrap_or_else(|| panic!("cargo does not know the package {name}"));
        let mut folder = PathBuf::from(manifest);
        folder.pop();
        folder
    })
}

fn metadata(options: &[&str]) -> Result<Value, String> {
    let cargo = env::var_os("CARGO").ok_or("cargo does not set CARGO")?;
    let manifest = env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?;
    let target = env::var("TARGET").map_err(|error| error.to_string())?;
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version=1",
            "--filter-platform",
            &target,
        ])
        .args(["--manifest-path", &format!("{manifest}/Cargo.toml")])
        .args(options)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}
