//! The face finder as a whole: targets, losses, network and figures together.

use std::{fs, time::Instant};

use burn::{
    module::Module,
    optim::{AdamWConfig, GradientsParams},
    tensor::{Device, Tensor, TensorData},
};
use facs::{Dataset, DatasetKind, FaceLabel, Sample, Shard, Split};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    FaceFinderBatch, FaceFinderRaw, FaceFinderSettings, FaceFinderTask, Grid, view::tests::face,
};
use crate::{data::Images, task::Task};

pub(crate) const WIDTH: usize = 96;
pub(crate) const HEIGHT: usize = 64;

fn small() -> FaceFinderTask {
    FaceFinderTask {
        settings: FaceFinderSettings {
            width: WIDTH,
            height: HEIGHT,
            widths: [8, 16, 16, 16],
            head: 16,
            ..FaceFinderSettings::default()
        },
    }
}

/// Bright ellipses with five dark dots on a textured ground.
fn draw(faces: &[FaceLabel], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut pixels: Vec<u8> = (0..WIDTH * HEIGHT * 3)
        .map(|_| rng.random_range(30..90))
        .collect();
    for (index, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        let [x, y] = [index % WIDTH, index / WIDTH].map(|value| value as f32 + 0.5);
        for face in faces {
            let bounds = face.bounding_box;
            let [cx, cy] = bounds.center();
            if ((x - cx) / bounds.width * 2.0).hypot((y - cy) / bounds.height * 2.0) < 1.0 {
                pixel.copy_from_slice(&[230, 190, 170]);
            }
            let dot = |point: &[f32; 2]| (x - point[0]).hypot(y - point[1]) < 0.08 * bounds.width;
            if face.landmarks.to_array().iter().any(dot) {
                pixel.copy_from_slice(&[20, 20, 40]);
            }
        }
    }
    pixels
}

/// Four scenes with one, two, one and no faces.
fn scenes() -> Vec<Vec<FaceLabel>> {
    vec![
        vec![face(8.0, 6.0, 40.0, 50.0)],
        vec![face(10.0, 20.0, 18.0, 22.0), face(60.0, 12.0, 24.0, 30.0)],
        vec![face(70.0, 40.0, 14.0, 16.0)],
        vec![],
    ]
}

pub(crate) fn images(folder: &std::path::Path) -> Images {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let scenes = scenes();
    let pixels: Vec<u8> = scenes
        .iter()
        .flat_map(|faces| draw(faces, &mut rng))
        .collect();
    fs::write(folder.join("shard-00000.rgb"), &pixels).unwrap();
    let mut header = Dataset::new(DatasetKind::Scenes, WIDTH, HEIGHT, serde_json::Value::Null);
    header.shards.push(Shard {
        file: "shard-00000.rgb".into(),
        images: scenes.len(),
        sha256: facs::sha256_hex(&pixels),
    });
    let samples: Vec<Sample> = scenes
        .into_iter()
        .enumerate()
        .map(|(image, faces)| Sample {
            image,
            subject: "drawn".into(),
            domain: "ellipses".into(),
            split: Split::Train,
            action_units: [].into(),
            expression: None,
            faces,
            look_alikes: Vec::new(),
            provenance: None,
        })
        .collect();
    header.save(folder, &samples).unwrap();
    Images::load(&[folder.to_owned()], DatasetKind::Scenes, WIDTH, HEIGHT).unwrap()
}

/// The raw numbers that decode to a batch's targets.
fn perfect(batch: &FaceFinderBatch, grid: Grid) -> FaceFinderRaw {
    let device = Device::default();
    let n = batch.scenes.len();
    let scores = batch
        .heat
        .iter()
        .map(|&heat| if heat == 1.0 { 20.0 } else { -20.0 })
        .collect();
    let (mut boxes, mut landmarks) = (Vec::new(), Vec::new());
    for cell in 0..n * grid.len() {
        let [x, y] = grid.center(cell % grid.len());
        let learns = batch.box_weight[cell] > 0.0;
        let raw = |value: f32| if learns { value } else { 0.0 };
        let corners = &batch.boxes[cell * 4..][..4];
        boxes.extend(
            [
                x - corners[0],
                y - corners[1],
                corners[2] - x,
                corners[3] - y,
            ]
            .map(|distance| raw((distance / 8.0).ln())),
        );
        let points = batch.landmarks[cell * 10..][..10].chunks_exact(2);
        let middle = [0, 1].map(|axis| f32::midpoint(corners[axis], corners[axis + 2]));
        let side = [0, 1].map(|axis| corners[axis + 2] - corners[axis]);
        landmarks.extend(
            points.flat_map(|point| {
                [0, 1].map(|axis| raw((point[axis] - middle[axis]) / side[axis]))
            }),
        );
    }
    let cells = grid.len();
    FaceFinderRaw {
        scores: Tensor::from_data(TensorData::new(scores, [n, cells]), &device),
        boxes: Tensor::from_data(TensorData::new(boxes, [n, cells, 4]), &device),
        landmarks: Tensor::from_data(TensorData::new(landmarks, [n, cells, 10]), &device),
    }
}

