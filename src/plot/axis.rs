//! Axes: a name, a unit, a scale, and ticks at round numbers.

use plotters::coord::ranged1d::{
    KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter,
};

/// One axis of a chart. A name and a unit are part of making one.
///
/// ```
/// use gradbook::plot::Axis;
///
/// assert_eq!(Axis::new("time", "s").label(), "time (s)");
/// assert_eq!(Axis::new("epoch", "").label(), "epoch");
/// ```
#[derive(Clone, Debug)]
pub struct Axis {
    name: String,
    unit: String,
    log: bool,
    range: Option<(f64, f64)>,
    ticks: Option<Vec<(f64, String)>>,
}

impl Axis {
    /// An axis with its name and unit; the unit `""` is for counts and pure numbers.
    pub fn new(name: impl Into<String>, unit: impl Into<String>) -> Self {
        let (name, unit) = (name.into(), unit.into());
        Axis { name, unit, log: false, range: None, ticks: None }
    }

    /// Makes equal steps multiply: 1, 10, 100. Values that are not above zero are
    /// left out.
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    /// Shows exactly this part; without it, what the values need.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Puts ticks at these places, with these labels.
    pub fn ticks<S: Into<String>>(
        mut self,
        ticks: impl IntoIterator<Item = (f64, S)>,
    ) -> Self {
        self.ticks = Some(ticks.into_iter().map(|(at, s)| (at, s.into())).collect());
        self
    }

    /// Name and unit as they stand beside the axis.
    pub fn label(&self) -> String {
        if self.unit.is_empty() {
            self.name.clone()
        } else {
            format!("{} ({})", self.name, self.unit)
        }
    }

    /// Fits the axis to the values it has to show, with room for `most` ticks.
    pub(super) fn fit(
        &self,
        values: impl Iterator<Item = f64>,
        air: f64,
        most: usize,
    ) -> Fitted {
        let (low, high) = match self.range {
            Some((a, b)) if self.place(a).is_some() && self.place(b).is_some() => {
                let (a, b) =
                    (self.place(a).unwrap_or(0.0), self.place(b).unwrap_or(1.0));
                widened(a.min(b), a.max(b), 0.0)
            }
            _ => {
                let (low, high) = values
                    .filter_map(|value| self.place(value))
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                        (low.min(v), high.max(v))
                    });
                if low <= high { widened(low, high, air) } else { (0.0, 1.0) }
            }
        };
        let ticks = match &self.ticks {
            Some(ticks) => ticks
                .iter()
                .filter_map(|(at, label)| Some((self.place(*at)?, label.clone())))
                .filter(|(at, _)| (low..=high).contains(at))
                .collect(),
            None if self.log => log_ticks(low, high, most),
            None => round_ticks(low, high, most),
        };
        Fitted { low, high, ticks }
    }

    /// Where a value lies: itself, or its logarithm; `None` if it has no place.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let at = if self.log { value.log10() } else { value };
        at.is_finite().then_some(at)
    }
}

