//! Labelled clips on disk: what the generator and the loaders of videos write and the trainer reads.
//!
//! A set is a folder with `clips.json` ([`ClipSet`]), `clips.jsonl` (one [`Clip`] per line), and per
//! clip its pictures and a file with one [`ClipFrame`] per line. A set labels either every frame
//! with action units or every clip with an expression, never both: two sets of different kinds are
//! the heterogeneous pair that weak supervision starts from.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    ActionUnit, AuLabel, Expression, FaceLabel, Split,
    json_file::{self, FileError},
};

const SCHEMA_ID: &str = "mien.clips/1";
const HEADER_FILE: &str = "clips.json";
const CLIPS_FILE: &str = "clips.jsonl";

/// `clips.json`: what a folder of clips holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipSet {
    /// Always `mien.clips/1`.
    pub schema: String,
    /// What is labelled.
    pub labels: ClipLabels,
    /// Columns of every frame.
    pub width: usize,
    /// Rows of every frame.
    pub height: usize,
    /// Frames per second.
    pub fps: f32,
    /// How the clips were made, free text or the generator's settings.
    pub origin: serde_json::Value,
}

/// What a set labels. The two never meet in one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClipLabels {
    /// Action units in every frame.
    ActionUnits,
    /// One expression per clip.
    Expressions,
}

/// One clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// Name, unique in the set.
    pub clip: String,
    /// Who it shows: clips of one subject share this name.
    pub subject: String,
    /// Where it comes from: head, camera or data set.
    pub domain: String,
    /// Which part it belongs to.
    pub split: Split,
    /// How many frames it has.
    pub frames: usize,
    /// A video file, or a folder of numbered pictures, beside `clips.json`.
    pub media: String,
    /// File with one [`ClipFrame`] per line, beside `clips.json`.
    pub frame_labels: String,
    /// Expression of the whole clip, where labelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<Expression>,
}

/// One frame of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipFrame {
    /// Name of the clip.
    pub clip: String,
    /// Number of the frame, from 0.
    pub frame: usize,
    /// When it is shown, in seconds from the first frame.
    pub seconds: f64,
    /// Action units that are labelled; a unit that is absent is not labelled (not: inactive).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub action_units: BTreeMap<ActionUnit, AuLabel>,
    /// The face, in pixels.
    pub face: FaceLabel,
}

/// Why a set of clips cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClipSetError {
    /// A file cannot be read or written, or is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// A row labels what its set does not, or lacks what its set promises.
    #[error("{}:{line}: {fault}, but clips.json says that the labels are {labels:?}", path.display())]
    Labels {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        fault: &'static str,
        /// What the set labels.
        labels: ClipLabels,
    },
    /// A clip has more or fewer rows than frames.
    #[error("{}: {found} rows for {expected} frames: make the clip again", path.display())]
    Rows {
        /// Which file.
        path: PathBuf,
        /// Frames by `clips.jsonl`.
        expected: usize,
        /// Rows in the file.
        found: usize,
    },
}

impl ClipSet {
    /// A header of the current version.
    #[must_use]
    pub fn new(
        labels: ClipLabels,
        [width, height]: [usize; 2],
        fps: f32,
        origin: serde_json::Value,
    ) -> Self {
        Self {
            schema: SCHEMA_ID.into(),
            labels,
            width,
            height,
            fps,
            origin,
        }
    }

    /// Reads the header alone.
    ///
    /// # Errors
    /// [`ClipSetError`], naming file and line.
    pub fn load_header(folder: &Path) -> Result<Self, ClipSetError> {
        let path = folder.join(HEADER_FILE);
        Ok(json_file::read(&path, |it: &Self| &it.schema, SCHEMA_ID)?)
    }

    /// Reads header and clips and checks that only what is declared is labelled.
    ///
    /// # Errors
    /// [`ClipSetError`], naming file and line.
    pub fn load(folder: &Path) -> Result<(Self, Vec<Clip>), ClipSetError> {
        let header = Self::load_header(folder)?;
        let path = folder.join(CLIPS_FILE);
        let clips: Vec<Clip> = json_file::read_lines(&path)?;
        for (index, clip) in clips.iter().enumerate() {
            let fault = match (header.labels, clip.expression) {
                (ClipLabels::ActionUnits, Some(_)) => "the clip has an expression",
                (ClipLabels::Expressions, None) => "the clip has no expression",
                _ => continue,
            };
            return Err(header.labels_error(&path, index, fault));
        }
        Ok((header, clips))
    }