#[test]
fn perfect_answers_cost_nothing_and_decode_to_the_labels() {
    let task = small();
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    let batch = task.batch(&images, &[0, 1, 2, 3], None);
    assert_eq!(batch.faces, 4);
    let loss = task.compare(
        perfect(&batch, task.settings.grid()),
        &batch,
        &Device::default(),
    );
    for (name, part) in loss.parts {
        let value: f32 = part.into_scalar();
        assert!(value.abs() < 1e-4, "{name}: {value}");
    }
    let found = perfect(&batch, task.settings.grid())
        .decode(task.settings.grid())
        .detections(0.5);
    for (detections, faces) in found.iter().zip(scenes()) {
        assert_eq!(detections.len(), faces.len());
        for label in faces {
            let same =
                |found: &&super::Detection| found.bounding_box.iou(&label.bounding_box) > 0.999;
            let detection = detections.iter().find(same).unwrap();
            for (a, b) in detection
                .landmarks
                .to_array()
                .iter()
                .zip(label.landmarks.to_array())
            {
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 1e-3);
            }
        }
    }
}

#[test]
fn the_same_randomness_makes_the_same_batch() {
    let task = small();
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    let batch = |seed| task.batch(&images, &[0, 1], Some(&mut ChaCha8Rng::seed_from_u64(seed)));
    let (a, b, c) = (batch(1), batch(1), batch(2));
    assert_eq!((a.scenes.bytes, a.boxes), (b.scenes.bytes, b.boxes));
    assert_ne!(batch(1).heat, c.heat);
}

#[test]
fn four_scenes_can_be_learnt_by_heart() {
    let task = small();
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    let device = Device::default();
    device.seed(3);
    let learner = device.clone().autodiff();
    let mut network = task.network(&learner).train();
    let mut optimizer = AdamWConfig::new().init();
    let batch = task.batch(&images, &[0, 1, 2, 3], None);
    let mut losses = Vec::new();
    for _ in 0..150 {
        let loss = task.loss(&network, &batch, &learner);
        losses.push(loss.total.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.total.backward(), &network);
        network = optimizer.step(1e-2, network, gradients);
    }
    assert!(
        losses[149] < losses[0] / 10.0,
        "{} -> {}",
        losses[0],
        losses[149]
    );
    let all = [0, 1, 2, 3];
    let evaluation = task.evaluate(&network.valid(), &images, &all, &all, &device);
    let metric = |name: &str| evaluation.metrics[name];
    assert_eq!(metric("recall"), 1.0, "{evaluation:?}");
    assert_eq!(metric("precision"), 1.0, "{evaluation:?}");
    assert!(
        metric("mean_iou") > 0.75 && metric("landmark_nme") < 0.15,
        "{evaluation:?}"
    );
}

/// Prints images per second of the default network: `cargo test --release -p trainer speed -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
fn speed() {
    const N: usize = 32;
    let widths = std::env::var("WIDTHS").ok().map(|text| {
        let values: Vec<usize> = text
            .split(',')
            .map(|value| value.parse().unwrap())
            .collect();
        values
    });
    let mut settings = FaceFinderSettings::default();
    if let Some(values) = widths {
        settings.widths = [values[0], values[1], values[2], values[3]];
        settings.head = values[4];
    }
    let task = FaceFinderTask { settings };
    let (width, height) = (task.settings.width, task.settings.height);
    let device = Device::default();
    let learner = device.clone().autodiff();
    let mut network = task.network(&learner).train();
    println!("{} parameters", network.num_params());
    let mut batch = FaceFinderBatch::new(width, height);
    let pixels: Vec<u8> = (0..width * height * 3)
        .map(|i| (i * 7 % 251) as u8)
        .collect();
    for _ in 0..N {
        batch.push(
            &pixels,
            &[face(50.0, 20.0, 60.0, 72.0), face(130.0, 50.0, 20.0, 24.0)],
        );
    }
    let mut optimizer = AdamWConfig::new().init();
    let rate = |start: Instant| N as f64 / start.elapsed().as_secs_f64();
    for _ in 0..8 {
        let start = Instant::now();
        let loss = task.loss(&network, &batch, &learner);
        let gradients = GradientsParams::from_grads(loss.total.backward(), &network);
        network = optimizer.step(1e-3, network, gradients);
        println!("training {:.0} images/s", rate(start));
    }
    let network = network.valid();
    for _ in 0..4 {
        let start = Instant::now();
        let output = network.forward(batch.scenes.to_tensor(&device));
        assert_eq!(
            output.scores.into_data().num_elements(),
            N * task.settings.grid().len()
        );
        println!("inference {:.0} images/s", rate(start));
    }
}
