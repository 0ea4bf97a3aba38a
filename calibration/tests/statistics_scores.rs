//! Derivatives, impact scores, permutation tests, Holm's correction and Wilson's intervals beside
//! NumPy and statsmodels, on the numbers of the scripts in `fixtures/statistics`; and what the
//! permutation test finds where the truth is known.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read its fixture fails"
)]

mod common;

use calibration::statistics::{
    accuracy::Accuracy,
    gradient::{EdgeOrder, gradient, gradient_first_axis},
    holm::holm,
    impact::{ImpactWeights, Spacing, Surface},
    permutation::{PValue, PermutationTest, Scheme},
};
use common::kolmogorov;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture<Case> {
    cases: Vec<Case>,
}

fn cases<Case: for<'a> Deserialize<'a>>(json: &str) -> Vec<Case> {
    let fixture: Fixture<Case> = serde_json::from_str(json).unwrap();
    assert!(fixture.cases.len() > 3);
    fixture.cases
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let tolerance = 1e-12 * expected.abs().max(1.0);
        assert!((found - expected).abs() < tolerance, "{found} {expected}");
    }
}

#[test]
fn derivatives_and_scores_are_those_of_numpy() {
    #[derive(Deserialize)]
    struct Case {
        edge_order: u8,
        symmetries: Vec<f64>,
        times: usize,
        values: Vec<f64>,
        derivative: Vec<f64>,
        first_time: Vec<f64>,
        score_per_unit: f64,
        score_per_step: f64,
    }
    for case in cases::<Case>(include_str!("fixtures/statistics/gradient.json")) {
        let order = [EdgeOrder::First, EdgeOrder::Second][usize::from(case.edge_order) - 1];
        let at = &case.symmetries;
        let found = gradient_first_axis(&case.values, case.times, at, order).unwrap();
        assert_close(&found, &case.derivative);
        let first: Vec<f64> = case.values.iter().copied().step_by(case.times).collect();
        assert_close(&gradient(&first, at, order).unwrap(), &case.first_time);
        let surface = Surface::new(at.clone(), case.times, case.values).unwrap();
        for (spacing, expected) in [
            (Spacing::PerUnit, case.score_per_unit),
            (Spacing::PerStep, case.score_per_step),
        ] {
            let weights = ImpactWeights::new(at, spacing, order).unwrap();
            assert_close(&[weights.score(&surface).unwrap()], &[expected]);
        }
    }
}

#[test]
fn corrections_are_those_of_statsmodels() {
    #[derive(Deserialize)]
    struct Case {
        family: String,
        alpha: f64,
        p: Vec<f64>,
        adjusted: Vec<f64>,
        rejected: Vec<bool>,
    }
    for case in cases::<Case>(include_str!("fixtures/statistics/holm.json")) {
        let found = holm(&case.p, case.alpha).unwrap();
        assert_close(&found.adjusted, &case.adjusted);
        assert_eq!(
            found.rejected, case.rejected,
            "{} {}",
            case.family, case.alpha
        );
    }
}

#[test]
fn intervals_are_those_of_statsmodels() {
    #[derive(Deserialize)]
    struct Case {
        right: usize,
        answers: usize,
        confidence: f64,
        low: f64,
        high: f64,
    }
    for case in cases::<Case>(include_str!("fixtures/statistics/wilson.json")) {
        let found = Accuracy::new(case.right, case.answers, case.confidence).unwrap();
        assert_close(&[found.low, found.high], &[case.low, case.high]);
    }
}

#[derive(Deserialize)]
struct PermutationCase {
    symmetries: Vec<f64>,
    times: usize,
    values: Vec<f64>,
    score: f64,
    whole_rows: f64,
    whole_rows_least_p: f64,
    each_time: f64,
}

fn weights_of(symmetries: &[f64]) -> ImpactWeights {
    ImpactWeights::new(symmetries, Spacing::PerUnit, EdgeOrder::First).unwrap()
}

