//! The structural equations: noise and interventions in, a face's state out.

use facs::{ActionUnit, Expression, Sidedness};
use rand::Rng;

use super::{
    factor::Factors,
    model::{CausalModel, Cell, EXPRESSIONS, UNITS, emitted_index},
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
    /// Values of the circumstances, see [`CausalModel::named_contexts`].
    pub contexts: Vec<usize>,
    /// Where the picture stands in what no unit causes.
    pub factors: Factors,
}

/// What moves a unit before it is settled how readily it acts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drive {
    /// Intention, waver and causes.
    pub(super) base: f32,
    /// Intensity of the spontaneous act.
    pub(super) act: f32,
    /// The least rate at which it happens.
    pub(super) chance: f32,
}

impl Drive {
    /// The drive under some settings.
    pub(super) fn level(&self, cell: &Cell) -> f32 {
        let act = if self.chance < cell.rate {
            self.act
        } else {
            0.0
        };
        self.base + cell.bias + act
    }

    /// The intensity that a drive brings about.
    pub(super) fn intensity(&self, cell: &Cell, onset: f32) -> f32 {
        let level = self.level(cell);
        if level < onset { 0.0 } else { level.min(5.0) }
    }
}

impl FaceState {
    /// Intensities of a unit: of the stronger side, left and right.
    #[must_use]
    pub const fn sides(&self, unit: ActionUnit) -> [f32; 3] {
        let i = unit.index();
        [self.intensity[i], self.left[i], self.right[i]]
    }

    /// Interventions that hold every unit where it is.
    #[must_use]
    pub fn held(&self) -> [Intervention; UNITS] {
        ActionUnit::ALL.map(|unit| Intervention {
            unit,
            intensity: self.intensity[unit.index()],
        })
    }
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

    /// Two faces that differ in what was done to them and in nothing else: what is, and what would
    /// have been.
    pub fn counterfactual(
        &self,
        rng: &mut impl Rng,
        factual: &[Intervention],
        otherwise: &[Intervention],
    ) -> [FaceState; 2] {
        let noise = self.noise(rng);
        [factual, otherwise].map(|interventions| self.resolve(&noise, interventions))
    }

    /// The face that these exogenous variables bring about under these interventions.
    #[must_use]
    pub fn resolve(&self, noise: &Noise, interventions: &[Intervention]) -> FaceState {
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
                let cell = self.tuning[i].cell(&noise.factors);
                self.drive(unit, noise, &intensity)
                    .intensity(cell, self.onset)
            };
        }
        let expression_prob = self.expression_prob(&intensity, &noise.contexts);
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
            contexts: noise.contexts.clone(),
            factors: noise.factors,
        }
    }

    /// What moves a unit, given the intensities of its causes.
    pub(super) fn drive(&self, unit: ActionUnit, noise: &Noise, intensity: &[f32; UNITS]) -> Drive {
        let i = unit.index();
        let causes: f32 = self
            .au_au
            .iter()
            .filter(|link| link.edge.to == unit)
            .map(|link| link.weight_in(&noise.contexts) * intensity[link.edge.from.index()])
            .sum();
        let meant = self.intents[noise.intent].units[i];
        let intended = 5.0 * noise.strength * noise.recruitment[i] * meant;
        Drive {
            base: intended + noise.waver[i] + causes,
            act: noise.acts[i].intensity,
            chance: noise.acts[i].chance,
        }
    }

    /// Probability of each of [`Expression::EIGHT`] given the units and the circumstances.
    #[must_use]
    pub fn expression_prob(
        &self,
        intensity: &[f32; UNITS],
        contexts: &[usize],
    ) -> [f32; EXPRESSIONS] {
        let mut evidence = self.bias;
        for link in &self.au_expression {
            let (from, to) = (link.edge.from.index(), emitted_index(link.edge.to));
            evidence[to] += link.weight_in(contexts) * intensity[from];
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
