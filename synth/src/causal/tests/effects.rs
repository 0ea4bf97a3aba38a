//! What is done to a unit reaches its effects, with the sign and the order of the edges.

use facs::{ActionUnit, AuEdge};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{mean, samples, set};
use crate::causal::{CausalModel, FaceState, Intervention};

#[test]
fn an_intervention_on_the_cause_moves_the_effect_by_the_sign_of_the_edge() {
    let model = CausalModel::built_in();
    for edge in &model.graph().au_au.edges {
        let (low, high) = (
            samples(3000, &set(edge.from, 0.0)),
            samples(3000, &set(edge.from, 4.0)),
        );
        let effect = mean(&high, edge.to) - mean(&low, edge.to);
        assert!(
            effect * edge.weight.get() > 0.003,
            "{edge}: effect {effect}"
        );
    }
    for edge in &model.graph().au_expression.edges {
        // The direct effect: every other unit held where it was.
        let effect: f32 = samples(3000, &[])
            .iter()
            .map(|face| {
                let [mut low, mut high] = [face.intensity, face.intensity];
                (low[edge.from.index()], high[edge.from.index()]) = (0.0, 4.0);
                let index = edge.to as usize;
                let prob = |units| model.expression_prob(units, &face.contexts)[index];
                prob(&high) - prob(&low)
            })
            .sum();
        // An expression may win or lose through its rivals as well, so that only strong edges
        // must show their sign.
        if edge.weight.get().abs() >= 0.4 {
            assert!(effect * edge.weight.get() > 0.0, "{edge}: effect {effect}");
        }
    }
}

#[test]
fn doing_cuts_the_parents_and_leaves_everything_upstream() {
    let (rest, done) = (samples(500, &[]), samples(500, &set(ActionUnit::Au06, 3.0)));
    let model = CausalModel::built_in();
    for (before, after) in rest.iter().zip(&done) {
        assert_eq!(after.intensity[ActionUnit::Au06.index()], 3.0);
        for unit in ActionUnit::ALL {
            let downstream = model
                .graph()
                .au_au
                .edges
                .iter()
                .any(|edge| edge.from == ActionUnit::Au06 && edge.to == unit);
            if unit != ActionUnit::Au06 && !downstream {
                assert_eq!(
                    before.intensity[unit.index()],
                    after.intensity[unit.index()],
                    "{unit}"
                );
            }
        }
    }
    let smiling = |faces: &[FaceState]| {
        let smiles = faces
            .iter()
            .filter(|face| face.intensity[ActionUnit::Au12.index()] > 2.0);
        smiles
            .map(|face| face.intensity[ActionUnit::Au06.index()])
            .fold(f32::MIN, f32::max)
    };
    assert!(smiling(&rest) > 3.5 && smiling(&done) == 3.0);
}

/// Mean change of the effect when the cause goes from 0 to 4 and every other unit stays where it
/// was.
fn direct_effect(model: &CausalModel, edge: &AuEdge) -> f32 {
    const FACES: usize = 2000;
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    let total: f32 = (0..FACES)
        .map(|_| {
            let noise = model.noise(&mut rng);
            let held = model.resolve(&noise, &[]).held();
            let shown = |intensity| {
                let mut done: Vec<Intervention> = held
                    .iter()
                    .filter(|held| held.unit != edge.to)
                    .copied()
                    .collect();
                done.push(Intervention {
                    unit: edge.from,
                    intensity,
                });
                model.resolve(&noise, &done).intensity[edge.to.index()]
            };
            shown(4.0) - shown(0.0)
        })
        .sum();
    total / FACES as f32
}

#[test]
fn stronger_edges_into_a_unit_have_stronger_direct_effects() {
    let model = CausalModel::built_in();
    let model = model.in_context("smile", "duchenne").unwrap();
    let model = model.in_context("culture", "western").unwrap();
    let certain: Vec<usize> = model
        .contexts()
        .iter()
        .map(|context| context.certain().unwrap())
        .collect();
    let edges = model.graph_in(&certain).au_au.edges;
    let effects: Vec<f32> = edges
        .iter()
        .map(|edge| direct_effect(&model, edge))
        .collect();
    let mut compared = 0;
    for (edge, effect) in edges.iter().zip(&effects) {
        assert!(effect * edge.weight.get() > 0.0, "{edge}: {effect}");
        for (other, less) in edges.iter().zip(&effects) {
            let weights = [edge.weight.get(), other.weight.get()];
            let comparable = edge.to == other.to
                && weights[0] * weights[1] > 0.0
                && weights[0].abs() > weights[1].abs() + 0.14;
            if comparable {
                compared += 1;
                assert!(
                    effect.abs() > less.abs(),
                    "{edge} does {effect}, {other} does {less}"
                );
            }
        }
    }
    assert!(compared >= 5, "only {compared} pairs compared");
}

#[test]
fn counterfactuals_share_everything_that_is_no_effect() {
    let model = CausalModel::built_in();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let smile = |intensity| set(ActionUnit::Au12, intensity);
    let mut moved = 0;
    for _ in 0..300 {
        let [is, would_be] = model.counterfactual(&mut rng, &smile(0.0), &smile(4.0));
        assert_eq!(
            (is.intent, &is.contexts, is.factors),
            (would_be.intent, &would_be.contexts, would_be.factors)
        );
        for unit in [
            ActionUnit::Au01,
            ActionUnit::Au14,
            ActionUnit::Au20,
            ActionUnit::Au43,
        ] {
            assert_eq!(
                is.sides(unit),
                would_be.sides(unit),
                "{unit} is no effect of AU12"
            );
        }
        moved += usize::from(is.sides(ActionUnit::Au06) != would_be.sides(ActionUnit::Au06));
    }
    assert!(
        moved > 100,
        "AU06 follows AU12 where the smile is felt: {moved} of 300"
    );
}
