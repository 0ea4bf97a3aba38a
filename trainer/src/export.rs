//! From finished runs to a bundle: capture -> ONNX -> parity with ONNX Runtime -> `bundle.json`.

mod parity;
mod restore;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result};
use burn::{
    module::Module,
    tensor::{Device, TensorData},
};
use exporter::{Element, Export, OnnxModel};
use facs::{
    ActionUnit, Bundle, Expression, GlobalGraphs, Graph, ImageInput, Licence, Model, Role,
    SideFusion, Training, sha256_hex,
};

pub use restore::{Restored, restore};

use crate::{
    affect::{AffectNetwork, AffectOutput, AffectSettings},
    data::Images,
    face_finder::{FaceFinder, FaceFinderOutput, FaceFinderSettings},
    face_refiner::{FaceRefiner, FaceRefinerOutput, FaceRefinerSettings},
    recipe::{ModelSettings, Recipe},
    run_dir::RunDir,
    task::Evaluation,
};

/// The metric that holds the largest difference between burn and ONNX Runtime.
pub const PARITY: &str = "parity_error";

/// The file of a run folder that says how the training data were made.
pub const DATA_NOTE: &str = "data.json";

/// Exports finished runs and writes a bundle: one model file per run and `bundle.json`.
///
/// # Errors
/// When a run is not finished, an operation cannot be exported, or ONNX Runtime disagrees with
/// burn.
pub fn bundle(name: &str, runs: &[&Path], out: &Path) -> Result<Bundle> {
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let mut bundle = Bundle::new(name, licence(runs)?);
    for path in runs {
        bundle.insert(model(path, out).with_context(|| format!("run {}", path.display()))?);
    }
    bundle.save(out)?;
    // What was written is what will be read.
    Ok(Bundle::load(out)?)
}

/// How all pictures were made that the weights of a run of `recipe` have seen: its own, and those of
/// the run that it starts from.
///
/// # Errors
/// When that run's note cannot be read.
pub fn origins(recipe: &Recipe, images: &Images) -> Result<Vec<serde_json::Value>> {
    let mut origins = images.origins.clone();
    if let Some(start) = &recipe.training.start {
        let (run, _) = RunDir::open(start).context("training.start")?;
        if run.file(DATA_NOTE).exists() {
            origins.extend(run.load_json::<Vec<_>>(DATA_NOTE)?);
        }
    }
    Ok(origins)
}

/// Terms of the weights: those of the code, unless pictures of real people were among the data.
fn licence(runs: &[&Path]) -> Result<Licence> {
    let mut terms = BTreeSet::new();
    for path in runs {
        let (run, _) = RunDir::open(path)?;
        // Runs without the note are older than the first way to import pictures.
        if run.file(DATA_NOTE).exists() {
            let origins: Vec<serde_json::Value> = run.load_json(DATA_NOTE)?;
            terms.extend(origins.iter().filter_map(terms_of));
        }
    }
    if terms.is_empty() {
        return Ok(code_licence());
    }
    let terms: Vec<String> = terms.into_iter().collect();
    Ok(Licence {
        spdx: "LicenseRef-terms-of-the-data".into(),
        data: format!(
            "pictures of real people, under terms of their own: {}",
            terms.join("; ")
        ),
    })
}

/// That of weights that saw synthetic people alone.
fn code_licence() -> Licence {
    Licence {
        spdx: "MIT OR Apache-2.0".into(),
        data: "synthetic people only: rendered by Mien from its built-in head and from ICT-FaceKit (MIT)".into(),
    }
}

/// Set and terms of imported data; none for data that Mien rendered.
fn terms_of(origin: &serde_json::Value) -> Option<String> {
    let text = |key: &str| origin.get(key)?.as_str();
    text("importer")?;
    let set = text("set").unwrap_or("a data set");
    Some(format!(
        "{set} ({})",
        text("licence").unwrap_or("terms unknown")
    ))
}

fn model(path: &Path, out: &Path) -> Result<Model> {
    let (run, recipe) = RunDir::open(path)?;
    let report: Evaluation = run.load_json("report.json")?;
    let (onnx, mut model) = match &recipe.model {
        ModelSettings::Affect(settings) => affect(&run, settings, &report)?,
        ModelSettings::FaceFinder(settings) => face_finder(&run, settings, &report)?,
        ModelSettings::FaceRefiner(settings) => face_refiner(&run, settings, &report)?,
    };
    let bytes = onnx.to_bytes()?;
    fs::write(run.file("model.onnx"), &bytes)?;
    fs::write(out.join(&model.file), &bytes)
        .with_context(|| format!("cannot write {}", out.display()))?;
    model.sha256 = sha256_hex(&bytes);
    model.training = training(&run, &recipe)?;
    model.metrics.extend(report.metrics);
    Ok(model)
}

