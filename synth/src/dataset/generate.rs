//! Images in parallel, shards in order.
//!
//! Takes a [`Plan`] and a [`Source`] of images; gives a data set folder. Knows nothing of faces.
//! One process draws everything ([`generate`]), or many draw a [`Part`] each ([`generate_part`])
//! into a folder that they share, and a last one puts the shards together ([`join`]).

use std::{
    fs,
    io::ErrorKind,
    ops::Range,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use facs::{Dataset, DatasetKind, FinishedShard, Sample, ShardFiles};
use rayon::prelude::*;

use super::{
    error::{GenerateError, io},
    part::Part,
};

/// Consecutive images that one thread draws: what is dear (a person) can be shared among them.
pub const BLOCK: usize = 16;
/// Blocks that are drawn between two looks at the stop flag, per thread.
const BLOCKS_PER_THREAD: usize = 3;

/// The shape of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What the images are.
    pub kind: DatasetKind,
    /// Columns of every image.
    pub width: usize,
    /// Rows of every image.
    pub height: usize,
    /// How many images.
    pub images: usize,
    /// Images per shard.
    pub shard_images: usize,
    /// Every setting that the bytes depend on: a folder with another origin is not touched.
    pub origin: serde_json::Value,
}

/// Draws any images of a data set, in any order, on any thread.
pub trait Source: Sync {
    /// Draws consecutive images over `pixels` (RGB, rows first, one after the other) and labels
    /// them. At most [`BLOCK`] images, which begin at a multiple of it where shards do.
    fn draw(&self, images: Range<usize>, pixels: &mut [u8]) -> Vec<Sample>;
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was to be drawn is there.
    Complete,
    /// It was stopped; this many of its images lie in finished shards.
    Stopped {
        /// Images kept.
        images: usize,
    },
}

/// Makes the data set in `folder`, going on where an earlier run with the same plan stopped.
///
/// `progress` hears how many images are done, from 0 up. Once `stop` is set, the shard in hand is
/// given up at the next batch and finished shards stay for the next run.
///
/// # Errors
/// [`GenerateError`], naming the file.
pub fn generate(
    plan: &Plan,
    source: &impl Source,
    folder: &Path,
    mut progress: impl FnMut(usize),
    stop: &AtomicBool,
) -> Result<Outcome, GenerateError> {
    if !begin(plan, Part::WHOLE, folder)? {
        progress(plan.images);
        return Ok(Outcome::Complete);
    }
    match draw_part(plan, Part::WHOLE, source, folder, &mut progress, stop)? {
        Drawn::All(shards) => save(plan, folder, shards)?,
        Drawn::Some(images) => return Ok(Outcome::Stopped { images }),
    }
    progress(plan.images);
    Ok(Outcome::Complete)
}

/// Draws the shards of one part of the data set into `folder`, which other parts may share; going
/// on, progress and stopping as in [`generate`]. What is complete in the end is the part: the data
/// set is one after [`join`].
///
/// # Errors
/// [`GenerateError`], naming the file.
pub fn generate_part(
    plan: &Plan,
    part: Part,
    source: &impl Source,
    folder: &Path,
    mut progress: impl FnMut(usize),
    stop: &AtomicBool,
) -> Result<Outcome, GenerateError> {
    if begin(plan, part, folder)?
        && let Drawn::Some(images) = draw_part(plan, part, source, folder, &mut progress, stop)?
    {
        return Ok(Outcome::Stopped { images });
    }
    progress(part.images(plan));
    Ok(Outcome::Complete)
}

/// Makes the data set of the shards that [`generate_part`] drew: checks the hash of each, then
/// writes header and labels. `progress` hears how many images are checked.
///
/// # Errors
/// [`GenerateError::Missing`], naming the shards that are not there, are harmed or have other
/// settings; [`GenerateError::Io`].
pub fn join(
    plan: &Plan,
    folder: &Path,
    mut progress: impl FnMut(usize),
) -> Result<(), GenerateError> {
    if begin(plan, Part::WHOLE, folder)? {
        let (mut shards, mut missing) = (Vec::new(), Vec::new());
        for (index, images) in Part::WHOLE.shards(plan) {
            progress(images.start);
            match ShardFiles::new(folder, index).finished(&plan.origin) {
                Some(finished) => shards.push(finished),
                None => missing.push(index),
            }
        }
        if !missing.is_empty() {
            let (path, of) = (folder.to_owned(), missing.len() + shards.len());
            return Err(GenerateError::Missing { path, missing, of });
        }
        save(plan, folder, shards)?;
    }
    progress(plan.images);
    Ok(())
}

