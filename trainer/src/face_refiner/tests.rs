//! Windows of scenes by hand, and a refiner that learns where drawn faces are.

use burn::{
    module::Module,
    optim::{AdamWConfig, GradientsParams},
    tensor::{Device, Tensor},
};
use facs::{BoundingBox, Sample, Split};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{FaceRefinerSettings, FaceRefinerTask, Jitter, windows};
use crate::{
    data::Augment,
    face_finder::{
        face,
        tests::{HEIGHT, WIDTH, images},
    },
    task::Task,
};

const EXACT: Jitter = Jitter {
    shift: 0.0,
    scale: 0.0,
    tilt_degrees: 0.0,
};

fn sample(look_alikes: Vec<BoundingBox>) -> Sample {
    let hidden = facs::FaceLabel {
        visible: 0.1,
        ..face(200.0, 20.0, 40.0, 50.0)
    };
    Sample {
        image: 0,
        subject: "drawn".into(),
        domain: "ellipses".into(),
        split: Split::Train,
        action_units: [].into(),
        expression: None,
        faces: vec![face(40.0, 30.0, 48.0, 60.0), hidden],
        look_alikes,
        provenance: None,
    }
}

#[test]
fn a_face_lies_in_the_middle_of_its_window_with_its_landmarks() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let cut = windows(&sample(vec![]), [320, 192], 90, &EXACT, &mut rng);
    let faces: Vec<_> = cut
        .iter()
        .filter(|window| window.landmarks.is_some())
        .collect();
    let [window] = faces[..] else {
        panic!("one face is demanded: {faces:?}")
    };
    // 90 pixels for one and a half times 60: one to one.
    assert!((window.face_side - 60.0).abs() < 1e-3, "{window:?}");
    let nose = window.landmarks.unwrap().nose;
    // At 0.5 and 0.6 of the box, whose middle is the window's.
    assert!((nose[0] - 45.0).hypot(nose[1] - 51.0) < 1e-3, "{nose:?}");
}

#[test]
fn jitter_moves_window_and_landmarks_together() {
    let sample = sample(vec![]);
    for seed in 0..40 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let cut = windows(&sample, [320, 192], 64, &Jitter::default(), &mut rng);
        let window = cut[0];
        let truth = sample.faces[0].landmarks.to_array();
        for (found, at) in window.landmarks.unwrap().to_array().iter().zip(truth) {
            let back = window.window_from_scene.inverse().apply(*found);
            assert!((back[0] - at[0]).hypot(back[1] - at[1]) < 1e-2);
            assert!(
                found.iter().all(|value| (0.0..64.0).contains(value)),
                "{found:?}"
            );
        }
    }
}

#[test]
fn nothing_on_a_face_is_called_no_face() {
    let on_a_face = sample(vec![]).faces[1].bounding_box;
    let apart = BoundingBox {
        x: 120.0,
        y: 120.0,
        width: 30.0,
        height: 40.0,
    };
    let crowded = sample(vec![on_a_face, apart]);
    let mut look_alikes = 0;
    for seed in 0..200 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for window in windows(&crowded, [320, 192], 64, &Jitter::default(), &mut rng) {
            look_alikes += usize::from(window.look_alike);
            if window.landmarks.is_some() {
                continue;
            }
            let middle = window.window_from_scene.inverse().apply([32.0, 32.0]);
            let near = |face: &facs::FaceLabel| {
                let [x, y] = face.bounding_box.center();
                let side = 64.0 / window.window_from_scene.scale() / align::WINDOW_SHARE;
                let size = side / face.bounding_box.height;
                (middle[0] - x).hypot(middle[1] - y) < 0.2 * face.bounding_box.height
                    && (0.7..1.4).contains(&size)
            };
            assert!(!crowded.faces.iter().any(near), "{window:?}");
        }
    }
    assert_eq!(look_alikes, 200, "one is on a face, the other never");
}

fn small() -> FaceRefinerTask {
    FaceRefinerTask {
        settings: FaceRefinerSettings {
            width: WIDTH,
            height: HEIGHT,
            size: 32,
            widths: vec![8, 12],
            neck: 8,
            embedding: 32,
            jitter: EXACT,
            augment: Augment {
                flip: 1.0,
                contrast: 0.0,
                brightness: 0.0,
                colour: 0.0,
                grey: 0.0,
                erase: 0.0,
                ..Augment::default()
            },
            ..FaceRefinerSettings::default()
        },
    }
}

#[test]
fn a_mirrored_window_has_mirrored_landmarks() {
    let (task, folder) = (small(), tempfile::tempdir().unwrap());
    let images = images(folder.path());
    let plain = task.batch(&images, &[0], None);
    let flipped = task.batch(&images, &[0], Some(&mut ChaCha8Rng::seed_from_u64(0)));
    let [a, b] = [&plain, &flipped].map(|batch| batch.windows[0].landmarks.unwrap());
    assert!((a.right_eye[0] + b.left_eye[0] - 32.0).abs() < 1e-3);
    assert_eq!(a.right_eye[1], b.left_eye[1]);
    let row = |batch: &super::FaceRefinerBatch| batch.pixels.bytes[16 * 96..17 * 96].to_vec();
    let mut back = row(&flipped);
    crate::data::mirror(&mut back, 32);
    assert_eq!(back, row(&plain));
}

#[test]
fn drawn_faces_can_be_learnt_by_heart() {
    let (task, folder) = (small(), tempfile::tempdir().unwrap());
    let images = images(folder.path());
    let device = Device::default();
    device.seed(3);
    let learner = device.clone().autodiff();
    let mut network = task.network(&learner).train();
    let mut optimizer = AdamWConfig::new().init();
    let all = [0, 1, 2, 3];
    let batch = task.batch(&images, &all, None);
    let mut losses = Vec::new();
    for step in 0..300 {
        let rate = if step < 150 { 1e-2 } else { 2e-3 };
        let loss = task.loss(&network, &batch, &learner);
        losses.push(loss.total.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.total.backward(), &network);
        network = optimizer.step(rate, network, gradients);
    }
    assert!(losses[299] < losses[0] / 10.0, "{losses:?}");
    let evaluation = task.evaluate(&network.valid(), &images, &all, &all, &device);
    let metric = |name: &str| evaluation.metrics[name];
    assert_eq!(
        (metric("recall"), metric("precision")),
        (1.0, 1.0),
        "{evaluation:?}"
    );
    assert!(metric("landmark_nme") < 0.15, "{evaluation:?}");
}

#[test]
fn one_window_does_not_depend_on_its_neighbours() {
    let device = Device::default();
    let network = small().network(&device);
    let dark = Tensor::zeros([1, 32, 32, 3], &device);
    let bright = dark.clone() + 200;
    let scores =
        |window| -> Vec<f32> { network.forward(window).scores.into_data().iter().collect() };
    let alone = scores(dark.clone());
    let both = scores(Tensor::cat(vec![dark, bright], 0));
    assert!((alone[0] - both[0]).abs() < 1e-6 && (both[0] - both[1]).abs() > 1e-6);
}
