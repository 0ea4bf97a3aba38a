//! Embeddings of all images by a backbone that does not change, computed once and kept.
//!
//! Features, graphs and their losses train on them in minutes, so that many variants can be
//! compared. They lie beside the weights of the run that they are from, as 32-bit floats, under a
//! name that follows from weights and images.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use burn::{module::Module, tensor::Device};
use facs::sha256_hex;
use indicatif::{ProgressBar, ProgressStyle};

use super::AffectSettings;
use crate::{
    data::{Images, PixelBatch},
    run_dir::RunDir,
};

const BATCH: usize = 64;

/// One embedding `z_img` per image.
pub struct Embeddings {
    /// Length of an embedding (`D`).
    pub width: usize,
    values: Vec<f32>,
}

impl Embeddings {
    /// Those of `images` by the backbone of a finished run, from its folder if they are there.
    ///
    /// # Errors
    /// When the run is not finished, its backbone is not that of `settings`, or the folder cannot
    /// be written.
    pub fn of(
        images: &Images,
        run: &RunDir,
        settings: &AffectSettings,
        device: &Device,
    ) -> Result<Self> {
        let width = settings.embedding;
        let path = place(images, run)?;
        if let Ok(bytes) = fs::read(&path) {
            ensure!(
                bytes.len() == images.samples.len() * width * 4,
                "{} is broken: remove it",
                path.display()
            );
            let floats = bytes.chunks_exact(4);
            let values = floats.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            return Ok(Self {
                width,
                values: values.collect(),
            });
        }
        let network = settings
            .network()
            .init(device)
            .try_load_record(run.load_weights()?.allow_partial(true).allow_unused(true))
            .context("the backbone of training.start is not that of the recipe")?;
        let bar = ProgressBar::new(images.samples.len() as u64).with_message("embeddings");
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}  {eta} left") {
            bar.set_style(style);
        }
        let mut values = Vec::with_capacity(images.samples.len() * width);
        let numbers: Vec<usize> = (0..images.samples.len()).collect();
        for chunk in numbers.chunks(BATCH) {
            let mut faces = PixelBatch {
                bytes: Vec::with_capacity(chunk.len() * images.width * images.height * 3),
                width: images.width,
                height: images.height,
            };
            for &index in chunk {
                faces.bytes.extend_from_slice(images.pixels(index));
            }
            let embedding = network.embed(faces.to_tensor(device));
            values.extend(embedding.into_data().iter::<f32>());
            bar.inc(chunk.len() as u64);
        }
        bar.finish_and_clear();
        // Whole or not at all: a run that is stopped computes them again.
        let new = path.with_extension("new");
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        fs::write(&new, bytes).with_context(|| format!("cannot write {}", new.display()))?;
        fs::rename(&new, &path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { width, values })
    }

    /// That of image `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }
}

/// Where the embeddings lie.
fn place(images: &Images, run: &RunDir) -> Result<PathBuf> {
    let folder = run.file("embeddings");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let weights = run.file("weights.bpk");
    let weights =
        fs::read(&weights).with_context(|| format!("cannot read {}", weights.display()))?;
    let made = serde_json::to_string(&(&images.origins, images.samples.len()))?;
    let key = sha256_hex((sha256_hex(&weights) + &made).as_bytes());
    Ok(folder.join(format!("{}.f32", &key[..16])))
}
