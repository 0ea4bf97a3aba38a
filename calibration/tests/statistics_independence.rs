//! The tests of conditional independence beside their reference implementations, on the numbers of
//! the scripts in `fixtures/statistics`, and on samples whose truth is known.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read its fixture fails"
)]

mod common;

use calibration::statistics::{
    StatisticsError,
    independence::{
        Given, IndependenceOutcome, Sample, Variable, chsic::Chsic, cmi_knn::CmiKnn, fcit::Fcit,
        vote::Vote,
    },
};
use common::kolmogorov;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::Deserialize;

fn column(values: &[f64]) -> Variable {
    Variable::column(values.to_vec()).unwrap()
}

fn rows(values: &[Vec<f64>]) -> Variable {
    Variable::table(values.concat(), values[0].len()).unwrap()
}

fn coded(values: &[f64], classes: bool) -> Given {
    if classes {
        Given::Classes(values.iter().map(|&value| value as usize).collect())
    } else {
        Given::Numbers(column(values))
    }
}

fn assert_share(name: &str, found: f64, expected: f64, draws: f64) {
    // Both are shares of draws; the floor is for shares near 0 and 1.
    let deviation = (2.0 * expected * (1.0 - expected) / draws)
        .sqrt()
        .max(1.0 / draws);
    let difference = (found - expected).abs();
    assert!(difference < 4.0 * deviation, "{name}: {found} {expected}");
}

#[test]
fn conditional_hsic_is_that_of_the_printed_traces() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        epsilon: f64,
        prediction: Vec<Vec<f64>>,
        feature: Vec<f64>,
        classes: Option<Vec<usize>>,
        numbers: Option<Vec<Vec<f64>>>,
        statistic: f64,
        p: Option<f64>,
    }
    #[derive(Deserialize)]
    struct Fixture {
        cases: Vec<Case>,
    }
    let fixture: Fixture =
        serde_json::from_str(include_str!("fixtures/statistics/chsic.json")).unwrap();
    assert!(fixture.cases.iter().any(|case| case.numbers.is_some()));
    for case in fixture.cases {
        let label = match (case.classes, case.numbers) {
            (Some(classes), _) => Given::Classes(classes),
            (None, numbers) => Given::Numbers(rows(&numbers.unwrap())),
        };
        let sample = Sample::new(rows(&case.prediction), column(&case.feature), label).unwrap();
        let test = Chsic {
            epsilon: case.epsilon,
            permutations: 2000,
            ..Chsic::default()
        };
        let found = test.test(&sample, 4).unwrap();
        let error = (found.statistic - case.statistic).abs();
        assert!(
            error < 1e-9 * case.statistic.abs(),
            "{}: {found:?}",
            case.name
        );
        if let Some(expected) = case.p {
            assert_share(&case.name, found.p, expected, 2000.0);
        }
    }
}

#[test]
fn p_values_of_cmi_knn_are_near_those_of_tigramite() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        x: Vec<f64>,
        y: Vec<f64>,
        z: Vec<f64>,
        classes: bool,
        cmi: Vec<f64>,
        p: Vec<f64>,
    }
    #[derive(Deserialize)]
    struct Fixture {
        tests: Vec<Case>,
    }
    let fixture: Fixture =
        serde_json::from_str(include_str!("fixtures/statistics/cmi_knn.json")).unwrap();
    assert!(fixture.tests.len() > 3);
    for case in fixture.tests {
        let label = coded(&case.z, case.classes);
        let sample = Sample::new(column(&case.y), column(&case.x), label).unwrap();
        let test = CmiKnn {
            permutations: 2000,
            ..CmiKnn::default()
        };
        let found = test.test(&sample, 6).unwrap();
        if !case.classes {
            assert!(
                (found.statistic - case.cmi[0]).abs() < 1e-12,
                "{}",
                case.name
            );
            assert_share(&case.name, found.p, case.p[0], 2000.0);
            continue;
        }
        // Ties of the label are ranked at random in every estimate: means over seeds agree.
        let test = CmiKnn {
            permutations: 200,
            ..test
        };
        let runs: Vec<_> = (0..30)
            .map(|seed| test.test(&sample, seed).unwrap())
            .collect();
        let cmi: Vec<f64> = runs.iter().map(|run| run.statistic).collect();
        let p: Vec<f64> = runs.iter().map(|run| run.p).collect();
        for (found, expected) in [(cmi, case.cmi), (p, case.p)] {
            let (found, expected) = (moments(&found), moments(&expected));
            let error = (found.1 / 30.0 + expected.1 / 30.0).sqrt();
            assert!(
                (found.0 - expected.0).abs() < 4.0 * error,
                "{}: {found:?} {expected:?}",
                case.name
            );
        }
    }
}

