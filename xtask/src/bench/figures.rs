//! What programs measure, and what it comes to over the rounds.

use benches::scenarios::Scenario;
use serde::{Deserialize, Serialize};

/// The figures of one program in one round, or their medians.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    /// The statements alone.
    pub(super) resident_items_per_s: Option<f64>,
    /// Bytes in, statements, bytes out.
    pub(super) wire_items_per_s: Option<f64>,
    /// Source text to program.
    pub(super) parsed_statements_per_s: Option<f64>,
    /// Median latency of a message with 100 items, in microseconds.
    pub(super) p50_us: Option<f64>,
    /// What 99 of 100 such messages stay below, in microseconds.
    pub(super) p99_us: Option<f64>,
    /// The most memory of the process at once.
    pub(super) peak_memory_bytes: Option<f64>,
}

impl Figures {
    /// The median of each figure.
    pub(super) fn median(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> Option<f64>| {
            let mut values: Vec<_> = rounds.iter().filter_map(figure).collect();
            values.sort_unstable_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        Self {
            resident_items_per_s: of(|round| round.resident_items_per_s),
            wire_items_per_s: of(|round| round.wire_items_per_s),
            parsed_statements_per_s: of(|round| round.parsed_statements_per_s),
            p50_us: of(|round| round.p50_us),
            p99_us: of(|round| round.p99_us),
            peak_memory_bytes: of(|round| round.peak_memory_bytes),
        }
    }
}

/// One scenario on all programs.
pub(super) struct Measured {
    pub(super) scenario: &'static Scenario,
    pub(super) items: usize,
    /// Length of the message.
    pub(super) bytes: u64,
    pub(super) ours: Figures,
    pub(super) reference: Figures,
    pub(super) vrl: Option<Figures>,
    pub(super) memory: Option<Memory>,
}

/// The memory of processes that did nothing but wire, over a long message.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Memory {
    /// Length of the message.
    pub(super) bytes: u64,
    pub(super) ours: Option<f64>,
    pub(super) reference: Option<f64>,
}

impl Measured {
    /// How many times as fast as the reference, by a rate.
    pub(super) fn ratio(&self, rate: fn(&Figures) -> Option<f64>) -> Option<f64> {
        ratio(rate(&self.ours), rate(&self.reference))
    }
}

/// How many times one rate is another.
pub(super) fn ratio(ours: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(ours? / other?).filter(|ratio| ratio.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_has_its_own_median() {
        let round = |wire, p99| Figures {
            wire_items_per_s: Some(wire),
            p99_us: p99,
            ..Figures::default()
        };
        let rounds = [
            round(3.0, Some(1.0)),
            round(1.0, None),
            round(2.0, Some(9.0)),
        ];
        let median = Figures::median(&rounds);
        assert_eq!(median.wire_items_per_s, Some(2.0));
        assert_eq!(median.p99_us, Some(9.0));
        assert_eq!(median.resident_items_per_s, None);
    }

    #[test]
    fn a_ratio_needs_both_sides() {
        assert_eq!(ratio(Some(6.0), Some(2.0)), Some(3.0));
        assert_eq!(ratio(Some(6.0), None), None);
        assert_eq!(ratio(Some(6.0), Some(0.0)), None);
    }
}