#[test]
fn p_values_are_those_of_numpy_up_to_the_draws() {
    let permutations = 100_000;
    for case in cases::<PermutationCase>(include_str!("fixtures/statistics/permutation.json")) {
        let weights = weights_of(&case.symmetries);
        let surface = Surface::new(case.symmetries, case.times, case.values).unwrap();
        for (scheme, expected) in [
            (Scheme::WholeRows, case.whole_rows),
            (Scheme::EachTime, case.each_time),
        ] {
            let test = PermutationTest {
                permutations,
                scheme,
                p_value: PValue::Share,
            };
            let found = test.run(&weights, &surface, 5).unwrap();
            assert_close(&[found.score], &[case.score]);
            // Both sides of the comparison are draws.
            let deviation = (2.0 * expected * (1.0 - expected) / permutations as f64).sqrt();
            let difference = (found.p - expected).abs();
            assert!(
                difference < 4.0 * deviation + 1e-4,
                "{scheme:?}: {found:?}, {expected}"
            );
        }
        let rows = PermutationTest {
            scheme: Scheme::WholeRows,
            permutations,
            ..PermutationTest::default()
        };
        let least = rows.least_p(&weights, surface.times());
        assert!((least - case.whole_rows_least_p).abs() < 1e-12);
    }
}

fn tenths() -> Vec<f64> {
    (0..10).map(|place| f64::from(place) / 9.0).collect()
}

/// Ten symmetries; what each value is, by place and time.
fn surface(times: usize, mut value: impl FnMut(usize, usize) -> f64) -> Surface {
    let values = (0..10).flat_map(|place| (0..times).map(move |time| (place, time)));
    let values = values.map(|(place, time)| value(place, time)).collect();
    Surface::new(tenths(), times, values).unwrap()
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn p_values(
    scheme: Scheme,
    runs: u64,
    mut draw: impl FnMut(&mut ChaCha8Rng) -> Surface,
) -> Vec<f64> {
    let test = PermutationTest {
        permutations: 999,
        scheme,
        ..PermutationTest::default()
    };
    let weights = weights_of(&tenths());
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    (0..runs)
        .map(|run| test.run(&weights, &draw(&mut rng), run).unwrap().p)
        .collect()
}

fn share_below(p: &[f64], level: f64) -> f64 {
    p.iter().filter(|&&p| p <= level).count() as f64 / p.len() as f64
}

#[test]
fn without_effect_p_values_are_uniform() {
    let noise = |rng: &mut ChaCha8Rng| surface(12, |_, time| time as f64 + normal(rng));
    for scheme in [Scheme::EachTime, Scheme::WholeRows] {
        let statistic = kolmogorov(p_values(scheme, 400, noise));
        assert!(statistic < 1.63, "{scheme:?}: {statistic}");
    }
}

#[test]
fn a_small_trend_is_found() {
    // From no symmetry to full symmetry the output rises by one deviation of the noise.
    let trend = |rng: &mut ChaCha8Rng| surface(90, |place, _| place as f64 / 9.0 + normal(rng));
    let power = share_below(&p_values(Scheme::EachTime, 200, trend), 0.01);
    assert!(power > 0.95, "{power}");
    let power = share_below(&p_values(Scheme::WholeRows, 200, trend), 0.05);
    assert!(
        (0.02..0.5).contains(&power),
        "whole rows gained power: {power}"
    );
}

#[test]
fn noise_that_all_times_share_deceives_a_shuffle_of_each_time() {
    let wobble = |rng: &mut ChaCha8Rng| {
        let rows: Vec<f64> = (0..10).map(|_| normal(rng)).collect();
        surface(30, |place, _| rows[place] + 0.3 * normal(rng))
    };
    let each = share_below(&p_values(Scheme::EachTime, 200, wobble), 0.05);
    let whole = kolmogorov(p_values(Scheme::WholeRows, 400, wobble));
    assert!(each > 0.5 && whole < 1.63, "{each} {whole}");
}

#[test]
fn whole_rows_cannot_find_a_straight_line() {
    let line = surface(90, |place, _| place as f64);
    let test = PermutationTest {
        scheme: Scheme::WholeRows,
        ..PermutationTest::default()
    };
    let weights = weights_of(&tenths());
    let p = test.run(&weights, &line, 0).unwrap().p;
    assert!((0.14..0.18).contains(&p), "{p}");
    let strict = PermutationTest {
        p_value: PValue::Share,
        ..test
    };
    let p = strict.run(&weights, &line, 0).unwrap().p;
    assert!((0.11..0.15).contains(&p), "{p}");
    assert_eq!(test.least_p(&weights, 90), 2.0 / 5040.0);
    assert_eq!(
        PermutationTest::default().least_p(&weights, 90),
        1.0 / 10_001.0
    );
}

#[test]
fn a_constant_surface_has_p_one_whatever_its_rounding() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for p_value in [PValue::PhipsonSmyth, PValue::Share] {
        for scheme in [Scheme::EachTime, Scheme::WholeRows] {
            let test = PermutationTest {
                permutations: 200,
                scheme,
                p_value,
            };
            // Constant along symmetry, at values that binary fractions do not have.
            let heights: Vec<f64> = (0..90).map(|_| rng.random::<f64>() * 1e6 + 0.1).collect();
            let flat = surface(90, |_, time| heights[time]);
            let found = test.run(&weights_of(&tenths()), &flat, 1).unwrap();
            assert_eq!(found.p, 1.0, "{test:?}");
        }
    }
}

