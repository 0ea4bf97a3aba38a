//! A bundle: the models that one training run ships, and what is needed to run them.
//!
//! Takes a folder with `bundle.json` and the model files it names; gives a checked [`Bundle`], or
//! the file and field that do not agree.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    /// Decision threshold per action unit, on the smoothed probability.
    #[serde(default)]
    pub thresholds: BTreeMap<ActionUnit, f32>,
    /// Least score of a face; for face finders and refiners.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score_threshold: Option<f32>,
    /// The population-level graphs that the model learned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub global_graphs: Option<GlobalGraphs>,
    /// How it was made.
    pub training: Training,
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

    /// An edge whose ends the axes do not list, as text.
    fn stray(&self, units: &[ActionUnit], expressions: &[Expression]) -> Option<String> {
        let au_au = |edge: &&AuEdge| !units.contains(&edge.from) || !units.contains(&edge.to);
        let au_expression =
            |edge: &&ExpressionEdge| !units.contains(&edge.from) || !expressions.contains(&edge.to);
        let of_units = self.au_au.iter().find(au_au).map(ToString::to_string);
        of_units.or_else(|| {
            let stray = self.au_expression.iter().find(au_expression);
            stray.map(ToString::to_string)
        })
    }
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

impl Model {
    fn problem(&self) -> Option<String> {
        if self.file.is_empty() || Path::new(&self.file).file_name() != Some(self.file.as_ref()) {
            return Some(format!("file {:?} is not a plain file name", self.file));
        }
        if self.sha256.len() != 64
            || !self
                .sha256
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
        {
            return Some(format!(
                "sha256 {:?} is not 64 lower-case hexadecimal digits",
                self.sha256
            ));
        }
        if self.input.width == 0 || self.input.height == 0 {
            return Some("input has no size".into());
        }
        if self.role == Role::FaceRefiner && self.input.width != self.input.height {
            return Some(format!(
                "input {}x{} is not a square, as windows about faces are",
                self.input.width, self.input.height
            ));
        }
        if let Some(crop) = &self.crop
            && (crop.size != self.input.width || crop.size != self.input.height)
        {
            return Some(format!(
                "crop.size {} is not the input size {}x{}",
                crop.size, self.input.width, self.input.height
            ));
        }
        if self.action_units.iter().collect::<BTreeSet<_>>().len() != self.action_units.len() {
            return Some("action_units names one twice".into());
        }
        if self.expressions.iter().collect::<BTreeSet<_>>().len() != self.expressions.len() {
            return Some("expressions names one twice".into());
        }
        if let Some((unit, value)) = self
            .thresholds
            .iter()
            .find(|(_, value)| !(0.0..=1.0).contains(*value))
        {
            return Some(format!("thresholds.{unit} is {value}, not a probability"));
        }
        if let Some(unit) = self
            .thresholds
            .keys()
            .find(|unit| !self.action_units.contains(unit))
        {
            return Some(format!(
                "thresholds.{unit} is for a unit that action_units does not list"
            ));
        }
        if let Some(graphs) = &self.global_graphs
            && let Some(edge) = graphs.stray(&self.action_units, &self.expressions)
        {
            return Some(format!(
                "global_graphs has the edge {edge}, whose ends action_units and expressions do not list"
            ));
        }
        if self.role == Role::Affect
            && (self.crop.is_none() || self.action_units.is_empty() || self.expressions.is_empty())
        {
            return Some("an affect model needs crop, action_units and expressions".into());
        }
        if let Some(score) = self
            .score_threshold
            .filter(|score| !(0.0..=1.0).contains(score))
        {
            return Some(format!("score_threshold is {score}, not a probability"));
        }
        None
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
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../tests/golden/bundle.json");

    fn refused(edit: impl Fn(&str) -> String) -> String {
        Bundle::parse(edit(GOLDEN).as_bytes(), Path::new("b/bundle.json"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_golden_manifest_reads_and_writes_byte_for_byte() {
        let bundle = Bundle::parse(GOLDEN.as_bytes(), Path::new("bundle.json")).unwrap();
        assert_eq!(
            serde_json::to_string_pretty(&bundle).unwrap() + "\n",
            GOLDEN
        );
    }

    #[test]
    fn a_refusal_names_the_file_and_the_field() {
        insta::assert_snapshot!(refused(|json| json.replace("mien.bundle/1", "mien.bundle/9")), @r#"b/bundle.json: schema is "mien.bundle/9", this program reads "mien.bundle/1""#);
        insta::assert_snapshot!(refused(|json| json.replace("\"AU12\",", "\"AU06\",")), @"b/bundle.json: model Affect: action_units names one twice");
        insta::assert_snapshot!(refused(|json| json.replace("\"AU06\": 0.5", "\"AU06\": 1.5")), @"b/bundle.json: model Affect: thresholds.AU06 is 1.5, not a probability");
        insta::assert_snapshot!(refused(|json| json.replace("\"affect.onnx\"", "\"../affect.onnx\"")), @r#"b/bundle.json: model Affect: file "../affect.onnx" is not a plain file name"#);
        insta::assert_snapshot!(refused(|json| json.replace("\"size\": 112", "\"size\": 96")), @"b/bundle.json: model Affect: crop.size 96 is not the input size 112x112");
        insta::assert_snapshot!(refused(|json| json.replace("        \"neutral\",\n        \"happiness\"", "        \"neutral\"")), @"b/bundle.json: model Affect: global_graphs has the edge AU12 -> happiness +0.75, whose ends action_units and expressions do not list");
        assert!(refused(|json| json.replace("\"AU12\",", "\"AU99\",")).contains("line"));
    }

    #[test]
    fn a_changed_model_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut bundle = Bundle::parse(GOLDEN.as_bytes(), Path::new("bundle.json")).unwrap();
        for model in &mut bundle.models {
            fs::write(folder.path().join(&model.file), &model.file).unwrap();
            model.sha256 = sha256_hex(model.file.as_bytes());
        }
        bundle.save(folder.path()).unwrap();
        assert_eq!(Bundle::load(folder.path()).unwrap(), bundle);

        fs::write(folder.path().join("affect.onnx"), "cut").unwrap();
        let error = Bundle::load(folder.path()).unwrap_err();
        assert!(
            matches!(&error, BundleError::Hash { path, .. } if path.ends_with("affect.onnx")),
            "{error}"
        );
        fs::remove_file(folder.path().join("affect.onnx")).unwrap();
        assert!(matches!(
            Bundle::load(folder.path()),
            Err(BundleError::Read { .. })
        ));
    }
}
