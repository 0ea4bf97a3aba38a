//! The flow: from a bundle and labelled faces to the same bundle, calibrated, and what it gained.
//!
//! ```text
//! bundle + data sets -> faces (ONNX Runtime) -> validation part: Fitted -> calibrated bundle
//!                                            -> test part: Figures, before and after -> report
//! ```
//!
//! Nothing is measured where it was fitted: subjects of one part are in no other.

mod diagram;
mod error;
mod faces;
mod figures;
mod fitted;
mod markdown;
mod quality;

use std::{fs, num::NonZeroUsize, path::Path};

use facs::{Bundle, FileError, Split};

use crate::{affect_model::AffectModel, data::Data};

pub use error::NumbersError;
pub use faces::{Axes, Face};
pub(crate) use figures::THRESHOLD;
pub use figures::{
    DomainFigures, ExpressionFigures, Figures, LimitFigures, Pair, Stage, UnitFigures,
};
pub use fitted::{ConfidenceLimit, Fitted, UnitFit};
pub(crate) use fitted::{Told, said};
use quality::limits;
pub use quality::{QualityFigures, Quantity};

/// The parts of data sets that a calibration needs: one to fit to, one to measure on.
pub const PARTS: [Split; 2] = [Split::Validation, Split::Test];

/// What is to be fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Thresholds: none for the best F1, else the least with at most this share of false alarms.
    pub false_alarms: Option<f64>,
    /// The expression abstains so that at most this share of its answers is wrong; none: never.
    pub expression_risk: Option<f64>,
    /// Pose and blur are good enough where the expected error is at most so many times the mean one.
    pub worse: f64,
    /// Whether the bundle says so, and the daemon abstains beyond.
    pub limit_quality: bool,
}

impl AffectModel {
    /// What the model says of the faces of all data sets, in their order. `progress` hears how many are
    /// done, from any thread.
    ///
    /// # Errors
    /// [`NumbersError`] when data cannot be read or the model fails.
    pub fn read(
        &self,
        data: &[Data],
        threads: NonZeroUsize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Face>, NumbersError> {
        faces::read(self.manifest(), &self.file(), data, threads, progress)
    }

    /// Fits a calibration to the validation part of `faces` and measures it on the test part.
    ///
    /// # Errors
    /// [`NumbersError::NoFaces`] when either part is empty.
    pub fn calibrate(
        &self,
        faces: &[Face],
        data: &[Data],
        plan: &Plan,
    ) -> Result<Calibrated, NumbersError> {
        let part = |split| {
            let part: Vec<&Face> = faces.iter().filter(|face| face.split == split).collect();
            if part.is_empty() {
                return Err(NumbersError::NoFaces(split));
            }
            Ok(part)
        };
        let (validation, test) = (part(Split::Validation)?, part(Split::Test)?);
        let before = self.manifest();
        let fitted = Fitted::new(before, &validation, plan);
        let mut model = fitted.model(before, &describe(data));
        let figures = Figures::new(before, &model, &fitted, [&validation, &test], plan)?;
        if let Some(calibration) = &mut model.calibration {
            calibration.metrics = figures.metrics();
            calibration.quality = plan.limit_quality.then(|| limits(&figures.quality));
        }
        Ok(Calibrated {
            bundle: self.replaced(model),
            of: self.clone(),
            fitted,
            figures,
            plan: *plan,
        })
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Calibrated {
    /// As it was.
    of: AffectModel,
    /// The bundle with the calibration.
    pub bundle: Bundle,
    /// What was fitted, and to how much.
    pub fitted: Fitted,
    /// What it gained.
    pub figures: Figures,
    /// What was asked for.
    pub plan: Plan,
}

impl Calibrated {
    /// Writes `bundle/`, `report.md`, `figures.json` and the diagrams into `folder`, which is made.
    ///
    /// # Errors
    /// [`NumbersError::File`] and [`NumbersError::Drawing`], naming the file.
    pub fn write(&self, folder: &Path) -> Result<(), NumbersError> {
        self.of.write(&folder.join("bundle"), &self.bundle, None)?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(FileError::io(&path))
        };
        for (name, drawn) in [
            ("expression.svg", diagram::expression(&self.figures)),
            ("units.svg", diagram::units(&self.figures)),
        ] {
            let svg = drawn.map_err(|error| NumbersError::Drawing {
                path: folder.join(name),
                problem: error.to_string(),
            })?;
            write(name, svg.as_bytes())?;
        }
        let json = serde_json::to_vec_pretty(&self.figures).expect("figures serialise");
        write("figures.json", &json)?;
        Ok(write("report.md", markdown::report(self).as_bytes())?)
    }
}

/// The data sets, for the manifest.
fn describe(data: &[Data]) -> String {
    let each: Vec<String> = data
        .iter()
        .map(|data| {
            format!(
                "{} of {} (dataset.json sha256 {})",
                data.count(Split::Validation),
                data.name(),
                data.sha256()
            )
        })
        .collect();
    format!("validation faces: {}", each.join(", "))
}
