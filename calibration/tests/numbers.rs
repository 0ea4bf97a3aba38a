//! From a bundle whose probabilities are wrong in known ways to one whose are right.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use calibration::affect_model::AffectModel;
use calibration::data::Data;
use calibration::numbers::{
    flow::{Calibrated, Face, NumbersError, PARTS, Plan},
    map::Method,
};
use facs::{
    ActionUnit, AuLabel, Bundle, Calibration, Dataset, DatasetKind, Role, Sample, Shard, Split,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: usize = 112;
const IMAGES: usize = 1800;
const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();
const PLAN: Plan = Plan {
    false_alarms: None,
    expression_risk: Some(0.6),
    worse: 1.5,
    limit_quality: true,
};

/// Its answers follow from the mean colour of a crop.
fn bundle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../edge/tests/fixtures/bundle")
}

/// Crops of one colour each, three of a subject; the last third is the test part.
fn samples() -> Vec<Sample> {
    let sample = |image| Sample {
        image,
        subject: format!("s{}", image / 3),
        domain: if image % 2 == 0 { "even" } else { "odd" }.into(),
        split: match 3 * image / IMAGES {
            0 if image < 6 => Split::Train,
            0 | 1 => Split::Validation,
            _ => Split::Test,
        },
        action_units: Default::default(),
        expression: None,
        faces: Vec::new(),
        look_alikes: Vec::new(),
        provenance: None,
    };
    (0..IMAGES).map(sample).collect()
}

fn write(folder: &Path, kind: DatasetKind, samples: &[Sample]) {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut header = Dataset::new(kind, SIZE, SIZE, serde_json::json!("made up"));
    // Two shards, the border inside a batch.
    for (number, images) in [1000, IMAGES - 1000].into_iter().enumerate() {
        let file = format!("shard-{number}.rgb");
        let pixels: Vec<u8> = (0..images)
            .flat_map(|_| rng.random::<[u8; 3]>().repeat(SIZE * SIZE))
            .collect();
        fs::write(folder.join(&file), &pixels).unwrap();
        header.shards.push(Shard {
            file,
            images,
            sha256: facs::sha256_hex(&pixels),
        });
    }
    header.save(folder, samples).unwrap();
}

fn read(subject: &AffectModel, folder: &Path) -> Result<(Vec<Face>, Vec<Data>), NumbersError> {
    let data = vec![Data::open(folder, &PARTS)?.of_size(SIZE)?];
    let faces = subject.read(&data, THREADS, &|_| {})?;
    Ok((faces, data))
}

/// AU12 is as active as its probability squared says, AU06 as it says, AU01 seldom labelled, the others not
/// at all; the expression is half as sure as it should be.
fn label(samples: &mut [Sample], faces: &[Face], bundle: &Bundle) {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let model = bundle.model(Role::Affect, Path::new("")).unwrap();
    let known = samples.iter_mut().filter(|it| it.split != Split::Train);
    for (number, (sample, face)) in known.zip(faces).enumerate() {
        let mut active = |unit: ActionUnit, rate: fn(f64) -> f64| {
            let on = rng.random::<f64>() < rate(f64::from(face.units[unit.index()]));
            let label = AuLabel {
                on,
                intensity: None,
                left: None,
                right: None,
            };
            sample.action_units.insert(unit, label);
        };
        active(ActionUnit::Au12, |p| p * p);
        active(ActionUnit::Au06, |p| p);
        if number % 60 == 0 {
            active(ActionUnit::Au01, |p| p);
        }
        let squares: Vec<f32> = face.expressions.iter().map(|p| p * p).collect();
        let mut left = rng.random::<f32>() * squares.iter().sum::<f32>();
        let shown = squares.iter().position(|square| {
            left -= square;
            left < 0.0
        });
        sample.expression = shown.map(|shown| model.expressions[shown]);
    }
}

fn calibrated(folder: &Path) -> (Calibrated, Vec<Face>) {
    let subject = AffectModel::open(&bundle()).unwrap();
    let mut samples = samples();
    write(folder, DatasetKind::Crops, &samples);
    let (faces, _) = read(&subject, folder).unwrap();
    label(&mut samples, &faces, &Bundle::load(&bundle()).unwrap());
    write(folder, DatasetKind::Crops, &samples);
    let (faces, data) = read(&subject, folder).unwrap();
    (subject.calibrate(&faces, &data, &PLAN).unwrap(), faces)
}

