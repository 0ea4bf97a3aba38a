//! The way back: a model of a bundle as a finished run, to train on from or to look into.
//!
//! Takes a bundle and the recipe that describes the network; gives a run folder with weights,
//! figures and thresholds. That it is the same network is proved as an export is: ONNX Runtime and
//! burn must agree on random pictures.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use burn::{module::Module, store::ModuleRecord, tensor::Device};
use exporter::OnnxModel;
use facs::{ActionUnit, Bundle, GlobalGraphs, Licence, Model, ProbabilityMap, Role};

use super::{
    DATA_NOTE, PARITY, affect_outputs, code_licence, face_finder_outputs, face_refiner_outputs,
    parity,
};
use crate::{
    affect::{AffectSettings, GivenGraphs},
    face_finder::FaceFinderSettings,
    face_refiner::FaceRefinerSettings,
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
/// other run: everything is among its own weights. Nothing is written before burn agrees with ONNX
/// Runtime.
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
    let path = folder.join(&model.file);
    if let Some(quantisation) = &model.quantisation {
        bail!(
            "{} computes in 8-bit integers: restore the bundle that it was made of (sha256 {})",
            path.display(),
            quantisation.from_sha256
        );
    }
    recipe.training.start = None;
    if let ModelSettings::Affect(settings) = &mut recipe.model {
        graphs_are_there(settings, model)?;
        settings.frozen_backbone = false;
        settings.graph = settings.graph.as_ref().map(|_| out.join(GRAPH));
    }
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let source = Source {
        model,
        onnx: OnnxModel::from_bytes(&bytes)?,
        bytes,
    };
    let (weights, restored) = match &recipe.model {
        ModelSettings::Affect(settings) => source.affect(settings),
        ModelSettings::FaceFinder(settings) => source.face_finder(settings),
        ModelSettings::FaceRefiner(settings) => source.face_refiner(settings),
    }
    .with_context(|| format!("{} and the recipe do not agree", path.display()))?;
    let run = RunDir::create(out, &toml::to_string(&recipe)?)?;
    run.keep_weights(weights)?;
    if let Some(graphs) = &model.global_graphs {
        run.save_json(GRAPH, graphs)?;
    }
    if bundle.licence != code_licence() {
        run.save_json(DATA_NOTE, &[note(&bundle.licence)])?;
    }
    run.save_json("report.json", &report(model))?;
    Ok(restored)
}

/// A manifest keeps no weak edges, so that learned graphs do not come back.
fn graphs_are_there(settings: &AffectSettings, model: &Model) -> Result<()> {
    match (&settings.graph, &model.global_graphs) {
        (Some(_), None) => {
            bail!("the recipe has affect.graph, the model no global graphs: leave it out")
        }
        (None, _) if settings.parts.global_graph => bail!(
            "the recipe learns its graphs of the population, and a bundle keeps none of their edges \
             below {}: only models with an affect.graph can be restored",
            GlobalGraphs::LEAST_WEIGHT
        ),
        _ => Ok(()),
    }
}

/// A model, to be put into a network and compared with it.
struct Source<'a> {
    model: &'a Model,
    onnx: OnnxModel,
    bytes: Vec<u8>,
}

