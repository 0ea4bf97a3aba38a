//! Training the affect network: batches, losses, figures.

use burn::tensor::{Device, Tensor, TensorData};
use facs::{ActionUnit, Sample};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::{
    data::{Images, PixelBatch, mirror},
    task::{Evaluation, Loss, Task},
};

use super::{
    AffectNetwork, AffectOutput, AffectSettings, Embeddings, GivenGraphs, evaluate,
    objective::objective,
};

/// The affect model as a [`Task`].
pub struct AffectTask {
    /// What to train.
    pub settings: AffectSettings,
    /// Of the images, where the backbone is frozen.
    pub embeddings: Option<Embeddings>,
    /// Global graphs that are not learned.
    pub graphs: Option<GivenGraphs>,
}

/// What a batch enters the network as.
pub enum AffectInput {
    /// Faces, through the backbone.
    Faces(PixelBatch),
    /// What a frozen backbone makes of them, `[N, D]`.
    Embeddings {
        /// Row after row.
        values: Vec<f32>,
        /// `D`
        width: usize,
    },
}

impl AffectInput {
    /// `z_img`, `[N, D]`.
    pub fn embedding(&self, network: &AffectNetwork, device: &Device) -> Tensor<2> {
        match self {
            Self::Faces(faces) => network.embed(faces.to_tensor(device)),
            Self::Embeddings { values, width } => {
                let shape = [values.len() / width, *width];
                Tensor::from_data(TensorData::new(values.clone(), shape), device)
            }
        }
    }
}

/// Faces and their labels, on the host.
pub struct AffectBatch {
    /// The faces.
    pub input: AffectInput,
    /// `[N, 20]`, 0 or 1.
    pub action_units: Vec<f32>,
    /// `[N, 20]`: 1 where a label is there.
    pub labelled: Vec<f32>,
    /// `[N, 20]`: 0 where the action unit was set by an intervention, so that its causes did not
    /// act on it.
    pub spontaneous: Vec<f32>,
    /// `[N, K]`: one-hot, or a row of zeros.
    pub expression: Vec<f32>,
    /// Of the disturbances of this batch.
    pub seed: u64,
}

impl Task for AffectTask {
    type Network = AffectNetwork;
    type Batch = AffectBatch;

    fn network(&self, device: &Device) -> AffectNetwork {
        self.settings.network().init(device)
    }

    fn give(&self, mut network: AffectNetwork) -> AffectNetwork {
        if let Some(graphs) = &self.graphs {
            network.au.give_global(&graphs.au);
            network.expression.give_global(&graphs.expression);
        }
        network
    }

    fn batch(
        &self,
        images: &Images,
        samples: &[usize],
        mut augment: Option<&mut ChaCha8Rng>,
    ) -> AffectBatch {
        let mut batch = AffectBatch {
            input: self.input(images, samples, augment.as_deref_mut()),
            action_units: Vec::with_capacity(samples.len() * ActionUnit::COUNT),
            labelled: Vec::with_capacity(samples.len() * ActionUnit::COUNT),
            spontaneous: Vec::with_capacity(samples.len() * ActionUnit::COUNT),
            expression: Vec::with_capacity(samples.len() * self.settings.expressions.len()),
            seed: augment.map_or(0, RngExt::random),
        };
        for &index in samples {
            self.label(&mut batch, &images.samples[index]);
        }
        batch
    }

    fn loss(&self, network: &AffectNetwork, batch: &AffectBatch, device: &Device) -> Loss {
        objective(network, &self.settings, batch, device)
    }

    fn evaluate(
        &self,
        network: &AffectNetwork,
        images: &Images,
        choose: &[usize],
        report: &[usize],
        device: &Device,
    ) -> Evaluation {
        evaluate::evaluate(self, network, images, choose, report, device)
    }
}

impl AffectBatch {
    /// How many samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labelled.len() / ActionUnit::COUNT
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labelled.is_empty()
    }
}

impl AffectTask {
    /// What a network makes of images as they are, whatever their labels.
    pub fn output(
        &self,
        network: &AffectNetwork,
        images: &Images,
        samples: &[usize],
        device: &Device,
    ) -> AffectOutput {
        let input = self.input(images, samples, None);
        network.state(input.embedding(network, device)).output()
    }

    fn input(
        &self,
        images: &Images,
        samples: &[usize],
        mut augment: Option<&mut ChaCha8Rng>,
    ) -> AffectInput {
        if let Some(embeddings) = &self.embeddings {
            let rows = samples.iter().flat_map(|&index| embeddings.get(index));
            return AffectInput::Embeddings {
                values: rows.copied().collect(),
                width: embeddings.width,
            };
        }
        let (width, height) = (images.width, images.height);
        let mut bytes = Vec::with_capacity(samples.len() * width * height * 3);
        for &index in samples {
            let start = bytes.len();
            bytes.extend_from_slice(images.pixels(index));
            if let Some(rng) = augment.as_deref_mut() {
                self.augment(&mut bytes[start..], width, height, rng);
            }
        }
        AffectInput::Faces(PixelBatch {
            bytes,
            width,
            height,
        })
    }

    /// Mirrors (action units are scored for the whole face, so labels stay), shifts and recolours.
    fn augment(&self, pixels: &mut [u8], width: usize, height: usize, rng: &mut ChaCha8Rng) {
        let augment = &self.settings.augment;
        if rng.random::<f32>() < augment.flip {
            mirror(pixels, width);
        }
        if augment.shift > 0 {
            let dx = rng.random_range(-augment.shift..=augment.shift);
            let dy = rng.random_range(-augment.shift..=augment.shift);
            shift(pixels, width, height, dx, dy);
        }
        augment.apply(pixels, width, height, rng);
    }

    fn label(&self, batch: &mut AffectBatch, sample: &Sample) {
        let done = sample.provenance.as_ref().map(|made| &made.done);
        for unit in ActionUnit::ALL {
            let set = done.is_some_and(|done| done.contains_key(unit.code()));
            batch.spontaneous.push(f32::from(u8::from(!set)));
            let label = sample.action_units.get(&unit);
            batch
                .action_units
                .push(label.map_or(0.0, |label| f32::from(u8::from(label.on))));
            batch.labelled.push(f32::from(u8::from(label.is_some())));
        }
        let row = self.settings.expressions.iter();
        batch.expression.extend(
            row.map(|&expression| f32::from(u8::from(sample.expression == Some(expression)))),
        );
    }
}

/// Moves a picture by whole pixels; its edge fills the gap.
fn shift(pixels: &mut [u8], width: usize, height: usize, dx: i32, dy: i32) {
    let source = pixels.to_vec();
    let clamp = |value: usize, by: i32, length: usize| {
        (value as i32 - by).clamp(0, length as i32 - 1) as usize
    };
    for y in 0..height {
        for x in 0..width {
            let from = (clamp(y, dy, height) * width + clamp(x, dx, width)) * 3;
            let to = (y * width + x) * 3;
            pixels[to..to + 3].copy_from_slice(&source[from..from + 3]);
        }
    }
}