/// Mean and variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>();
    (mean, squares / (count - 1.0))
}

#[test]
fn fcit_decides_as_its_package_does() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        x: Vec<f64>,
        y: Vec<Vec<f64>>,
        z: Vec<f64>,
        classes: bool,
        discrete: bool,
        share_below: f64,
        ratio: f64,
        ratio_deviation: f64,
    }
    #[derive(Deserialize)]
    struct Fixture {
        tests: Vec<Case>,
    }
    let fixture: Fixture =
        serde_json::from_str(include_str!("fixtures/statistics/fcit_reference.json")).unwrap();
    assert!(fixture.tests.len() > 5);
    let runs = 40;
    for case in fixture.tests {
        let feature = if case.discrete {
            column(&case.x).discrete()
        } else {
            column(&case.x)
        };
        let label = coded(&case.z, case.classes);
        let sample = Sample::new(rows(&case.y), feature, label).unwrap();
        let found: Vec<_> = (0..runs)
            .into_par_iter()
            .map(|seed| Fcit::default().test(&sample, seed).unwrap())
            .collect();
        let ratio = found.iter().map(|found| found.statistic).sum::<f64>() / runs as f64;
        let error = case.ratio_deviation * (2.0 / runs as f64).sqrt();
        assert!(
            (ratio - case.ratio).abs() < 4.0 * error,
            "{}: {ratio}",
            case.name
        );
        let below = found.iter().filter(|found| found.p < 0.01).count();
        assert_share(
            &case.name,
            below as f64 / runs as f64,
            case.share_below,
            runs as f64,
        );
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Faces of three classes; feature and two scores depend on the class, and the scores on what the
/// feature has beyond it as strongly as `strength` says.
fn faces(count: usize, strength: f64, seed: u64) -> Sample {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut classes, mut features, mut predictions) = (vec![], vec![], vec![]);
    for _ in 0..count {
        let class = rng.random_range(0..3_usize);
        let own = normal(&mut rng);
        classes.push(class);
        features.push(class as f64 + own);
        predictions.push(2.0 * class as f64 + strength * own + normal(&mut rng));
        predictions.push(normal(&mut rng) - class as f64);
    }
    let prediction = Variable::table(predictions, 2).unwrap();
    Sample::new(prediction, column(&features), Given::Classes(classes)).unwrap()
}

/// The same with a label that is a number.
fn graded_faces(count: usize, strength: f64, seed: u64) -> Sample {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut label, mut features, mut predictions) = (vec![], vec![], vec![]);
    for _ in 0..count {
        let grade = normal(&mut rng);
        let own = normal(&mut rng);
        label.push(grade);
        features.push(grade + own);
        predictions.push(grade + strength * own + normal(&mut rng));
    }
    let label = Given::Numbers(column(&label));
    Sample::new(column(&predictions), column(&features), label).unwrap()
}

type Found = Result<IndependenceOutcome, StatisticsError>;

fn p_values(runs: u64, run: impl Fn(u64) -> Found + Sync) -> Vec<f64> {
    (0..runs)
        .into_par_iter()
        .map(|seed| run(seed).unwrap().p)
        .collect()
}

fn share_below(p: &[f64], level: f64) -> f64 {
    p.iter().filter(|&&p| p < level).count() as f64 / p.len() as f64
}

const CHSIC: Chsic = Chsic {
    epsilon: 0.01,
    permutations: 199,
    cell: 5,
};
const CMI_KNN: CmiKnn = CmiKnn {
    neighbours: 0.1,
    exchanged: 5,
    permutations: 199,
};

/// Draws of a test on samples of one kind, none of which shares random numbers with the test.
fn draws(
    runs: u64,
    sample: impl Fn(u64) -> Sample + Sync,
    test: impl Fn(&Sample, u64) -> Found + Sync,
) -> Vec<f64> {
    p_values(runs, |seed| test(&sample(seed), !seed))
}

#[test]
fn without_dependence_conditional_hsic_is_uniform() {
    let test = |sample: &Sample, seed| CHSIC.test(sample, seed);
    let classes = kolmogorov(draws(300, |seed| faces(60, 0.0, seed), test));
    assert!(classes < 1.63, "{classes}");
    let numbers = kolmogorov(draws(150, |seed| graded_faces(80, 0.0, seed), test));
    assert!(numbers < 1.63, "{numbers}");
}

