//! A recipe: everything that decides what a training run gives, in one TOML file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    affect::AffectSettings, data::Supervision, face_finder::FaceFinderSettings,
    face_refiner::FaceRefinerSettings,
};

/// A recipe as read and checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Seed of every random choice.
    pub seed: u64,
    /// Where the data is.
    pub data: DataSettings,
    /// How long and how fast.
    pub training: TrainingSettings,
    /// Which model, with its settings: one of `[affect]`,
    /// `[face_finder]` and `[face_refiner]`.
    #[serde(flatten)]
    pub model: ModelSettings,
}

/// The model's own section; its name says which model is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelSettings {
    /// Action units, expression and graphs of an aligned face.
    Affect(AffectSettings),
    /// Faces in a scene.
    FaceFinder(FaceFinderSettings),
    /// Landmarks of a found face, and whether it is one.
    FaceRefiner(FaceRefinerSettings),
}

/// `[data]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSettings {
    /// Data set folders, relative to the working directory.
    pub folders: Vec<PathBuf>,
    /// Domains (heads, cameras, data sets) to learn from; all if empty. Figures are taken on every
    /// domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// How many subjects to learn from, drawn by the seed; all if missing. Of two runs the one with
    /// more has those of the other among its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<usize>,
    /// Groups of training subjects that are labelled with a part of what is known; all labels of
    /// all subjects if missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supervision: Vec<Supervision>,
}

/// `[training]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSettings {
    /// Passes over the training part; need not be whole.
    pub epochs: f64,
    /// Samples per step.
    pub batch: usize,
    /// Learning rate after the warm-up; it falls to zero along a cosine.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises from zero.
    #[serde(default)]
    pub warmup_steps: usize,
    /// Decoupled weight decay (Loshchilov & Hutter, 2019).
    #[serde(default)]
    pub weight_decay: f32,
    /// Largest norm of a parameter's gradient.
    #[serde(default = "TrainingSettings::default_gradient_norm")]
    pub gradient_norm: f32,
    /// Steps between checkpoints.
    #[serde(default = "TrainingSettings::default_checkpoint_steps")]
    pub checkpoint_steps: usize,
    /// A finished run whose weights training begins from: every parameter that is there too, by
    /// name and shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<PathBuf>,
    /// Epochs between evaluations on the validation part.
    #[serde(default = "TrainingSettings::default_evaluate_epochs")]
    pub evaluate_epochs: usize,
}

impl TrainingSettings {
    const fn default_gradient_norm() -> f32 {
        5.0
    }
    const fn default_checkpoint_steps() -> usize {
        500
    }
    const fn default_evaluate_epochs() -> usize {
        1
    }

    /// Steps of the whole training; at least one.
    #[must_use]
    pub fn steps(&self, steps_per_epoch: usize) -> usize {
        ((self.epochs * steps_per_epoch as f64).round() as usize).max(1)
    }

    /// The learning rate of a step out of `total`.
    #[must_use]
    pub fn learning_rate_at(&self, step: usize, total: usize) -> f64 {
        if step < self.warmup_steps {
            return self.learning_rate * (step + 1) as f64 / self.warmup_steps as f64;
        }
        let share = (step - self.warmup_steps) as f64 / (total - self.warmup_steps).max(1) as f64;
        self.learning_rate * 0.5 * (1.0 + (share.min(1.0) * std::f64::consts::PI).cos())
    }
}

