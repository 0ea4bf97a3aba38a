//! Every number against NumPy, SciPy and scikit-learn, see `fixtures/reference.py`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    reliability::{Bin, Reliability, brier, classwise_ece},
    threshold::{Confusion, at_false_alarm_rate, best_f1},
    *,
};

#[derive(Deserialize)]
struct Reference {
    categorical: Distributions,
    binary: Vec<Cases>,
    /// Hits, trials, doubt, bound.
    bounds: Vec<(usize, usize, f64, f64)>,
    selective: Selective,
}

#[derive(Deserialize)]
struct Distributions {
    p: Vec<Vec<f32>>,
    truth: Vec<usize>,
    temperature: f64,
    before: f64,
    after: f64,
    brier: f64,
    accuracy: f64,
    log_loss: f64,
    classwise_ece: f64,
}

#[derive(Deserialize)]
struct Cases {
    p: Vec<f32>,
    truth: Vec<u8>,
    at: Vec<f64>,
    isotonic: Vec<f64>,
    knots: usize,
    slope: f64,
    offset: f64,
    /// Mean probability and frequency.
    width: Vec<(f64, f64)>,
    ece: f64,
    mce: f64,
    /// Count, mean probability and frequency.
    mass: Vec<(usize, f64, f64)>,
    mass_ece: f64,
    brier: f64,
    log_loss: f64,
    best_f1: f64,
    /// The most that each of three limits allows.
    false_alarms: [f64; 3],
}

#[derive(Deserialize)]
struct Selective {
    confidence: Vec<f32>,
    right: Vec<bool>,
    /// By risk: confidence, answers and bound.
    found: BTreeMap<String, Option<(f32, usize, f64)>>,
}

impl Cases {
    fn pairs(&self) -> Vec<(f32, bool)> {
        let truth = self.truth.iter().map(|truth| *truth == 1);
        self.p.iter().copied().zip(truth).collect()
    }
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("fixtures/reference.json")).unwrap()
}

fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() < tolerance,
        "{what}: {found}, expected {expected}"
    );
}

#[test]
fn temperature_and_errors_of_distributions_are_the_references() {
    let expected = reference().categorical;
    let mut cases = Categorical::new(4);
    for (p, truth) in expected.p.iter().zip(&expected.truth) {
        cases.push(p, *truth);
    }
    let fitted = temperature::fit(&cases).unwrap();
    near(fitted.value, expected.temperature, 1e-6, "temperature");
    near(fitted.before, expected.before, 1e-12, "loss before");
    near(fitted.after, expected.after, 1e-12, "loss after");
    near(cases.brier(), expected.brier, 1e-12, "Brier score");
    near(cases.log_loss(), expected.log_loss, 1e-12, "log loss");
    near(cases.accuracy(), expected.accuracy, 1e-12, "accuracy");
    let ece = classwise_ece(&cases, 10);
    near(ece, expected.classwise_ece, 1e-12, "classwise ECE");
}

#[test]
fn maps_are_the_references() {
    for expected in reference().binary {
        let cases = expected.pairs();
        let point = |&(p, truth): &(f32, bool)| (f64::from(p), f64::from(u8::from(truth)));
        let blocks = isotonic::fit(&cases.iter().map(point).collect::<Vec<_>>());
        assert_eq!(blocks.len(), expected.knots);
        for (x, y) in expected.at.iter().zip(&expected.isotonic) {
            near(isotonic::predict(&blocks, *x), *y, 1e-9, "isotonic");
        }
        let fitted = platt::fit(&cases).unwrap();
        near(fitted.slope, expected.slope, 2e-4, "slope");
        near(fitted.offset, expected.offset, 2e-4, "offset");
    }
}

#[test]
fn diagrams_are_the_references() {
    for expected in reference().binary {
        let cases = expected.pairs();
        let width = Reliability::equal_width(&cases, 10);
        assert_eq!(width.bins.len(), expected.width.len());
        for (bin, (confidence, frequency)) in width.bins.iter().zip(&expected.width) {
            near(bin.confidence, *confidence, 1e-12, "mean of a bin");
            near(bin.frequency(), *frequency, 1e-12, "frequency of a bin");
        }
        near(width.ece(), expected.ece, 1e-12, "ECE");
        near(width.mce(), expected.mce, 1e-12, "MCE");
        let mass = Reliability::equal_mass(&cases, 8);
        let counts: Vec<usize> = mass.bins.iter().map(|bin| bin.count).collect();
        assert_eq!(
            counts,
            expected.mass.iter().map(|bin| bin.0).collect::<Vec<_>>()
        );
        let of = |bin: &Bin| (bin.confidence, bin.frequency());
        for (bin, (_, confidence, frequency)) in mass.bins.iter().zip(&expected.mass) {
            near(of(bin).0, *confidence, 1e-12, "mean of a bin");
            near(of(bin).1, *frequency, 1e-12, "frequency of a bin");
        }
        near(mass.ece(), expected.mass_ece, 1e-12, "ECE of equal mass");
        near(brier(&cases), expected.brier, 1e-12, "Brier score");
        // scikit-learn keeps probabilities of 1 a little further off.
        near(log_loss(&cases), expected.log_loss, 1e-6, "log loss");
    }
}

#[test]
fn thresholds_are_as_good_as_the_references() {
    for expected in reference().binary {
        let cases = expected.pairs();
        let best = Confusion::at(&cases, best_f1(&cases).unwrap());
        near(best.f1(), expected.best_f1, 1e-12, "F1");
        for (rate, alarms) in [0.02, 0.1, 0.3].into_iter().zip(expected.false_alarms) {
            let found = at_false_alarm_rate(&cases, rate)
                .map_or(0.0, |least| Confusion::at(&cases, least).false_alarm_rate());
            near(found, alarms, 1e-12, "false alarms");
        }
    }
}

#[test]
fn bounds_and_limits_of_confidence_are_the_references() {
    let Reference {
        bounds, selective, ..
    } = reference();
    for (hits, trials, doubt, expected) in bounds {
        let bound = abstain::upper_bound(hits, trials, doubt);
        near(bound, expected, 1e-10, "bound");
    }
    let pairs = selective.confidence.iter().copied();
    let cases: Vec<_> = pairs.zip(selective.right).collect();
    assert_eq!(selective.found.len(), 4);
    for (risk, expected) in selective.found {
        let found = abstain::guaranteed(&cases, risk.parse().unwrap(), 0.05);
        assert_eq!(found.is_some(), expected.is_some(), "{risk}");
        let (Some(found), Some((least, answers, bound))) = (found, expected) else {
            continue;
        };
        near(found.selection.least.into(), least.into(), 1e-9, "limit");
        near(
            found.selection.coverage,
            answers as f64 / 500.0,
            1e-12,
            "coverage",
        );
        near(found.bound, bound, 1e-9, "bound of a limit");
    }
}
