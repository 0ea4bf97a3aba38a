//! The daemon within this process: fixture models on small videos and the test pattern.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[path = "../common/mod.rs"]
mod common;
mod manifest;

use std::{path::Path, sync::Arc, time::Duration};

use common::{FRAMES, bundle, bundle_with, bundle_with_affect, records, video};
use edge::{
    config::{Settings, SourceSpec},
    daemon::{self, Job},
    fault::{Exit, Fault},
    shutdown::Shutdown,
    source::{Frames, Item, Keeper},
};
use facs::{Calibration, CaptureClock, Expression, FrameRecord, Record};

fn job(input: &str, folder: &Path) -> Job {
    let Ok(input) = input.parse();
    Job {
        input: Some(input),
        bundle: bundle(),
        output: Some(edge::publish::Target::File(folder.join("records.jsonl"))),
        annotate: None,
        config: None,
        settings: Settings::load(None).unwrap(),
    }
}

fn frames(folder: &Path) -> Vec<FrameRecord> {
    let frame = |record| match record {
        Record::Frame(frame) => frame,
        other => panic!("{other:?}"),
    };
    records(&folder.join("records.jsonl"))
        .into_iter()
        .map(frame)
        .collect()
}

#[test]
fn every_frame_of_a_file_has_a_record_with_both_faces() {
    let folder = tempfile::tempdir().unwrap();
    let input = video(folder.path(), "ball.mkv");
    let report = daemon::run(
        &job(input.to_str().unwrap(), folder.path()),
        &Shutdown::default(),
    )
    .unwrap();
    assert!(report.fault.is_none());
    assert_eq!(
        report.summary.as_ref().unwrap().all().faces as usize,
        2 * FRAMES
    );

    let frames = frames(folder.path());
    assert_eq!(frames.len(), FRAMES);
    for (number, frame) in frames.iter().enumerate() {
        assert_eq!(
            (frame.sequence as usize, frame.source.as_str()),
            (number, "ball")
        );
        assert_eq!(frame.pts_nanos, number as u64 * 40_000_000);
        assert_eq!((frame.frame.width, frame.frame.height), (322, 180));
        let tracks: Vec<_> = frame.faces.iter().map(|face| face.track).collect();
        assert_eq!(tracks, [1, 2]);
    }
    let face = &frames[FRAMES - 1].faces[1];
    // 192 by 107 input pixels stand for 322 by 180: the fixed box, mapped back.
    let scale = 322.0 / 192.0;
    assert!(
        (face.bounding_box.x - 120.0 * scale).abs() < 0.2,
        "{:?}",
        face.bounding_box
    );
    assert!((face.bounding_box.width - 40.0 * scale).abs() < 0.2);
    assert_eq!((face.action_units.len(), face.expression.p.len()), (20, 8));
    assert!((face.expression.p.values().sum::<f32>() - 1.0).abs() < 1e-2);
    assert!(!face.graphs.au_au.is_empty() && face.graphs.au_au.len() <= 12);
}

#[test]
fn wide_frames_are_scaled_down_in_the_pipeline() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job("test:5", folder.path());
    job.settings.source.max_width = 320;
    daemon::run(&job, &Shutdown::default()).unwrap();
    let sizes = frames(folder.path()).into_iter().map(|frame| frame.frame);
    assert!(
        sizes
            .clone()
            .all(|size| (size.width, size.height) == (320, 180))
    );
    assert_eq!(sizes.count(), 5);
    // Narrower ones are left alone.
    job.settings.source.max_width = 1000;
    daemon::run(&job, &Shutdown::default()).unwrap();
    assert_eq!(frames(folder.path())[4].frame.width, 640);
}

#[test]
fn same_frames_same_records() {
    let run = || {
        let folder = tempfile::tempdir().unwrap();
        daemon::run(&job("test:30", folder.path()), &Shutdown::default()).unwrap();
        let mut frames = frames(folder.path());
        for frame in &mut frames {
            (frame.captured_at, frame.emitted_at) = Default::default();
            frame.run = 0;
            frame.latency = facs::StageLatency::default();
        }
        frames
    };
    let first = run();
    assert_eq!(first.len(), 30);
    assert_eq!(first, run());
}

#[test]
fn somebody_can_be_enrolled_from_a_clip() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job("test:130", folder.path());
    let baseline = &mut job.settings.baseline;
    baseline.folder = Some(folder.path().join("baselines"));
    baseline.residents = [("door".into(), "Ann".into())].into();
    // The clip stands for the camera at the door.
    job.settings.source.name = Some("door".into());
    let mut baseline = |input: &str, calibration: Option<Calibration>| {
        let Ok(input) = input.parse();
        job.input = Some(input);
        if let Some(calibration) = calibration {
            job.bundle = bundle_with(folder.path(), |model| model.calibration = Some(calibration));
        }
        daemon::run(&job, &Shutdown::default()).unwrap();
        let mut first = frames(folder.path()).swap_remove(0).faces;
        first.retain(|face| face.person.as_deref() == Some("Ann"));
        assert_eq!(first.len(), 1);
        first[0].baseline.map(|info| info.samples)
    };
    assert_eq!(baseline("test:130", None), None);
    assert_eq!(baseline("test:3", None), Some(131));
    assert_eq!(baseline("test:3", None), Some(134));
    // What was learned from other probabilities is not used.
    assert_eq!(baseline("test:3", Some(manifest::calibration())), None);
}

