//! What the affect model says of labelled faces.
//!
//! Takes a model and data sets; gives per face the probabilities as the model gives them, beside what is
//! true and what may explain an error.

use std::{num::NonZeroUsize, path::Path};

use align::{head_pose, sharpness};
use facs::{ActionUnit, Expression, HeadPose, Model, Sample, Split, sha256_hex};

use super::NumbersError;
use crate::{
    data::{self, Batch, Data},
    subject::{Images, Onnx, Rows},
};

/// The order of a model's probabilities.
#[derive(Clone, Copy, Debug)]
pub struct Axes<'a> {
    /// Of [`Face::units`].
    pub units: &'a [ActionUnit],
    /// Of [`Face::expressions`].
    pub expressions: &'a [Expression],
}

impl<'a> Axes<'a> {
    /// As the manifest says.
    #[must_use]
    pub fn of(model: &'a Model) -> Self {
        Self {
            units: &model.action_units,
            expressions: &model.expressions,
        }
    }
}

/// One labelled face.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    /// Which part of the data it belongs to.
    pub split: Split,
    /// Where it comes from.
    pub domain: String,
    /// The same for all faces of one subject, and for others as good as never.
    pub group: u64,
    /// Probability per unit.
    pub units: Vec<f32>,
    /// Whether each unit is active, where labelled.
    pub active: Vec<Option<bool>>,
    /// Probability per expression.
    pub expressions: Vec<f32>,
    /// Place of the true expression on the axis, where it is labelled and there.
    pub expression: Option<usize>,
    /// As the daemon estimates it, where landmarks are known.
    pub pose: Option<HeadPose>,
    /// As the daemon measures it.
    pub sharpness: f32,
}

/// All faces of all data sets, in order.
pub(super) fn read(
    model: &Model,
    file: &Path,
    data: &[Data],
    threads: NonZeroUsize,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Face>, NumbersError> {
    data::each(
        data,
        threads,
        progress,
        || Reader::open(model, file),
        Reader::read,
    )
}

/// One session and its buffers.
struct Reader<'a> {
    onnx: Onnx,
    model: &'a Model,
    units: Vec<f32>,
    expressions: Vec<f32>,
}

impl<'a> Reader<'a> {
    fn open(model: &'a Model, file: &Path) -> Result<Self, NumbersError> {
        Ok(Self {
            onnx: Onnx::open(file)?,
            model,
            units: Vec::new(),
            expressions: Vec::new(),
        })
    }

    fn read(&mut self, batch: Batch<'_>) -> Result<Vec<Face>, NumbersError> {
        let Batch {
            data,
            samples,
            pixels,
        } = batch;
        let size = self.model.input.width;
        let shape = [samples.len(), size, size, 3];
        let images = Images::Bytes(&shape, pixels);
        let (units, expressions) = (&self.model.action_units, &self.model.expressions);
        self.units.clear();
        self.expressions.clear();
        let wanted = |name, columns, into| Rows {
            name: Some(name),
            columns,
            into,
        };
        self.onnx.run(
            images,
            &mut [
                wanted("au_prob", units.len(), &mut self.units),
                wanted("expression_prob", expressions.len(), &mut self.expressions),
            ],
        )?;
        let rows = self.units.chunks_exact(units.len());
        let rows = rows.zip(self.expressions.chunks_exact(expressions.len()));
        let crops = pixels.chunks_exact(size * size * 3);
        let faces = samples.iter().zip(rows).zip(crops);
        faces
            .map(|((sample, (units, expressions)), crop)| {
                self.check(data, sample, units.iter().chain(expressions))?;
                Ok(self.face(data, sample, units, expressions, sharpness(crop, size)))
            })
            .collect()
    }

    fn face(
        &self,
        data: &Data,
        sample: &Sample,
        units: &[f32],
        expressions: &[f32],
        sharpness: f32,
    ) -> Face {
        let axes = Axes::of(self.model);
        let active = |unit| sample.action_units.get(unit).map(|label| label.on);
        let shown = |shown| axes.expressions.iter().position(|it| *it == shown);
        let landmarks = sample.faces.first().map(|face| face.landmarks);
        Face {
            split: sample.split,
            domain: sample.domain.clone(),
            group: group(data, &sample.subject),
            units: units.to_vec(),
            active: axes.units.iter().map(active).collect(),
            expressions: expressions.to_vec(),
            expression: sample.expression.and_then(shown),
            pose: landmarks.and_then(|landmarks| head_pose(&landmarks)),
            sharpness,
        }
    }

    fn check<'p>(
        &self,
        data: &Data,
        sample: &Sample,
        mut said: impl Iterator<Item = &'p f32>,
    ) -> Result<(), NumbersError> {
        // Softmax and sigmoid may end a rounding error outside, as in the daemon.
        match said.find(|p| !(-1e-4..=1.0001).contains(*p)) {
            None => Ok(()),
            Some(value) => Err(NumbersError::Probability {
                path: self.onnx.path().to_owned(),
                data: data.folder().to_owned(),
                image: sample.image,
                value: *value,
            }),
        }
    }
}

/// Subjects of different data sets are different people, whatever they are called.
fn group(data: &Data, subject: &str) -> u64 {
    let hash = sha256_hex(format!("{} {subject}", data.sha256()).as_bytes());
    u64::from_str_radix(&hash[..16], 16).unwrap_or(0)
}
