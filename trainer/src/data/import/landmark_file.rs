//! Landmarks that somebody else found: one JSON object per line.
//!
//! `{"file": "F001/T1/2440.jpg", "landmarks": {"right_eye": [210.5, 300.1], ...}}`, the file
//! relative to the folder of the data set, left and right the subject's.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use facs::Landmarks5;
use serde::Deserialize;

use super::{ImportError, error::io};

/// Landmarks by picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LandmarkFile {
    by_picture: HashMap<PathBuf, Landmarks5>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    file: PathBuf,
    landmarks: Landmarks5,
}

impl LandmarkFile {
    /// Reads a file; its pictures lie below `root`.
    ///
    /// # Errors
    /// [`ImportError::Landmarks`] with the line, [`ImportError::Io`].
    pub fn load(path: &Path, root: &Path) -> Result<Self, ImportError> {
        let file = File::open(path).map_err(io(path))?;
        let mut by_picture = HashMap::new();
        for (index, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(io(path))?;
            if line.trim().is_empty() {
                continue;
            }
            let Line { file, landmarks } =
                serde_json::from_str(&line).map_err(|source| ImportError::Landmarks {
                    path: path.to_owned(),
                    line: index + 1,
                    source,
                })?;
            by_picture.insert(root.join(file), landmarks);
        }
        Ok(Self { by_picture })
    }

    /// The landmarks of a picture.
    #[must_use]
    pub fn get(&self, picture: &Path) -> Option<&Landmarks5> {
        self.by_picture.get(picture)
    }
}
