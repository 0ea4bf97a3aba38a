//! Labelled images on disk: what every generator and loader writes and the trainer reads.
//!
//! A data set is a folder with `dataset.json` ([`Dataset`]), `samples.jsonl` (one [`Sample`] per
//! line) and shards of raw uint8 RGB images of one size, so that training maps them into memory
//! and decodes nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    ActionUnit, BoundingBox, Expression, Landmarks5,
    json_file::{self, FileError},
};

const SCHEMA_ID: &str = "mien.dataset/1";
const HEADER_FILE: &str = "dataset.json";
const SAMPLES_FILE: &str = "samples.jsonl";

/// `dataset.json`: what a folder of labelled images holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Always `mien.dataset/1`.
    pub schema: String,
    /// What the images are.
    pub kind: DatasetKind,
    /// Columns of every image.
    pub width: usize,
    /// Rows of every image.
    pub height: usize,
    /// The image files, in order; a sample's `image` counts through all of them.
    pub shards: Vec<Shard>,
    /// How the data was made, free text or the generator's settings.
    pub origin: serde_json::Value,
}

/// What the images of a data set are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetKind {
    /// Aligned faces, one per image.
    Crops,
    /// Whole scenes with any number of faces.
    Scenes,
}

/// A file of raw images, `images * height * width * 3` bytes, RGB, rows first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// File name beside `dataset.json`.
    pub file: String,
    /// How many images it holds.
    pub images: usize,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
}

/// Which part of a data set a sample belongs to. Subjects never cross parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// For fitting.
    Train,
    /// For choosing thresholds and checkpoints.
    Validation,
    /// For the figures that are reported.
    Test,
}

/// One labelled image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Number of the image, counted through all shards.
    pub image: usize,
    /// Who it shows: samples of one subject share this name.
    pub subject: String,
    /// Where it comes from: head, camera or data set.
    pub domain: String,
    /// Which part it belongs to.
    pub split: Split,
    /// Action units that are labelled; a unit that is absent is not labelled (not: inactive).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub action_units: BTreeMap<ActionUnit, AuLabel>,
    /// Expression, where labelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<Expression>,
    /// The faces in the image, in its pixels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faces: Vec<FaceLabel>,
    /// What may be taken for a face and is none, where known, in its pixels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub look_alikes: Vec<BoundingBox>,
    /// How a synthetic image came about; absent where nobody can know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
}

/// How a synthetic image came about: what its labels do not say and only its maker knows. For
/// those who ask what a model learned, not for training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The circumstances that decide which causal edges act, by name: `smile` is `social`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contexts: BTreeMap<String, String>,
    /// What a model must not use, by name: rank in [0, 1] among all images that could be drawn.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nuisances: BTreeMap<String, f32>,
    /// Images of one group share every draw of chance and differ in [`Self::done`] alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<usize>,
    /// What was done to the face, by name: `AU12` to a FACS intensity, `symmetry` and `time` to a
    /// share.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub done: BTreeMap<String, f32>,
    /// Who the person was made to be. Tendencies followed from it, nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonTraits>,
}

/// What a synthetic person was drawn with before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonTraits {
    /// Full years.
    pub age_years: u8,
    /// Sex.
    pub sex: Sex,
}

/// Sex of a synthetic person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// The label of one action unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuLabel {
    /// Whether the unit is active.
    pub on: bool,
    /// FACS intensity 0 (absent) to 5 (E), where coded; the stronger side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intensity: Option<f32>,
    /// Intensity on the subject's left, where coded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<f32>,
    /// Intensity on the subject's right, where coded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<f32>,
}

/// A face in an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceLabel {
    /// Where it is.
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// Its landmarks.
    pub landmarks: Landmarks5,
    /// Share of the face that can be seen, in [0, 1].
    pub visible: f32,
}

/// Why a data set cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// A file cannot be read or written, or is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// A sample points at an image that no shard holds.
    #[error("{}:{line}: image {image} does not exist, the shards hold {images}", path.display())]
    NoSuchImage {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// The number asked for.
        image: usize,
        /// How many images there are.
        images: usize,
    },
    /// A shard is not as long as its header says.
    #[error("{}: {found} bytes, dataset.json says {expected}: make the data set again", path.display())]
    ShardLength {
        /// Which file.
        path: PathBuf,
        /// Bytes by the header.
        expected: u64,
        /// Bytes on disk.
        found: u64,
    },
}

impl Dataset {
    /// A header of the current version, without shards.
    #[must_use]
    pub fn new(kind: DatasetKind, width: usize, height: usize, origin: serde_json::Value) -> Self {
        Self {
            schema: SCHEMA_ID.into(),
            kind,
            width,
            height,
            shards: Vec::new(),
            origin,
        }
    }

    /// Bytes of one image.
    #[must_use]
    pub const fn image_bytes(&self) -> usize {
        self.width * self.height * 3
    }

