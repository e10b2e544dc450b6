//! From message to message: [`Script::apply`].

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use otlp_columns::{DecodeError, EncodeError, split};
use ottl_vm::{ExecSettings, Piecewise, Report, RunError};

use crate::{RunContext, Script};

/// How many bytes of a message are worked on at a time, if it can be split: with what is made of
/// them they fit into the cache of a core.
const PIECE: usize = 256 << 10;

/// What became of a message.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The message with all changes; the same bytes when nothing changed.
    pub message: Bytes,
    /// What the statements did. Rows are numbered through the whole message.
    pub report: Report,
}

/// Why nothing became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyError {
    /// It is not a well-formed message of the script's signal.
    Decode(DecodeError),
    /// A statement failed and failures are propagated, or the run hit a limit.
    Run(RunError),
    /// It would become larger than the limits allow.
    Encode(EncodeError),
}

impl From<DecodeError> for ApplyError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<RunError> for ApplyError {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl From<EncodeError> for ApplyError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Run(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ApplyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            Self::Run(error) => Some(error),
            Self::Encode(error) => Some(error),
        }
    }
}

impl Script {
    /// Runs the script over a protobuf message and gives what it became: [`Script::decode`],
    /// [`Script::run`] and [`Batch::try_encode`](crate::Batch::try_encode) in one, for whoever wants
    /// no batch. Where no item can look at another resource than its own, long messages are worked
    /// on a few resources at a time, which is faster and takes less memory.
    ///
    /// ```
    /// # use ottl::{Engine, Signal};
    /// let script = Engine::default().compile(Signal::Traces, None, r#"set(span.name, "x")"#)?;
    /// let applied = script.apply(vec![10, 4, 18, 2, 18, 0])?;
    /// assert_eq!(applied.message, [10, 7, 18, 5, 18, 3, 42, 1, b'x'].as_slice());
    /// assert_eq!(applied.report.statements[0].changed, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the bytes are not a well-formed message of the script's signal, a statement fails under
    /// [`ErrorMode::Propagate`](crate::ErrorMode::Propagate), or a limit is hit.
    pub fn apply(&self, message: impl Into<Bytes>) -> Result<Applied, ApplyError> {
        self.apply_with(message, &RunContext::default())
    }

    /// The same with what comes from outside for this run.
    ///
    /// # Errors
    /// As [`Script::apply`], and [`RunError::Interrupted`].
    pub fn apply_with(
        &self,
        message: impl Into<Bytes>,
        context: &RunContext,
    ) -> Result<Applied, ApplyError> {
        let message = message.into();
        match self.pieces(&message) {
            Some(pieces) => self.apply_to_pieces(&message, &pieces, &context.apply(&self.settings)),
            None => {
                let mut batch = self.decode(message)?;
                let report = self.run_with(&mut batch, context)?;
                let message = batch.try_encode()?;
                Ok(Applied { message, report })
            }
        }
    }

    /// The parts of a message that the script can run over one by one, if there are several.
    fn pieces(&self, message: &[u8]) -> Option<Vec<Range<usize>>> {
        // Whoever is told of failures must not be told of those in a message that is rejected.
        let is_apart =
            self.program.is_piecewise() && !self.merges_points && self.settings.failures.is_none();
        if !is_apart || message.len() < 2 * PIECE {
            return None;
        }
        let pieces = split(self.program.signal, message, PIECE);
        pieces.filter(|pieces| pieces.len() > 1)
    }

    fn apply_to_pieces(
        &self,
        message: &Bytes,
        pieces: &[Range<usize>],
        settings: &ExecSettings,
    ) -> Result<Applied, ApplyError> {
        let program = &self.program;
        let mut run = Piecewise::new(program, settings, self.interpreter, message.len());
        let limit = self.limits.max_encoded(message.len());
        let mut out = Vec::new();
        let mut is_changed = false;
        for (number, piece) in pieces.iter().enumerate() {
            let mut batch = self.decode_piece(message, piece)?;
            if let Err(error) = run.run(&mut batch) {
                // A message that is not well formed is that before anything else.
                for rest in &pieces[number + 1..] {
                    self.decode_piece(message, rest)?;
                }
                return Err(error.into());
            }
            if !is_changed && !batch.is_clean() {
                is_changed = true;
                out.reserve(message.len() + message.len() / 16);
                out.extend_from_slice(&message[..piece.start]);
            }
            if is_changed {
                make_room(&mut out, piece, message.len());
                batch.encode_into(&mut out, limit)?;
            }
        }
        let message = match is_changed {
            true => out.into(),
            false => message.clone(),
        };
        Ok(Applied {
            message,
            report: run.finish(),
        })
    }

    fn decode_piece(
        &self,
        message: &Bytes,
        piece: &Range<usize>,
    ) -> Result<crate::Batch, DecodeError> {
        let batch = self.decode(message.slice(piece.clone()));
        batch.map_err(|error| DecodeError {
            offset: error.offset + piece.start,
            ..error
        })
    }
}

/// Makes room in `out`, which has what the message up to a piece became, for what the rest will take if
/// it is like that. Growing as vectors do would take twice as much.
fn make_room(out: &mut Vec<u8>, piece: &Range<usize>, message: usize) {
    if piece.start > 0 && out.capacity() - out.len() < 2 * piece.len() {
        let expected = out.len() as u128 * message as u128 / piece.start as u128;
        let expected = usize::try_from(expected + expected / 32).unwrap_or(usize::MAX);
        let expected = expected.clamp(out.len() + 2 * piece.len(), out.len() + 8 * message);
        out.reserve_exact(expected - out.len());
    }
}
