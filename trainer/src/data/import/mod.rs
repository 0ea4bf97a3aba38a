//! Labelled pictures of a real data set as aligned crops: what `trainer train` reads.
//!
//! Takes the [`Contents`] of a set and a way to find faces; gives a data set folder of
//! [`facs::Dataset`]. Shards are finished one after the other, so that a run that was stopped goes
//! on where it was.
//!
//! ```text
//! rows ─▶ pictures ─▶ decode (all cores) ─▶ landmarks (file, set, face finder and refiner) ─▶ align ─▶ shard
//! ```

mod error;
mod faces;
mod finder;
mod landmark_file;
mod pictures;
#[cfg(test)]
mod tests;

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use align::{RgbView, Similarity};
use facs::{
    BoundingBox, Dataset, DatasetKind, FaceLabel, FinishedShard, Landmarks5, Sample, ShardFiles,
};
use image::{ImageReader, RgbImage};
use rayon::prelude::*;

use super::sets::{Contents, Row};
pub use error::ImportError;
pub use faces::{Faces, FindFace, FoundFace};
pub use finder::{FinderError, OnnxFaceFinder};
pub use landmark_file::LandmarkFile;
pub use pictures::{Picture, pictures};

/// Pictures that are decoded at once, and between two looks at the stop flag.
const BATCH: usize = 32;

/// The shape of the data set that is written.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportPlan {
    /// Side of a crop in pixels.
    pub size: usize,
    /// Pictures per shard, those without a face counted too.
    pub shard_pictures: usize,
    /// Every setting that the bytes depend on: a folder with another origin is not touched.
    pub origin: serde_json::Value,
}

/// How an import ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Whether the data set is whole; else the same call goes on.
    pub complete: bool,
    /// Crops in finished shards.
    pub crops: usize,
    /// Pictures of this run in which no face was found.
    pub without_face: usize,
    /// Pictures of this run that could not be decoded.
    pub unreadable: usize,
    /// The first pictures that were left out, and why.
    pub examples: Vec<String>,
}

/// Writes the crops of `pictures` into `folder`, going on where an earlier run with the same plan
/// stopped.
///
/// `progress` hears how many pictures are done. Once `stop` is set, the shard in hand is given up
/// and finished shards stay for the next run.
///
/// # Errors
/// [`ImportError`], naming the file.
pub fn import(
    contents: &Contents,
    pictures: &[Picture],
    plan: &ImportPlan,
    faces: &mut Faces,
    folder: &Path,
    mut progress: impl FnMut(usize),
    stop: &AtomicBool,
) -> Result<Imported, ImportError> {
    fs::create_dir_all(folder).map_err(error::io(folder))?;
    let mut imported = Imported::default();
    if let Some(crops) = complete(plan, folder)? {
        progress(pictures.len());
        return Ok(Imported {
            complete: true,
            crops,
            ..imported
        });
    }
    let (size, origin) = (plan.size, &plan.origin);
    let mut dataset = Dataset::new(DatasetKind::Crops, size, size, origin.clone());
    let mut samples: Vec<Sample> = Vec::new();
    let mut done = 0;
    for (index, shard) in pictures.chunks(plan.shard_pictures.max(1)).enumerate() {
        let files = ShardFiles::new(folder, index);
        let finished = match files.finished(origin) {
            Some(finished) => Some(finished),
            None => Shard {
                contents,
                plan,
                files: &files,
                first_crop: samples.len(),
            }
            .write(
                shard,
                faces,
                &mut imported,
                |count| progress(done + count),
                stop,
            )?,
        };
        let Some(finished) = finished else {
            return Ok(imported);
        };
        done += shard.len();
        progress(done);
        imported.crops += finished.shard.images;
        dataset.shards.push(finished.shard);
        samples.extend(finished.samples);
    }
    if samples.is_empty() {
        return Err(ImportError::NoCrops {
            examples: imported.examples.join("\n"),
        });
    }
    dataset.save(folder, &samples)?;
    for index in 0..dataset.shards.len() {
        ShardFiles::new(folder, index).remove_note()?;
    }
    imported.complete = true;
    Ok(imported)
}

/// The crops of a folder that is whole already; an error when it holds another data set.
fn complete(plan: &ImportPlan, folder: &Path) -> Result<Option<usize>, ImportError> {
    if !folder.join("dataset.json").exists() {
        return Ok(None);
    }
    match Dataset::load(folder) {
        Ok((dataset, samples)) if dataset.origin == plan.origin => Ok(Some(samples.len())),
        _ => Err(ImportError::OtherSettings {
            path: folder.to_owned(),
        }),
    }
}

