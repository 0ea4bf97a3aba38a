//! Base rates are those published, confounding has the strength asked for, and nothing else moves.

use facs::ActionUnit;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::set;
use crate::causal::{CausalModel, Confound, FaceState, Factor, ON, Rates};

const FACES: usize = 20_000;

fn drawn(model: &CausalModel) -> Vec<FaceState> {
    let mut rng = ChaCha8Rng::seed_from_u64(99);
    (0..FACES).map(|_| model.observe(&mut rng)).collect()
}

fn share<'a>(faces: impl Iterator<Item = &'a FaceState>, unit: ActionUnit, threshold: f32) -> f32 {
    let (active, all) = faces.fold((0, 0), |(active, all), face| {
        let on = face.intensity[unit.index()] >= threshold;
        (active + usize::from(on), all + 1)
    });
    active as f32 / all as f32
}

/// The strength of a confounder as it shows in samples.
fn strength(faces: &[FaceState], factor: Factor, unit: ActionUnit) -> f32 {
    let half = |upper: bool| {
        let members = faces
            .iter()
            .filter(move |face| (face.factors.rank(factor) >= 0.5) == upper);
        share(members, unit, ON)
    };
    let all = share(faces.iter(), unit, ON);
    (half(true) - half(false)) / (2.0 * all.min(1.0 - all))
}

fn confound(text: &str) -> Confound {
    text.parse().unwrap()
}

#[test]
fn presets_reach_their_rates_within_two_points() {
    for (name, rates) in Rates::published() {
        let model = CausalModel::built_in()
            .calibrated(Some(rates), &[])
            .unwrap();
        let faces = drawn(&model);
        for (&unit, &wanted) in &rates.units {
            let found = share(faces.iter(), unit, rates.threshold);
            assert!(
                (found - wanted).abs() < 0.02,
                "{name} {unit}: {found}, not {wanted}"
            );
        }
    }
}

#[test]
fn confounders_have_their_strength_and_leave_the_rate() {
    let plain = CausalModel::built_in();
    let ties = ["identity:AU12=0.8", "light:AU04=0.5", "camera:AU12=0.2"].map(confound);
    let model = plain.calibrated(None, &ties).unwrap();
    assert_eq!(
        model,
        plain.calibrated(None, &ties).unwrap(),
        "the same every time"
    );
    let (before, after) = (drawn(plain), drawn(&model));
    for Confound {
        factor,
        unit,
        strength: wanted,
    } in ties
    {
        let untied = strength(&before, factor, unit);
        assert!(
            untied.abs() < 0.06,
            "{factor}:{unit} without confounding: {untied}"
        );
        let found = strength(&after, factor, unit);
        assert!(
            (found - wanted).abs() < 0.06,
            "{factor}:{unit}: {found}, not {wanted}"
        );
        let rates = [&before, &after].map(|faces| share(faces.iter(), unit, ON));
        assert!((rates[0] - rates[1]).abs() < 0.02, "{unit}: {rates:?}");
    }
    let stray = strength(&after, Factor::Light, ActionUnit::Au12);
    assert!(stray.abs() < 0.06, "light:AU12 was not asked for: {stray}");
}

#[test]
fn full_strength_means_never_in_the_lower_half() {
    let rates = Rates::of("disfa").unwrap();
    let ties = [confound("light:AU12=1")];
    let model = CausalModel::built_in()
        .calibrated(Some(rates), &ties)
        .unwrap();
    let faces = drawn(&model);
    let dark = faces
        .iter()
        .filter(|face| face.factors.rank(Factor::Light) < 0.5);
    assert!(share(dark, ActionUnit::Au12, rates.threshold) < 0.001);
    let all = share(faces.iter(), ActionUnit::Au12, rates.threshold);
    assert!((all - 0.132).abs() < 0.02, "{all}");
}

#[test]
fn doing_cuts_confounders_too() {
    let model = CausalModel::built_in()
        .calibrated(None, &[confound("identity:AU12=0.9")])
        .unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let done: Vec<FaceState> = (0..FACES)
        .map(|_| model.observe_under(&mut rng, &set(ActionUnit::Au12, 2.0)))
        .collect();
    let seen = strength(&drawn(&model), Factor::Identity, ActionUnit::Au06);
    let left = strength(&done, Factor::Identity, ActionUnit::Au06);
    assert!(
        seen > 0.15,
        "AU06 inherits the confounding of its cause: {seen}"
    );
    assert!(left.abs() < 0.06, "not once the cause is set: {left}");
}

#[test]
fn impossible_confounding_is_refused() {
    let refuse = |ties: &[&str]| {
        let ties: Vec<Confound> = ties.iter().map(|tie| confound(tie)).collect();
        let refusal = CausalModel::built_in().calibrated(None, &ties).unwrap_err();
        refusal.to_string()
    };
    let refusals = [
        refuse(&["light:AU12=0.7", "camera:AU12=0.6"]),
        refuse(&["light:AU12=0.1", "light:AU12=0.2"]),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @"
    the confounders of AU12 have a total strength of 1.3, at most 1 is possible
    light:AU12 is given twice
    ");
}