/// Better than before, as good as chance allows, and the limit keeps its promise.
fn is_better_on_the_test_part(calibrated: &Calibrated, calibration: &Calibration) {
    let figures = &calibrated.figures;
    let of = |unit| figures.units.iter().find(|it| it.unit == unit).unwrap();
    let smile = of(ActionUnit::Au12);
    assert_eq!(smile.faces, IMAGES / 3);
    assert!(
        smile.ece.before > 0.1 && smile.ece.after < 1.8 * smile.ece_by_chance,
        "{smile:?}"
    );
    assert!(smile.brier.after < smile.brier.before && smile.f1.after >= smile.f1.before - 0.02);
    let cheek = of(ActionUnit::Au06);
    assert!((cheek.brier.after - cheek.brier.before).abs() < 0.005);
    let expression = figures.expression.as_ref().unwrap();
    assert!(expression.log_loss.after < expression.log_loss.before);
    assert!(expression.ece.after < 0.5 * expression.ece.before);
    assert_eq!(
        calibration.metrics["expression_ece_after"],
        expression.ece.after
    );
    assert_eq!(figures.domains.len(), 2);

    // The limit keeps its promise.
    let least = calibration.expression_abstain_below.unwrap();
    let limit = expression.limits.iter().find(|it| it.risk == 0.6).unwrap();
    assert_eq!(limit.fitted.least, least);
    assert!(
        limit.fitted.risk < 0.6 && limit.test.risk < 0.6 && limit.test.coverage > 0.1,
        "{limit:?}"
    );
}

#[test]
fn what_was_wrong_is_right_afterwards_and_what_was_right_stays() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let (calibrated, faces) = calibrated(&data);
    assert_eq!(faces.len(), IMAGES - 6, "the training part is not read");
    let out = folder.path().join("out");
    calibrated.write(&out).unwrap();

    // The bundle that was written is sound, and its models are the same.
    let written = Bundle::load(&out.join("bundle")).unwrap();
    assert_eq!(written, calibrated.bundle);
    let before = Bundle::load(&bundle()).unwrap();
    let hashes = |bundle: &Bundle| {
        bundle
            .models
            .iter()
            .map(|it| it.sha256.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(hashes(&written), hashes(&before));
    let model = written.model(Role::Affect, &out).unwrap();
    let calibration = model.calibration.as_ref().unwrap();
    assert!(
        calibration
            .data
            .starts_with("validation faces: 1194 of data (dataset.json sha256 ")
    );

    // Squares, by the map; what was true, as it was; too few to tell, as it was.
    let map = &calibration.action_units[&ActionUnit::Au12];
    for p in [0.2_f32, 0.5, 0.8] {
        assert!((map.apply(p) - p * p).abs() < 0.08, "{p}: {}", map.apply(p));
    }
    let fit = |unit: ActionUnit| &calibrated.fitted.units[unit.index()];
    assert!(fit(ActionUnit::Au12).map.as_ref().unwrap().method != Method::AsIs);
    assert!(fit(ActionUnit::Au01).map.is_err());
    assert!(!calibration.action_units.contains_key(&ActionUnit::Au01));
    assert_eq!(
        fit(ActionUnit::Au43).positives + fit(ActionUnit::Au43).negatives,
        0
    );
    let temperature = calibration.expression_temperature.unwrap();
    assert!((temperature - 0.5).abs() < 0.1, "{temperature}");

    is_better_on_the_test_part(&calibrated, calibration);

    let report = fs::read_to_string(out.join("report.md")).unwrap();
    for part in [
        "| AU12 | ",
        "## By domain",
        "as is",
        "The bundle has that of 0.60",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
    for diagram in ["units.svg", "expression.svg"] {
        let svg = fs::read_to_string(out.join(diagram)).unwrap();
        assert!(svg.contains("came true"), "{diagram}");
    }

    // Calibrated once more it is as before: nothing is stacked.
    let again = AffectModel::open(&out.join("bundle")).unwrap();
    let (faces, data) = read(&again, &data).unwrap();
    let twice = again.calibrate(&faces, &data, &PLAN).unwrap();
    let after = twice
        .figures
        .units
        .iter()
        .find(|it| it.unit == ActionUnit::Au12);
    let once = calibrated.figures.units.iter();
    let once = once.filter(|it| it.unit == ActionUnit::Au12);
    let once = once.map(|it| it.ece.after).next().unwrap();
    assert_eq!(after.unwrap().ece.before, once);
    assert_eq!(after.unwrap().ece.after, once);
}

#[test]
fn data_that_cannot_be_used_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let subject = AffectModel::open(&bundle()).unwrap();
    let refused = |problem: &str| {
        let error = read(&subject, folder.path()).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    };
    refused("dataset.json");
    write(folder.path(), DatasetKind::Scenes, &samples());
    refused("it holds whole scenes, not aligned faces");
    let mut samples = samples();
    samples.retain(|sample| sample.split != Split::Test);
    write(folder.path(), DatasetKind::Crops, &samples);
    let (faces, data) = read(&subject, folder.path()).unwrap();
    let error = subject.calibrate(&faces, &data, &PLAN).unwrap_err();
    assert!(
        matches!(error, NumbersError::NoFaces(Split::Test)),
        "{error}"
    );
    let data = Data::open(folder.path(), &PARTS).unwrap();
    let error = data.of_size(96).unwrap_err().to_string();
    assert!(
        error.contains("its crops are 112x112, the model takes 96x96"),
        "{error}"
    );
}
