//! Training the face refiner: batches and losses.

use align::RgbView;
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{FaceRefiner, FaceRefinerSettings, Window, evaluate, windows};
use crate::{
    affect::loss::masked_binary_cross_entropy,
    data::{Images, PixelBatch, mirror},
    task::{Evaluation, Loss, Task},
};

/// The face refiner as a [`Task`].
pub struct FaceRefinerTask {
    /// What to train.
    pub settings: FaceRefinerSettings,
}

/// Windows and what they show, on the host.
pub struct FaceRefinerBatch {
    /// The windows.
    pub pixels: PixelBatch,
    /// What each shows.
    pub windows: Vec<Window>,
    /// Number of the sample that each was cut from.
    pub samples: Vec<usize>,
}

impl Task for FaceRefinerTask {
    type Network = FaceRefiner;
    type Batch = FaceRefinerBatch;

    fn network(&self, device: &Device) -> FaceRefiner {
        self.settings.network().init(device)
    }

    /// All windows of the scenes. Without augmentation a scene gives the same windows every time.
    fn batch(
        &self,
        images: &Images,
        samples: &[usize],
        mut augment: Option<&mut ChaCha8Rng>,
    ) -> FaceRefinerBatch {
        let size = self.settings.size;
        let mut batch = FaceRefinerBatch::new(size);
        for &index in samples {
            let mut still = ChaCha8Rng::seed_from_u64(index as u64);
            let rng = augment.as_deref_mut().unwrap_or(&mut still);
            let scene = [images.width, images.height];
            let sample = &images.samples[index];
            for window in windows(sample, scene, size, &self.settings.jitter, rng) {
                batch.push(index, images.pixels(index), scene, window);
            }
        }
        if batch.windows.is_empty() {
            batch.push_dark(samples.first().copied().unwrap_or(0));
        }
        if let Some(rng) = augment {
            self.augment(&mut batch, rng);
        }
        batch
    }

    fn loss(&self, network: &FaceRefiner, batch: &FaceRefinerBatch, device: &Device) -> Loss {
        let raw = network.forward_raw(batch.pixels.to_tensor(device));
        let n = batch.windows.len();
        let on_device = |values: Vec<f32>| {
            let columns = values.len() / n;
            Tensor::<2>::from_data(TensorData::new(values, [n, columns]), device)
        };
        let all = batch.windows.iter();
        let is_face = |window: &Window| f32::from(u8::from(window.landmarks.is_some()));
        let is_face = on_device(all.clone().map(is_face).collect());
        // Distances count in sides of the face, whatever its size in the window.
        let unit = |window: &Window| match window.landmarks {
            Some(_) => self.side() / window.face_side,
            None => 0.0,
        };
        let unit = on_device(all.clone().map(unit).collect());
        let points = on_device(all.flat_map(|window| self.shares(window)).collect());

        let score = masked_binary_cross_entropy(
            raw.scores.reshape([n, 1]),
            is_face.clone(),
            is_face.ones_like(),
        );
        let distance = (raw.landmarks - points).abs().mean_dim(1) * unit;
        let landmarks = distance.sum() / is_face.sum().clamp_min(1.0);
        Loss {
            total: score.clone() + landmarks.clone() * self.settings.landmark_weight,
            parts: vec![("score", score), ("landmarks", landmarks)],
        }
    }

    fn evaluate(
        &self,
        network: &FaceRefiner,
        images: &Images,
        choose: &[usize],
        report: &[usize],
        device: &Device,
    ) -> Evaluation {
        evaluate::evaluate(self, network, images, choose, report, device)
    }
}

impl FaceRefinerTask {
    fn side(&self) -> f32 {
        self.settings.size as f32
    }

    /// The landmarks in shares of the window's side; zeros if there is no face.
    fn shares(&self, window: &Window) -> [f32; 10] {
        let points = window.landmarks.map(|points| points.to_array());
        let points = points.unwrap_or_default();
        std::array::from_fn(|index| points[index / 2][index % 2] / self.side())
    }

    /// Other light, and left for right.
    fn augment(&self, batch: &mut FaceRefinerBatch, rng: &mut ChaCha8Rng) {
        let size = self.settings.size;
        let pictures = batch.pixels.bytes.chunks_exact_mut(size * size * 3);
        for (picture, window) in pictures.zip(&mut batch.windows) {
            self.settings.augment.apply(picture, size, size, rng);
            if rng.random::<f32>() < self.settings.augment.flip {
                mirror(picture, size);
                window.landmarks = window.landmarks.map(|points| points.mirrored(self.side()));
            }
        }
    }
}

impl FaceRefinerBatch {
    /// Without windows; each will have `size` by `size` pixels.
    #[must_use]
    pub const fn new(size: usize) -> Self {
        Self {
            pixels: PixelBatch {
                bytes: Vec::new(),
                width: size,
                height: size,
            },
            windows: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// Adds a window of a scene.
    fn push(&mut self, sample: usize, scene: &[u8], [width, height]: [usize; 2], window: Window) {
        // The scene has these sides: the data set was checked when it was loaded.
        let Ok(view) = RgbView::new(scene, width, height, width * 3) else {
            return;
        };
        let (start, size) = (self.pixels.bytes.len(), self.pixels.width);
        self.pixels.bytes.resize(start + size * size * 3, 0);
        let pixels = &mut self.pixels.bytes[start..];
        align::warp(view, &window.window_from_scene, size, pixels);
        self.windows.push(window);
        self.samples.push(sample);
    }

    /// Adds what a covered lens sees, so that a batch of scenes full of faces that nobody demands
    /// is not empty.
    fn push_dark(&mut self, sample: usize) {
        let size = self.pixels.width;
        self.pixels.bytes.resize(size * size * 3, 0);
        self.windows.push(Window::DARK);
        self.samples.push(sample);
    }
}