fn affect(
    run: &RunDir,
    settings: &AffectSettings,
    report: &Evaluation,
) -> Result<(OnnxModel, Model)> {
    let build = |device: &Device| -> Result<AffectNetwork> {
        Ok(settings
            .network()
            .init(device)
            .try_load_record(run.load_weights()?)?)
    };
    let size = settings.size;
    let onnx = export("affect", "face", [size, size], |recorder| {
        let network = settings
            .network()
            .init(recorder.device())
            .load_record(weights(run));
        recorder.name_parameters(&network);
        let output = network.forward(recorder.int::<4>("face")?);
        recorder.output("au_prob", &output.au_prob)?;
        recorder.output("expression_prob", &output.expression_prob)?;
        recorder.output("au_graph", &output.au_graph)?;
        recorder.output("expression_graph", &output.expression_graph)
    })?;
    let network = build(&Device::flex())?;
    let parity_error = parity::check(&onnx.to_bytes()?, "face", [size, size], |image| {
        affect_outputs(network.forward(image))
    })?;
    let mut model = manifest(Role::Affect, "affect.onnx", [size, size]);
    model.metrics.insert(PARITY.into(), parity_error.into());
    model.crop = Some(align::template(size));
    model.action_units = ActionUnit::ALL.to_vec();
    model.expressions = settings.expressions.clone();
    // A half at rest beside one that is not is not heard: docs/benchmarks compares it with others.
    let rests = settings.expressions.contains(&Expression::Neutral);
    model.expression_fusion = rests.then_some(SideFusion::Rest);
    for (name, &threshold) in &report.thresholds {
        model.thresholds.insert(name.parse()?, threshold);
    }
    model.global_graphs = global_graphs(&network, settings)?;
    Ok((onnx, model))
}

fn face_finder(
    run: &RunDir,
    settings: &FaceFinderSettings,
    report: &Evaluation,
) -> Result<(OnnxModel, Model)> {
    let (height, width) = (settings.height, settings.width);
    let onnx = export("face_finder", "image", [height, width], |recorder| {
        let network: FaceFinder = settings
            .network()
            .init(recorder.device())
            .load_record(weights(run));
        recorder.name_parameters(&network);
        let output = network.forward(recorder.int::<4>("image")?);
        recorder.output("boxes", &output.boxes)?;
        recorder.output("scores", &output.scores)?;
        recorder.output("landmarks", &output.landmarks)
    })?;
    let network: FaceFinder = settings
        .network()
        .init(&Device::flex())
        .try_load_record(run.load_weights()?)?;
    let parity_error = parity::check(&onnx.to_bytes()?, "image", [height, width], |image| {
        face_finder_outputs(network.forward(image))
    })?;
    let mut model = manifest(Role::FaceFinder, "face_finder.onnx", [height, width]);
    model.metrics.insert(PARITY.into(), parity_error.into());
    model.score_threshold = report.thresholds.get("score").copied();
    Ok((onnx, model))
}

fn face_refiner(
    run: &RunDir,
    settings: &FaceRefinerSettings,
    report: &Evaluation,
) -> Result<(OnnxModel, Model)> {
    let sides = [settings.size; 2];
    let onnx = export("face_refiner", "window", sides, |recorder| {
        let network: FaceRefiner = settings
            .network()
            .init(recorder.device())
            .load_record(weights(run));
        recorder.name_parameters(&network);
        let output = network.forward(recorder.int::<4>("window")?);
        recorder.output("scores", &output.scores)?;
        recorder.output("landmarks", &output.landmarks)
    })?;
    let network: FaceRefiner = settings
        .network()
        .init(&Device::flex())
        .try_load_record(run.load_weights()?)?;
    let parity_error = parity::check(&onnx.to_bytes()?, "window", sides, |window| {
        face_refiner_outputs(network.forward(window))
    })?;
    let mut model = manifest(Role::FaceRefiner, "face_refiner.onnx", sides);
    model.metrics.insert(PARITY.into(), parity_error.into());
    model.score_threshold = report.thresholds.get("score").copied();
    Ok((onnx, model))
}

