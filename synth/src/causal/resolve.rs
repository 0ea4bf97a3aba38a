//! The structural equations: noise and interventions in, a face's state out.

use facs::{ActionUnit, Expression, Sidedness};
use rand::Rng;

use super::{
    model::{CausalModel, EXPRESSIONS, UNITS, into},
    noise::Noise,
};

/// What a face does: action units with sides, and the expression they show.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceState {
    /// FACS intensity 0 to 5 of the stronger side, in axis order.
    pub intensity: [f32; UNITS],
    /// Intensity on the subject's left.
    pub left: [f32; UNITS],
    /// Intensity on the subject's right.
    pub right: [f32; UNITS],
    /// The expression.
    pub expression: Expression,
    /// Probability of each of [`Expression::EIGHT`] given the units.
    pub expression_prob: [f32; EXPRESSIONS],
    /// The exogenous intention, see [`CausalModel::intent`]; a confounder, not a label.
    pub intent: usize,
}

/// `do(unit = intensity)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intervention {
    /// Which unit is set.
    pub unit: ActionUnit,
    /// To which FACS intensity, held to 0 to 5.
    pub intensity: f32,
}

impl CausalModel {
    /// A sample of the observed distribution.
    pub fn observe(&self, rng: &mut impl Rng) -> FaceState {
        self.observe_under(rng, &[])
    }

    /// A sample under interventions; the last one wins where two set the same unit.
    pub fn observe_under(&self, rng: &mut impl Rng, interventions: &[Intervention]) -> FaceState {
        self.resolve(&self.noise(rng), interventions)
    }

    /// The face that these exogenous variables bring about under these interventions.
    #[must_use]
    pub fn resolve(&self, noise: &Noise, interventions: &[Intervention]) -> FaceState {
        let intent = &self.intents[noise.intent];
        let mut intensity = [0.0_f32; UNITS];
        for &unit in &self.order {
            let i = unit.index();
            let set = interventions
                .iter()
                .rev()
                .find(|intervention| intervention.unit == unit);
            intensity[i] = if let Some(set) = set {
                set.intensity.clamp(0.0, 5.0)
            } else {
                let causes: f32 = into(&self.graphs.au_au, unit)
                    .map(|edge| edge.weight.get() * intensity[edge.from.index()])
                    .sum();
                let intended = 5.0 * noise.strength * noise.recruitment[i] * intent.units[i];
                let drive = intended + noise.spontaneous[i] + noise.waver[i] + causes;
                if drive < self.onset {
                    0.0
                } else {
                    drive.min(5.0)
                }
            };
        }
        let expression_prob = self.expression_prob(&intensity);
        let side = |share: f32| {
            std::array::from_fn(|index| match ActionUnit::ALL[index].sidedness() {
                Sidedness::Lateral => share * intensity[index],
                Sidedness::Central => intensity[index],
            })
        };
        let [left, right] = noise.sides.map(side);
        FaceState {
            intensity,
            left,
            right,
            expression: draw(&expression_prob, noise.expression),
            expression_prob,
            intent: noise.intent,
        }
    }

    /// Probability of each of [`Expression::EIGHT`] given the units.
    #[must_use]
    pub fn expression_prob(&self, intensity: &[f32; UNITS]) -> [f32; EXPRESSIONS] {
        let mut evidence = self.bias;
        for edge in &self.graphs.au_expression.edges {
            evidence[edge.to as usize] += edge.weight.get() * intensity[edge.from.index()];
        }
        let most = evidence.iter().copied().fold(f32::MIN, f32::max);
        let odds = evidence.map(|evidence| (self.gain * (evidence - most)).exp());
        let total: f32 = odds.iter().sum();
        odds.map(|odds| odds / total)
    }
}

/// The expression in whose share of [0, 1) the number falls.
fn draw(prob: &[f32; EXPRESSIONS], mut at: f32) -> Expression {
    let found = prob.iter().position(|&prob| {
        at -= prob;
        at < 0.0
    });
    Expression::EIGHT[found.unwrap_or(0)]
}
