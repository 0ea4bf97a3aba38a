//! The flow: from a bundle and labelled faces to the same bundle, quantised, and what that changed.
//!
//! ```text
//! bundle + training part -> ranges -> quantised bundle
//! both bundles + test part -> Figures, before and after -> manifest, report
//! ```
//!
//! Ranges are measured on the training part, so that validation and test part stay unseen: no label is used.

mod figures;
mod markdown;
mod speed;

use std::{collections::BTreeMap, fs, num::NonZeroUsize, path::Path};

use facs::{Bundle, FileError, Model, Quantisation, Sample, Split, sha256_hex};

use super::{Plan, QuantiseError, Quantised, quantise};
use crate::{
    affect_model::AffectModel,
    data::{Data, Pixels},
    numbers::flow::Pair,
    subject::Images,
};

pub use figures::{Change, ExpressionFigures, Figures, UnitFigures};
pub use speed::Speed;

impl AffectModel {
    /// Quantises, with ranges from at most `count` faces of the training part, spread evenly over it.
    /// `progress` hears how many are done, of [`Plan::passes`] times as many.
    ///
    /// # Errors
    /// As [`quantise`], and [`QuantiseError::Data`].
    pub fn quantise(
        &self,
        data: &[Data],
        count: NonZeroUsize,
        plan: &Plan,
        progress: &dyn Fn(usize),
    ) -> Result<QuantisedBundle, QuantiseError> {
        let before = self.manifest();
        let size = before.input.width;
        let pixels = pixels(data, Split::Train, count.get())?;
        let faces = pixels.len() / (size * size * 3);
        let path = self.file();
        let onnx = fs::read(&path).map_err(FileError::io(&path))?;
        let shape = [faces, size, size, 3];
        let quantised = quantise(&path, &onnx, Images::Bytes(&shape, &pixels), plan, progress)?;
        let model = Model {
            sha256: sha256_hex(&quantised.bytes),
            quantisation: Some(Quantisation {
                from_sha256: before.sha256.clone(),
                method: plan.describe(),
                faces,
                data: describe(data),
                metrics: BTreeMap::new(),
            }),
            ..before.clone()
        };
        Ok(QuantisedBundle {
            bundle: self.replaced(model.clone()),
            of: self.clone(),
            model,
            bytes: Pair {
                before: onnx.len(),
                after: quantised.bytes.len(),
            },
            quantised,
        })
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct QuantisedBundle {
    /// As it was.
    of: AffectModel,
    /// The bundle that it is.
    pub bundle: Bundle,
    /// Its affect model.
    pub model: Model,
    /// The affect model's file.
    pub quantised: Quantised,
    /// Its size.
    pub bytes: Pair<usize>,
}

impl QuantisedBundle {
    /// Writes `bundle/` into `folder`, which is made: the other models as they were.
    ///
    /// # Errors
    /// [`QuantiseError::File`], also when that is the bundle it was made of.
    pub fn write(&self, folder: &Path) -> Result<(), QuantiseError> {
        let onnx = Some(&*self.quantised.bytes);
        Ok(self.of.write(&folder.join("bundle"), &self.bundle, onnx)?)
    }

    /// Both bundles over the test part of `data`; the one that was written into `folder` gets the figures.
    /// `progress` hears how many faces are done, of twice as many as there are.
    ///
    /// # Errors
    /// [`QuantiseError::NoFaces`] without a test part, [`QuantiseError::Numbers`] when a model fails.
    pub fn measure(
        &mut self,
        folder: &Path,
        data: &[Data],
        threads: NonZeroUsize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Figures, QuantiseError> {
        if data.iter().all(|data| data.count(Split::Test) == 0) {
            return Err(QuantiseError::NoFaces("test"));
        }
        let after = AffectModel::open(&folder.join("bundle"))?;
        let faces_before = self.of.read(data, threads, progress)?;
        let done = faces_before.len();
        let faces_after = after.read(data, threads, &|more| progress(done + more))?;
        let pixels = pixels(data, Split::Test, figures::EDGE_FACES)?;
        let edges = figures::edges(&self.model, &[self.of.file(), after.file()], &pixels)?;
        let manifests = [self.of.manifest(), after.manifest()];
        let figures = Figures::new(manifests, [&*faces_before, &*faces_after], edges);
        if let Some(quantisation) = &mut self.model.quantisation {
            quantisation.metrics = figures.metrics();
        }
        self.bundle.insert(self.model.clone());
        let manifest = folder.join("bundle");
        let saved = self.bundle.save(&manifest);
        saved.map_err(FileError::io(&manifest.join("bundle.json")))?;
        Ok(figures)
    }

    /// How fast both are on one thread; see [`Speed`].
    ///
    /// # Errors
    /// [`QuantiseError::Model`] when a model fails.
    pub fn speed(
        &self,
        folder: &Path,
        data: &[Data],
        batch: usize,
        repeats: usize,
    ) -> Result<Speed, QuantiseError> {
        let files = [self.of.file(), folder.join("bundle").join(&self.model.file)];
        let pixels = pixels(data, Split::Test, batch)?;
        Speed::measure(&files, &pixels, self.model.input.width, repeats)
    }

    /// Writes `report.md` and `figures.json` into `folder`.
    ///
    /// # Errors
    /// [`QuantiseError::File`].
    ///
    /// # Panics
    /// Never: figures always serialise.
    pub fn report(
        &self,
        folder: &Path,
        figures: &Figures,
        speeds: &[Speed],
    ) -> Result<(), QuantiseError> {
        let all = serde_json::json!({
            "bytes": self.bytes,
            "quality": figures,
            "speed": speeds,
        });
        let json = serde_json::to_string_pretty(&all).expect("figures serialise");
        let report = markdown::report(self, figures, speeds);
        for (name, text) in [("figures.json", json), ("report.md", report)] {
            let path = folder.join(name);
            fs::write(&path, text).map_err(FileError::io(&path))?;
        }
        Ok(())
    }
}

/// Pixels of at most `count` faces of one part of all data sets, spread evenly, `[N, S, S, 3]`.
fn pixels(data: &[Data], part: Split, count: usize) -> Result<Vec<u8>, QuantiseError> {
    let all: usize = data.iter().map(|it| it.count(part)).sum();
    let count = count.min(all);
    let mut chosen = (0..count).map(|face| face * all / count).peekable();
    let (mut pixels, mut place) = (Vec::new(), 0);
    for data in data {
        let mut reader = Pixels::of(data);
        let samples = data.samples().iter();
        for Sample { image, .. } in samples.filter(|it| it.split == part) {
            if chosen.next_if_eq(&place).is_some() {
                reader.append(*image, &mut pixels)?;
            }
            place += 1;
        }
    }
    Ok(pixels)
}

/// The data sets, for the manifest.
fn describe(data: &[Data]) -> String {
    let each = data.iter().map(|data| {
        let (name, sha256) = (data.name(), data.sha256());
        format!("{name} (dataset.json sha256 {sha256})")
    });
    format!("training part of {}", each.collect::<Vec<_>>().join(", "))
}
