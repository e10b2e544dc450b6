//! User agents that were looked at before: there are few of them in many items.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use ottl_vm::{CallContext, ExecError};

use super::{BROWSERS, OPERATING_SYSTEMS};

/// Longer texts are not kept.
const MAX_LEN: usize = 512;
/// So many answers are kept for all programs, which takes about a mebibyte.
const MAX_KNOWN: usize = 1024;

/// What the texts tell that were asked for last.
static KNOWN: LazyLock<Mutex<Answers>> = LazyLock::new(Mutex::default);

type Answers = HashMap<Box<[u8]>, Arc<Answer>>;

/// What a text tells.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) browser: Vec<u8>,
    pub(crate) browser_version: Vec<u8>,
    pub(crate) system: Vec<u8>,
    pub(crate) system_version: Vec<u8>,
}

/// What a text tells. What was asked before is found at once.
///
/// # Errors
/// When the run has to stop.
pub(crate) fn answer(cx: &CallContext<'_>, text: &[u8]) -> Result<Arc<Answer>, ExecError> {
    cx.spend(1 + text.len() as u64 / 8)?;
    if let Some(known) = lock().get(text) {
        return Ok(Arc::clone(known));
    }
    let browser = BROWSERS.find(cx, text)?;
    let system = OPERATING_SYSTEMS.find(cx, text)?;
    let answer = Arc::new(Answer {
        browser: browser.family().to_vec(),
        browser_version: browser.version().to_vec(),
        system: system.family().to_vec(),
        system_version: system.version().to_vec(),
    });
    if text.len() <= MAX_LEN && answer.len() <= MAX_LEN {
        let mut known = lock();
        // Those that are asked for again are soon known again.
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(text.into(), Arc::clone(&answer));
    }
    Ok(answer)
}

impl Answer {
    fn len(&self) -> usize {
        let parts = [
            &self.browser,
            &self.browser_version,
            &self.system,
            &self.system_version,
        ];
        parts.iter().map(|part| part.len()).sum()
    }
}

fn lock() -> MutexGuard<'static, Answers> {
    // What is kept is whole even if another thread panicked beside it.
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}
