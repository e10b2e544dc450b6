//! Files that are being written: temporary files beside their places.
//!
//! A part is removed when it is dropped before it was put at its place, and on Unix when the program
//! is interrupted or asked to end. What cannot be seen coming, as `kill -9` or a loss of power,
//! leaves it: it is called `.ottlc-*.part`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

/// Paths of all parts. Whoever holds the lock is not interrupted.
static PARTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file that is not complete.
#[derive(Debug)]
pub(crate) struct Part {
    file: NamedTempFile,
    place: PathBuf,
}

impl Part {
    /// Begins a file that is to be at `place`, beside it.
    pub(crate) fn create(place: PathBuf) -> io::Result<Self> {
        #[cfg(unix)]
        signals::watch();
        let folder = match place.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".ottlc-").suffix(".part");
        #[cfg(unix)]
        let new_file = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666);
        #[cfg(unix)]
        builder.permissions(new_file);
        let mut parts = parts();
        let file = builder.tempfile_in(folder)?;
        parts.push(file.path().to_owned());
        Ok(Self { file, place })
    }

    /// The file to write to.
    pub(crate) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Puts files at their places, or stops at the first that cannot be put there, which is told
    /// with the error. An interruption comes before all of them or behind.
    pub(crate) fn place_all(all: Vec<Self>) -> Result<(), (PathBuf, io::Error)> {
        let mut parts = parts();
        for Self { file, place } in all {
            let path = file.path().to_owned();
            file.persist(&place).map_err(|error| (place, error.error))?;
            parts.retain(|part| *part != path);
        }
        Ok(())
    }
}

fn parts() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
mod signals {
    use std::fs;
    use std::sync::Once;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use crate::terminal;

    /// From now on, removes the parts before a signal ends the program.
    pub(super) fn watch() {
        static WATCH: Once = Once::new();
        WATCH.call_once(|| {
            let ignored = ignored();
            let heeded = [SIGHUP, SIGINT, SIGTERM]
                .into_iter()
                .filter(|signal| ignored & 1 << (signal - 1) == 0);
            // Where that fails the program still does its work.
            if let Ok(mut signals) = Signals::new(heeded) {
                std::thread::spawn(move || signals.forever().for_each(end));
            }
        });
    }

    /// The signals that whoever started the program wants ignored, as `nohup` does; one bit each.
    fn ignored() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mut lines = status.lines();
        let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
        // Where that cannot be known, the one that `nohup` is about is left alone.
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .unwrap_or(1 << (SIGHUP - 1))
    }

    fn end(signal: i32) {
        let parts = super::parts();
        for part in parts.iter() {
            let _ = fs::remove_file(part);
        }
        if !parts.is_empty() {
            terminal::say(
                "error: Interrupted. The files that were being written are as they were.\n",
            );
        }
        if emulate_default_handler(signal).is_err() {
            std::process::exit(128 + signal);
        }
    }
}