/// Makes `folder` ready; whether anything of `part` is left to do.
///
/// A data set that is whole but for harmed shards is taken apart again: its labels go back to the
/// notes of its sound shards, so that only the harmed ones are drawn anew. Several jobs may do so at
/// a time.
fn begin(plan: &Plan, part: Part, folder: &Path) -> Result<bool, GenerateError> {
    plan.check()?;
    fs::create_dir_all(folder).map_err(io(folder))?;
    let header = folder.join("dataset.json");
    let (dataset, mut samples) = match Dataset::load_labels(folder) {
        Ok(loaded) => loaded,
        // Not there, or taken apart by another job meanwhile.
        Err(_) if !header.exists() => return Ok(true),
        Err(source) => {
            let path = folder.to_owned();
            return Err(GenerateError::Unreadable { path, source });
        }
    };
    if dataset.origin != plan.origin || samples.len() != plan.images {
        let path = folder.to_owned();
        return Err(GenerateError::OtherSettings { path });
    }
    let sound = part.shards(plan).all(|(index, _)| {
        let shard = dataset.shards.get(index);
        shard.is_some_and(|shard| ShardFiles::new(folder, index).is_sound(shard))
    });
    if sound {
        return Ok(false);
    }
    for (index, shard) in dataset.shards.into_iter().enumerate() {
        let rest = samples.split_off(shard.images.min(samples.len()));
        let labels = std::mem::replace(&mut samples, rest);
        ShardFiles::new(folder, index).note_if_sound(shard, labels, &plan.origin)?;
    }
    match fs::remove_file(&header) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(&header)(error)),
        _ => Ok(true),
    }
}

/// What a run got done.
enum Drawn {
    /// All shards of its part.
    All(Vec<FinishedShard>),
    /// Shards with this many images.
    Some(usize),
}

fn draw_part(
    plan: &Plan,
    part: Part,
    source: &impl Source,
    folder: &Path,
    progress: &mut impl FnMut(usize),
    stop: &AtomicBool,
) -> Result<Drawn, GenerateError> {
    let (mut shards, mut done) = (Vec::new(), 0);
    for (index, images) in part.shards(plan) {
        progress(done);
        let files = ShardFiles::new(folder, index);
        let count = images.len();
        let finished = match files.finished(&plan.origin) {
            Some(finished) => finished,
            None => {
                let progress = |drawn| progress(done + drawn);
                match draw_shard(plan, source, &files, images, progress, stop)? {
                    Some(finished) => finished,
                    None => return Ok(Drawn::Some(done)),
                }
            }
        };
        shards.push(finished);
        done += count;
    }
    Ok(Drawn::All(shards))
}

/// Writes header and labels; the notes have done their work.
fn save(plan: &Plan, folder: &Path, shards: Vec<FinishedShard>) -> Result<(), GenerateError> {
    let mut dataset = Dataset::new(plan.kind, plan.width, plan.height, plan.origin.clone());
    let mut samples = Vec::with_capacity(plan.images);
    for finished in shards {
        dataset.shards.push(finished.shard);
        samples.extend(finished.samples);
    }
    dataset.save(folder, &samples)?;
    for index in 0..dataset.shards.len() {
        ShardFiles::new(folder, index).remove_note()?;
    }
    Ok(())
}

/// Draws and writes one shard; none when stopped.
fn draw_shard(
    plan: &Plan,
    source: &impl Source,
    files: &ShardFiles,
    images: Range<usize>,
    mut progress: impl FnMut(usize),
    stop: &AtomicBool,
) -> Result<Option<FinishedShard>, GenerateError> {
    let batch = BLOCK * BLOCKS_PER_THREAD * rayon::current_num_threads();
    let image_bytes = plan.width * plan.height * 3;
    let mut pixels = vec![0; batch * image_bytes];
    let mut writer = files.writer()?;
    for start in images.clone().step_by(batch) {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let count = batch.min(images.end - start);
        let pixels = &mut pixels[..count * image_bytes];
        let samples = pixels
            .par_chunks_mut(BLOCK * image_bytes)
            .enumerate()
            .flat_map_iter(|(block, pixels)| {
                let first = start + block * BLOCK;
                source.draw(first..first + pixels.len() / image_bytes, pixels)
            })
            .collect();
        writer.push(pixels, samples)?;
        progress(start + count - images.start);
    }
    Ok(Some(writer.finish(&plan.origin)?))
}

impl Plan {
    fn check(&self) -> Result<(), GenerateError> {
        let least = [
            ("count", self.images, 1),
            ("images per shard", self.shard_images, 1),
            ("width", self.width, 16),
            ("height", self.height, 16),
        ];
        for (field, value, least) in least {
            if value < least {
                let expected = format!("{least} or more");
                return Err(GenerateError::Setting {
                    field,
                    value,
                    expected,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "generate_tests.rs"]
mod tests;
