//! What the affect model says of labelled faces.
//!
//! Takes a model and data sets; gives per face the probabilities as the model gives them, beside what is
//! true and what may explain an error.

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use align::{head_pose, sharpness};
use facs::{ActionUnit, Expression, HeadPose, Model, Sample, Split, sha256_hex};

use super::NumbersError;
use crate::{
    data::{Data, Pixels},
    subject::{Images, Onnx},
};

/// Images of a call.
const BATCH: usize = 32;

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
    let batches: Vec<(&Data, &[Sample])> = data
        .iter()
        .flat_map(|data| data.samples().chunks(BATCH).map(move |batch| (data, batch)))
        .collect();
    let (next, done, failed) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicBool::new(false),
    );
    let all = Mutex::new(Vec::with_capacity(batches.len()));
    let work = || -> Result<(), NumbersError> {
        let mut reader = Reader::open(model, file)?;
        while !failed.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((data, batch)) = batches.get(number) else {
                break;
            };
            let faces = reader.read(data, batch)?;
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.push((number, faces));
            drop(all);
            progress(done.fetch_add(batch.len(), Ordering::Relaxed) + batch.len());
        }
        Ok(())
    };
    thread::scope(|scope| {
        let worker = |_| {
            // One that fails stops the others.
            scope.spawn(|| work().inspect_err(|_| failed.store(true, Ordering::Relaxed)))
        };
        let workers: Vec<_> = (0..threads.get()).map(worker).collect();
        let ended = workers.into_iter().map(|worker| match worker.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<(), _>>()
    })?;
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().flat_map(|(_, faces)| faces).collect())
}

/// One session and its buffers.
struct Reader<'a> {
    onnx: Onnx,
    model: &'a Model,
    pixels: Vec<u8>,
    units: Vec<f32>,
    expressions: Vec<f32>,
}

impl<'a> Reader<'a> {
    fn open(model: &'a Model, file: &Path) -> Result<Self, NumbersError> {
        Ok(Self {
            onnx: Onnx::open(file)?,
            model,
            pixels: Vec::new(),
            units: Vec::new(),
            expressions: Vec::new(),
        })
    }

    fn read(&mut self, data: &Data, batch: &[Sample]) -> Result<Vec<Face>, NumbersError> {
        self.pixels.clear();
        let mut pixels = Pixels::of(data);
        for sample in batch {
            pixels.append(sample.image, &mut self.pixels)?;
        }
        let size = self.model.input.width;
        let shape = [batch.len(), size, size, 3];
        let images = Images::Bytes(&shape, &self.pixels);
        let (units, expressions) = (&self.model.action_units, &self.model.expressions);
        for (name, axis, rows) in [
            ("au_prob", units.len(), &mut self.units),
            ("expression_prob", expressions.len(), &mut self.expressions),
        ] {
            rows.clear();
            self.onnx.run(images, Some(name), axis, rows)?;
        }
        let rows = self.units.chunks_exact(units.len());
        let rows = rows.zip(self.expressions.chunks_exact(expressions.len()));
        let crops = self.pixels.chunks_exact(size * size * 3);
        let faces = batch.iter().zip(rows).zip(crops);
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