#[test]
fn values_that_tie_count_as_ties() {
    // Half zeros, half ones at one time: few distinct scores, many of them as extreme.
    let steps = surface(1, |place, _| if place >= 5 { 0.1 } else { 0.0 });
    let weights = weights_of(&tenths());
    let run = |p_value| {
        let test = PermutationTest {
            p_value,
            permutations: 20_000,
            ..PermutationTest::default()
        };
        test.run(&weights, &steps, 3).unwrap().p
    };
    // |score| is 1.5 - 0 + 0 - 0.5 = 1 step: the outer two differ and the inner two do not agree
    // with them. Exact shares by counting: see the enumeration below.
    let mut at_least = 0;
    let mut above = 0;
    let mut all = 0;
    let ones = |place: usize| f64::from(u8::from(place >= 5));
    for a in 0..10 {
        for b in (0..10).filter(|&b| b != a) {
            for c in (0..10).filter(|&c| c != a && c != b) {
                for d in (0..10).filter(|&d| d != a && d != b && d != c) {
                    let score = 1.5 * (ones(a) - ones(b)) + 0.5 * (ones(c) - ones(d));
                    all += 1;
                    at_least += u32::from(score.abs() >= 1.0);
                    above += u32::from(score.abs() > 1.0);
                }
            }
        }
    }
    let exact = |count: u32| f64::from(count) / f64::from(all);
    assert!((run(PValue::PhipsonSmyth) - exact(at_least)).abs() < 0.015);
    assert!((run(PValue::Share) - exact(above)).abs() < 0.015);
    assert!(exact(at_least) - exact(above) > 0.05);
}

#[test]
fn a_seed_gives_its_permutations_and_no_others() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let noise = surface(5, |_, _| normal(&mut rng));
    let weights = weights_of(&tenths());
    let test = PermutationTest {
        permutations: 500,
        ..PermutationTest::default()
    };
    let null = test.null_scores(&weights, &noise, 9).unwrap();
    assert_eq!(null, test.null_scores(&weights, &noise, 9).unwrap());
    assert_ne!(null, test.null_scores(&weights, &noise, 10).unwrap());
    let found = test.run(&weights, &noise, 9).unwrap();
    let extreme = null.iter().filter(|s| s.abs() >= found.score.abs() - 1e-12);
    assert_eq!(found.extreme, extreme.count());
    let mean = null.iter().sum::<f64>() / 500.0;
    assert!(mean.abs() < 0.1, "{mean}");
}

#[test]
fn no_permutations_are_refused() {
    let test = PermutationTest {
        permutations: 0,
        ..PermutationTest::default()
    };
    let flat = surface(1, |_, _| 0.0);
    let refused = test.run(&weights_of(&tenths()), &flat, 0).unwrap_err();
    insta::assert_snapshot!(refused, @"setting `permutations` is 0, but should be at least 1");
}
