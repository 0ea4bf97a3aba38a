//! A bundle: the models that one training run ships, and what is needed to run them.
//!
//! Takes a folder with `bundle.json` and the model files it names; gives a checked [`Bundle`], or
//! the file and field that do not agree. What makes probabilities true to their word is in
//! `calibration`, how halves of a face enter its
//! expression in `sides`, what a manifest may say in `check`.

mod calibration;
mod check;
mod sides;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use calibration::{Calibration, MapError, ProbabilityMap, QualityLimits};
pub use sides::SideFusion;

use crate::{ActionUnit, AuEdge, Expression, ExpressionEdge, Landmarks5};

/// The version of the manifest.
pub(crate) const SCHEMA_ID: &str = "mien.bundle/1";
/// The manifest's file name.
pub(crate) const FILE_NAME: &str = "bundle.json";

/// `bundle.json`: a set of models that work together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Always `mien.bundle/1`.
    pub schema: String,
    /// Name of the bundle.
    pub name: String,
    /// Licence of the weights.
    pub licence: Licence,
    /// The models; at most one per role.
    pub models: Vec<Model>,
}

/// Terms of the weights and where their training data came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// SPDX expression.
    pub spdx: String,
    /// What the weights were trained on.
    pub data: String,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Frame to boxes, scores and landmarks.
    FaceFinder,
    /// Window about a found face to its landmarks and whether it is one.
    FaceRefiner,
    /// Aligned face to action units, expression and graphs.
    Affect,
    /// Aligned face to a feature vector.
    ClipEncoder,
    /// Feature vectors of a clip to expression and action units.
    ClipHead,
    /// Text, sound and video features to emotion.
    Multimodal,
}

/// One model file and its contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What it is for.
    pub role: Role,
    /// File name beside `bundle.json`.
    pub file: String,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// The image it takes.
    pub input: ImageInput,
    /// Where the five landmarks lie in an aligned input; none for models that take whole frames.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crop: Option<CropTemplate>,
    /// Order of the action unit axis; empty when the model has none.
    #[serde(default)]
    pub action_units: Vec<ActionUnit>,
    /// Order of the expression axis; empty when the model has none.
    #[serde(default)]
    pub expressions: Vec<Expression>,
    /// Decision threshold per action unit, on the smoothed probability; on the calibrated one where
    /// there is a calibration.
    #[serde(default)]
    pub thresholds: BTreeMap<ActionUnit, f32>,
    /// What makes the model's probabilities calibrated ones; older bundles have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calibration: Option<Calibration>,
    /// How what the halves of a face show enters its expression; none: not at all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expression_fusion: Option<SideFusion>,
    /// Least score of a face; for face finders and refiners.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score_threshold: Option<f32>,
    /// The population-level graphs that the model learned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub global_graphs: Option<GlobalGraphs>,
    /// How it was made.
    pub training: Training,
    /// How it came to compute in 8-bit integers; none where it does not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quantisation: Option<Quantisation>,
    /// Figures on held-out data, by name.
    #[serde(default)]
    pub metrics: BTreeMap<String, f64>,
}

/// An image as uint8 RGB, rows first (NHWC); normalisation lives in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageInput {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Where the landmarks of an aligned face lie, in pixels of the crop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CropTemplate {
    /// Side of the square crop in pixels.
    pub size: usize,
    /// The five landmarks in the crop.
    pub landmarks: Landmarks5,
}

/// Signed edges that hold over the training population (CausalAffect, Eq. 3); those weaker than
/// [`Self::LEAST_WEIGHT`] are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalGraphs {
    /// Between action units.
    pub au_au: Vec<AuEdge>,
    /// From action units to expressions.
    pub au_expression: Vec<ExpressionEdge>,
}

impl GlobalGraphs {
    /// Weaker edges are left out: what a face's graph differs by less cannot be told.
    pub const LEAST_WEIGHT: f32 = 0.05;
}

/// How a model was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The recipe's file name.
    pub recipe: String,
    /// SHA-256 of the recipe's text.
    pub recipe_sha256: String,
    /// Commit of the code, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
}

