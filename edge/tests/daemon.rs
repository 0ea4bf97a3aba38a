//! The daemon within this process: fixture models on small videos and the test pattern.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod common;

use std::{num::NonZeroU64, path::Path, sync::Arc, time::Duration};

use common::{FRAMES, bundle, bundle_with, bundle_with_affect, records, video};
use edge::{
    config::{GraphRank, Settings, SourceSpec},
    daemon::{self, Job},
    fault::{Exit, Fault},
    shutdown::Shutdown,
    source::{Frames, Item, Keeper},
};
use facs::{
    Abstain, ActionUnit, Calibration, CaptureClock, Edge, Expression, FaceRecord, FrameRecord,
    GlobalGraphs, ProbabilityMap, QualityLimits, Record, SideFusion, Weight,
};

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
fn edges_say_how_they_differ_from_the_global_graph_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job("test:3", folder.path());
    daemon::run(&job, &Shutdown::default()).unwrap();
    let edges = |frames: &[FrameRecord]| {
        let faces = frames.iter().flat_map(|frame| &frame.faces);
        let edges = faces.flat_map(|face| face.graphs.au_au.clone());
        edges.collect::<Vec<_>>()
    };
    let plain = edges(&frames(folder.path()));
    assert!(plain.iter().all(|edge| edge.delta.is_none()));

    job.settings.graph.rank = GraphRank::Delta;
    let fault = daemon::run(&job, &Shutdown::default()).unwrap_err();
    assert_eq!(fault.exit(), Exit::Usage);
    assert!(fault.to_string().contains("graph.rank"), "{fault}");

    // Against everything that the model says, so that this edge differs most.
    let strongest = plain[0];
    let global = if strongest.weight.get() > 0.0 {
        -0.9
    } else {
        0.9
    };
    let opposite = Edge {
        from: strongest.from,
        to: strongest.to,
        weight: Weight::new(global).unwrap(),
    };
    let graphs = GlobalGraphs {
        au_au: vec![opposite],
        au_expression: Vec::new(),
    };
    job.bundle = bundle_with(folder.path(), |model| model.global_graphs = Some(graphs));
    daemon::run(&job, &Shutdown::default()).unwrap();
    let ranked = edges(&frames(folder.path()));
    let ends = |from: ActionUnit, to: ActionUnit| (from, to) == (opposite.from, opposite.to);
    for edge in &ranked {
        let global = if ends(edge.from, edge.to) {
            global
        } else {
            0.0
        };
        let delta = edge.delta.unwrap();
        assert!((edge.weight.get() - global - delta).abs() < 1e-3, "{edge}");
    }
    assert!(ends(ranked[0].from, ranked[0].to), "{}", ranked[0]);
}

/// AU12 halved, AU06 level at 0.3, expressions twice as warm, and none of them sure enough.
fn calibration() -> Calibration {
    let map = |knots: [[f32; 2]; 2]| ProbabilityMap::new(knots.to_vec()).unwrap();
    Calibration {
        expression_temperature: Some(2.0),
        action_units: [
            (ActionUnit::Au06, map([[0.0, 0.3], [1.0, 0.3]])),
            (ActionUnit::Au12, map([[0.0, 0.0], [1.0, 0.5]])),
        ]
        .into(),
        expression_abstain_below: Some(0.999),
        data: "made up".into(),
        ..Calibration::default()
    }
}

#[test]
fn of_limits_of_quality_of_bundle_and_configuration_the_stricter_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job("test:10", folder.path());
    let mut reasons = |limits: QualityLimits, min_sharpness: f32| {
        job.settings.quality.min_sharpness = min_sharpness;
        job.bundle = bundle_with(folder.path(), |model| {
            model.calibration = Some(Calibration {
                quality: Some(limits),
                data: "made up".into(),
                ..Calibration::default()
            });
        });
        daemon::run(&job, &Shutdown::default()).unwrap();
        let faces = frames(folder.path()).into_iter().flat_map(|it| it.faces);
        let reasons: Vec<_> = faces.map(|face| face.abstain).collect();
        assert_eq!(reasons.len(), 20);
        reasons
    };
    let sharp = |least| QualityLimits {
        min_sharpness: Some(least),
        ..QualityLimits::default()
    };
    assert!(
        reasons(QualityLimits::default(), 0.0)
            .iter()
            .all(Option::is_none)
    );
    let blurred = [Some(Abstain::TooBlurred); 20];
    assert_eq!(reasons(sharp(1e6), 0.0), blurred);
    assert_eq!(reasons(sharp(0.0), 1e6), blurred);
    let straight = QualityLimits {
        max_yaw_degrees: Some(0.0),
        ..QualityLimits::default()
    };
    assert_eq!(reasons(straight, 0.0), [Some(Abstain::TurnedAway); 20]);
}

