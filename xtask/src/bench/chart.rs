//! The ratios as a picture.

use std::fmt::Write;

use super::figures::Measured;
use super::report::times;

const WIDTH: f64 = 860.0;
/// Where bars begin and how far they may go.
const LEFT: f64 = 170.0;
const RIGHT: f64 = 790.0;
const TOP: f64 = 56.0;
/// The height of one bar, and of a scenario with its bars and the gap behind them.
const BAR: f64 = 10.0;
const ROW: f64 = 28.0;
const COLORS: [&str; 2] = ["#2b6cb0", "#dd8a2e"];
const NAMES: [&str; 2] = ["bytes in, bytes out", "statements only"];

/// How many times as fast as the reference, each scenario with two bars on a logarithmic axis.
pub(super) fn svg(scenarios: &[Measured]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_svg(scenarios, &mut text);
    text
}

fn ratios(measured: &Measured) -> [Option<f64>; 2] {
    [
        measured.ratio(|figures| figures.wire_items_per_s),
        measured.ratio(|figures| figures.resident_items_per_s),
    ]
}

fn write_svg(scenarios: &[Measured], text: &mut String) -> std::fmt::Result {
    let most = scenarios
        .iter()
        .flat_map(ratios)
        .flatten()
        .fold(10.0, f64::max);
    let decades = most.log10().ceil();
    let x = |ratio: f64| LEFT + (RIGHT - LEFT) * (ratio.max(1.0).log10() / decades);
    let bottom = TOP + ROW * scenarios.len() as f64;
    let height = bottom + 30.0;
    writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">"
    )?;
    writeln!(
        text,
        "<title>How many times as fast as the reference</title>"
    )?;
    writeln!(
        text,
        "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>"
    )?;
    writeln!(
        text,
        "<text x=\"12\" y=\"22\" font-size=\"14\">How many times as fast as the reference, one thread</text>"
    )?;
    for (at, (name, color)) in NAMES.iter().zip(COLORS).enumerate() {
        let left = LEFT + 150.0 * at as f64;
        writeln!(
            text,
            "<rect x=\"{left}\" y=\"32\" width=\"10\" height=\"10\" fill=\"{color}\"/>"
        )?;
        writeln!(text, "<text x=\"{}\" y=\"41\">{name}</text>", left + 15.0)?;
    }
    for decade in 0..=decades as i32 {
        let ratio = 10_f64.powi(decade);
        let at = x(ratio);
        writeln!(
            text,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\" stroke=\"#cccccc\"/>"
        )?;
        let below = bottom + 16.0;
        writeln!(
            text,
            "<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\">{ratio}×</text>"
        )?;
    }
    for (row, measured) in scenarios.iter().enumerate() {
        let top = TOP + ROW * row as f64 + 4.0;
        let (name, middle) = (measured.scenario.name, top + BAR + 3.0);
        let end = LEFT - 8.0;
        writeln!(
            text,
            "<text x=\"{end}\" y=\"{middle}\" text-anchor=\"end\">{name}</text>"
        )?;
        for (at, (ratio, color)) in ratios(measured).into_iter().zip(COLORS).enumerate() {
            let Some(ratio) = ratio else {
                continue;
            };
            let top = top + BAR * at as f64;
            let width = (x(ratio) - LEFT).max(1.0);
            writeln!(
                text,
                "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{width:.1}\" height=\"{}\" fill=\"{color}\"/>",
                BAR - 1.0
            )?;
            let (behind, base) = (LEFT + width + 4.0, top + BAR - 1.5);
            let label = times(Some(ratio));
            writeln!(
                text,
                "<text x=\"{behind:.1}\" y=\"{base}\" font-size=\"9\">{label}</text>"
            )?;
        }
    }
    writeln!(text, "</svg>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::results;

    #[test]
    fn each_ratio_has_a_bar() {
        let picture = svg(&results().scenarios);
        // The background, two in the legend, and three ratios.
        assert_eq!(picture.matches("<rect").count(), 1 + 2 + 3);
        assert!(picture.contains(">s1_redact</text>"), "{picture}");
        assert!(picture.contains(">16.0</text>"), "{picture}");
        assert!(picture.ends_with("</svg>\n"));
    }
}
