//! Training the face finder: batches and losses.

use burn::tensor::{Device, Tensor, TensorData};
use facs::FaceLabel;
use rand_chacha::ChaCha8Rng;

use crate::{
    data::{Images, PixelBatch},
    task::{Evaluation, Loss, Task},
};

use super::{
    FaceFinder, FaceFinderRaw, FaceFinderSettings, Grid, Targets, View, evaluate,
    loss::{generalised_overlap_loss, heat_focal_loss, landmark_distance},
};

/// The face finder as a [`Task`].
pub struct FaceFinderTask {
    /// What to train.
    pub settings: FaceFinderSettings,
}

/// Scenes and what their cells should answer, on the host.
pub struct FaceFinderBatch {
    /// The scenes.
    pub scenes: PixelBatch,
    /// `[N, P]`: heat of every cell.
    pub heat: Vec<f32>,
    /// `[N, P]`: 0 where nothing can be said about the score, else 1.
    pub counted: Vec<f32>,
    /// `[N, P]`: how much the box counts.
    pub box_weight: Vec<f32>,
    /// `[N, P, 4]`, pixels.
    pub boxes: Vec<f32>,
    /// `[N, P]`: how much the landmarks count, per pixel of error.
    pub landmark_weight: Vec<f32>,
    /// `[N, P, 10]`, pixels.
    pub landmarks: Vec<f32>,
    /// Faces that are demanded.
    pub faces: usize,
}

impl Task for FaceFinderTask {
    type Network = FaceFinder;
    type Batch = FaceFinderBatch;

    fn network(&self, device: &Device) -> FaceFinder {
        self.settings.network().init(device)
    }

    fn batch(
        &self,
        images: &Images,
        samples: &[usize],
        mut augment: Option<&mut ChaCha8Rng>,
    ) -> FaceFinderBatch {
        let mut batch = FaceFinderBatch::new(images.width, images.height);
        for &index in samples {
            let (pixels, faces) = (images.pixels(index), &images.samples[index].faces);
            match augment.as_deref_mut() {
                Some(rng) => {
                    let (pixels, faces) =
                        self.augment(pixels, faces, images.width, images.height, rng);
                    batch.push(&pixels, &faces);
                }
                None => batch.push(pixels, faces),
            }
        }
        batch
    }

    fn loss(&self, network: &FaceFinder, batch: &FaceFinderBatch, device: &Device) -> Loss {
        let raw = network.forward_raw(batch.scenes.to_tensor(device));
        self.compare(raw, batch, device)
    }

    fn evaluate(
        &self,
        network: &FaceFinder,
        images: &Images,
        choose: &[usize],
        report: &[usize],
        device: &Device,
    ) -> Evaluation {
        evaluate::evaluate(self, network, images, choose, report, device)
    }
}

impl FaceFinderTask {
    /// The losses of raw predictions.
    pub(super) fn compare(
        &self,
        raw: FaceFinderRaw,
        batch: &FaceFinderBatch,
        device: &Device,
    ) -> Loss {
        let grid = self.settings.grid();
        let [n, cells] = raw.scores.dims();
        let per_cell = |values: &[f32]| {
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), [n, cells]), device)
        };
        let points = |values: &[f32]| {
            Tensor::<3>::from_data(
                TensorData::new(values.to_vec(), [n, cells, values.len() / (n * cells)]),
                device,
            )
        };
        let faces = batch.faces.max(1) as f32;

        let score = heat_focal_loss(
            raw.scores,
            per_cell(&batch.heat),
            per_cell(&batch.counted),
            batch.faces,
        );
        let boxes = grid.decode_boxes(raw.boxes);
        // The landmarks follow the box; they must not pull it.
        let landmarks = grid.decode_landmarks(raw.landmarks, boxes.clone().detach());
        let bounding_box =
            generalised_overlap_loss(boxes, points(&batch.boxes), per_cell(&batch.box_weight))
                / faces;
        let landmarks = landmark_distance(
            landmarks,
            points(&batch.landmarks),
            per_cell(&batch.landmark_weight),
        ) / faces;
        let weights = &self.settings.loss;
        let total = score.clone()
            + bounding_box.clone() * weights.bounding_box
            + landmarks.clone() * weights.landmarks;
        Loss {
            total,
            parts: vec![
                ("score", score),
                ("box", bounding_box),
                ("landmarks", landmarks),
            ],
        }
    }

    /// Another view of the scene in other light.
    fn augment(
        &self,
        pixels: &[u8],
        faces: &[FaceLabel],
        width: usize,
        height: usize,
        rng: &mut ChaCha8Rng,
    ) -> (Vec<u8>, Vec<FaceLabel>) {
        let view = View::draw(
            width,
            height,
            self.settings.zoom,
            self.settings.augment.flip,
            rng,
        );
        let mut pixels = view.pixels(pixels);
        self.settings.augment.apply(&mut pixels, width, height, rng);
        (pixels, faces.iter().map(|face| view.face(face)).collect())
    }
}

impl FaceFinderBatch {
    /// Without scenes.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            scenes: PixelBatch {
                bytes: Vec::new(),
                width,
                height,
            },
            heat: Vec::new(),
            counted: Vec::new(),
            box_weight: Vec::new(),
            boxes: Vec::new(),
            landmark_weight: Vec::new(),
            landmarks: Vec::new(),
            faces: 0,
        }
    }

    /// Adds a scene.
    pub fn push(&mut self, pixels: &[u8], faces: &[FaceLabel]) {
        let targets = Targets::new(Grid::over(self.scenes.width, self.scenes.height), faces);
        self.scenes.bytes.extend_from_slice(pixels);
        self.faces += targets.faces;
        for cell in &targets.cells {
            let [x1, y1, x2, y2] = cell.corners;
            let size = ((x2 - x1) * (y2 - y1)).max(1.0).sqrt();
            self.heat.push(cell.heat);
            self.counted.push(f32::from(u8::from(!cell.ignored)));
            self.box_weight.push(cell.weight);
            self.boxes.extend(cell.corners);
            self.landmark_weight.push(cell.weight / size);
            self.landmarks.extend(cell.landmarks.as_flattened());
        }
    }
}
