//! Finds test files in folders.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Access, Error, file_error};

/// What the names of test files end in.
const ENDINGS: [&str; 3] = [".test.yaml", ".test.yml", ".test.json"];
/// How deep folders are looked into.
const MAX_DEPTH: usize = 64;

/// The file itself, or the test files below a folder, by their names.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    gather(path, 0, &mut found)?;
    found.sort();
    if found.is_empty() {
        let message = "There is no test file in this folder.";
        let help = "Names of test files end in .test.yaml, .test.yml or .test.json; give others by \
                    their paths.";
        return Err(Error::new(message)
            .at(path.display().to_string())
            .help(help));
    }
    Ok(found)
}

fn gather(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |error| file_error(&folder.display().to_string(), Access::Read, &error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Links to folders are not followed, since they may lead back here.
        let kind = entry.file_type().map_err(failed)?;
        let is_hidden = name.starts_with('.');
        if kind.is_dir() && !is_hidden && depth < MAX_DEPTH {
            gather(&entry.path(), depth + 1, found)?;
        } else if (kind.is_file() || kind.is_symlink())
            && ENDINGS.iter().any(|ending| name.ends_with(ending))
        {
            found.push(entry.path());
        }
    }
    Ok(())
}