    /// Reads the rows of one clip, in order.
    ///
    /// # Errors
    /// [`ClipSetError`], naming file and line.
    pub fn frames(&self, folder: &Path, clip: &Clip) -> Result<Vec<ClipFrame>, ClipSetError> {
        let path = folder.join(&clip.frame_labels);
        let frames: Vec<ClipFrame> = json_file::read_lines(&path)?;
        let units = self.labels == ClipLabels::ActionUnits;
        let faulty = |frame: &ClipFrame| frame.action_units.is_empty() == units;
        if let Some(index) = frames.iter().position(faulty) {
            let fault = if units {
                "the frame has no action units"
            } else {
                "the frame has action units"
            };
            return Err(self.labels_error(&path, index, fault));
        }
        if frames.len() != clip.frames {
            return Err(ClipSetError::Rows {
                path,
                expected: clip.frames,
                found: frames.len(),
            });
        }
        Ok(frames)
    }

    /// Writes the header.
    ///
    /// # Errors
    /// [`ClipSetError::File`].
    pub fn save_header(&self, folder: &Path) -> Result<(), ClipSetError> {
        Ok(json_file::write(&folder.join(HEADER_FILE), self)?)
    }

    /// Writes the list of clips.
    ///
    /// # Errors
    /// [`ClipSetError::File`].
    pub fn save_clips(folder: &Path, clips: &[Clip]) -> Result<(), ClipSetError> {
        Ok(json_file::write_lines(&folder.join(CLIPS_FILE), clips)?)
    }

    /// Writes the rows of a clip to a file, whole or not at all.
    ///
    /// # Errors
    /// [`ClipSetError::File`].
    pub fn save_frames(path: &Path, frames: &[ClipFrame]) -> Result<(), ClipSetError> {
        Ok(json_file::write_lines(path, frames)?)
    }

    fn labels_error(&self, path: &Path, index: usize, fault: &'static str) -> ClipSetError {
        ClipSetError::Labels {
            path: path.to_owned(),
            line: index + 1,
            fault,
            labels: self.labels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoundingBox, Landmarks5};

    fn set(labels: ClipLabels) -> ClipSet {
        ClipSet::new(labels, [64, 48], 24.0, serde_json::json!({ "seed": 1 }))
    }

    fn clip(expression: Option<Expression>) -> Clip {
        Clip {
            clip: "c0".into(),
            subject: "p0".into(),
            domain: "built-in".into(),
            split: Split::Train,
            frames: 1,
            media: "c0.mp4".into(),
            frame_labels: "c0.jsonl".into(),
            expression,
        }
    }

    fn frame(unit: Option<ActionUnit>) -> ClipFrame {
        let label = AuLabel {
            on: true,
            intensity: Some(2.0),
            left: Some(2.0),
            right: Some(1.0),
        };
        ClipFrame {
            clip: "c0".into(),
            frame: 0,
            seconds: 0.0,
            action_units: unit.into_iter().map(|unit| (unit, label)).collect(),
            face: FaceLabel {
                bounding_box: BoundingBox::default(),
                landmarks: Landmarks5::from_array([[0.0; 2]; 5]),
                visible: 1.0,
            },
        }
    }

    #[test]
    fn both_kinds_read_back() {
        for (labels, expression, unit) in [
            (ClipLabels::ActionUnits, None, Some(ActionUnit::Au12)),
            (ClipLabels::Expressions, Some(Expression::Fear), None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let (set, clip, frame) = (set(labels), clip(expression), frame(unit));
            set.save_header(folder.path()).unwrap();
            ClipSet::save_clips(folder.path(), std::slice::from_ref(&clip)).unwrap();
            ClipSet::save_frames(
                &folder.path().join("c0.jsonl"),
                std::slice::from_ref(&frame),
            )
            .unwrap();
            let (read, clips) = ClipSet::load(folder.path()).unwrap();
            assert_eq!((&read, &clips), (&set, &vec![clip]));
            assert_eq!(read.frames(folder.path(), &clips[0]).unwrap(), [frame]);
        }
    }

    #[test]
    fn label_sets_never_meet() {
        let folder = tempfile::tempdir().unwrap();
        set(ClipLabels::ActionUnits)
            .save_header(folder.path())
            .unwrap();
        ClipSet::save_clips(folder.path(), &[clip(Some(Expression::Fear))]).unwrap();
        let error = ClipSet::load(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("clips.jsonl:1: the clip has an expression"),
            "{error}"
        );
        let rows = folder.path().join("c0.jsonl");
        ClipSet::save_frames(&rows, &[frame(Some(ActionUnit::Au04))]).unwrap();
        let error = set(ClipLabels::Expressions).frames(folder.path(), &clip(None));
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("c0.jsonl:1: the frame has action units"),
            "{error}"
        );
    }

    #[test]
    fn missing_rows_are_told() {
        let folder = tempfile::tempdir().unwrap();
        ClipSet::save_frames(&folder.path().join("c0.jsonl"), &[]).unwrap();
        let error = set(ClipLabels::Expressions).frames(folder.path(), &clip(None));
        assert!(matches!(
            error,
            Err(ClipSetError::Rows {
                expected: 1,
                found: 0,
                ..
            })
        ));
    }
}
