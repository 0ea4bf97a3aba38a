//! Images in parallel, shards in order.
//!
//! Takes a [`Plan`] and a [`Source`] of images; gives a data set folder. Knows nothing of faces.

use std::{
    fs,
    ops::Range,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use facs::{Dataset, DatasetKind, FinishedShard, Sample, ShardFiles};
use rayon::prelude::*;

use super::error::{GenerateError, io};

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
    /// The data set is whole.
    Complete,
    /// It was stopped; this many images lie in finished shards.
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
    plan.check()?;
    fs::create_dir_all(folder).map_err(io(folder))?;
    let mut dataset = Dataset::new(plan.kind, plan.width, plan.height, plan.origin.clone());
    if is_complete(plan, folder)? {
        progress(plan.images);
        return Ok(Outcome::Complete);
    }
    let mut samples = Vec::with_capacity(plan.images);
    for (index, first) in (0..plan.images).step_by(plan.shard_images).enumerate() {
        progress(first);
        let files = ShardFiles::new(folder, index);
        let finished = match files.finished(&plan.origin) {
            Some(finished) => finished,
            None => match draw_shard(plan, source, &files, first, &mut progress, stop)? {
                Some(finished) => finished,
                None => return Ok(Outcome::Stopped { images: first }),
            },
        };
        dataset.shards.push(finished.shard);
        samples.extend(finished.samples);
    }
    dataset.save(folder, &samples)?;
    for index in 0..dataset.shards.len() {
        ShardFiles::new(folder, index).remove_note()?;
    }
    progress(plan.images);
    Ok(Outcome::Complete)
}

/// Draws and writes one shard; none when stopped.
fn draw_shard(
    plan: &Plan,
    source: &impl Source,
    files: &ShardFiles,
    first: usize,
    progress: &mut impl FnMut(usize),
    stop: &AtomicBool,
) -> Result<Option<FinishedShard>, GenerateError> {
    let last = (first + plan.shard_images).min(plan.images);
    let batch = BLOCK * BLOCKS_PER_THREAD * rayon::current_num_threads();
    let image_bytes = plan.width * plan.height * 3;
    let mut pixels = vec![0; batch * image_bytes];
    let mut writer = files.writer()?;
    for start in (first..last).step_by(batch) {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let count = batch.min(last - start);
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
        progress(start + count);
    }
    Ok(Some(writer.finish(&plan.origin)?))
}

/// Whether `folder` already holds the whole data set of this plan, every byte of it.
fn is_complete(plan: &Plan, folder: &Path) -> Result<bool, GenerateError> {
    if !folder.join("dataset.json").exists() {
        return Ok(false);
    }
    let Ok((dataset, samples)) = Dataset::load(folder) else {
        return Err(GenerateError::OtherSettings {
            path: folder.to_owned(),
        });
    };
    if dataset.origin != plan.origin {
        return Err(GenerateError::OtherSettings {
            path: folder.to_owned(),
        });
    }
    let sound = dataset
        .shards
        .iter()
        .enumerate()
        .all(|(index, shard)| ShardFiles::new(folder, index).is_sound(shard));
    Ok(sound && samples.len() == plan.images)
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
mod tests {
    use facs::Split;

    use super::*;

    /// Every pixel is the image's number; stops itself after some images.
    struct Numbers<'a> {
        stop_at: usize,
        stop: &'a AtomicBool,
    }

    impl Source for Numbers<'_> {
        fn draw(&self, images: Range<usize>, pixels: &mut [u8]) -> Vec<Sample> {
            let sample = |(index, pixels): (usize, &mut [u8])| {
                pixels.fill(index as u8);
                if index >= self.stop_at {
                    self.stop.store(true, Ordering::Relaxed);
                }
                Sample {
                    image: index,
                    subject: format!("p{}", index % 3),
                    domain: "test".into(),
                    split: Split::Train,
                    action_units: [].into(),
                    expression: None,
                    faces: Vec::new(),
                    provenance: None,
                }
            };
            images.zip(pixels.chunks_mut(768)).map(sample).collect()
        }
    }

    fn plan(seed: u64) -> Plan {
        Plan {
            kind: DatasetKind::Crops,
            width: 16,
            height: 16,
            images: 1000,
            shard_images: 400,
            origin: serde_json::json!({ "seed": seed }),
        }
    }

    fn run(folder: &Path, stop_at: usize, threads: usize) -> Result<Outcome, GenerateError> {
        let stop = AtomicBool::new(false);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            generate(
                &plan(1),
                &Numbers {
                    stop_at,
                    stop: &stop,
                },
                folder,
                |_| (),
                &stop,
            )
        })
    }

    fn listing(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                (
                    path.file_name().unwrap().to_string_lossy().into(),
                    fs::read(&path).unwrap(),
                )
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn a_run_that_was_stopped_ends_like_one_that_was_not() {
        let [straight, resumed] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        assert_eq!(
            run(straight.path(), usize::MAX, 1).unwrap(),
            Outcome::Complete
        );
        assert_eq!(
            run(resumed.path(), 520, 3).unwrap(),
            Outcome::Stopped { images: 400 }
        );
        let names: Vec<String> = listing(resumed.path())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(
            names,
            ["shard-00000.note.json", "shard-00000.rgb"],
            "no half files"
        );
        assert_eq!(
            run(resumed.path(), usize::MAX, 3).unwrap(),
            Outcome::Complete
        );
        assert_eq!(listing(straight.path()), listing(resumed.path()));
        let (dataset, samples) = Dataset::load(straight.path()).unwrap();
        assert_eq!(
            (dataset.images(), dataset.shards.len(), samples.len()),
            (1000, 3, 1000)
        );
    }

    #[test]
    fn a_harmed_shard_is_drawn_again_and_a_sound_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), 820, 1).unwrap();
        fs::write(folder.path().join("shard-00001.rgb"), [1; 400 * 768]).unwrap();
        let stop = AtomicBool::new(false);
        // Image 550 lies in the harmed shard; without it, the last shard would stop at 800.
        let outcome = generate(
            &plan(1),
            &Numbers {
                stop_at: 550,
                stop: &stop,
            },
            folder.path(),
            |_| (),
            &stop,
        );
        assert_eq!(outcome.unwrap(), Outcome::Stopped { images: 400 });
    }

    #[test]
    fn a_folder_with_another_data_set_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), usize::MAX, 1).unwrap();
        let before = listing(folder.path());
        let stop = AtomicBool::new(false);
        let source = Numbers {
            stop_at: usize::MAX,
            stop: &stop,
        };
        let error = generate(&plan(2), &source, folder.path(), |_| (), &stop).unwrap_err();
        assert!(error.to_string().contains("other settings"), "{error}");
        assert_eq!(
            run(folder.path(), usize::MAX, 1).unwrap(),
            Outcome::Complete
        );
        assert_eq!(listing(folder.path()), before);
    }
}
