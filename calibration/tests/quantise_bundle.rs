//! From the default bundle to the same on codes, and what is said of it.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use calibration::{
    affect_model::AffectModel,
    data::Data,
    quantise::{
        Plan, QuantiseError,
        flow::{Figures, QuantisedBundle},
    },
};
use facs::{
    ActionUnit, AuLabel, Bundle, Calibration, Dataset, DatasetKind, Expression, Model, Role,
    Sample, Shard, Split,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: usize = 112;
const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();
const FACES: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// A copy of the default bundle with a calibration.
fn bundle(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/default");
    let mut bundle = Bundle::load(&source).unwrap();
    let folder = folder.join("calibrated");
    fs::create_dir(&folder).unwrap();
    for model in &bundle.models {
        fs::copy(source.join(&model.file), folder.join(&model.file)).unwrap();
    }
    let model = bundle.model(Role::Affect, &source).unwrap().clone();
    bundle.insert(Model {
        calibration: Some(Calibration {
            expression_temperature: Some(1.5),
            data: "made up".to_owned(),
            ..Calibration::default()
        }),
        ..model
    });
    bundle.save(&folder).unwrap();
    folder
}

/// Blotches of light, of which `parts` says where they belong.
fn data(folder: &Path, parts: &[Split]) -> PathBuf {
    let folder = folder.join(format!("data-{}", parts.len()));
    fs::create_dir(&folder).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut pixels = Vec::new();
    for _ in parts {
        let blotches: [[u8; 3]; 16] = rng.random();
        for (y, x) in (0..SIZE).flat_map(|y| (0..SIZE).map(move |x| (y, x))) {
            let light = blotches[y * 4 / SIZE * 4 + x * 4 / SIZE];
            pixels.extend(light.map(|it| it / 2 + (x * 3 + y) as u8 / 4));
        }
    }
    let mut header = Dataset::new(DatasetKind::Crops, SIZE, SIZE, serde_json::json!("made up"));
    let file = "shard-0.rgb".to_owned();
    fs::write(folder.join(&file), &pixels).unwrap();
    header.shards.push(Shard {
        file,
        images: parts.len(),
        sha256: facs::sha256_hex(&pixels),
    });
    let label = |on| AuLabel {
        on,
        intensity: None,
        left: None,
        right: None,
    };
    let sample = |(image, split): (usize, &Split)| Sample {
        image,
        subject: format!("s{image}"),
        domain: "blotches".to_owned(),
        split: *split,
        action_units: [(ActionUnit::Au12, label(image % 3 == 0))].into(),
        expression: Some([Expression::Neutral, Expression::Happiness][image % 2]),
        faces: Vec::new(),
        look_alikes: Vec::new(),
        provenance: None,
    };
    let samples: Vec<Sample> = parts.iter().enumerate().map(sample).collect();
    header.save(&folder, &samples).unwrap();
    folder
}

fn quantised(bundle: &Path, data: &Path) -> Result<QuantisedBundle, QuantiseError> {
    let training = [Data::open(data, &[Split::Train])?.of_size(SIZE)?];
    AffectModel::open(bundle)?.quantise(&training, FACES, &Plan::default(), &|_| {})
}

fn measured(done: &mut QuantisedBundle, out: &Path, data: &Path) -> Result<Figures, QuantiseError> {
    let test = [Data::open(data, &[Split::Test])?.of_size(SIZE)?];
    done.measure(out, &test, THREADS, &|_| {})
}

#[test]
fn the_default_bundle_says_nearly_the_same_on_codes() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, out) = (folder.path(), folder.path().join("out"));
    let parts = [[Split::Train; 20], [Split::Test; 20]].concat();
    let (source, data) = (bundle(folder), data(folder, &parts));
    let mut done = quantised(&source, &data).unwrap();
    done.write(&out).unwrap();
    let figures = measured(&mut done, &out, &data).unwrap();
    done.report(&out, &figures, &[]).unwrap();

    let [before, after] = [source.clone(), out.join("bundle")].map(|it| Bundle::load(&it).unwrap());
    assert_eq!(after, done.bundle);
    let others = |bundle: &Bundle| {
        let others = bundle.models.iter().filter(|it| it.role != Role::Affect);
        others.cloned().collect::<Vec<_>>()
    };
    assert_eq!(others(&after), others(&before));
    let [was, is] = [&before, &after].map(|it| it.model(Role::Affect, &out).unwrap());
    let quantisation = is.quantisation.clone().unwrap();
    assert_eq!(
        (quantisation.faces, &quantisation.from_sha256),
        (8, &was.sha256)
    );
    assert!(
        quantisation
            .data
            .starts_with("training part of data-40 (dataset.json sha256 ")
    );
    assert_eq!(
        quantisation.metrics["au_f1_after"],
        figures.mean(|it| it.f1).after
    );
    assert_eq!(
        (&is.calibration, &is.thresholds),
        (&was.calibration, &was.thresholds)
    );

    // Every convolution, and both large products; the heads stay.
    assert_eq!(
        (done.quantised.folded, done.quantised.layers.len()),
        (10, 12)
    );
    assert!(
        done.quantised
            .stayed
            .iter()
            .any(|it| it[1].ends_with("gate.output.weight"))
    );
    assert!(2 * done.bytes.after < done.bytes.before);
    assert_eq!((figures.faces, figures.units.len()), (20, 1));
    for change in [
        figures.unit_change,
        figures.expression_change,
        figures.edge_change,
    ] {
        assert!(change.mean > 0.0 && change.mean < 0.02, "{change:?}");
        assert!(change.largest < 0.25, "{change:?}");
    }
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(
        report.contains("`backbone.neck.conv.weight` | 8-bit integers"),
        "{report}"
    );
    let json = fs::read(out.join("figures.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["bytes"]["after"], done.bytes.after);

    let error = quantised(&out.join("bundle"), &data)
        .unwrap_err()
        .to_string();
    assert!(error.contains("it is quantised already"), "{error}");
    fs::rename(&source, folder.join("bundle")).unwrap();
    let moved = quantised(&folder.join("bundle"), &data).unwrap();
    let error = moved.write(folder).unwrap_err().to_string();
    assert!(
        error.contains("over the bundle that it is made of"),
        "{error}"
    );
}

#[test]
fn data_without_the_part_that_is_needed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let source = bundle(folder);
    let unseen = data(folder, &[Split::Validation, Split::Test]);
    let error = quantised(&source, &unseen).unwrap_err();
    assert!(
        matches!(error, QuantiseError::NoFaces("training")),
        "{error}"
    );
    let training = data(folder, &[Split::Train, Split::Train, Split::Validation]);
    let mut done = quantised(&source, &training).unwrap();
    assert_eq!(done.model.quantisation.as_ref().unwrap().faces, 2);
    done.write(folder).unwrap();
    let error = measured(&mut done, folder, &training).unwrap_err();
    assert!(matches!(error, QuantiseError::NoFaces("test")), "{error}");
}
