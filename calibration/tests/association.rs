//! From crops on disk to a vote: a classifier that answers to the symmetry of the mouth is told from one
//! that answers to the expression alone.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[path = "common/mouth.rs"]
mod mouth;

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use align::Side;
use calibration::{
    association::{
        Association, Columns, Counts, Draw, Table,
        faces::{self, Face},
    },
    data::Data,
    statistics::independence::{chsic::Chsic, cmi_knn::CmiKnn, vote::Vote},
    subject::{Classify, Identity, Subject, SubjectError},
};
use facs::{CropTemplate, Dataset, DatasetKind, Expression, Split};
use mouth::{mouth_symmetry, noise};
use synth::{
    dataset::{Cast, Plan, Symmetry, SymmetryGrid, generate},
    head::Region,
};

const SIZE: usize = 112;
const PEOPLE: usize = 12;
const SHOWN: [Expression; 2] = [Expression::Happiness, Expression::Surprise];
const STEPS: usize = 6;
const ROWS: usize = PEOPLE * SHOWN.len() * STEPS;
const FEATURES: [&str; 3] = ["mirror_distance", "landmark_asymmetry", "action_asymmetry"];

/// Knows every crop's expression by heart, and doubts it by chance; where it is biased, by the asymmetry of
/// the mouth besides.
#[derive(Clone)]
struct Knowing {
    shown: BTreeMap<String, Expression>,
    biased: bool,
}

impl Subject for Knowing {
    fn identity(&self) -> Identity {
        Identity {
            name: "knowing".to_owned(),
            sha256: format!("{}", self.biased),
        }
    }

    fn classes(&self) -> &[Option<Expression>] {
        &[Some(Expression::Happiness), None]
    }

    fn window(&self) -> CropTemplate {
        align::template(SIZE)
    }

    fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError> {
        Ok(Box::new(self.clone()))
    }
}

impl Classify for Knowing {
    fn classify(&mut self, crops: &[u8], probabilities: &mut Vec<f32>) -> Result<(), SubjectError> {
        for crop in crops.chunks_exact(SIZE * SIZE * 3) {
            let smiles = self.shown[&facs::sha256_hex(crop)] == Expression::Happiness;
            let mut logit = if smiles { 2.0 } else { -2.0 } + noise(crop);
            if self.biased {
                logit += 2.0 * mouth_symmetry(crop, SIZE);
            }
            let p = 1.0 / (1.0 + (-logit).exp());
            probabilities.extend([p, 1.0 - p]);
        }
        Ok(())
    }
}

/// Smiles and surprises of some people, with every step of symmetry.
fn draw(folder: &Path) {
    let heads = vec![Cast::head_named("built-in").unwrap()];
    let cast = Cast::new(heads, PEOPLE, 23).unwrap();
    let grid = SymmetryGrid {
        expressions: SHOWN.to_vec(),
        times: vec![1.0],
        symmetries: SymmetryGrid::steps(STEPS),
        intensity: 4.0,
        side: Side::Left,
        region: Region::Face,
        varied: false,
    };
    let source = Symmetry::new(cast, grid, SIZE).unwrap();
    let plan = Plan {
        kind: DatasetKind::Crops,
        width: SIZE,
        height: SIZE,
        images: source.images(),
        shard_images: 96,
        origin: serde_json::json!("interventions"),
    };
    generate(&plan, &source, folder, |_| (), &AtomicBool::default()).unwrap();
}

fn knowing(folder: &Path, biased: bool) -> Knowing {
    let (header, samples) = Dataset::load(folder).unwrap();
    let shards = header.shards.iter();
    let pixels: Vec<u8> = shards
        .flat_map(|shard| fs::read(folder.join(&shard.file)).unwrap())
        .collect();
    let crop = |image: usize| &pixels[image * header.image_bytes()..][..header.image_bytes()];
    let shown = samples.iter().map(|sample| {
        let sha256 = facs::sha256_hex(crop(sample.image));
        (sha256, sample.expression.unwrap())
    });
    let shown: BTreeMap<_, _> = shown.collect();
    assert_eq!(shown.len(), ROWS, "no two pictures are the same");
    Knowing { shown, biased }
}

fn read(folder: &Path, biased: bool) -> (Vec<Face>, PathBuf) {
    let subject = knowing(folder, biased);
    let parts = [Split::Train, Split::Validation, Split::Test];
    let data = [Data::open(folder, &parts).unwrap()];
    let threads = NonZeroUsize::new(2).unwrap();
    let faces = faces::read(&subject, &data, threads, &|_| ()).unwrap();
    let table = folder.join("faces.csv");
    faces::write(&table, subject.classes(), &faces).unwrap();
    (faces, table)
}

fn test(table: &Path) -> Vec<Association> {
    let columns = Columns {
        label: "expression".to_owned(),
        predictions: vec!["logit_happiness".to_owned()],
        features: FEATURES.map(str::to_owned).to_vec(),
    };
    let draw = Draw {
        rows: 120,
        one_per: Vec::new(),
        seed: 3,
    };
    let table = Table::read(table, &columns, &draw).unwrap();
    let counts = Counts {
        found: ROWS,
        incomplete: 0,
        drawn: 120,
    };
    assert_eq!(table.counts(), counts);
    let vote = Vote {
        chsic: Chsic {
            permutations: 199,
            ..Chsic::default()
        },
        cmi_knn: CmiKnn {
            permutations: 199,
            ..CmiKnn::default()
        },
        ..Vote::default()
    };
    table.test(&vote, 5, || ()).unwrap()
}

#[test]
fn answers_to_asymmetry_are_told_from_answers_to_the_expression() {
    let folder = tempfile::tempdir().unwrap();
    draw(folder.path());
    for biased in [true, false] {
        let (faces, table) = read(folder.path(), biased);
        assert_eq!(faces.len(), ROWS);
        let found = test(&table);
        let associated: Vec<_> = found.iter().map(|found| found.associated).collect();
        assert_eq!(associated, [biased; 3], "{found:?}");
    }
}

#[test]
fn a_row_is_the_face_that_its_labels_and_pixels_are_of() {
    let folder = tempfile::tempdir().unwrap();
    draw(folder.path());
    let (faces, table) = read(folder.path(), false);
    let (_, samples) = Dataset::load(folder.path()).unwrap();
    let mut reader = csv::Reader::from_path(table).unwrap();
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    assert_eq!((faces.len(), rows.len()), (ROWS, ROWS));
    for ((sample, face), row) in samples.iter().zip(&faces).zip(&rows) {
        assert_eq!(row["image"], sample.image.to_string());
        assert_eq!(row["subject"], sample.subject);
        let shown = sample.expression.unwrap();
        assert_eq!(row["expression"], shown.name());
        let smiles = shown == Expression::Happiness;
        assert_eq!(row["says"], if smiles { "happiness" } else { "class_1" });
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        let (p, logit) = (number("p_happiness"), number("logit_happiness"));
        assert!((logit - (p / (1.0 - p)).ln()).abs() < 1e-3, "{row:?}");
        assert!((number("mirror_distance") - face.mirror_distance).abs() < 1e-6);
        // Plain people look into the camera, as far as five landmarks tell.
        assert!(number("yaw").abs() < 15.0, "{row:?}");
        // One side falls short by as much as the intervention says.
        let symmetric = sample.provenance.as_ref().unwrap().done["symmetry"] == 1.0;
        assert_eq!(number("action_asymmetry") < 1e-6, symmetric, "{row:?}");
    }
}
