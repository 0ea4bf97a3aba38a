//! What people read of an audit.
//!
//! Takes figures, a verdict and pictures; writes `figures.json`, `verdict.json`, `report.md` with its
//! plots, and `model-card.md`, a line for the model card, into one folder.

mod markdown;
mod pictures;
mod plots;

use std::{fs, path::Path};

use facs::FileError;

use crate::audit::{AuditError, Figures, Occlusion, Verdict};

pub use pictures::FaceStrip;

/// What an audit found.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Everything measured.
    pub figures: &'a Figures,
    /// The same without the fusion of several looks, where there is one.
    pub before: Option<&'a Figures>,
    /// What was asked of it; none without a policy.
    pub verdict: Option<&'a Verdict>,
    /// Faces as they were shown.
    pub faces: &'a [FaceStrip],
    /// Where the classifier looks.
    pub looks: &'a [Occlusion],
}

impl Report<'_> {
    /// Writes everything into `folder`.
    ///
    /// # Errors
    /// [`AuditError::File`] and [`AuditError::Content`], naming the file.
    pub fn write(&self, folder: &Path) -> Result<(), AuditError> {
        let json = |name: &str, json: serde_json::Result<Vec<u8>>| {
            let json = json.expect("figures serialise");
            write(&folder.join(name), &json)
        };
        json("figures.json", serde_json::to_vec_pretty(self.figures))?;
        if let Some(before) = self.before {
            json("before.json", serde_json::to_vec_pretty(before))?;
        }
        if let Some(verdict) = self.verdict {
            json("verdict.json", serde_json::to_vec_pretty(verdict))?;
        }
        for (name, drawn) in [
            ("surfaces.svg", plots::surfaces(self.figures)),
            ("curves.svg", plots::curves(self.figures)),
            ("scores.svg", plots::scores(self.figures)),
        ] {
            let path = folder.join(name);
            let svg = drawn.map_err(|error| AuditError::Content {
                path: path.clone(),
                problem: error.to_string(),
            })?;
            write(&path, svg.as_bytes())?;
        }
        pictures::faces(self.faces, &folder.join("faces.png"))?;
        pictures::looks(self.looks, &folder.join("saliency.png"))?;
        write(&folder.join("report.md"), markdown::report(self).as_bytes())?;
        let line = markdown::model_card(self.figures, self.verdict);
        write(&folder.join("model-card.md"), line.as_bytes())
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), AuditError> {
    Ok(fs::write(path, bytes).map_err(FileError::io(path))?)
}
