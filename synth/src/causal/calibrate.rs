//! Rates and correlations that a model shall have, reached by solving for them.
//!
//! Takes published rates and confounders; gives the same model with other biases and other rates
//! of spontaneous acts. Edges stay as they are.
//!
//! Units are solved causes first: whether a unit is active depends on its own settings and on
//! units that are settled already, so that every unit is one quantile of one number over the same
//! large set of draws. A unit that is active too seldom gets more spontaneous acts (their
//! intensities are spread out), one that is active too often a lower drive.

use std::collections::BTreeMap;

use facs::ActionUnit;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{
    ON,
    error::ConfoundError,
    factor::{Confound, Factor},
    model::{CausalModel, Cell, GROUPS, Tuning, UNITS},
    noise::Noise,
    rates::Rates,
    resolve::Drive,
};

/// Samples that stand for the population.
const DRAWS: usize = 32_768;
/// Their seed: the same settings give the same model.
const SEED: u64 = 0x5EED;
/// How far the drive stays from the threshold where no sample, or every one, shall pass it.
const MARGIN: f32 = 0.25;

/// Strengths of the factors that one unit is tied to.
type Ties = [f32; Factor::ALL.len()];

impl CausalModel {
    /// The same model with base rates as published, and with units tied to factors.
    ///
    /// # Errors
    /// [`ConfoundError`] when a unit is tied twice to one factor, or by more than its rate allows.
    pub fn calibrated(
        &self,
        rates: Option<&Rates>,
        confounds: &[Confound],
    ) -> Result<Self, ConfoundError> {
        let ties = ties(confounds)?;
        let threshold = rates.map_or(ON, |rates| rates.threshold);
        let mut model = self.clone();
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let noises: Vec<Noise> = (0..DRAWS).map(|_| self.noise(&mut rng)).collect();
        let mut faces = vec![[0.0_f32; UNITS]; DRAWS];
        for unit in self.order {
            let drive = |(noise, face)| self.drive(unit, noise, face);
            let drives: Vec<Drive> = noises.iter().zip(&faces).map(drive).collect();
            let wanted = rates.and_then(|rates| rates.units.get(&unit).copied());
            let tied = ties.get(&unit).copied();
            let tuning = &mut model.tuning[unit.index()];
            if wanted.is_some() || tied.is_some() {
                *tuning = solve(&noises, &drives, tuning, wanted, tied, threshold);
            }
            for ((noise, drive), face) in noises.iter().zip(&drives).zip(&mut faces) {
                let cell = tuning.cell(&noise.factors);
                face[unit.index()] = drive.intensity(cell, self.onset);
            }
        }
        Ok(model)
    }
}

/// What each unit is tied to.
fn ties(confounds: &[Confound]) -> Result<BTreeMap<ActionUnit, Ties>, ConfoundError> {
    let mut ties: BTreeMap<ActionUnit, [Option<f32>; Factor::ALL.len()]> = BTreeMap::new();
    for &Confound {
        factor,
        unit,
        strength,
    } in confounds
    {
        let place = &mut ties.entry(unit).or_default()[factor as usize];
        if place.replace(strength).is_some() {
            return Err(ConfoundError::Twice { factor, unit });
        }
    }
    let checked = ties.into_iter().map(|(unit, ties)| {
        let ties: Ties = ties.map(|strength| strength.unwrap_or(0.0));
        let total = ties.iter().sum::<f32>();
        if total > 1.0 + 1e-6 {
            return Err(ConfoundError::TooMuch { unit, total });
        }
        Ok((unit, ties))
    });
    checked.collect()
}

/// The settings of one unit that give it its share in every group of samples.
fn solve(
    noises: &[Noise],
    drives: &[Drive],
    tuning: &Tuning,
    wanted: Option<f32>,
    tied: Option<Ties>,
    threshold: f32,
) -> Tuning {
    let natural = || {
        let active = noises
            .iter()
            .zip(drives)
            .filter(|(noise, drive)| drive.level(tuning.cell(&noise.factors)) >= threshold);
        active.count() as f32 / drives.len() as f32
    };
    let share = wanted.unwrap_or_else(natural);
    let tied = tied.unwrap_or_default();
    let mask: usize = (0..tied.len())
        .filter(|&factor| tied[factor] > 0.0)
        .map(|factor| 1 << factor)
        .sum();
    let mut cells = tuning.0;
    for group in 0..GROUPS {
        if group & !mask != 0 {
            cells[group] = cells[group & mask];
            continue;
        }
        let lean: f32 = (0..tied.len())
            .map(|factor| tied[factor] * if group >> factor & 1 == 1 { 1.0 } else { -1.0 })
            .sum();
        let members: Vec<Drive> = noises
            .iter()
            .zip(drives)
            .filter(|(noise, _)| noise.factors.halves() & mask == group)
            .map(|(_, drive)| *drive)
            .collect();
        let share = share + lean * share.min(1.0 - share);
        cells[group] = quantile(&members, share, threshold, cells[group].rate);
    }
    Tuning(cells)
}

/// The cell in which a share of these samples reaches the threshold.
fn quantile(drives: &[Drive], share: f32, threshold: f32, rate: f32) -> Cell {
    let wanted = (share * drives.len() as f32).round() as usize;
    let plain = Cell { bias: 0.0, rate };
    let active = |cell: Cell| {
        let reaching = drives
            .iter()
            .filter(|drive| drive.level(&cell) >= threshold);
        reaching.count()
    };
    if active(plain) >= wanted {
        return lowered(drives, wanted, threshold, rate);
    }
    // The rate from which on each sample is active: those whom even a spontaneous act leaves
    // below the threshold never are.
    let mut critical: Vec<f32> = drives
        .iter()
        .map(|drive| match drive {
            drive if drive.base >= threshold => 0.0,
            drive if drive.base + drive.act >= threshold => drive.chance,
            _ => f32::INFINITY,
        })
        .collect();
    critical.sort_by(f32::total_cmp);
    let last = critical[wanted - 1];
    if last.is_finite() {
        let next = critical.get(wanted).copied().unwrap_or(f32::INFINITY);
        let rate = if next.is_finite() {
            f32::midpoint(last, next)
        } else {
            last * 1.01
        };
        return Cell { bias: 0.0, rate };
    }
    let most = critical.iter().copied().filter(|rate| rate.is_finite());
    lowered(drives, wanted, threshold, most.fold(rate, f32::max) * 1.01)
}

/// The bias with which `wanted` samples reach the threshold, at a rate of spontaneous acts.
fn lowered(drives: &[Drive], wanted: usize, threshold: f32, rate: f32) -> Cell {
    let plain = Cell { bias: 0.0, rate };
    let mut levels: Vec<f32> = drives.iter().map(|drive| drive.level(&plain)).collect();
    levels.sort_by(|a, b| b.total_cmp(a));
    let above = wanted.checked_sub(1).and_then(|last| levels.get(last));
    let edge = match (above, levels.get(wanted)) {
        (Some(above), Some(below)) => f32::midpoint(*above, *below),
        (Some(above), None) => above - MARGIN,
        (None, Some(below)) => below + MARGIN,
        (None, None) => threshold,
    };
    Cell {
        bias: threshold - edge,
        rate,
    }
}
