//! The models of a run.
//!
//! Takes a bundle's folder and the `[runtime]` settings; gives the face finder and the affect model,
//! started and checked against their manifest.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use facs::{ActionUnit, Bundle, CropTemplate, Role};

use crate::{
    config::RuntimeSettings,
    detect, events,
    fault::Fault,
    infer::{self, Axes},
    onnx::{Model, Runtime, RuntimeError},
};

/// The two models and what their manifests say.
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
    /// Face to scores.
    pub affect: Model,
    /// Axes of the scores.
    pub axes: Axes,
    /// Where the landmarks lie in the affect model's input.
    pub template: CropTemplate,
    /// Decision thresholds.
    pub thresholds: BTreeMap<ActionUnit, f32>,
}

impl Models {
    /// Checks the bundle and starts both models.
    ///
    /// # Errors
    /// [`Fault::Bundle`] and [`Fault::Runtime`].
    pub fn open(folder: &Path, settings: &RuntimeSettings) -> Result<Self, Fault> {
        let bundle = Bundle::load(folder)?;
        let finder = bundle.model(Role::FaceFinder, folder)?;
        let affect = bundle.model(Role::Affect, folder)?;
        let template = affect.crop.ok_or_else(|| RuntimeError::Contract {
            path: folder.join(&affect.file),
            role: Role::Affect,
            problem: "the manifest states no crop".into(),
        })?;
        let runtime = Runtime::load(settings.library.as_deref())?;
        let open = |manifest, input, outputs: &[&str]| {
            Model::open(&runtime, settings, manifest, folder, input, outputs)
        };
        let models = Self {
            name: bundle.name.clone(),
            finder: open(finder, detect::INPUT, &detect::OUTPUTS)?,
            score_threshold: finder.score_threshold,
            affect: open(affect, infer::INPUT, &infer::OUTPUTS)?,
            axes: Axes::of(affect),
            template,
            thresholds: affect.thresholds.clone(),
            library: runtime.library,
        };
        for (manifest, model) in [(finder, &models.finder), (affect, &models.affect)] {
            events::ModelReady {
                role: manifest.role,
                provider: model.provider,
                sha256: &manifest.sha256,
            }
            .emit();
        }
        Ok(models)
    }
}
