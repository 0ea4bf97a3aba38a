//! ONNX Runtime computes what burn computes, for every operator and several batch sizes.

mod common;

use std::collections::BTreeSet;

use common::{cases, missing, run_onnx, runtime_library};

/// The greatest absolute error allowed.
const TOLERANCE: f64 = 1e-4;
const BATCHES: [usize; 3] = [1, 3, 8];

#[test]
fn every_case_agrees_with_burn() {
    if runtime_library().is_none() {
        return missing("ONNX Runtime");
    }
    let mut worst = (0.0, String::new());
    for case in cases::all() {
        let bytes = case
            .export()
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let bytes = bytes.to_bytes().unwrap();
        let batches: Vec<_> = BATCHES.iter().map(|batch| case.draw(*batch)).collect();
        let found = run_onnx(&bytes, &batches);
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        for (inputs, found) in batches.iter().zip(found) {
            let expected = case.run_burn(inputs);
            assert_eq!(expected.len(), found.len(), "{}", case.name);
            for ((name, expected), (shape, values)) in expected.iter().zip(found) {
                let place = format!("{}/{name}, batch {}", case.name, inputs[0].1.shape()[0]);
                assert_eq!(expected.shape().as_slice(), shape, "{place}");
                let expected: Vec<f64> = expected.iter::<f64>().collect();
                for (a, b) in expected.iter().zip(&values) {
                    // Infinities and NaN in both are equal.
                    let same = a == b || (a.is_nan() && b.is_nan());
                    let error = if same { 0.0 } else { (a - b).abs() };
                    assert!(
                        error < TOLERANCE,
                        "{place}: {a} in burn, {b} in ONNX Runtime"
                    );
                    if error > worst.0 {
                        worst = (error, place.clone());
                    }
                }
            }
        }
    }
    println!("greatest error {:.1e} at {}", worst.0, worst.1);
}

#[test]
fn the_cases_use_every_operator() {
    let used: BTreeSet<String> = cases::all()
        .iter()
        .flat_map(|case| case.operators())
        .collect();
    let listed: BTreeSet<String> = exporter::operators().iter().map(|row| row.path()).collect();
    let unused: Vec<&String> = listed.difference(&used).collect();
    assert!(unused.is_empty(), "no case uses {unused:?}");
}