#[test]
fn a_calibration_changes_faces_halves_and_what_counts_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job("test:40", folder.path());
    // Without the filter, which is not linear, a half stays a half.
    job.settings.smooth.min_cutoff_hz = 0.0;
    job.settings.baseline.min_samples = NonZeroU64::new(5);
    let mut faces = || {
        daemon::run(&job, &Shutdown::default()).unwrap();
        let frames = frames(folder.path()).into_iter();
        let faces: Vec<FaceRecord> = frames.flat_map(|frame| frame.faces).collect();
        job.bundle = bundle_with(folder.path(), |model| {
            model.calibration = Some(calibration());
        });
        faces
    };
    let (plain, calibrated) = (faces(), faces());
    assert_eq!((plain.len(), calibrated.len()), (80, 80));
    let (mut halves, mut changes, mut crossed) = (0, 0, 0);
    for (plain, calibrated) in plain.iter().zip(&calibrated) {
        assert_eq!(plain.expression.abstain, None);
        assert_eq!(calibrated.expression.abstain, Some(Abstain::Unsure));
        assert_eq!(calibrated.abstain, plain.abstain);
        for (unit, before) in &plain.action_units {
            let after = calibrated.action_units[unit];
            let expected = |p: f32| match unit {
                ActionUnit::Au06 => 0.3,
                ActionUnit::Au12 => p / 2.0,
                _ => p,
            };
            let pairs = [
                (Some(before.p), Some(after.p)),
                (before.left, after.left),
                (before.right, after.right),
            ];
            for (before, after) in pairs {
                assert_eq!(before.is_some(), after.is_some());
                let (Some(before), Some(after)) = (before, after) else {
                    continue;
                };
                assert!(
                    (after - expected(before)).abs() < 2e-4,
                    "{unit}: {before} {after}"
                );
            }
            halves += u64::from(before.left.is_some());
            let threshold = if *unit == ActionUnit::Au12 { 0.4 } else { 0.5 };
            assert!((after.p - threshold).abs() < 1e-4 || after.on == (after.p > threshold));
            crossed += u64::from(after.on != before.on);
        }
        // At rest the level unit is where it always is, to an interval of what is counted.
        if let Some(change) = calibrated.action_units[&ActionUnit::Au06].change {
            assert!(change.abs() <= 1.0 / 32.0, "{change}");
            changes += 1;
        }
        let roots = plain.expression.p.values().map(|p| p.sqrt());
        let sum: f32 = roots.clone().sum();
        for (root, p) in roots.zip(calibrated.expression.p.values()) {
            assert!((root / sum - p).abs() < 3e-3, "{root} {sum} {p}");
        }
    }
    assert!(
        halves > 100 && changes > 40 && crossed > 0,
        "{halves} {changes} {crossed}"
    );
}

#[test]
fn halves_that_differ_change_the_expression_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job("test:20", folder.path());
    job.settings.smooth.min_cutoff_hz = 0.0;
    let run = |job: &Job| {
        daemon::run(job, &Shutdown::default()).unwrap();
        let frames = frames(folder.path()).into_iter();
        let faces = frames.flat_map(|frame| frame.faces);
        faces.collect::<Vec<FaceRecord>>()
    };
    let plain = run(&job);
    job.bundle = bundle_with(folder.path(), |model| {
        model.expression_fusion = Some(SideFusion::Rest);
    });
    let fused = run(&job);
    job.settings.sides.interval = 0;
    let blind = run(&job);
    assert_eq!([plain.len(), fused.len(), blind.len()], [40; 3]);
    let mut changed = 0;
    for ((plain, fused), blind) in plain.iter().zip(&fused).zip(&blind) {
        assert_eq!(plain.action_units, fused.action_units);
        assert_eq!(
            plain.expression.p, blind.expression.p,
            "no halves, no change"
        );
        let sum: f32 = fused.expression.p.values().sum();
        assert!((sum - 1.0).abs() < 3e-3, "{sum}");
        changed += usize::from(plain.expression.p != fused.expression.p);
    }
    // One face of the pattern has halves that differ: in all its frames but those before its first turn.
    assert!(changed > 15, "{changed}");
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
    assert_eq!(baseline("test:3", Some(calibration())), None);
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
