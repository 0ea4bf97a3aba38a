//! Everything about a sample that has no cause in the model.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::{
    factor::Factors,
    model::{CausalModel, UNITS},
};

/// How often an intention fails to recruit one of its units.
const UNRECRUITED: f64 = 0.15;

/// The exogenous variables of one sample. The same noise under another intervention is the
/// counterfactual of the same face.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// Which intention, by position in the model.
    pub(super) intent: usize,
    /// Its strength.
    pub(super) strength: f32,
    /// Share of the intention that reaches each unit.
    pub(super) recruitment: [f32; UNITS],
    /// Acts without a cause, which happen where a unit's rate reaches their chance.
    pub(super) acts: [Act; UNITS],
    /// Wavering.
    pub(super) waver: [f32; UNITS],
    /// Shares of left and right, the stronger one is 1.
    pub(super) sides: [f32; 2],
    /// Where in the cumulated probabilities of expressions this sample falls, in [0, 1).
    pub(super) expression: f32,
    /// Values of the circumstances.
    pub(super) contexts: Vec<usize>,
    /// Where the sample stands in what no unit causes. Drawn like everything else; who renders
    /// the sample sets what the picture shows before the noise is resolved.
    pub factors: Factors,
}

/// An act without a cause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Act {
    /// The least rate at which it happens.
    pub(super) chance: f32,
    /// With which intensity.
    pub(super) intensity: f32,
}

impl CausalModel {
    /// Draws the exogenous variables of one sample.
    pub fn noise(&self, rng: &mut impl Rng) -> Noise {
        let total: f32 = self.intents.iter().map(|intent| intent.rate).sum();
        let mut left = rng.random::<f32>() * total;
        let index = self.intents.iter().position(|intent| {
            left -= intent.rate;
            left < 0.0
        });
        let index = index.unwrap_or(self.intents.len() - 1);
        let intent = &self.intents[index];
        let [low, high] = intent.strength;
        let strength = low + (high - low) * rng.random::<f32>();
        let recruitment = std::array::from_fn(|_| {
            let share = 0.7 + 0.5 * rng.random::<f32>();
            if rng.random_bool(UNRECRUITED) {
                0.0
            } else {
                share
            }
        });
        let acts = std::array::from_fn(|_| Act {
            intensity: 1.0 + 4.0 * rng.random::<f32>(),
            chance: rng.random::<f32>() / intent.spontaneous,
        });
        let waver = self
            .wavers
            .map(|waver| waver * rng.sample::<f32, _>(StandardNormal));
        let one_sided = rng.random::<f32>() < intent.one_sided;
        let share = rng.random::<f32>();
        // The weaker side of a one-sided act does at most two fifths, often nothing.
        let weaker = if one_sided {
            (share - 0.5).max(0.0) * 0.8
        } else {
            1.0 - self.slight * share
        };
        let sides = if rng.random_bool(0.5) {
            [1.0, weaker]
        } else {
            [weaker, 1.0]
        };
        let expression = rng.random::<f32>();
        let contexts = self.contexts.iter().map(|context| context.draw(rng));
        let contexts = contexts.collect();
        let factors = Factors(std::array::from_fn(|_| rng.random()));
        Noise {
            intent: index,
            strength,
            recruitment,
            acts,
            waver,
            sides,
            expression,
            contexts,
            factors,
        }
    }
}