#[test]
fn without_dependence_cmi_knn_is_uniform() {
    let test = |sample: &Sample, seed| CMI_KNN.test(sample, seed);
    let classes = kolmogorov(draws(300, |seed| faces(100, 0.0, seed), test));
    assert!(classes < 1.63, "{classes}");
    let numbers = kolmogorov(draws(300, |seed| graded_faces(100, 0.0, seed), test));
    assert!(numbers < 1.63, "{numbers}");
}

/// Its p-values are not uniform, here as in its package: regressions on a feature that says nothing
/// are worse than without it, so that it errs on the side of independence.
#[test]
fn without_dependence_fcit_keeps_its_level_as_its_package_does() {
    #[derive(Deserialize)]
    struct Level {
        name: String,
        rows: usize,
        #[serde(rename = "below_0.05")]
        below: f64,
    }
    #[derive(Deserialize)]
    struct Fixture {
        levels: Vec<Level>,
    }
    let fixture: Fixture =
        serde_json::from_str(include_str!("fixtures/statistics/fcit_reference.json")).unwrap();
    for level in fixture.levels {
        let sample = |seed| match level.name.as_str() {
            "graded" => graded_faces(level.rows, 0.0, seed),
            _ => faces(level.rows, 0.0, seed),
        };
        let p = draws(300, sample, |sample, seed| {
            Fcit::default().test(sample, seed)
        });
        assert_share(&level.name, share_below(&p, 0.05), level.below, 300.0);
        assert!(share_below(&p, 0.01) <= 0.01, "{}", level.name);
    }
}

/// Power at the paper's level of 0.01 over 60 samples.
#[test]
fn a_planted_dependence_is_found() {
    let medium = |seed| faces(200, 0.7, seed);
    let kernels = draws(60, medium, |sample, seed| CHSIC.test(sample, seed));
    assert!(share_below(&kernels, 0.01) > 0.95);
    let neighbours = draws(60, medium, |sample, seed| CMI_KNN.test(sample, seed));
    assert!(share_below(&neighbours, 0.01) > 0.9);
    let strong = |seed| graded_faces(400, 1.0, seed);
    let trees = draws(60, strong, |sample, seed| {
        Fcit::default().test(sample, seed)
    });
    assert!(share_below(&trees, 0.01) > 0.95);
    let numbers = |seed| graded_faces(80, 1.0, seed);
    let kernels = draws(20, numbers, |sample, seed| CHSIC.test(sample, seed));
    assert!(share_below(&kernels, 0.01) > 0.9);
}

#[test]
fn three_tests_agree_where_it_is_plain() {
    let vote = Vote {
        chsic: CHSIC,
        cmi_knn: CMI_KNN,
        ..Vote::default()
    };
    for seed in 0..4 {
        let plain = vote.test(&faces(300, 2.0, seed), !seed).unwrap();
        assert!(plain.votes == 3 && plain.dependent(), "{plain:?}");
        let none = vote.test(&faces(150, 0.0, seed), !seed).unwrap();
        assert!(!none.dependent(), "{none:?}");
    }
}

#[test]
fn a_seed_gives_its_p_value_whatever_the_threads() {
    let vote = Vote::default();
    let sample = faces(90, 0.3, 5);
    let found = vote.test(&sample, 8).unwrap();
    let single = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    assert_eq!(single.install(|| vote.test(&sample, 8)).unwrap(), found);
    assert_ne!(vote.test(&sample, 9).unwrap(), found);
}

#[test]
fn order_and_scale_of_the_rows_do_not_matter_to_the_statistics() {
    let sample = faces(50, 0.5, 3);
    let turned: Vec<usize> = (0..50).rev().collect();
    let pick = |variable: &Variable, scale: f64| {
        let rows = turned.iter().flat_map(|&row| variable.row(row));
        Variable::table(
            rows.map(|value| scale * value).collect(),
            variable.columns(),
        )
        .unwrap()
    };
    let Given::Classes(classes) = sample.label() else {
        unreachable!("faces have classes")
    };
    let label = Given::Classes(turned.iter().map(|&row| classes[row]).collect());
    let other = Sample::new(
        pick(sample.prediction(), 4.0),
        pick(sample.feature(), 0.5),
        label,
    )
    .unwrap();
    let found = CHSIC.test(&sample, 1).unwrap().statistic;
    let again = CHSIC.test(&other, 1).unwrap().statistic;
    assert!((found - again).abs() < 1e-9 * found);
}
