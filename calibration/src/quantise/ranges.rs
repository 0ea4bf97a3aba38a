//! Which numbers a tensor has.
//!
//! Takes a model and images; gives per tensor the range that its codes are to cover: all that was seen, all
//! but a few, or what leaves the least squared error. The model runs in ONNX Runtime with the tensors as
//! outputs, once for extremes and where needed once more for histograms between them.

use clap::ValueEnum;

use super::{
    QuantiseError,
    graph::Graph,
    grid::{Activations, Grid, Range},
};
use crate::subject::{BATCH, Images, Onnx};

/// Bins of a histogram: eight for each code.
const BINS: usize = 2048;
/// Of numbers beyond the range that percentiles leave, both ends together.
const BEYOND: f64 = 1e-4;
/// Ranges tried for the least squared error; the narrowest has a fifth of the largest magnitude.
const TRIES: u16 = 100;

/// How a range is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// From the least to the largest number seen.
    MinMax,
    /// All but one in ten thousand of the numbers seen.
    Percentile,
    /// What rounds and clips the numbers seen with the least mean squared error.
    #[default]
    Mse,
}

impl Method {
    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MinMax => "min-max",
            Self::Percentile => "percentile",
            Self::Mse => "mse",
        }
    }
}

/// How often numbers of equal intervals of a range were seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    range: Range,
    counts: Vec<u64>,
}

impl Histogram {
    /// Empty, over a range.
    #[must_use]
    pub fn new(range: Range) -> Self {
        Self {
            range,
            counts: vec![0; BINS],
        }
    }

    fn width(&self) -> f64 {
        (f64::from(self.range.high) - f64::from(self.range.low)) / BINS as f64
    }

    /// Counts numbers; those beyond are in the last bins.
    pub fn add(&mut self, values: &[f32]) {
        let (low, width) = (f64::from(self.range.low), self.width());
        for value in values {
            // Of a range without width all are in the first.
            let bin = ((f64::from(*value) - low) / width.max(f64::MIN_POSITIVE)) as usize;
            self.counts[bin.min(BINS - 1)] += 1;
        }
    }

    /// Middle of each bin that has numbers, and how many.
    fn bins(&self) -> impl DoubleEndedIterator<Item = (f64, u64)> {
        let (low, width) = (f64::from(self.range.low), self.width());
        let middle =
            move |(bin, count): (usize, &u64)| ((bin as f64 + 0.5).mul_add(width, low), *count);
        self.counts
            .iter()
            .enumerate()
            .map(middle)
            .filter(|it| it.1 > 0)
    }

    /// The range without [`BEYOND`] of the numbers, half at either end.
    fn percentile(&self) -> Range {
        let total: u64 = self.counts.iter().sum();
        let allowed = total as f64 * BEYOND / 2.0;
        let half = self.width() / 2.0;
        let low = end(self.bins(), allowed).map_or(0.0, |middle| middle - half);
        let high = end(self.bins().rev(), allowed).map_or(0.0, |middle| middle + half);
        Range {
            low: (low as f32).max(self.range.low),
            high: (high as f32).min(self.range.high),
        }
    }

    /// The range within some bound whose codes have the least squared error over the numbers.
    fn least_error(&self, activations: Activations) -> Range {
        let error = |range: Range| -> f64 {
            let grid = Grid::over(range, activations);
            let of = |(middle, count): (f64, u64)| {
                let coded = grid.value(grid.code(middle as f32));
                (f64::from(coded) - middle).powi(2) * count as f64
            };
            self.bins().map(of).sum()
        };
        let least = TRIES / 5;
        let tried = (least..=TRIES).rev().map(|share| {
            let share = f32::from(share) / f32::from(TRIES);
            let range = self.range.within(share * self.range.bound());
            (error(range), range)
        });
        let best = tried.min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(self.range, |(_, range)| range)
    }

    /// The range that a method chooses.
    #[must_use]
    pub fn choose(&self, method: Method, activations: Activations) -> Range {
        match method {
            Method::MinMax => self.range,
            Method::Percentile => self.percentile(),
            Method::Mse => self.least_error(activations),
        }
    }
}

/// The first bin after which more than `allowed` numbers were passed.
fn end(mut bins: impl Iterator<Item = (f64, u64)>, allowed: f64) -> Option<f64> {
    let mut passed = 0;
    let within = bins.find(|(_, count)| {
        passed += count;
        passed as f64 > allowed
    });
    within.map(|(middle, _)| middle)
}

