//! A bar on the terminal for inputs that take a while.

use std::cell::{Cell, OnceCell};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::thousands;

/// How long a run may take before a bar appears.
const PATIENCE: Duration = Duration::from_millis(700);

/// How far a run is. Shown on standard error if that is a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    begin: Instant,
    is_shown: bool,
    size: Cell<Option<u64>>,
    read: Cell<u64>,
    bar: OnceCell<ProgressBar>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            begin: Instant::now(),
            is_shown: io::stderr().is_terminal(),
            size: Cell::new(None),
            read: Cell::new(0),
            bar: OnceCell::new(),
        }
    }

    /// One that is never shown.
    pub(crate) fn hidden() -> Self {
        Self {
            is_shown: false,
            ..Self::new()
        }
    }

    /// Tells how many bytes there will be, if that is known.
    pub(crate) fn expect(&self, size: Option<u64>) {
        self.size.set(size);
    }

    /// Counts bytes that were read.
    pub(crate) fn add(&self, bytes: usize) {
        self.read.set(self.read.get() + bytes as u64);
        if let Some(bar) = self.bar() {
            bar.set_position(self.read.get());
        }
    }

    /// Tells how many items were processed.
    pub(crate) fn items(&self, items: u64) {
        if let Some(bar) = self.bar() {
            bar.set_message(format!(", {} items", thousands(items)));
        }
    }

    /// Removes the bar.
    pub(crate) fn clear(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self) -> Option<&ProgressBar> {
        if !self.is_shown || (self.bar.get().is_none() && self.begin.elapsed() < PATIENCE) {
            return None;
        }
        Some(self.bar.get_or_init(|| {
            let bar = match self.size.get() {
                Some(size) => ProgressBar::new(size).with_style(style(
                    "{bar:40} {bytes}/{total_bytes}, {bytes_per_sec}{msg}, {eta} left",
                )),
                None => ProgressBar::new_spinner()
                    .with_style(style("{spinner} {bytes}, {bytes_per_sec}{msg}")),
            };
            // It appears late and tells of the whole run.
            bar.with_position(self.read.get())
                .with_elapsed(self.begin.elapsed())
        }))
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
