//! The models of a run.
//!
//! Takes a bundle's folder and the settings; gives the face finder, the affect model and, where there
//! is one and it is wanted, the refiner, started and checked against their manifest.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use facs::{
    ActionUnit, Bundle, CropTemplate, GlobalGraphs, ImageInput, Model as Manifest, QualityLimits,
    Role, SideFusion,
};

use crate::{
    config::{ConfigError, GraphRank, Provider, Settings},
    detect, events,
    fault::Fault,
    infer::{self, Axes, Infer},
    onnx::{Model, Runtime, RuntimeError},
    refine,
};

/// A pixel of no face.
const GREY: u8 = 128;

/// The models and what their manifests say.
#[derive(Debug)]
pub struct Models {
    /// Name of the bundle.
    pub name: String,
    /// The bundle's folder.
    pub folder: PathBuf,
    /// The ONNX Runtime library in use.
    pub library: PathBuf,
    /// For the first half of the flow.
    pub find: FindModels,
    /// For the second half.
    pub read: ReadModels,
}

/// What finds faces.
#[derive(Debug)]
pub struct FindModels {
    /// Frame to faces.
    pub finder: Model,
    /// Least score of a face, where the bundle states one.
    pub score_threshold: Option<f32>,
    /// Window to face, where the bundle has it and `detect.refine` wants it.
    pub refiner: Option<Model>,
    /// Least score of a face to the refiner, where the bundle states one.
    pub refiner_threshold: Option<f32>,
    /// Where the landmarks lie in the affect model's input.
    pub template: CropTemplate,
    /// Beyond which pose and blur the bundle wants nobody to use what it says.
    pub quality: QualityLimits,
}

/// What reads faces.
#[derive(Debug)]
pub struct ReadModels {
    /// Face to scores.
    pub infer: Infer,
    /// What the affect model's probabilities are known by: [`facs::Model::fingerprint`].
    pub fingerprint: String,
    /// Side of its input in pixels.
    pub size: usize,
    /// Axes of the scores.
    pub axes: Axes,
    /// From where on they count.
    pub limits: Limits,
    /// How the halves of a face enter its expression, where the bundle wants that.
    pub expression_fusion: Option<SideFusion>,
    /// The affect model's graphs over its training population, where the bundle states them.
    pub global_graphs: Option<GlobalGraphs>,
}

/// From where on probabilities count, as the bundle says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// From here on a unit is on.
    pub thresholds: BTreeMap<ActionUnit, f32>,
    /// Below this the likeliest expression is not to be used; none: it always is.
    pub expression: Option<f32>,
}

impl Limits {
    fn of(manifest: &Manifest) -> Self {
        let calibration = manifest.calibration.as_ref();
        Self {
            thresholds: manifest.thresholds.clone(),
            expression: calibration.and_then(|it| it.expression_abstain_below),
        }
    }
}

/// Models on their way into a running flow.
#[derive(Debug, Default)]
pub struct Swap(Mutex<Option<Models>>);

impl Swap {
    /// From the next round on these are used.
    pub fn put(&self, models: Models) {
        *self.lock() = Some(models);
    }

    pub(crate) fn take(&self) -> Option<Models> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Models>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        let runtime =
            Runtime::load(settings.runtime.library.as_deref()).map_err(RuntimeError::from)?;
        let open = |manifest, input, outputs: &[&str]| {
            let settings = &settings.runtime;
            Model::open(&runtime, settings, manifest, folder, input, outputs)
        };
        let open_refiner = |manifest| open(manifest, refine::INPUT, &refine::OUTPUTS);
        let models = Self {
            name: bundle.name.clone(),
            folder: folder.to_owned(),
            find: FindModels {
                finder: open(finder, detect::INPUT, &detect::OUTPUTS)?,
                score_threshold: finder.score_threshold,
                refiner: refiner.map(open_refiner).transpose()?,
                refiner_threshold: refiner.and_then(|manifest| manifest.score_threshold),
                template,
                quality: affect
                    .calibration
                    .as_ref()
                    .and_then(|it| it.quality)
                    .unwrap_or_default(),
            },
            read: ReadModels {
                infer: Infer::new(
                    open(affect, infer::INPUT, &infer::OUTPUTS)?,
                    affect.calibration.clone(),
                ),
                fingerprint: affect.fingerprint(),
                size: template.size,
                axes: Axes::of(affect),
                limits: Limits::of(affect),
                expression_fusion: affect.expression_fusion,
                global_graphs: affect.global_graphs.clone(),
            },
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

    /// Runs every model on grey pictures, one batch of each size, so that what can fail fails here and the
    /// first frame is not slow. `progress` is told the model and the batch size before each.
    ///
    /// # Errors
    /// [`Fault::Runtime`] when a model fails.
    pub fn warm_up(
        &mut self,
        settings: &Settings,
        mut progress: impl FnMut(&str, usize),
    ) -> Result<(), Fault> {
        let names = self.providers();
        for ((name, _), model) in names.into_iter().zip(self.each_mut()) {
            let ImageInput { width, height } = model.input();
            for &images in &settings.runtime.buckets {
                progress(name, images);
                model.run(images, &vec![GREY; images * height * width * 3])?;
            }
        }
        Ok(())
    }

    /// The models, in the order of [`Self::providers`].
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut Model> {
        let always = [&mut self.find.finder, self.read.infer.model_mut()];
        always.into_iter().chain(&mut self.find.refiner)
    }

    /// What each model is called and where it runs; the refiner last, where there is one.
    #[must_use]
    pub fn providers(&self) -> Vec<(&'static str, Provider)> {
        let affect = self.read.infer.model();
        let always = [("finder", &self.find.finder), ("affect", affect)];
        let refiner = self.find.refiner.iter().map(|model| ("refiner", model));
        let models = always.into_iter().chain(refiner);
        models.map(|(name, model)| (name, model.provider)).collect()
    }
}