impl Source<'_> {
    fn affect(&self, settings: &AffectSettings) -> Result<(ModuleRecord, Restored)> {
        let size = self.takes([settings.size; 2])?;
        let exporter::Restored {
            module: mut network,
            missing: mut drawn,
        } = self
            .onnx
            .restore(settings.network().init(&Device::flex()))?;
        if let Some(graphs) = &self.model.global_graphs {
            let graphs = GivenGraphs::new(graphs, &settings.expressions);
            network.au.give_global(&graphs.au);
            network.expression.give_global(&graphs.expression);
            drawn.retain(|path| !path.contains(".global.graph."));
        }
        let outputs = |image| affect_outputs(network.forward(image));
        let parity_error = parity::check(&self.bytes, "face", size, outputs)?;
        let restored = Restored {
            parity_error,
            drawn,
        };
        Ok((network.into_record(), restored))
    }

    fn face_finder(&self, settings: &FaceFinderSettings) -> Result<(ModuleRecord, Restored)> {
        let size = self.takes([settings.height, settings.width])?;
        let network = settings.network().init(&Device::flex());
        let exporter::Restored { module, missing } = self.onnx.restore(network)?;
        let outputs = |image| face_finder_outputs(module.forward(image));
        let restored = Restored {
            parity_error: parity::check(&self.bytes, "image", size, outputs)?,
            drawn: missing,
        };
        Ok((module.into_record(), restored))
    }

    fn face_refiner(&self, settings: &FaceRefinerSettings) -> Result<(ModuleRecord, Restored)> {
        let size = self.takes([settings.size; 2])?;
        let network = settings.network().init(&Device::flex());
        let exporter::Restored { module, missing } = self.onnx.restore(network)?;
        let outputs = |window| face_refiner_outputs(module.forward(window));
        let restored = Restored {
            parity_error: parity::check(&self.bytes, "window", size, outputs)?,
            drawn: missing,
        };
        Ok((module.into_record(), restored))
    }

    /// The size of its input, which is to be that of the recipe: rows, columns.
    fn takes(&self, [height, width]: [usize; 2]) -> Result<[usize; 2]> {
        let input = self.model.input;
        if [input.height, input.width] != [height, width] {
            bail!(
                "the model takes {}x{}, the recipe {width}x{height}",
                input.width,
                input.height
            );
        }
        Ok([height, width])
    }
}

/// Terms of a bundle's data, in the words that runs keep them in.
fn note(licence: &Licence) -> serde_json::Value {
    serde_json::json!({
        "importer": "trainer",
        "set": "what the bundle was trained on",
        "licence": licence.data,
    })
}

/// Figures as the run had them. Thresholds are those of the manifest, taken back to probabilities that
/// are not calibrated: a run has no calibration.
fn report(model: &Model) -> Evaluation {
    let mut metrics = model.metrics.clone();
    metrics.remove(PARITY);
    let maps = model.calibration.as_ref().map(|it| &it.action_units);
    let raw = |unit: &ActionUnit, threshold: f32| {
        let map = maps.and_then(|maps| maps.get(unit));
        map.map_or(threshold, |map| least_reaching(map, threshold))
    };
    let units = model.thresholds.iter();
    let units = units.map(|(unit, threshold)| (unit.code().to_owned(), raw(unit, *threshold)));
    let score = model.score_threshold;
    let score = score.map(|score| ("score".to_owned(), score));
    Evaluation {
        metrics,
        thresholds: units.chain(score).collect(),
    }
}

