//! The causal model as a whole: statistics, interventions, refusals.

use facs::{ActionUnit, Expression};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{CausalModel, FaceState, Intervention};

mod calibration;
mod contexts;
mod effects;

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
fn the_default_graph_is_as_rich_as_it_says() {
    let model = CausalModel::built_in();
    let edges = &model.graph().au_au.edges;
    let inhibitory = edges.iter().filter(|edge| edge.weight.get() < 0.0).count();
    assert!(edges.len() >= 25 && 3 * inhibitory >= edges.len());
    for expression in Expression::EIGHT {
        let mut shown = model.graph().au_expression.edges.iter();
        assert!(shown.any(|edge| edge.to == expression), "{expression}");
    }
    let sources = model.au_links().iter().map(|link| &link.source);
    let mut sources = sources.chain(model.expression_links().iter().map(|link| &link.source));
    assert!(sources.all(|source| source.len() > 10));
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
        refusal(|text| text.replace("{ social = 0.0 }", "{ wry = 0.0 }")),
        refusal(|text| text.replace("smile = { social = 0.0 }", "mood = { social = 0.0 }")),
        refusal(|text| text.replace("duchenne = 0.6", "duchenne = 0.7")),
        refusal(|text| text.replace("eastern = 1.4", "eastern = 3.4")),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    <text>:100: cycle AU12 -> AU25 -> AU26 -> AU12: a cause cannot be its own effect, remove one of these edges
    <text>:90: unknown action unit "AU08": expected one of AU01 AU02 AU04 AU05 AU06 AU07 AU09 AU10 AU11 AU12 AU14 AU15 AU17 AU20 AU23 AU24 AU25 AU26 AU28 AU43
    <text>:90: edge AU09 -> AU10: edge weight 1 is not strictly between -1 and 1
    <text>:170: "anxiety" is not one of neutral happiness sadness anger surprise disgust fear contempt
    <text>:45: units.AU26.rate is 1.04, expected 0 to 1
    <text>:45: unknown field `colour`, expected `rate` or `noise`
    <text>:45: unknown action unit "AU27": expected one of AU01 AU02 AU04 AU05 AU06 AU07 AU09 AU10 AU11 AU12 AU14 AU15 AU17 AU20 AU23 AU24 AU25 AU26 AU28 AU43
    <text>:27: [units] has no AU26: every action unit needs a rate and a noise
    <text>:80: edge AU01 -> AU02 is there twice, first in line 79
    <text>:10: schema is "mien.causal/9", this program reads "mien.causal/1"
    <text>:67: intents.speech.strength is 0.1, expected two rising numbers from 0 to 1
    <text>:13: string values must be quoted, expected literal string
    <text>:94: [contexts] does not declare "wry": expected one of duchenne social
    <text>:94: [contexts] does not declare "mood": expected one of culture smile
    <text>:56: the sum of contexts.smile is 1.1, expected 1
    <text>:121: edge AU06 -> happiness: edge weight 1.53 is not strictly between -1 and 1
    "#);
}
