//! The way back: a model of a bundle as a finished run, to train on from or to look into.
//!
//! Takes a bundle and the recipe that describes the network; gives a run folder with weights,
//! figures and thresholds. That it is the same network is proved as an export is: ONNX Runtime and
//! burn must agree on random pictures.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use exporter::OnnxModel;
use facs::{Bundle, Licence, Model, Role};

use super::{
    DATA_NOTE, PARITY, affect_outputs, code_licence, face_finder_outputs, face_refiner_outputs,
    parity,
};
use crate::{
    affect::GivenGraphs,
    recipe::{ModelSettings, Recipe},
    run_dir::RunDir,
    task::Evaluation,
};

/// The file of a restored run that holds the graphs of the population.
const GRAPH: &str = "graph.json";

/// What was restored.
#[derive(Clone, Debug, PartialEq)]
pub struct Restored {
    /// Largest difference between the run's network and the bundle's model.
    pub parity_error: f32,
    /// Parameters that only training reads, newly drawn: exported models do not hold them.
    pub drawn: Vec<String>,
}

/// Makes a run folder of the model of a bundle that `recipe` is about. The run's recipe names no
/// other run: everything is among its own weights.
///
/// # Errors
/// When the bundle is refused or has no such model, the recipe is of another architecture, the run
/// folder holds another run, or burn disagrees with ONNX Runtime.
pub fn restore(folder: &Path, recipe: &Path, out: &Path) -> Result<Restored> {
    let (mut recipe, _) = Recipe::load(recipe)?;
    let bundle = Bundle::load(folder)?;
    let role = match &recipe.model {
        ModelSettings::Affect(_) => Role::Affect,
        ModelSettings::FaceFinder(_) => Role::FaceFinder,
        ModelSettings::FaceRefiner(_) => Role::FaceRefiner,
    };
    let model = bundle.model(role, folder)?;
    recipe.training.start = None;
    if let ModelSettings::Affect(settings) = &mut recipe.model {
        settings.frozen_backbone = false;
        settings.graph = settings.graph.as_ref().map(|_| out.join(GRAPH));
    }
    let path = folder.join(&model.file);
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let onnx = OnnxModel::from_bytes(&bytes)?;
    let run = RunDir::create(out, &toml::to_string(&recipe)?)?;
    let restored = weights(&recipe.model, model, &onnx, &bytes, &run)
        .with_context(|| format!("{} and the recipe do not agree", path.display()))?;
    if let Some(graphs) = &model.global_graphs {
        run.save_json(GRAPH, graphs)?;
    }
    if bundle.licence != code_licence() {
        run.save_json(DATA_NOTE, &[note(&bundle.licence)])?;
    }
    run.save_json("report.json", &report(model))?;
    Ok(restored)
}

/// Puts the weights into the recipe's network, proves that it is the model, and keeps them.
fn weights(
    settings: &ModelSettings,
    model: &Model,
    onnx: &OnnxModel,
    bytes: &[u8],
    run: &RunDir,
) -> Result<Restored> {
    let device = &Device::flex();
    let (width, height) = (model.input.width, model.input.height);
    let needs = |size: [usize; 2]| {
        if size != [height, width] {
            bail!(
                "the model takes {width}x{height}, the recipe {}x{}",
                size[1],
                size[0]
            );
        }
        Ok(())
    };
    let (parity_error, drawn) = match settings {
        ModelSettings::Affect(settings) => {
            needs([settings.size; 2])?;
            let exporter::Restored {
                module: mut network,
                missing,
            } = onnx.restore(settings.network().init(device))?;
            if let Some(graphs) = &model.global_graphs {
                let graphs = GivenGraphs::new(graphs, &settings.expressions);
                network.au.give_global(&graphs.au);
                network.expression.give_global(&graphs.expression);
            }
            run.save_weights(&network)?;
            let outputs = |image| affect_outputs(network.forward(image));
            (
                parity::check(bytes, "face", [height, width], outputs)?,
                missing,
            )
        }
        ModelSettings::FaceFinder(settings) => {
            needs([settings.height, settings.width])?;
            let restored = onnx.restore(settings.network().init(device))?;
            run.save_weights(&restored.module)?;
            let outputs = |image| face_finder_outputs(restored.module.forward(image));
            let error = parity::check(bytes, "image", [height, width], outputs)?;
            (error, restored.missing)
        }
        ModelSettings::FaceRefiner(settings) => {
            needs([settings.size; 2])?;
            let restored = onnx.restore(settings.network().init(device))?;
            run.save_weights(&restored.module)?;
            let outputs = |window| face_refiner_outputs(restored.module.forward(window));
            let error = parity::check(bytes, "window", [height, width], outputs)?;
            (error, restored.missing)
        }
    };
    Ok(Restored {
        parity_error,
        drawn,
    })
}