/// How a model of 32-bit floats became one of 8-bit integers. Its calibration and thresholds are those of
/// the model of floats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantisation {
    /// SHA-256 of the file that it was.
    pub from_sha256: String,
    /// How ranges were chosen, and of which numbers.
    pub method: String,
    /// How many faces the ranges were measured on.
    pub faces: usize,
    /// Which faces.
    pub data: String,
    /// Figures of both on data that no range was measured on, by name: `au_f1_before`.
    #[serde(default)]
    pub metrics: BTreeMap<String, f64>,
}

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// A file of the bundle cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The manifest is not what it should be.
    #[error("{}: {source}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// Line, column and reason.
        source: serde_json::Error,
    },
    /// The manifest has another version.
    #[error("{}: schema is {found:?}, this program reads {SCHEMA_ID:?}", path.display())]
    Schema {
        /// Which file.
        path: PathBuf,
        /// The version found.
        found: String,
    },
    /// A model file is not the one that the manifest names.
    #[error("{}: its SHA-256 is {found}, bundle.json says {expected}: the file was changed or cut short, fetch or train the bundle again", path.display())]
    Hash {
        /// Which file.
        path: PathBuf,
        /// The hash in the manifest.
        expected: String,
        /// The hash of the file.
        found: String,
    },
    /// A field of the manifest cannot be true.
    #[error("{}: model {role:?}: {problem}", path.display())]
    Field {
        /// Which file.
        path: PathBuf,
        /// Which model.
        role: Role,
        /// What is wrong.
        problem: String,
    },
    /// The bundle lacks a model that the program needs.
    #[error("{}: no model with role {role:?}", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
        /// The role that is missing.
        role: Role,
    },
}

impl Model {
    /// What tells this model's action units from those of any other: the SHA-256 of its file, or of that
    /// and the maps of its calibration where there are some. What was learned from the probabilities of one
    /// means nothing for another.
    ///
    /// # Panics
    /// Never: maps always serialise.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let maps = self.calibration.as_ref().map(|it| &it.action_units);
        let Some(maps) = maps.filter(|maps| !maps.is_empty()) else {
            return self.sha256.clone();
        };
        let maps = serde_json::to_string(maps).expect("maps serialise");
        sha256_hex(format!("{} {maps}", self.sha256).as_bytes())
    }
}

impl Bundle {
    /// An empty bundle of the current version.
    #[must_use]
    pub fn new(name: impl Into<String>, licence: Licence) -> Self {
        Self {
            schema: SCHEMA_ID.into(),
            name: name.into(),
            licence,
            models: Vec::new(),
        }
    }

    /// Reads and checks `folder/bundle.json` and the hash of every model file.
    ///
    /// # Errors
    /// [`BundleError`], naming the file and the field.
    pub fn load(folder: &Path) -> Result<Self, BundleError> {
        let path = folder.join(FILE_NAME);
        let bundle = Self::parse(&read(&path)?, &path)?;
        for model in &bundle.models {
            let file = folder.join(&model.file);
            let found = sha256_hex(&read(&file)?);
            if found != model.sha256 {
                return Err(BundleError::Hash {
                    path: file,
                    expected: model.sha256.clone(),
                    found,
                });
            }
        }
        Ok(bundle)
    }

    /// Reads and checks the manifest alone; `path` is for messages.
    ///
    /// # Errors
    /// [`BundleError`], naming the field.
    pub fn parse(json: &[u8], path: &Path) -> Result<Self, BundleError> {
        let manifest = |source| BundleError::Manifest {
            path: path.to_owned(),
            source,
        };
        // The version first: a newer manifest may have fields that this one does not know.
        let value: serde_json::Value = serde_json::from_slice(json).map_err(manifest)?;
        let schema = value
            .get("schema")
            .and_then(|schema| schema.as_str())
            .unwrap_or("");
        if schema != SCHEMA_ID {
            return Err(BundleError::Schema {
                path: path.to_owned(),
                found: schema.to_owned(),
            });
        }
        let bundle: Self = serde_json::from_slice(json).map_err(manifest)?;
        let mut roles = BTreeSet::new();
        for model in &bundle.models {
            let problem = if roles.insert(model.role) {
                model.problem()
            } else {
                Some("role is there twice".into())
            };
            if let Some(problem) = problem {
                return Err(BundleError::Field {
                    path: path.to_owned(),
                    role: model.role,
                    problem,
                });
            }
        }
        Ok(bundle)
    }

    /// The model with a role.
    ///
    /// # Errors
    /// [`BundleError::Missing`] when there is none.
    pub fn model(&self, role: Role, folder: &Path) -> Result<&Model, BundleError> {
        self.models
            .iter()
            .find(|model| model.role == role)
            .ok_or_else(|| BundleError::Missing {
                path: folder.join(FILE_NAME),
                role,
            })
    }

    /// Puts a model in, in place of the one with the same role.
    pub fn insert(&mut self, model: Model) {
        self.models.retain(|other| other.role != model.role);
        self.models.push(model);
        self.models.sort_by_key(|model| model.role);
    }

    /// Writes `folder/bundle.json`.
    ///
    /// # Errors
    /// The system's reason.
    ///
    /// # Panics
    /// Never: a bundle always serialises.
    pub fn save(&self, folder: &Path) -> std::io::Result<()> {
        let json = serde_json::to_string_pretty(self).expect("a bundle serialises");
        fs::write(folder.join(FILE_NAME), json + "\n")
    }
}

/// SHA-256 of some bytes as lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn read(path: &Path) -> Result<Vec<u8>, BundleError> {
    fs::read(path).map_err(|source| BundleError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
