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
    AffectNetwork, AffectSettings, evaluate,
    loss::{acyclicity, masked_binary_cross_entropy, masked_cross_entropy},
};

/// The affect model as a [`Task`].
pub struct AffectTask {
    /// What to train.
    pub settings: AffectSettings,
}

/// Faces and their labels, on the host.
pub struct AffectBatch {
    /// The faces.
    pub faces: PixelBatch,
    /// `[N, 20]`, 0 or 1.
    pub action_units: Vec<f32>,
    /// `[N, 20]`: 1 where a label is there.
    pub labelled: Vec<f32>,
    /// `[N, K]`: one-hot, or a row of zeros.
    pub expression: Vec<f32>,
}

impl Task for AffectTask {
    type Network = AffectNetwork;
    type Batch = AffectBatch;

    fn network(&self, device: &Device) -> AffectNetwork {
        self.settings.network().init(device)
    }

    fn batch(
        &self,
        images: &Images,
        samples: &[usize],
        mut augment: Option<&mut ChaCha8Rng>,
    ) -> AffectBatch {
        let mut batch = AffectBatch {
            faces: PixelBatch {
                bytes: Vec::with_capacity(samples.len() * images.width * images.height * 3),
                width: images.width,
                height: images.height,
            },
            action_units: Vec::with_capacity(samples.len() * ActionUnit::COUNT),
            labelled: Vec::with_capacity(samples.len() * ActionUnit::COUNT),
            expression: Vec::with_capacity(samples.len() * self.settings.expressions.len()),
        };
        for &index in samples {
            let start = batch.faces.bytes.len();
            batch.faces.bytes.extend_from_slice(images.pixels(index));
            if let Some(rng) = augment.as_deref_mut() {
                self.augment(
                    &mut batch.faces.bytes[start..],
                    images.width,
                    images.height,
                    rng,
                );
            }
            self.label(&mut batch, &images.samples[index]);
        }
        batch
    }

    fn loss(&self, network: &AffectNetwork, batch: &AffectBatch, device: &Device) -> Loss {
        let n = batch.faces.len();
        let on_device = |values: &[f32]| {
            Tensor::<2>::from_data(
                TensorData::new(values.to_vec(), [n, values.len() / n]),
                device,
            )
        };
        let (labels, labelled) = (on_device(&batch.action_units), on_device(&batch.labelled));
        let weights = &self.settings.loss;
        let logits = network.forward_logits(batch.faces.to_tensor(device));

        let feature =
            masked_binary_cross_entropy(logits.au_feature, labels.clone(), labelled.clone());
        let graph = masked_binary_cross_entropy(logits.au_graph, labels, labelled);
        let cycles = acyclicity(logits.au_edges);
        let expression = masked_cross_entropy(
            logits.expression,
            on_device(&batch.expression),
            weights.label_smoothing,
        );
        let total = feature.clone()
            + graph.clone()
            + cycles.clone() * weights.acyclicity
            + expression.clone() * weights.expression;
        Loss {
            total,
            parts: vec![
                ("au_feature", feature),
                ("au_graph", graph),
                ("acyclicity", cycles),
                ("expression", expression),
            ],
        }
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

impl AffectTask {
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
        for unit in ActionUnit::ALL {
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