/// The least probability whose calibrated one reaches `threshold`: maps never fall.
fn least_reaching(map: &ProbabilityMap, threshold: f32) -> f32 {
    let (mut below, mut reaching) = (0.0, 1.0);
    for _ in 0..24 {
        let middle = 0.5 * (below + reaching);
        if map.apply(middle) >= threshold {
            reaching = middle;
        } else {
            below = middle;
        }
    }
    reaching
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
graph = 'graph.json'
";

    /// A bundle of a network that was drawn and not trained.
    fn bundle(folder: &Path) -> Bundle {
        let run = RunDir::create(&folder.join("run"), RECIPE).unwrap();
        let recipe = Recipe::parse(RECIPE, Path::new("recipe.toml")).unwrap();
        let ModelSettings::Affect(settings) = &recipe.model else {
            panic!("an affect recipe");
        };
        let device = Device::flex();
        device.seed(5);
        let mut network = settings.network().init(&device);
        let edges = |count: usize| (0..count).map(|edge| [0.0, 0.5, 0.0, -0.7][edge % 4]);
        network.au.give_global(&edges(400).collect::<Vec<_>>());
        let expressions = 20 * settings.expressions.len();
        network
            .expression
            .give_global(&edges(expressions).collect::<Vec<_>>());
        run.save_weights(&network).unwrap();
        let report = Evaluation {
            metrics: [("au_f1".to_owned(), 0.5)].into(),
            thresholds: [("AU12".to_owned(), 0.25)].into(),
        };
        run.save_json("report.json", &report).unwrap();
        super::super::bundle("small", &[&folder.join("run")], &folder.join("bundle")).unwrap()
    }

    fn affect(bundle: &Bundle) -> Model {
        bundle.model(Role::Affect, Path::new("")).unwrap().clone()
    }

    fn refusal(folder: &Path, recipe: &str) -> String {
        let path = folder.join("other.toml");
        fs::write(&path, recipe).unwrap();
        let out = folder.join("refused");
        let error = restore(&folder.join("bundle"), &path, &out).unwrap_err();
        assert!(!out.exists(), "nothing is written before all is checked");
        format!("{error:#}")
    }

    #[test]
    fn a_bundle_becomes_the_run_that_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let first = bundle(folder.path());
        fs::write(at("recipe.toml"), RECIPE).unwrap();
        let restored = restore(&at("bundle"), &at("recipe.toml"), &at("again")).unwrap();
        assert!(restored.parity_error < 1e-5, "{}", restored.parity_error);
        // Units are read from their own features: what the graphs say of them is training's alone.
        let drawn = |start: &str| restored.drawn.iter().any(|it| it.starts_with(start));
        assert!(drawn("au.global.readout"), "{:?}", restored.drawn);
        assert!(
            !drawn("au.global.graph") && !drawn("backbone"),
            "{:?}",
            restored.drawn
        );
        let (run, _) = RunDir::open(&at("again")).unwrap();
        assert!(run.is_finished());

        // And back: the same bundle, but for rounding.
        let again = super::super::bundle("small", &[&at("again")], &at("bundle2")).unwrap();
        assert_eq!(again.licence, code_licence());
        let (first, again) = (affect(&first), affect(&again));
        assert_eq!(again.thresholds, first.thresholds);
        assert_eq!(again.metrics["au_f1"], 0.5);
        let [first, again] = [first, again].map(|it| it.global_graphs.unwrap());
        assert_eq!(again.au_au.len(), first.au_au.len());
        for (again, first) in again.au_au.iter().zip(&first.au_au) {
            assert_eq!((again.from, again.to), (first.from, first.to));
            assert!((again.weight.get() - first.weight.get()).abs() < 1e-5);
        }
    }

    #[test]
    fn terms_of_the_data_and_thresholds_without_the_calibration_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut terms = bundle(folder.path());
        terms.licence = Licence {
            spdx: "LicenseRef-terms-of-the-data".into(),
            data: "non-commercial research".into(),
        };
        let mut model = affect(&terms);
        // 0.25 of the model becomes 0.5.
        let map = ProbabilityMap::new(vec![[0.0, 0.0], [0.5, 1.0]]).unwrap();
        model.calibration = Some(facs::Calibration {
            action_units: [(ActionUnit::Au12, map)].into(),
            ..facs::Calibration::default()
        });
        model.thresholds = [(ActionUnit::Au12, 0.5)].into();
        terms.insert(model);
        terms.save(&at("bundle")).unwrap();
        fs::write(at("recipe.toml"), RECIPE).unwrap();
        restore(&at("bundle"), &at("recipe.toml"), &at("again")).unwrap();
        let again = super::super::bundle("small", &[&at("again")], &at("bundle2")).unwrap();
        assert_eq!(again.licence.spdx, "LicenseRef-terms-of-the-data");
        assert!(again.licence.data.contains("non-commercial research"));
        let threshold = affect(&again).thresholds[&ActionUnit::Au12];
        assert!((threshold - 0.25).abs() < 1e-5, "{threshold}");
    }

    #[test]
    fn what_cannot_be_restored_says_why() {
        let folder = tempfile::tempdir().unwrap();
        bundle(folder.path());
        let wider = refusal(folder.path(), &RECIPE.replace("[8]", "[16]"));
        assert!(
            wider.contains("affect.onnx and the recipe do not agree"),
            "{wider}"
        );
        assert!(wider.contains("backbone.stages.0"), "{wider}");
        let larger = refusal(folder.path(), &RECIPE.replace("size = 16", "size = 32"));
        assert!(
            larger.contains("the model takes 16x16, the recipe 32x32"),
            "{larger}"
        );
        let learned = refusal(folder.path(), &RECIPE.replace("graph = 'graph.json'", ""));
        assert!(
            learned.contains("only models with an affect.graph"),
            "{learned}"
        );
    }
}