/// One shard on its way to disk.
struct Shard<'a> {
    contents: &'a Contents,
    plan: &'a ImportPlan,
    files: &'a ShardFiles,
    /// Number of its first crop.
    first_crop: usize,
}

impl Shard<'_> {
    /// None when stopped.
    fn write(
        &self,
        pictures: &[Picture],
        faces: &mut Faces,
        imported: &mut Imported,
        mut progress: impl FnMut(usize),
        stop: &AtomicBool,
    ) -> Result<Option<FinishedShard>, ImportError> {
        let mut writer = self.files.writer()?;
        let mut crop = vec![0; self.plan.size * self.plan.size * 3];
        let (mut next, mut done) = (self.first_crop, 0);
        for batch in pictures.chunks(BATCH) {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let decoded: Vec<_> = batch
                .par_iter()
                .map(|picture| decode(&picture.path))
                .collect();
            for (picture, decoded) in batch.iter().zip(decoded) {
                let row = &self.contents.rows[picture.row];
                match self.crop(picture, row, decoded, faces, &mut crop)? {
                    Ok(landmarks) => {
                        writer.push(&crop, vec![self.sample(next, row, &landmarks)])?;
                        next += 1;
                    }
                    Err(reason) => imported.leave_out(picture, &reason),
                }
            }
            done += batch.len();
            progress(done);
        }
        Ok(Some(writer.finish(&self.plan.origin)?))
    }

    /// Fills `crop`; gives the landmarks in it, or why there is none.
    fn crop(
        &self,
        picture: &Picture,
        row: &Row,
        decoded: Result<RgbImage, String>,
        faces: &mut Faces,
        crop: &mut [u8],
    ) -> Result<Result<Landmarks5, LeftOut>, ImportError> {
        let image = match decoded {
            Ok(image) => image,
            Err(reason) => return Ok(Err(LeftOut::Unreadable(reason))),
        };
        let [width, height] = [image.width() as usize, image.height() as usize];
        let Ok(view) = RgbView::new(image.as_raw(), width, height, width * 3) else {
            return Ok(Err(LeftOut::Unreadable("has no pixels".to_owned())));
        };
        let Some(landmarks) = faces.landmarks(picture, row, &view)? else {
            return Ok(Err(LeftOut::WithoutFace));
        };
        let template = align::template(self.plan.size).landmarks;
        let Some(crop_from_picture) = Similarity::estimate(&landmarks, &template) else {
            return Ok(Err(LeftOut::WithoutFace));
        };
        align::warp(view, &crop_from_picture, self.plan.size, crop);
        Ok(Ok(landmarks.map(|point| crop_from_picture.apply(point))))
    }

    fn sample(&self, image: usize, row: &Row, landmarks: &Landmarks5) -> Sample {
        let side = self.plan.size as f32;
        Sample {
            image,
            subject: row.subject.clone(),
            domain: self.contents.set.name().to_owned(),
            split: row.split,
            action_units: row.action_units.clone(),
            expression: row.expression,
            faces: vec![FaceLabel {
                bounding_box: BoundingBox {
                    x: 0.0,
                    y: 0.0,
                    width: side,
                    height: side,
                },
                // What a label is worth.
                landmarks: landmarks
                    .map(|point| point.map(|value| (value * 100.0).round() / 100.0)),
                visible: 1.0,
            }],
            look_alikes: Vec::new(),
            provenance: None,
        }
    }
}

/// Why a picture gave no crop.
enum LeftOut {
    Unreadable(String),
    WithoutFace,
}

impl Imported {
    /// More examples than this are not kept.
    const MOST_EXAMPLES: usize = 5;

    fn leave_out(&mut self, picture: &Picture, reason: &LeftOut) {
        let reason = match reason {
            LeftOut::Unreadable(reason) => {
                self.unreadable += 1;
                reason
            }
            LeftOut::WithoutFace => {
                self.without_face += 1;
                "no face was found"
            }
        };
        if self.examples.len() < Self::MOST_EXAMPLES {
            self.examples
                .push(format!("{}: {reason}", picture.path.display()));
        }
    }
}

fn decode(path: &Path) -> Result<RgbImage, String> {
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let image = reader.map_err(|error| error.to_string())?.decode();
    Ok(image.map_err(|error| error.to_string())?.into_rgb8())
}