/// Why a recipe cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The file cannot be read.
    #[error("cannot read recipe {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is not a recipe.
    #[error("recipe {}: {source}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Line, column and reason.
        source: Box<toml::de::Error>,
    },
    /// A field cannot be what it is.
    #[error("recipe {}: {field}: {problem}", path.display())]
    Field {
        /// Which file.
        path: PathBuf,
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl Recipe {
    /// Reads and checks a recipe; gives its text too, which the run folder keeps.
    ///
    /// # Errors
    /// [`RecipeError`], naming file and field.
    pub fn load(path: &Path) -> Result<(Self, String), RecipeError> {
        let text = fs::read_to_string(path).map_err(|source| RecipeError::Read {
            path: path.to_owned(),
            source,
        })?;
        Ok((Self::parse(&text, path)?, text))
    }

    /// Checks a recipe's text; `path` is for messages.
    ///
    /// # Errors
    /// [`RecipeError`], naming file and field.
    pub fn parse(text: &str, path: &Path) -> Result<Self, RecipeError> {
        let recipe: Self = toml::from_str(text).map_err(|source| RecipeError::Syntax {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        match recipe.problem() {
            None => Ok(recipe),
            Some((field, problem)) => Err(RecipeError::Field {
                path: path.to_owned(),
                field,
                problem: problem.to_owned(),
            }),
        }
    }

    fn problem(&self) -> Option<(&'static str, &'static str)> {
        let training = &self.training;
        if let Some(problem) = Supervision::problem(&self.data.supervision) {
            return Some(problem);
        }
        if self.data.folders.is_empty() {
            return Some(("data.folders", "names no folder"));
        }
        if self.data.subjects == Some(0) {
            return Some(("data.subjects", "must be at least 1"));
        }
        if !(training.epochs > 0.0 && training.epochs.is_finite()) {
            return Some(("training.epochs", "must be a positive number"));
        }
        if training.batch == 0 {
            return Some(("training.batch", "must be at least 1"));
        }
        if !(training.learning_rate > 0.0 && training.learning_rate.is_finite()) {
            return Some(("training.learning_rate", "must be a positive number"));
        }
        if training.checkpoint_steps == 0 || training.evaluate_epochs == 0 {
            return Some((
                "training.checkpoint_steps, training.evaluate_epochs",
                "must be at least 1",
            ));
        }
        if training.gradient_norm.is_nan() || training.gradient_norm <= 0.0 {
            return Some(("training.gradient_norm", "must be positive"));
        }
        match &self.model {
            ModelSettings::Affect(affect) if affect.frozen_backbone && training.start.is_none() => {
                Some(("training.start", "must name the run of the frozen backbone"))
            }
            ModelSettings::Affect(affect) => affect.problem(),
            ModelSettings::FaceFinder(face_finder) => face_finder.problem(),
            ModelSettings::FaceRefiner(face_refiner) => face_refiner.problem(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = "
seed = 7
[data]
folders = ['data/crops']
[training]
epochs = 2
batch = 32
learning_rate = 1e-3
warmup_steps = 10
[affect]
embedding = 64
";

    fn refused(text: &str) -> String {
        Recipe::parse(text, Path::new("r.toml"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_section_names_the_model() {
        let recipe = Recipe::parse(RECIPE, Path::new("r.toml")).unwrap();
        let ModelSettings::Affect(affect) = recipe.model else {
            panic!("affect")
        };
        assert_eq!(affect.embedding, 64);
        assert_eq!(affect.size, 112);
    }

    #[test]
    fn faults_name_the_field() {
        assert!(refused(&RECIPE.replace("epochs = 2", "epochs = 0")).contains("training.epochs"));
        assert!(refused(&RECIPE.replace("embedding", "embeding")).contains("embeding"));
        assert!(refused(&RECIPE.replace("1e-3", "-1.0")).contains("training.learning_rate"));
        assert!(refused(&RECIPE.replace("[affect]", "[effect]")).contains("r.toml"));
    }

    #[test]
    fn the_learning_rate_rises_then_falls_to_zero() {
        let training = Recipe::parse(RECIPE, Path::new("r.toml")).unwrap().training;
        let rates: Vec<f64> = (0..100)
            .map(|step| training.learning_rate_at(step, 100))
            .collect();
        assert!((rates[9] - 1e-3).abs() < 1e-12);
        assert!(rates[..10].is_sorted() && rates[10..].is_sorted_by(|a, b| a >= b));
        assert!(rates[99] < 1e-6);
    }

    #[test]
    fn every_recipe_that_ships_is_one() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            Recipe::load(&entry.unwrap().path()).unwrap();
            count += 1;
        }
        assert!(count >= 2);
    }
}
