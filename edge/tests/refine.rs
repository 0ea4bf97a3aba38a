//! The second look at found faces, by a refiner whose answers hang on the pixels in a known way: its
//! score is the mean red of the window, its nose the middle of the green light.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod common;

use std::path::Path;

use align::{RgbView, View};
use common::{WINDOW, bundle, bundle_with_refiner, records};
use edge::{
    config::Settings,
    daemon::{self, Job},
    detect::Detection,
    fault::{Exit, Fault},
    models::Models,
    refine::Refine,
    shutdown::Shutdown,
    track::Track,
};
use facs::{BoundingBox, FrameRecord, Landmarks5, Record};

const WIDTH: usize = 320;
const HEIGHT: usize = 240;
/// Least score of a new face; a followed one may have 0.6 of it.
const FINDER: f32 = 0.5;
/// What the refiner calls a face here.
const REFINER: f32 = 0.4;

fn stage() -> Refine {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::load(None).unwrap();
    let bundle = bundle_with_refiner(folder.path(), "face_refiner.onnx", WINDOW);
    let models = Models::open(&bundle, &settings).unwrap();
    assert_eq!(models.find.refiner_threshold, Some(0.1));
    let model = models.find.refiner.unwrap();
    Refine::new(&settings.detect, FINDER, Some(REFINER), model)
}

/// A frame of one red with green discs of radius 5.
fn picture(red: u8, discs: &[[f32; 2]]) -> Vec<u8> {
    let mut pixels = vec![0; WIDTH * HEIGHT * 3];
    for (index, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        pixel[0] = red;
        let [x, y] = [index % WIDTH, index / WIDTH].map(|at| at as f32 + 0.5);
        if discs
            .iter()
            .any(|disc| (x - disc[0]).hypot(y - disc[1]) < 5.0)
        {
            pixel[1] = 255;
        }
    }
    pixels
}

fn view(pixels: &[u8]) -> View<'_> {
    let view = RgbView::new(pixels, WIDTH, HEIGHT, WIDTH * 3);
    view.unwrap().into()
}

fn refine(stage: &mut Refine, pixels: &[u8], faces: &mut Vec<Detection>) -> usize {
    stage.add(&view(pixels), faces);
    stage.refine(std::iter::once(faces)).unwrap()
}

fn found(x: f32, y: f32, side: f32, score: f32) -> Detection {
    let bounding_box = BoundingBox {
        x,
        y,
        width: side,
        height: side,
    };
    Detection {
        bounding_box,
        landmarks: Landmarks5::from_array([[x, y]; 5]),
        score,
    }
}

#[test]
fn landmarks_are_those_of_the_refiner_in_pixels_of_the_frame() {
    // The first lies inside the frame, the second reaches over its edge, the third is large: its
    // window is made smaller by more than two.
    let discs = [[120.0, 95.0], [9.0, 150.0], [235.0, 130.0]];
    let frame = picture(255, &discs);
    let mut faces = vec![
        found(100.0, 70.0, 48.0, 0.9),
        found(-20.0, 125.0, 50.0, 0.8),
        found(180.0, 60.0, 120.0, 0.7),
    ];
    let boxes: Vec<_> = faces.iter().map(|face| face.bounding_box).collect();
    assert_eq!(refine(&mut stage(), &frame, &mut faces), 0);
    assert_eq!(faces.len(), 3);
    for ((face, disc), bounding_box) in faces.iter().zip(discs).zip(boxes) {
        assert_eq!(face.bounding_box, bounding_box);
        let off = |point: [f32; 2], wanted: [f32; 2]| {
            (point[0] - wanted[0]).hypot(point[1] - wanted[1]) / bounding_box.width
        };
        assert!(off(face.landmarks.nose, disc) < 0.01, "{face:?}");
        // The eyes of the fixture are 0.3 of a box apart.
        let [x, y] = face.landmarks.right_eye;
        let left = [x + 0.3 * bounding_box.width, y];
        assert!(off(face.landmarks.left_eye, left) < 1e-3, "{face:?}");
    }
    let scores: Vec<_> = faces.iter().map(|face| face.score).collect();
    assert_eq!(scores, [0.9, 0.8, 0.7], "all are faces to the refiner");
}

#[test]
fn a_low_score_starts_no_track_and_keeps_one_down_to_the_keep_ratio() {
    let mut stage = stage();
    let mut track = Track::new(&Settings::load(None).unwrap().track, FINDER);
    let mut next_pts_nanos = 0;
    let mut score = |refiner: f32| {
        let frame = picture((refiner * 255.0).round() as u8, &[[120.0, 95.0]]);
        let mut faces = vec![found(100.0, 70.0, 48.0, 0.9)];
        refine(&mut stage, &frame, &mut faces);
        next_pts_nanos += 40_000_000;
        let followed = track.track(Some(&faces), next_pts_nanos);
        (faces.len(), followed.len(), track.wants_search())
    };
    // 0.3 of the refiner is 0.375 of the finder: enough to keep, not to start.
    assert_eq!(score(0.3), (1, 0, true));
    assert_eq!(score(0.5), (1, 1, false));
    assert_eq!(score(0.3), (1, 1, false));
    assert_eq!(score(0.25), (1, 1, false));
    // 0.23 is 0.2875, and 0.3 is the least: the face coasts.
    assert_eq!(score(0.23), (0, 1, true));
}