    /// How many images the shards hold.
    #[must_use]
    pub fn images(&self) -> usize {
        self.shards.iter().map(|shard| shard.images).sum()
    }

    /// Reads header and samples and checks that every sample has its image.
    ///
    /// # Errors
    /// [`DatasetError`], naming file and line.
    pub fn load(folder: &Path) -> Result<(Self, Vec<Sample>), DatasetError> {
        let header = Self::load_header(folder)?;
        for shard in &header.shards {
            let path = folder.join(&shard.file);
            let found = fs::metadata(&path).map_err(FileError::io(&path))?.len();
            let expected = (shard.images * header.image_bytes()) as u64;
            if found != expected {
                return Err(DatasetError::ShardLength {
                    path,
                    expected,
                    found,
                });
            }
        }
        let samples = header.load_samples(folder)?;
        Ok((header, samples))
    }

    /// Reads header and samples as [`Self::load`] does, and does not look at the shards, which may
    /// be harmed.
    ///
    /// # Errors
    /// [`DatasetError`], naming file and line.
    pub fn load_labels(folder: &Path) -> Result<(Self, Vec<Sample>), DatasetError> {
        let header = Self::load_header(folder)?;
        let samples = header.load_samples(folder)?;
        Ok((header, samples))
    }

    fn load_header(folder: &Path) -> Result<Self, DatasetError> {
        let path = folder.join(HEADER_FILE);
        Ok(json_file::read(&path, |it: &Self| &it.schema, SCHEMA_ID)?)
    }

    fn load_samples(&self, folder: &Path) -> Result<Vec<Sample>, DatasetError> {
        let (path, images) = (folder.join(SAMPLES_FILE), self.images());
        let samples: Vec<Sample> = json_file::read_lines(&path)?;
        match samples.iter().position(|sample| sample.image >= images) {
            Some(index) => Err(DatasetError::NoSuchImage {
                path,
                line: index + 1,
                image: samples[index].image,
                images,
            }),
            None => Ok(samples),
        }
    }

    /// Writes header and samples beside the shards, which must be there already.
    ///
    /// # Errors
    /// [`DatasetError::File`].
    pub fn save(&self, folder: &Path, samples: &[Sample]) -> Result<(), DatasetError> {
        json_file::write_lines(&folder.join(SAMPLES_FILE), samples)?;
        Ok(json_file::write(&folder.join(HEADER_FILE), self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(folder: &Path) -> (Dataset, Vec<Sample>) {
        let mut header = Dataset::new(DatasetKind::Crops, 2, 2, serde_json::json!({"seed": 1}));
        fs::write(folder.join("shard-00000.rgb"), [0; 24]).unwrap();
        header.shards.push(Shard {
            file: "shard-00000.rgb".into(),
            images: 2,
            sha256: crate::sha256_hex(&[0; 24]),
        });
        let samples = (0..2)
            .map(|image| Sample {
                image,
                subject: "p0001".into(),
                domain: "built_in".into(),
                split: Split::Train,
                action_units: [(
                    ActionUnit::Au12,
                    AuLabel {
                        on: true,
                        intensity: Some(3.5),
                        left: None,
                        right: None,
                    },
                )]
                .into(),
                expression: Some(Expression::Happiness),
                faces: Vec::new(),
                look_alikes: Vec::new(),
                provenance: (image == 1).then(|| Provenance {
                    contexts: [("smile".into(), "social".into())].into(),
                    group: Some(4),
                    done: [("AU12".into(), 3.0)].into(),
                    ..Provenance::default()
                }),
            })
            .collect();
        (header, samples)
    }

    #[test]
    fn a_data_set_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let (header, samples) = small(folder.path());
        header.save(folder.path(), &samples).unwrap();
        assert_eq!(Dataset::load(folder.path()).unwrap(), (header, samples));
    }

    #[test]
    fn what_is_not_known_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let (header, samples) = small(folder.path());
        header.save(folder.path(), &samples).unwrap();
        insta::assert_snapshot!(fs::read_to_string(folder.path().join(SAMPLES_FILE)).unwrap(), @r#"
        {"image":0,"subject":"p0001","domain":"built_in","split":"train","action_units":{"AU12":{"on":true,"intensity":3.5}},"expression":"happiness"}
        {"image":1,"subject":"p0001","domain":"built_in","split":"train","action_units":{"AU12":{"on":true,"intensity":3.5}},"expression":"happiness","provenance":{"contexts":{"smile":"social"},"group":4,"done":{"AU12":3.0}}}
        "#);
    }

    #[test]
    fn faults_name_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let (header, mut samples) = small(folder.path());
        samples[1].image = 7;
        header.save(folder.path(), &samples).unwrap();
        let error = Dataset::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("samples.jsonl:2: image 7"), "{error}");
        fs::write(folder.path().join("shard-00000.rgb"), [0; 23]).unwrap();
        assert!(matches!(
            Dataset::load(folder.path()),
            Err(DatasetError::ShardLength { found: 23, .. })
        ));
    }
}
