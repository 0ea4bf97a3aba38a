//! The whole path at its smallest: people are drawn, all models are trained for a moment and
//! exported (which proves parity with ONNX Runtime), and the daemon turns frames into records.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::AtomicBool,
};

use burn::tensor::Device;
use facs::{ActionUnit, Bundle, DatasetKind, Expression, Record, Role};
use synth::{
    causal::CausalModel,
    dataset::{self, Cast, Crops, Plan, Scenes, Source, generate},
    head::Head,
};
use trainer::{
    affect::AffectTask,
    data::{
        Images,
        import::{FindFace, OnnxFaceFinder},
    },
    export,
    face_finder::FaceFinderTask,
    face_refiner::FaceRefinerTask,
    recipe::{ModelSettings, Recipe},
    run_dir::RunDir,
    task::Task,
    train::{Outcome, train},
};

const FRAMES: u32 = 12;

fn draw(source: &impl Source, kind: DatasetKind, [width, height]: [usize; 2], folder: &Path) {
    let plan = Plan {
        kind,
        width,
        height,
        images: 64,
        shard_images: 32,
        origin: serde_json::json!("end to end"),
    };
    let outcome = generate(&plan, source, folder, |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(outcome, dataset::Outcome::Complete);
}

/// Trains a recipe whose data lies beside it.
fn fit(folder: &Path, name: &str, data: &Path, model: &str) -> PathBuf {
    let text = format!(
        "seed = 1\n[data]\nfolders = [{:?}]\n[training]\nepochs = 1\nbatch = 8\nlearning_rate = 1e-3\n{model}",
        data.to_str().unwrap()
    );
    let recipe = Recipe::parse(&text, Path::new("recipe.toml")).unwrap();
    let path = folder.join(name);
    let run = RunDir::create(&path, &text).unwrap();
    match &recipe.model {
        ModelSettings::Affect(settings) => {
            let task = AffectTask {
                settings: settings.clone(),
                embeddings: None,
                graphs: None,
            };
            let sides = [settings.size, settings.size];
            run_to_end(&task, &recipe, DatasetKind::Crops, sides, &run);
        }
        ModelSettings::FaceFinder(settings) => {
            let task = FaceFinderTask {
                settings: settings.clone(),
            };
            let sides = [settings.width, settings.height];
            run_to_end(&task, &recipe, DatasetKind::Scenes, sides, &run);
        }
        ModelSettings::FaceRefiner(settings) => {
            let task = FaceRefinerTask {
                settings: settings.clone(),
            };
            let sides = [settings.width, settings.height];
            run_to_end(&task, &recipe, DatasetKind::Scenes, sides, &run);
        }
    }
    path
}

fn run_to_end<T: Task>(
    task: &T,
    recipe: &Recipe,
    kind: DatasetKind,
    [width, height]: [usize; 2],
    run: &RunDir,
) {
    let images = Images::load(&recipe.data.folders, kind, width, height).unwrap();
    let stop = AtomicBool::new(false);
    let outcome = train(task, recipe, &images, run, &Device::flex(), &stop).unwrap();
    assert!(matches!(outcome, Outcome::Finished(_)));
}

#[test]
fn from_a_causal_model_to_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);

    let cast = || Cast::new(vec![Head::built_in()], 4, 1).unwrap();
    let people = CausalModel::built_in().clone();
    draw(
        &Crops::new(cast(), people.clone(), 32),
        DatasetKind::Crops,
        [32, 32],
        &path("crops"),
    );
    draw(
        &Scenes::new(cast(), people, [64, 32]),
        DatasetKind::Scenes,
        [64, 32],
        &path("scenes"),
    );

    let affect = fit(
        folder.path(),
        "affect",
        &path("crops"),
        "[affect]\nsize = 32\nwidths = [4, 6]\nneck = 4\nembedding = 8\nfeature = 4\nmessage = 4\n",
    );
    let face_finder = fit(
        folder.path(),
        "face_finder",
        &path("scenes"),
        "[face_finder]\nwidth = 64\nheight = 32\nwidths = [4, 4, 4, 4]\nhead = 4\n",
    );
    let face_refiner = fit(
        folder.path(),
        "face_refiner",
        &path("scenes"),
        "[face_refiner]\nwidth = 64\nheight = 32\nsize = 16\nwidths = [4, 6]\nneck = 4\nembedding = 8\n",
    );

    let models = path("bundle");
    let runs: [&Path; 3] = [&affect, &face_finder, &face_refiner];
    let mut bundle = export::bundle("tiny", &runs, &models).unwrap();
    // Trained for a moment they are sure of nothing: let them call their best guesses faces.
    for model in &mut bundle.models {
        if [Role::FaceFinder, Role::FaceRefiner].contains(&model.role) {
            model.score_threshold = Some(0.0);
        }
    }
    bundle.save(&models).unwrap();
    Bundle::load(&models).unwrap();

    the_importer_looks_twice(&models, &path("finder_alone"));

    let records = path("records.jsonl");
    let status = Command::new(daemon())
        .args(["run", "--input", &format!("test:{FRAMES}")])
        .arg("--bundle")
        .arg(&models)
        .arg("--output")
        .arg(&records)
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    check(&fs::read_to_string(records).unwrap());
}

/// With the refiner the same boxes have other landmarks.
fn the_importer_looks_twice(models: &Path, finder_alone: &Path) {
    fs::create_dir(finder_alone).unwrap();
    let mut bundle = Bundle::load(models).unwrap();
    bundle.models.retain(|model| model.role == Role::FaceFinder);
    fs::copy(
        models.join("face_finder.onnx"),
        finder_alone.join("face_finder.onnx"),
    )
    .unwrap();
    bundle.save(finder_alone).unwrap();
    let pixels: Vec<u8> = (0..64 * 32 * 3).map(|at| (at * 37 % 251) as u8).collect();
    let picture = align::RgbView::new(&pixels, 64, 32, 64 * 3).unwrap();
    let [once, twice] = [finder_alone, models].map(|folder| {
        OnnxFaceFinder::open(folder)
            .unwrap()
            .find(&picture)
            .unwrap()
    });
    assert!(!once.is_empty() && once.len() == twice.len());
    for (once, twice) in once.iter().zip(&twice) {
        assert_eq!(once.bounding_box, twice.bounding_box);
        assert!(twice.score <= once.score);
        assert_ne!(once.landmarks, twice.landmarks);
    }
}

/// The daemon's program, which a build of the workspace's tests leaves beside them.
fn daemon() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("edge-daemon")
}

fn check(lines: &str) {
    let schema = include_str!("../../facs/schema/record.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let mut faces = 0;
    for (index, line) in lines.lines().enumerate() {
        let value = serde_json::from_str(line).unwrap();
        schema.validate(&value).unwrap();
        let Record::Frame(frame) = serde_json::from_value(value).unwrap() else {
            panic!("a test pattern has no gaps: {line}")
        };
        assert_eq!(frame.sequence, index as u64);
        for face in &frame.faces {
            faces += 1;
            assert_eq!(face.action_units.len(), ActionUnit::COUNT);
            assert_eq!(face.expression.p.len(), Expression::EIGHT.len());
            let sum: f32 = face.expression.p.values().sum();
            assert!((sum - 1.0).abs() < 1e-3, "probabilities sum to {sum}");
        }
    }
    assert_eq!(lines.lines().count(), FRAMES as usize);
    assert!(faces > 0, "the daemon saw no face at all");
}