#[test]
fn what_has_no_window_or_no_number_is_dropped_and_the_rest_is_sorted() {
    let mut stage = stage();
    let frame = picture(128, &[[120.0, 95.0], [220.0, 95.0]]);
    let mut faces = vec![
        found(120.0, 95.0, 0.0, 0.9),
        // No green: no middle of it.
        found(20.0, 180.0, 30.0, 0.9),
        found(100.0, 70.0, 48.0, 0.55),
        found(200.0, 70.0, 48.0, 0.6),
    ];
    assert_eq!(refine(&mut stage, &frame, &mut faces), 1);
    let left: Vec<_> = faces.iter().map(|face| face.bounding_box.x).collect();
    assert_eq!(left, [200.0, 100.0]);
    // The buffers of a larger batch do for a smaller one, and for none.
    let mut alone = vec![found(100.0, 70.0, 48.0, 0.55)];
    refine(&mut stage, &frame, &mut alone);
    assert_eq!(alone, [faces[1]]);
    let mut none = vec![found(120.0, 95.0, 0.0, 0.9)];
    assert_eq!(refine(&mut stage, &frame, &mut none), 0);
    assert!(none.is_empty());
}

/// The records of the test pattern, without what the clock says.
fn run(bundle: &Path, refine: bool) -> Result<(Vec<FrameRecord>, Option<Fault>), Fault> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let Ok(input) = "test:6".parse();
    let mut settings = Settings::load(None).unwrap();
    settings.detect.refine = refine;
    let job = Job {
        input: Some(input),
        bundle: bundle.to_owned(),
        output: Some(edge::publish::Target::File(path.clone())),
        annotate: None,
        config: None,
        settings,
    };
    let report = daemon::run(&job, &Shutdown::default())?;
    let frames = records(&path).into_iter().map(|record| match record {
        Record::Frame(frame) => frame,
        other => panic!("{other:?}"),
    });
    Ok((frames.collect(), report.fault))
}

fn faces(frames: &[FrameRecord]) -> Vec<&facs::FaceRecord> {
    frames.iter().flat_map(|frame| &frame.faces).collect()
}

#[test]
fn the_daemon_looks_twice_where_the_bundle_can_and_the_settings_want() {
    let folder = tempfile::tempdir().unwrap();
    let with = bundle_with_refiner(folder.path(), "face_refiner.onnx", WINDOW);
    let (refined, fault) = run(&with, true).unwrap();
    assert!(fault.is_none());
    let (unwanted, _) = run(&with, false).unwrap();
    let (without, _) = run(&bundle(), true).unwrap();

    let spent = |frames: &[FrameRecord]| -> Vec<bool> {
        let latencies = frames.iter().map(|frame| frame.latency);
        latencies.map(|latency| latency.refine_micros > 0).collect()
    };
    // The finder runs on every other frame, and the refiner with it.
    assert_eq!(spent(&refined).iter().filter(|spent| **spent).count(), 3);
    assert_eq!(spent(&unwanted), [false; 6]);
    assert_eq!(faces(&unwanted), faces(&without));

    let (refined, without) = (faces(&refined), faces(&without));
    assert_eq!((refined.len(), without.len()), (12, 12));
    for (refined, without) in refined.iter().zip(without) {
        // Landmarks tell the tracker how fast a face moves, hence the pixel.
        let off = refined.bounding_box.x - without.bounding_box.x;
        assert!(off.abs() < 1.0, "{refined:?}");
        assert_ne!(refined.landmarks, without.landmarks);
    }
}

#[test]
fn a_refiner_that_breaks_its_contract_is_refused() {
    let refused = |file: &str, side: usize| {
        let folder = tempfile::tempdir().unwrap();
        let fault = run(&bundle_with_refiner(folder.path(), file, side), true).unwrap_err();
        assert_eq!(fault.exit(), Exit::Bundle);
        fault.to_string()
    };
    let problem = refused("face_refiner_four.onnx", WINDOW);
    assert!(
        problem.contains(r#"the FaceRefiner model gave "landmarks" the shape [2, 8]"#),
        "{problem}"
    );
    let problem = refused("face_refiner.onnx", 32);
    assert!(problem.contains("input 32x48 is not a square"), "{problem}");
    let problem = refused("affect.onnx", WINDOW);
    assert!(
        problem.contains(r#"its input is "face", not "window""#),
        "{problem}"
    );
}
