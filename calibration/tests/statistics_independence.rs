//! The tests of conditional independence beside their reference implementations, on the numbers of
//! the scripts in `fixtures/statistics`, and on samples whose truth is known.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read its fixture fails"
)]

use calibration::statistics::{
    StatisticsError,
    independence::{
        Given, IndependenceOutcome, Sample, Variable, chsic::Chsic, cmi_knn::CmiKnn, fcit::Fcit,
        vote::Vote,
    },
};
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
        cmi: f64,
        p: f64,
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
        if case.classes {
            // Ties of the label are ranked at random in both: the estimate and p vary with that.
            assert!(
                (found.statistic - case.cmi).abs() < 0.05,
                "{}: {found:?}",
                case.name
            );
            assert!(
                (found.p - case.p).abs() < 0.15,
                "{}: {found:?} {}",
                case.name,
                case.p
            );
        } else {
            assert!((found.statistic - case.cmi).abs() < 1e-12, "{}", case.name);
            assert_share(&case.name, found.p, case.p, 2000.0);
        }
    }
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

/// Kolmogorov's statistic against the uniform distribution: above 1.63 in one of a hundred samples.
fn kolmogorov(mut p: Vec<f64>) -> f64 {
    p.sort_by(f64::total_cmp);
    let count = p.len() as f64;
    let distance =
        |(rank, p): (usize, &f64)| (p - rank as f64 / count).max((rank + 1) as f64 / count - p);
    p.iter().enumerate().map(distance).fold(0.0, f64::max) * count.sqrt()
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

#[test]
fn without_dependence_conditional_hsic_is_uniform() {
    let p = p_values(300, |seed| CHSIC.test(&faces(60, 0.0, seed), seed));
    let statistic = kolmogorov(p);
    assert!(statistic < 1.63, "{statistic}");
    let p = p_values(150, |seed| CHSIC.test(&graded_faces(80, 0.0, seed), seed));
    println!(
        "chsic graded {} {}",
        kolmogorov(p.clone()),
        share_below(&p, 0.05)
    );
}

#[test]
fn without_dependence_cmi_knn_is_uniform() {
    let p = p_values(300, |seed| CMI_KNN.test(&faces(100, 0.0, seed), seed));
    println!(
        "cmi classes {} {}",
        kolmogorov(p.clone()),
        share_below(&p, 0.05)
    );
    let p = p_values(300, |seed| {
        CMI_KNN.test(&graded_faces(100, 0.0, seed), seed)
    });
    println!(
        "cmi graded {} {}",
        kolmogorov(p.clone()),
        share_below(&p, 0.05)
    );
}

#[test]
fn without_dependence_fcit() {
    let p = p_values(300, |seed| {
        Fcit::default().test(&faces(150, 0.0, seed), seed)
    });
    println!(
        "fcit classes {} {} {}",
        kolmogorov(p.clone()),
        share_below(&p, 0.05),
        share_below(&p, 0.01)
    );
    let p = p_values(300, |seed| {
        Fcit::default().test(&graded_faces(150, 0.0, seed), seed)
    });
    println!(
        "fcit graded {} {} {}",
        kolmogorov(p.clone()),
        share_below(&p, 0.05),
        share_below(&p, 0.01)
    );
}

#[test]
fn power() {
    for n in [100, 200, 300] {
        let t = std::time::Instant::now();
        let a = share_below(
            &p_values(40, |seed| CHSIC.test(&faces(n, 0.7, seed), seed)),
            0.01,
        );
        println!("chsic {n} {a} {:?}", t.elapsed());
        let t = std::time::Instant::now();
        let b = share_below(
            &p_values(40, |seed| CMI_KNN.test(&faces(n, 0.7, seed), seed)),
            0.01,
        );
        println!("cmi {n} {b} {:?}", t.elapsed());
        let t = std::time::Instant::now();
        let c = share_below(
            &p_values(40, |seed| Fcit::default().test(&faces(n, 0.7, seed), seed)),
            0.01,
        );
        println!("fcit {n} {c} {:?}", t.elapsed());
    }
    let t = std::time::Instant::now();
    let v = Vote::default().test(&faces(1000, 0.3, 1), 1);
    println!("{v:?} {:?}", t.elapsed());
}
