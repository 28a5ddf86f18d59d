//! Small charts as SVG, of a value a day or run.
//!
//! A chart is one image with a label that says in words what it shows; colours are the page's.

use std::fmt::Write;

use crate::output::markup::escaped;

/// Width and height of a chart, in units that the page scales.
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;
/// Height of what is not nothing, lest it look like that.
const LEAST: f64 = 1.5;

/// A bar for each value, up to `most` or the largest; a day without one has none.
pub(super) fn bars(label: &str, class: &str, values: &[Option<f64>], most: Option<f64>) -> String {
    let most = most.unwrap_or_else(|| largest(values));
    let step = WIDTH / count(values);
    let mut path = String::new();
    for (at, value) in (0_u32..).zip(values) {
        let Some(value) = value.filter(|value| *value > 0.0) else {
            continue;
        };
        let height = (value / most * HEIGHT).clamp(LEAST, HEIGHT);
        let (left, width) = (f64::from(at) * step, step * 0.75);
        let _ = write!(
            path,
            "M{left:.1} {HEIGHT}v-{height:.1}h{width:.1}v{height:.1}z"
        );
    }
    image(label, class, &format!("<path class=\"bar\" d=\"{path}\"/>"))
}

/// A line through the values from 0 to `most` or the largest, broken where there is none; a value alone is a dot.
pub(super) fn line(label: &str, class: &str, values: &[Option<f64>], most: Option<f64>) -> String {
    let most = most.unwrap_or_else(|| largest(values) * 1.1);
    let step = WIDTH / count(values);
    let mut path = String::new();
    let mut goes_on = false;
    for (at, value) in (0_u32..).zip(values) {
        if let Some(value) = value {
            let (x, y) = ((f64::from(at) + 0.5) * step, HEIGHT - value / most * HEIGHT);
            let y = y.clamp(1.0, HEIGHT - 1.0);
            // A line of no length has round ends, and is a dot.
            let _ = if goes_on {
                write!(path, "L{x:.1} {y:.1}")
            } else {
                write!(path, "M{x:.1} {y:.1}h0")
            };
        }
        goes_on = value.is_some();
    }
    image(
        label,
        class,
        &format!("<path class=\"line\" d=\"{path}\"/>"),
    )
}

fn image(label: &str, class: &str, inside: &str) -> String {
    let label = escaped(label);
    format!(
        "<svg class=\"chart {class}\" role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         preserveAspectRatio=\"none\"><title>{label}</title>{inside}</svg>"
    )
}

/// The largest value, and 1 where that is nothing: it divides.
fn largest(values: &[Option<f64>]) -> f64 {
    let largest = values.iter().flatten().copied().fold(0.0, f64::max);
    if largest > 0.0 { largest } else { 1.0 }
}

fn count(values: &[Option<f64>]) -> f64 {
    f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_for_each_value_that_is_something() {
        let svg = bars("two", "a", &[Some(2.0), None, Some(0.0), Some(1.0)], None);
        assert!(
            svg.contains("d=\"M0.0 28v-28.0h22.5v28.0zM90.0 28v-14.0h22.5v14.0z\""),
            "{svg}"
        );
        assert!(svg.contains("aria-label=\"two\""));
        let svg = bars("small", "a", &[Some(0.001)], Some(1.0));
        assert!(svg.contains("v-1.5"), "{svg}");
    }

    #[test]
    fn a_line_is_broken_where_nothing_is_known() {
        let svg = line("", "", &[Some(1.0), Some(0.0), None, Some(0.5)], Some(1.0));
        assert!(
            svg.contains("d=\"M15.0 1.0h0L45.0 27.0M105.0 14.0h0\""),
            "{svg}"
        );
    }

    #[test]
    fn nothing_is_a_chart_too() {
        for values in [&[][..], &[None, None], &[Some(0.0)]] {
            for svg in [bars("", "", values, None), line("", "", values, None)] {
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
    }
}
