//! What a unit does of its own accord, and how likely a level is then.
//!
//! An act is drawn from a mixture of nine normal distributions with fixed centres, so that rest, wavering,
//! spontaneous acts of any strength and suppression all have a share and no shape is assumed. The level of
//! a unit tells the interval `[low, high)` of its drive; with causes that push it by `mu`,
//!
//! ```text
//! P(level | mu) = sum_c share_c [Phi((high - mu - m_c) / s_c) - Phi((low - mu - m_c) / s_c)]
//! ```
//!
//! The terms are tabulated over `mu` once and read by linear interpolation.

use libm::erfc;

use super::{Scale, samples::interval_ends};

/// How many normal distributions an act is mixed from.
pub(super) const COMPONENTS: usize = 9;
/// One number per component.
pub(super) type Components = [f32; COMPONENTS];

/// Mean and standard deviation of every component, in intensity points.
const ACTS: [(f64, f64); COMPONENTS] = [
    // rest and wavering
    (0.0, 0.2),
    (0.0, 0.4),
    // acts of FACS A to E
    (1.0, 0.6),
    (2.0, 0.6),
    (3.0, 0.6),
    (4.0, 0.6),
    (5.0, 0.8),
    // suppression
    (-1.0, 0.6),
    (-2.0, 0.8),
];

/// The table covers pushes of `-REACH..REACH` points; beyond, every level is all but decided.
const REACH: f32 = 12.0;
/// Grid lines per point of `mu`.
pub(super) const LINES_PER_POINT: f32 = 32.0;
const LINES: usize = (2.0 * REACH * LINES_PER_POINT) as usize + 1;
/// Whole and half points, where a push often lies, are halfway between two lines: there the slope of
/// a line segment is that of the curve.
const OFFSET: f32 = 0.5;

/// `P(interval | mu, component)` for every interval of a scale.
pub(super) struct ActTable {
    lines: Vec<Components>,
}

/// Where one `mu` lies in the table: `here + fraction * rise` interpolates.
pub(super) struct Place<'a> {
    pub(super) here: &'a Components,
    pub(super) next: &'a Components,
    pub(super) fraction: f32,
}

impl ActTable {
    pub(super) fn new(scale: Scale) -> Self {
        let ends = interval_ends(scale);
        let mut lines = Vec::with_capacity((ends.len() + 1) * LINES);
        for interval in 0..=ends.len() {
            let low = interval.checked_sub(1).map(|before| ends[before]);
            let high = ends.get(interval).copied();
            for line in 0..LINES {
                let mu = (line as f64 - f64::from(OFFSET)) / f64::from(LINES_PER_POINT)
                    - f64::from(REACH);
                lines.push(ACTS.map(|(mean, deviation)| {
                    normal_between(low, high, mu + mean, deviation) as f32
                }));
            }
        }
        Self { lines }
    }

    /// The two grid lines around `mu` (intensity points) for an interval.
    #[inline]
    pub(super) fn place(&self, interval: u8, mu: f32) -> Place<'_> {
        let position = ((mu + REACH) * LINES_PER_POINT + OFFSET).clamp(0.0, (LINES - 2) as f32);
        let line = position as usize;
        let at = usize::from(interval) * LINES + line;
        Place {
            here: &self.lines[at],
            next: &self.lines[at + 1],
            fraction: position - line as f32,
        }
    }
}

/// Mass of a normal distribution between two ends; `None` is infinite. The side is chosen so that
/// small masses keep their digits.
fn normal_between(low: Option<f64>, high: Option<f64>, mean: f64, deviation: f64) -> f64 {
    let above = |end: f64| 0.5 * erfc((end - mean) / (deviation * std::f64::consts::SQRT_2));
    let below = |end: f64| 0.5 * erfc((mean - end) / (deviation * std::f64::consts::SQRT_2));
    match (low, high) {
        (None, None) => 1.0,
        (None, Some(high)) => below(high),
        (Some(low), None) => above(low),
        (Some(low), Some(high)) if low > mean => above(low) - above(high),
        (Some(low), Some(high)) => below(high) - below(low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_intervals_of_a_scale_share_all_of_the_mass() {
        for scale in [Scale::Levels, Scale::Scores, Scale::OnOff] {
            let table = ActTable::new(scale);
            for mu in [-12.0, -3.3, 0.0, 0.71, 11.9] {
                let mut mass = [0.0_f32; COMPONENTS];
                for interval in 0..=interval_ends(scale).len() {
                    let place = table.place(interval as u8, mu);
                    for (c, mass) in mass.iter_mut().enumerate() {
                        *mass += place.here[c] + place.fraction * (place.next[c] - place.here[c]);
                    }
                }
                assert!(
                    mass.iter().all(|mass| (mass - 1.0).abs() < 1e-5),
                    "{scale:?} {mu}: {mass:?}"
                );
            }
        }
    }

    #[test]
    fn a_far_tail_keeps_its_digits() {
        // scipy.stats.norm.sf(8)
        let tail = normal_between(Some(8.0), None, 0.0, 1.0);
        assert!(
            (tail / 6.220_960_574_271_785e-16 - 1.0).abs() < 1e-9,
            "{tail}"
        );
    }
}