/// What an affect model gives, by name.
fn affect_outputs(output: AffectOutput) -> Vec<(&'static str, TensorData)> {
    vec![
        ("au_prob", output.au_prob.into_data()),
        ("expression_prob", output.expression_prob.into_data()),
        ("au_graph", output.au_graph.into_data()),
        ("expression_graph", output.expression_graph.into_data()),
    ]
}

/// What a face finder gives, by name.
fn face_finder_outputs(output: FaceFinderOutput) -> Vec<(&'static str, TensorData)> {
    vec![
        ("boxes", output.boxes.into_data()),
        ("scores", output.scores.into_data()),
        ("landmarks", output.landmarks.into_data()),
    ]
}

/// What a face refiner gives, by name.
fn face_refiner_outputs(output: FaceRefinerOutput) -> Vec<(&'static str, TensorData)> {
    vec![
        ("scores", output.scores.into_data()),
        ("landmarks", output.landmarks.into_data()),
    ]
}

fn export(
    name: &str,
    input: &str,
    [height, width]: [usize; 2],
    forward: impl FnMut(&mut exporter::Recorder<'_>) -> Result<(), exporter::ExportError>,
) -> Result<OnnxModel> {
    Ok(Export::new(name)
        .input(input, Element::U8, &[height, width, 3])
        .metadata("producer", "mien")
        .run(forward)?)
}

/// The weights, known to be there: [`model`] has read the run's report, which is written after them.
fn weights(run: &RunDir) -> burn::store::ModuleRecord {
    run.load_weights()
        .unwrap_or_else(|error| panic!("{error:#}"))
}

fn manifest(role: Role, file: &str, [height, width]: [usize; 2]) -> Model {
    Model {
        role,
        file: file.into(),
        sha256: String::new(),
        input: ImageInput { width, height },
        crop: None,
        action_units: Vec::new(),
        expressions: Vec::new(),
        thresholds: BTreeMap::new(),
        calibration: None,
        expression_fusion: None,
        score_threshold: None,
        global_graphs: None,
        training: Training {
            recipe: String::new(),
            recipe_sha256: String::new(),
            commit: None,
        },
        quantisation: None,
        metrics: BTreeMap::new(),
    }
}

fn global_graphs(
    network: &AffectNetwork,
    settings: &AffectSettings,
) -> Result<Option<GlobalGraphs>> {
    let Some((au, expression)) = network.global_edges() else {
        return Ok(None);
    };
    let host =
        |tensor: burn::tensor::Tensor<2>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
    let units = &ActionUnit::ALL;
    Ok(Some(GlobalGraphs {
        au_au: Graph::from_matrix(&host(au), units, units, GlobalGraphs::LEAST_WEIGHT)?.edges,
        au_expression: Graph::from_matrix(
            &host(expression),
            &settings.expressions,
            units,
            GlobalGraphs::LEAST_WEIGHT,
        )?
        .edges,
    }))
}

fn training(run: &RunDir, recipe: &Recipe) -> Result<Training> {
    let text = fs::read(run.file("recipe.toml"))?;
    let name = match recipe.model {
        ModelSettings::Affect(_) => "affect.toml",
        ModelSettings::FaceFinder(_) => "face_finder.toml",
        ModelSettings::FaceRefiner(_) => "face_refiner.toml",
    };
    Ok(Training {
        recipe: name.into(),
        recipe_sha256: sha256_hex(&text),
        commit: commit(),
    })
}

/// The commit of the code, where git can tell.
fn commit() -> Option<String> {
    let output = std::process::Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_saw_real_people_are_not_under_the_licence_of_the_code() {
        let folder = tempfile::tempdir().unwrap();
        let recipe = include_str!("../recipes/affect.toml");
        let run = RunDir::create(folder.path(), recipe).unwrap();
        let spdx = || licence(&[folder.path()]).unwrap().spdx;
        assert_eq!(spdx(), "MIT OR Apache-2.0");
        let rendered = serde_json::json!({ "generator": "synth" });
        run.save_json(DATA_NOTE, &[&rendered]).unwrap();
        assert_eq!(spdx(), "MIT OR Apache-2.0");
        let imported = serde_json::json!({
            "importer": "trainer", "set": "disfa", "licence": "non-commercial research",
        });
        run.save_json(DATA_NOTE, &[&rendered, &imported]).unwrap();
        let licence = licence(&[folder.path()]).unwrap();
        assert_eq!(licence.spdx, "LicenseRef-terms-of-the-data");
        insta::assert_snapshot!(licence.data, @"pictures of real people, under terms of their own: disfa (non-commercial research)");
    }
}