/// An axis with its limits and ticks, all as places (logarithms on a log axis).
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Ranged for Fitted {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let t = (value - self.low) / (self.high - self.low);
        start + (t * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.ticks.iter().map(|(at, _)| *at).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Fitted {
    fn format_ext(&self, at: &f64) -> String {
        let mut labels = self.ticks.iter().filter(|(place, _)| place == at);
        labels.next().map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

/// The range with some air on both sides, and never empty.
fn widened(low: f64, high: f64, air: f64) -> (f64, f64) {
    let span = high - low;
    let least = 1e-9 * low.abs().max(high.abs()).max(1e-3);
    if span > least {
        (low - air * span, high + air * span)
    } else {
        let half = if low == 0.0 { 1.0 } else { 0.5 * low.abs() };
        (low - half, high + half)
    }
}

/// At most about `most` ticks at steps of 1, 2 or 5 times a power of ten.
fn round_ticks(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let rough = (high - low) / most.max(2) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(10.0 * power);
    let slack = 1e-6 * step;
    let first = ((low - slack) / step).ceil() as i64;
    let last = ((high + slack) / step).floor() as i64;
    (first..=last.min(first + 50))
        .map(|k| (k as f64 * step, number(k as f64 * step, step)))
        .collect()
}

/// Ticks at powers of ten; between them too where there are few.
fn log_ticks(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let (first, last) = ((low - 1e-9).ceil() as i32, (high + 1e-9).floor() as i32);
    let powers = (last - first + 1).max(0) as usize;
    if powers >= 3 {
        let every = powers.div_ceil(most.max(2)) as i32;
        return (first..=last)
            .filter(|power| power.rem_euclid(every) == 0)
            .map(|power| (f64::from(power), power_of_ten(power)))
            .collect();
    }
    let factors: &[f64] = if most >= 6 { &[1.0, 2.0, 5.0] } else { &[1.0, 3.0] };
    let ticks: Vec<(f64, String)> = (first - 1..=last)
        .flat_map(|power| factors.iter().map(move |f| f * 10f64.powi(power)))
        .filter(|value| (low - 1e-9..=high + 1e-9).contains(&value.log10()))
        .map(|value| (value.log10(), number(value, value)))
        .collect();
    if ticks.len() >= 2 {
        return ticks;
    }
    round_ticks(10f64.powf(low), 10f64.powf(high), most)
        .into_iter()
        .filter(|(value, _)| *value > 0.0)
        .map(|(value, label)| (value.log10(), label))
        .collect()
}

fn power_of_ten(power: i32) -> String {
    match power {
        0 => "1".to_string(),
        1 => "10".to_string(),
        2 => "100".to_string(),
        _ => format!("10{}", superscript(power)),
    }
}

fn superscript(value: i32) -> String {
    let digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    value
        .to_string()
        .chars()
        .map(|c| c.to_digit(10).map_or('⁻', |d| digits[d as usize]))
        .collect()
}

/// A number with as many decimals as the step between numbers asks for.
pub(super) fn number(value: f64, step: f64) -> String {
    let size = value.abs();
    if size >= 1e6 || (size > 0.0 && size < 1e-4) {
        let power = size.log10().floor();
        let digits = value / 10f64.powf(power);
        let digits = format!("{digits:.1}").replace('-', "−");
        let digits = digits.trim_end_matches(".0");
        return format!("{digits}×10{}", superscript(power as i32));
    }
    let decimals = (-step.abs().log10() - 1e-9).ceil().clamp(0.0, 6.0) as usize;
    let text = format!("{value:.decimals$}");
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) if rest.chars().any(|c| ('1'..='9').contains(&c)) => ("−", rest),
        Some(rest) => ("", rest),
        None => ("", text.as_str()),
    };
    format!("{sign}{}", grouped(text))
}

/// 12,345 with a comma; four digits stay together.
fn grouped(text: &str) -> String {
    let whole = text.find('.').unwrap_or(text.len());
    if whole < 5 {
        return text.to_string();
    }
    let mut out = String::new();
    for (i, digit) in text[..whole].chars().enumerate() {
        if i > 0 && (whole - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + &text[whole..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: Vec<(f64, String)>) -> Vec<String> {
        ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(
            labels(round_ticks(0.0, 1.0, 5)),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(labels(round_ticks(-2.3, 2.3, 5)), ["−2", "−1", "0", "1", "2"]);
        assert_eq!(
            labels(round_ticks(0.0, 60_000.0, 3)),
            ["0", "20,000", "40,000", "60,000"]
        );
    }

    #[test]
    fn log_ticks_are_powers_or_parts_of_one() {
        assert_eq!(
            labels(log_ticks(-3.0, 1.0, 8)),
            ["10⁻³", "10⁻²", "10⁻¹", "1", "10"]
        );
        assert_eq!(labels(log_ticks(-12.0, 0.0, 4)), ["10⁻¹²", "10⁻⁸", "10⁻⁴", "1"]);
        assert_eq!(labels(log_ticks(-1.0, 0.0, 8)), ["0.1", "0.2", "0.5", "1"]);
        assert!(log_ticks(0.31, 0.35, 5).len() >= 2);
    }

    #[test]
    fn a_tick_lies_where_its_value_lies() {
        let log = Axis::new("x", "").log();
        let fitted = log.fit([1e-3, 1e3].into_iter(), 0.0, 8);
        let hundred = fitted.ticks.iter().find(|(_, label)| label == "100");
        assert_eq!(hundred.map(|(at, _)| *at), log.place(100.0));
        assert!((fitted.low, fitted.high) == (-3.0, 3.0));
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(-0.0001, 0.5), "0.0");
        assert_eq!(number(-1.25, 0.05), "−1.25");
        assert_eq!(number(12_345.5, 0.5), "12,345.5");
        assert_eq!(number(2.5e-7, 1e-7), "2.5×10⁻⁷");
    }

    #[test]
    fn ranges_are_never_empty() {
        let axis = Axis::new("x", "");
        for values in [vec![], vec![0.0], vec![3.0, 3.0], vec![f64::NAN, f64::INFINITY]]
        {
            let fitted = axis.fit(values.into_iter(), 0.05, 5);
            assert!(fitted.low < fitted.high && !fitted.ticks.is_empty());
        }
        let log = Axis::new("x", "").log().fit([0.0, -1.0].into_iter(), 0.05, 5);
        assert!(log.low < log.high);
    }
}
