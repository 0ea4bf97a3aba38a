//! What the bundle says beside its models: graphs, calibration, limits of quality, fusion of the halves.

use std::num::NonZeroU64;

use edge::{
    config::GraphRank,
    daemon::{self, Job},
    fault::Exit,
    shutdown::Shutdown,
};
use facs::{
    Abstain, ActionUnit, Calibration, Edge, FaceRecord, FrameRecord, GlobalGraphs, ProbabilityMap,
    QualityLimits, SideFusion, Weight,
};

use super::{common::bundle_with, frames, job};

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
pub(super) fn calibration() -> Calibration {
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
