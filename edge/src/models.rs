//! The models of a run.
//!
//! Takes a bundle's folder and the settings; gives the face finder, the affect model and, where there
//! is one and it is wanted, the refiner, started and checked against their manifest.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use facs::{ActionUnit, Bundle, CropTemplate, GlobalGraphs, Role};

use crate::{
    config::{ConfigError, GraphRank, Provider, Settings},
    detect, events,
    fault::Fault,
    infer::{self, Axes},
    onnx::{Model, Runtime, RuntimeError},
    refine,
};

/// The models and what their manifests say.
#[derive(Debug)]
pub struct Models {
    /// Name of the bundle.
    pub name: String,
    /// The ONNX Runtime library in use.
    pub library: PathBuf,
    /// Frame to faces.
    pub finder: Model,
    /// Least score of a face, where the bundle states one.
    pub score_threshold: Option<f32>,
    /// Window to face, where the bundle has it and `detect.refine` wants it.
    pub refiner: Option<Model>,
    /// Least score of a face to the refiner, where the bundle states one.
    pub refiner_threshold: Option<f32>,
    /// Face to scores.
    pub affect: Model,
    /// Axes of the scores.
    pub axes: Axes,
    /// Where the landmarks lie in the affect model's input.
    pub template: CropTemplate,
    /// Decision thresholds.
    pub thresholds: BTreeMap<ActionUnit, f32>,
    /// The affect model's graphs over its training population, where the bundle states them.
    pub global_graphs: Option<GlobalGraphs>,
}

impl Models {
    /// Checks the bundle and starts the models.
    ///
    /// # Errors
    /// [`Fault::Bundle`] and [`Fault::Runtime`]; [`Fault::Config`] where the settings want what the
    /// bundle does not have.
    pub fn open(folder: &Path, settings: &Settings) -> Result<Self, Fault> {
        let bundle = Bundle::load(folder)?;
        let finder = bundle.model(Role::FaceFinder, folder)?;
        let affect = bundle.model(Role::Affect, folder)?;
        let template = affect.crop.ok_or_else(|| RuntimeError::Contract {
            path: folder.join(&affect.file),
            role: Role::Affect,
            problem: "the manifest states no crop".into(),
        })?;
        if settings.graph.rank == GraphRank::Delta && affect.global_graphs.is_none() {
            return Err(Fault::Config(ConfigError::Value {
                key: "graph.rank",
                problem: format!(
                    "\"delta\" is the difference to the global graphs, and the bundle in {} has none; \"weight\" needs none",
                    folder.display()
                ),
            }));
        }
        let refiner = bundle.model(Role::FaceRefiner, folder).ok();
        let refiner = refiner.filter(|_| settings.detect.refine);
        let runtime = Runtime::load(settings.runtime.library.as_deref())?;
        let open = |manifest, input, outputs: &[&str]| {
            let settings = &settings.runtime;
            Model::open(&runtime, settings, manifest, folder, input, outputs)
        };
        let open_refiner = |manifest| open(manifest, refine::INPUT, &refine::OUTPUTS);
        let models = Self {
            name: bundle.name.clone(),
            finder: open(finder, detect::INPUT, &detect::OUTPUTS)?,
            score_threshold: finder.score_threshold,
            refiner: refiner.map(open_refiner).transpose()?,
            refiner_threshold: refiner.and_then(|manifest| manifest.score_threshold),
            affect: open(affect, infer::INPUT, &infer::OUTPUTS)?,
            axes: Axes::of(affect),
            template,
            thresholds: affect.thresholds.clone(),
            global_graphs: affect.global_graphs.clone(),
            library: runtime.library,
        };
        let manifests = [finder, affect].into_iter().chain(refiner);
        for (manifest, (_, provider)) in manifests.zip(models.providers()) {
            events::ModelReady {
                role: manifest.role,
                provider,
                sha256: &manifest.sha256,
            }
            .emit();
        }
        Ok(models)
    }

    /// What each model is called and where it runs; the refiner last, where there is one.
    #[must_use]
    pub fn providers(&self) -> Vec<(&'static str, Provider)> {
        let always = [("finder", &self.finder), ("affect", &self.affect)];
        let refiner = self.refiner.iter().map(|model| ("refiner", model));
        let models = always.into_iter().chain(refiner);
        models.map(|(name, model)| (name, model.provider)).collect()
    }
}