#[test]
fn faces_whose_scores_are_no_numbers_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job("test:5", folder.path());
    job.bundle = bundle_with_affect(folder.path(), "affect_nan.onnx");
    let report = daemon::run(&job, &Shutdown::default()).unwrap();
    assert!(report.fault.is_none());
    let frames = frames(folder.path());
    assert_eq!(frames.len(), 5);
    assert!(frames.iter().all(|frame| frame.faces.is_empty()));
}

#[test]
fn a_model_that_breaks_its_contract_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job("test:5", folder.path());
    job.bundle = bundle_with_affect(folder.path(), "face_finder.onnx");
    let fault = daemon::run(&job, &Shutdown::default()).unwrap_err();
    assert_eq!(fault.exit(), Exit::Bundle);
    assert!(
        fault
            .to_string()
            .contains(r#"its input is "image", not "face""#),
        "{fault}"
    );
}

#[test]
fn a_provider_that_cannot_start_is_an_error_unless_fallback_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edge.toml");
    let text = "[runtime]\nproviders = ['tensorrt', 'cpu']\ndevice = 4096\n";
    std::fs::write(&path, text).unwrap();
    let mut job = job("test:5", folder.path());
    job.settings = Settings::load(Some(&path)).unwrap();
    let fault = daemon::run(&job, &Shutdown::default()).unwrap_err();
    assert_eq!(fault.exit(), Exit::Runtime);
    assert!(
        fault
            .to_string()
            .contains("execution provider tensorrt cannot start"),
        "{fault}"
    );

    job.settings.runtime.allow_fallback = true;
    assert!(
        daemon::run(&job, &Shutdown::default())
            .unwrap()
            .fault
            .is_none()
    );
    assert_eq!(frames(folder.path()).len(), 5);
}

#[test]
fn the_picture_and_the_video_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job("test:10", folder.path());
    let picture = folder.path().join("best.png");
    job.annotate = Some(picture.clone());
    daemon::run(&job, &Shutdown::default()).unwrap();
    let drawn = image::open(&picture).unwrap().to_rgb8();
    assert_eq!(drawn.dimensions(), (640, 360));
    let light = drawn
        .pixels()
        .filter(|pixel| pixel.0 == [90, 200, 255])
        .count();
    assert!(light > 500, "boxes and landmarks: {light} pixels");

    let film = folder.path().join("all.webm");
    job.annotate = Some(film.clone());
    daemon::run(&job, &Shutdown::default()).unwrap();
    // What was written can be read again, by the daemon itself.
    job.input = Some(edge::source::Input::File(film.to_str().unwrap().into()));
    job.annotate = None;
    daemon::run(&job, &Shutdown::default()).unwrap();
    assert_eq!(frames(folder.path()).len(), 10);

    job.annotate = Some(folder.path().join("all.gif"));
    let fault = daemon::run(&job, &Shutdown::default()).unwrap_err();
    assert!(matches!(fault, Fault::Output(_)) && fault.exit() == Exit::Output);
}

#[test]
fn a_slow_reader_of_a_live_source_gets_the_newest_frame_and_the_count_of_the_lost() {
    let Ok(input) = "test:".parse();
    let settings = Settings::load(None).unwrap().source;
    let frames = Arc::new(Frames::default());
    let spec = SourceSpec::of_input(input, &settings);
    let keeper = Keeper::start(1, spec, &settings, &frames).unwrap();
    let (mut taken, mut words, mut seen, mut lost) = (Vec::new(), Vec::new(), 0, 0);
    while lost < 3 {
        frames.take(&mut taken, 1, Duration::from_secs(5), Duration::ZERO);
        for (_, item) in taken.drain(..) {
            match item {
                Item::Frame(frame, overtaken) => {
                    // A frame is 1/30 s: the clock tells how many there have been.
                    let number = (frame.stamp.pts_nanos * 30 + 500_000_000) / 1_000_000_000;
                    assert_eq!(number, seen + lost + overtaken);
                    assert_eq!(frame.stamp.capture_clock, CaptureClock::Pipeline);
                    seen += 1;
                    lost += overtaken;
                }
                Item::Word(word) => words.push(format!("{word:?}")),
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(words[1].contains("Connecting") && words[2].contains("Online"));
    keeper.stop();
    keeper.join().unwrap();
}

#[test]
fn the_summary_reads_back_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let report = daemon::run(&job("test:20", folder.path()), &Shutdown::default()).unwrap();
    let mut again = edge::summary::Summary::new(8.0, &[]);
    for record in records(&folder.path().join("records.jsonl")) {
        again.add(record.as_ref());
    }
    assert_eq!(again.table(None), report.summary.unwrap().table(None));
    assert!(again.all().expression(Expression::Happiness).is_some());
}