/// Terms of a bundle's data, in the words that runs keep them in.
fn note(licence: &Licence) -> serde_json::Value {
    serde_json::json!({
        "importer": "trainer",
        "set": "what the bundle was trained on",
        "licence": licence.data,
    })
}

/// Figures and thresholds as the run had them.
fn report(model: &Model) -> Evaluation {
    let mut metrics = model.metrics.clone();
    metrics.remove(PARITY);
    let units = model.thresholds.iter();
    let units = units.map(|(unit, threshold)| (unit.code().to_owned(), *threshold));
    let score = model
        .score_threshold
        .map(|score| ("score".to_owned(), score));
    Evaluation {
        metrics,
        thresholds: units.chain(score).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = "
seed = 1
[data]
folders = ['data/crops']
[training]
epochs = 1
batch = 8
learning_rate = 1e-3
[affect]
size = 16
widths = [8]
neck = 4
embedding = 12
feature = 4
message = 4
graph_weight = 0.0
";

    /// A bundle of a network that was drawn and not trained.
    fn bundle(folder: &Path) {
        let run = RunDir::create(&folder.join("run"), RECIPE).unwrap();
        let recipe = Recipe::parse(RECIPE, Path::new("recipe.toml")).unwrap();
        let ModelSettings::Affect(settings) = &recipe.model else {
            panic!("an affect recipe");
        };
        let device = Device::flex();
        device.seed(5);
        run.save_weights(&settings.network().init(&device)).unwrap();
        let report = Evaluation {
            metrics: [("au_f1".to_owned(), 0.5)].into(),
            thresholds: [("AU12".to_owned(), 0.25)].into(),
        };
        run.save_json("report.json", &report).unwrap();
        super::super::bundle("small", &[&folder.join("run")], &folder.join("bundle")).unwrap();
    }

    #[test]
    fn a_bundle_becomes_the_run_that_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        bundle(folder.path());
        fs::write(at("recipe.toml"), RECIPE).unwrap();
        let restored = restore(&at("bundle"), &at("recipe.toml"), &at("again")).unwrap();
        assert!(restored.parity_error < 1e-5, "{}", restored.parity_error);
        // Units are read from their own features: what the graphs say of them is training's alone.
        assert!(restored.drawn.iter().any(|it| it.starts_with("au.global")));
        assert!(!restored.drawn.iter().any(|it| it.starts_with("backbone")));
        let (run, _) = RunDir::open(&at("again")).unwrap();
        assert!(run.is_finished());
        let report: Evaluation = run.load_json("report.json").unwrap();
        assert_eq!(report.thresholds["AU12"], 0.25);
        assert_eq!(report.metrics["au_f1"], 0.5);

        // And back: the same answers, from other bytes.
        let again = super::super::bundle("small", &[&at("again")], &at("bundle2")).unwrap();
        assert_eq!(again.licence, code_licence());
    }

    #[test]
    fn terms_of_the_data_stay_and_other_architectures_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        bundle(folder.path());
        let mut terms = Bundle::load(&at("bundle")).unwrap();
        terms.licence = Licence {
            spdx: "LicenseRef-terms-of-the-data".into(),
            data: "non-commercial research".into(),
        };
        terms.save(&at("bundle")).unwrap();
        fs::write(at("recipe.toml"), RECIPE).unwrap();
        restore(&at("bundle"), &at("recipe.toml"), &at("again")).unwrap();
        let again = super::super::bundle("small", &[&at("again")], &at("bundle2")).unwrap();
        assert_eq!(again.licence.spdx, "LicenseRef-terms-of-the-data");
        assert!(again.licence.data.contains("non-commercial research"));

        let wider = RECIPE.replace("widths = [8]", "widths = [16]");
        fs::write(at("wider.toml"), wider).unwrap();
        let error = restore(&at("bundle"), &at("wider.toml"), &at("wider")).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains("affect.onnx and the recipe do not agree"),
            "{error}"
        );
        assert!(error.contains("backbone.stages.0"), "{error}");
    }
}