/// The range of each of `tensors` over all images. `progress` hears how many images are done, of twice as
/// many unless the method is [`Method::MinMax`].
///
/// # Errors
/// [`QuantiseError::NotFinite`], and [`QuantiseError::Model`] when ONNX Runtime refuses the model.
pub(super) fn measure(
    graph: &Graph,
    images: Images<'_>,
    tensors: &[String],
    (method, activations): (Method, Activations),
    progress: &dyn Fn(usize),
) -> Result<Vec<Range>, QuantiseError> {
    let (shown, names) = graph.showing(tensors);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut onnx = Onnx::of_bytes(graph.path(), &shown.to_bytes()?)?;
    let mut ranges = vec![Range::default(); tensors.len()];
    let mut done = 0;
    images.batches(BATCH, |batch| {
        onnx.see(batch, &names, |place, _, values| {
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(graph.not_finite(&tensors[place], *value));
            }
            let range = &mut ranges[place];
            for value in values {
                range.low = range.low.min(*value);
                range.high = range.high.max(*value);
            }
            Ok(())
        })?;
        done += batch.count();
        progress(done);
        Ok::<_, QuantiseError>(())
    })?;
    if method == Method::MinMax {
        return Ok(ranges);
    }
    let mut histograms: Vec<Histogram> = ranges.into_iter().map(Histogram::new).collect();
    images.batches(BATCH, |batch| {
        onnx.see(batch, &names, |place, _, values| {
            histograms[place].add(values);
            Ok::<_, QuantiseError>(())
        })?;
        done += batch.count();
        progress(done);
        Ok::<_, QuantiseError>(())
    })?;
    let chosen = histograms.iter().map(|it| it.choose(method, activations));
    Ok(chosen.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: &[f32]) -> Histogram {
        let mut range = Range::default();
        for value in values {
            range.low = range.low.min(*value);
            range.high = range.high.max(*value);
        }
        let mut histogram = Histogram::new(range);
        histogram.add(values);
        histogram
    }

    /// Mean squared error of the numbers themselves.
    fn error(values: &[f32], range: Range, activations: Activations) -> f64 {
        let grid = Grid::over(range, activations);
        let square = |x: &f32| f64::from(grid.value(grid.code(*x)) - x).powi(2);
        values.iter().map(square).sum::<f64>() / values.len() as f64
    }

    #[test]
    fn percentiles_leave_out_what_is_seldom() {
        // 99,990 numbers up to 1, and ten far out: half of the share that may be left out lies at this end.
        let mut values: Vec<f32> = (0..99_990_u32).map(|n| n as f32 / 99_990.0).collect();
        values.extend([3.0; 4]);
        let range = histogram(&values).choose(Method::Percentile, Activations::Uint8);
        assert!(
            range.low == 0.0 && (0.99..1.01).contains(&range.high),
            "{range:?}"
        );
        values.extend([3.0; 6]);
        let range = histogram(&values).choose(Method::Percentile, Activations::Uint8);
        assert_eq!(range.high, 3.0);
        assert_eq!(
            histogram(&values)
                .choose(Method::MinMax, Activations::Int8)
                .high,
            3.0
        );
    }

    #[test]
    fn the_least_error_is_less_than_that_of_all_that_was_seen() {
        // Dense near 0, and one number far out: rounding is dear, clipping one number is not.
        let mut values: Vec<f32> = (0..1_000_000_u32)
            .map(|n| n as f32 / 500_000.0 - 1.0)
            .collect();
        values.push(3.0);
        for activations in [Activations::Uint8, Activations::Int8] {
            let histogram = histogram(&values);
            let best = histogram.choose(Method::Mse, activations);
            assert!(
                (0.95..1.5).contains(&best.high) && (-1.01..-0.95).contains(&best.low),
                "{best:?}"
            );
            let all = histogram.choose(Method::MinMax, activations);
            assert!(error(&values, best, activations) < 0.6 * error(&values, all, activations));
        }
        // Where nothing is far out nothing is clipped.
        let even: Vec<f32> = (0..1000_u16).map(|n| f32::from(n) / 999.0).collect();
        let best = histogram(&even).choose(Method::Mse, Activations::Uint8);
        assert!(best.high > 0.98, "{best:?}");
    }

    #[test]
    fn numbers_that_are_all_the_same_have_a_range() {
        for method in [Method::MinMax, Method::Percentile, Method::Mse] {
            for value in [0.0_f32, 2.5, -1e-30] {
                let range = histogram(&[value; 100]).choose(method, Activations::Uint8);
                let grid = Grid::over(range, Activations::Uint8);
                assert!(grid.scale > 0.0);
                let off = (grid.value(grid.code(value)) - value).abs();
                assert!(
                    off <= 0.01 * value.abs() + f32::MIN_POSITIVE,
                    "{method:?} {value}: {range:?}"
                );
            }
        }
    }
}
