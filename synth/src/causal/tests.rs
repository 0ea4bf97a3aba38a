//! The causal model as a whole: statistics, interventions, refusals.

use facs::{ActionUnit, Expression};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{CausalModel, FaceState, Intervention};

fn samples(count: usize, interventions: &[Intervention]) -> Vec<FaceState> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let model = CausalModel::built_in();
    (0..count)
        .map(|_| model.observe_under(&mut rng, interventions))
        .collect()
}

fn mean(samples: &[FaceState], unit: ActionUnit) -> f32 {
    samples
        .iter()
        .map(|face| face.intensity[unit.index()])
        .sum::<f32>()
        / samples.len() as f32
}

fn set(unit: ActionUnit, intensity: f32) -> [Intervention; 1] {
    [Intervention { unit, intensity }]
}

#[test]
fn parents_come_before_children() {
    let model = CausalModel::built_in();
    let place = |unit| {
        model
            .order()
            .iter()
            .position(|&other| other == unit)
            .unwrap()
    };
    for edge in &model.graph().au_au.edges {
        assert!(place(edge.from) < place(edge.to), "{edge}");
    }
}

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
                model.expression_prob(&high)[index] - model.expression_prob(&low)[index]
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

#[test]
fn the_same_seed_gives_the_same_faces() {
    assert_eq!(samples(50, &[]), samples(50, &[]));
}

#[test]
fn expressions_are_frequent_and_follow_from_the_units() {
    let faces = samples(8000, &[]);
    let share = |expression| {
        faces
            .iter()
            .filter(|face| face.expression == expression)
            .count() as f32
            / faces.len() as f32
    };
    for expression in Expression::EIGHT {
        assert!(
            share(expression) > 0.05,
            "{expression}: {}",
            share(expression)
        );
    }
    assert!(share(Expression::Neutral) < 0.4);
    let best: f32 = faces
        .iter()
        .map(|face| face.expression_prob.iter().copied().fold(0.0, f32::max))
        .sum::<f32>()
        / faces.len() as f32;
    assert!(
        best > 0.8,
        "the best classifier that sees the units is right {best} of the time"
    );
}

#[test]
fn units_are_neither_rare_nor_common() {
    let faces = samples(8000, &[]);
    for unit in ActionUnit::ALL {
        let active = faces
            .iter()
            .filter(|face| face.intensity[unit.index()] >= 1.0)
            .count();
        let share = active as f32 / faces.len() as f32;
        assert!((0.05..0.5).contains(&share), "{unit}: {share}");
    }
}

#[test]
fn sides_differ_for_lateral_units_only() {
    for face in samples(500, &[]) {
        for unit in ActionUnit::ALL {
            let i = unit.index();
            assert_eq!(face.left[i].max(face.right[i]), face.intensity[i]);
            if unit.sidedness() == facs::Sidedness::Central {
                assert_eq!(face.left[i], face.right[i]);
            }
        }
    }
    let one_sided = samples(4000, &[])
        .iter()
        .filter(|face| {
            (0..20).any(|i| {
                face.intensity[i] > 2.0 && face.left[i].min(face.right[i]) < 0.5 * face.intensity[i]
            })
        })
        .count();
    assert!((100..1000).contains(&one_sided), "{one_sided}");
}

fn refusal(edit: impl Fn(&str) -> String) -> String {
    CausalModel::parse(&edit(include_str!("../../data/affect.toml")))
        .unwrap_err()
        .to_string()
}

#[test]
fn refusals_name_the_line() {
    let refusals = [
        refusal(|text| text.replace("\"AU20\", to = \"AU25\"", "\"AU26\", to = \"AU12\"")),
        refusal(|text| {
            text.replace(
                "from = \"AU09\", to = \"AU10\"",
                "from = \"AU08\", to = \"AU10\"",
            )
        }),
        refusal(|text| {
            text.replace(
                "to = \"AU10\", weight = 0.60",
                "to = \"AU10\", weight = 1.0",
            )
        }),
        refusal(|text| {
            text.replace(
                "to = \"contempt\", weight = 0.15",
                "to = \"anxiety\", weight = 0.15",
            )
        }),
        refusal(|text| text.replace("AU26 = { rate = 0.04", "AU26 = { rate = 1.04")),
        refusal(|text| text.replace("AU26 = { rate", "AU26 = { colour = 1, rate")),
        refusal(|text| text.replace("AU26 = { rate", "AU27 = { rate")),
        refusal(|text| text.replace("AU26 = { rate", "# AU26 = { rate")),
        refusal(|text| {
            text.replace(
                "from = \"AU01\", to = \"AU04\"",
                "from = \"AU01\", to = \"AU02\"",
            )
        }),
        refusal(|text| text.replace("causal/1", "causal/9")),
        refusal(|text| text.replace("[0.2, 1.0]", "[0.2, 0.1]")),
        refusal(|text| text.replace("onset = 0.5", "onset = ")),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    <text>:83: cycle AU12 -> AU25 -> AU26 -> AU12: a cause cannot be its own effect, remove one of these edges
    <text>:75: unknown action unit "AU08": expected one of AU01 AU02 AU04 AU05 AU06 AU07 AU09 AU10 AU11 AU12 AU14 AU15 AU17 AU20 AU23 AU24 AU25 AU26 AU28 AU43
    <text>:75: edge AU09 -> AU10: edge weight 1 is not strictly between -1 and 1
    <text>:143: "anxiety" is not one of neutral happiness sadness anger surprise disgust fear contempt
    <text>:42: units.AU26.rate is 1.04, expected 0 to 1
    <text>:42: unknown field `colour`, expected `rate` or `noise`
    <text>:42: unknown action unit "AU27": expected one of AU01 AU02 AU04 AU05 AU06 AU07 AU09 AU10 AU11 AU12 AU14 AU15 AU17 AU20 AU23 AU24 AU25 AU26 AU28 AU43
    <text>:24: [units] has no AU26: every action unit needs a rate and a noise
    <text>:68: edge AU01 -> AU02 is there twice, first in line 67
    <text>:7: schema is "mien.causal/9", this program reads "mien.causal/1"
    <text>:54: intents.speech.strength is 0.1, expected two rising numbers from 0 to 1
    <text>:10: string values must be quoted, expected literal string
    "#);
}
