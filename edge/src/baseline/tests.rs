//! Learning, names, and what is kept, without a model.

use facs::{Abstain, BoundingBox, Landmarks5, Quality};

use super::*;
use crate::{config::Settings, track::Face};

const UNITS: [ActionUnit; 2] = [ActionUnit::Au06, ActionUnit::Au12];

pub(super) fn stage(resident: Option<&str>) -> Baseline {
    let mut settings = Settings::load(None).unwrap().baseline;
    settings.min_samples = std::num::NonZeroU64::new(10);
    let axes = Axes {
        action_units: UNITS.to_vec(),
        expressions: Vec::new(),
    };
    Baseline::new(&settings, "desk", resident, "model", &axes)
}

fn face(track: u64, side: f32) -> AlignedFace {
    AlignedFace {
        face: Face {
            track,
            bounding_box: BoundingBox {
                width: side,
                height: side,
                ..BoundingBox::default()
            },
            landmarks: Landmarks5::default(),
            score: 0.9,
        },
        pose: None,
        quality: Quality {
            size: side,
            sharpness: 100.0,
        },
        abstain: None,
    }
}

/// So many frames with these faces, all at the same probabilities.
fn watch(stage: &mut Baseline, faces: &[AlignedFace], p: [f32; 2], frames: u64) {
    for _ in 0..frames {
        let pts_nanos = (stage.now_secs as u64) * 1_000_000_000;
        let seen = faces.iter().map(|face| (face, &p[..]));
        stage.observe(seen, pts_nanos, stage.now_secs + 1);
    }
}

pub(super) fn with_ann(frames: u64) -> Baseline {
    let mut stage = stage(Some("Ann"));
    watch(&mut stage, &[face(1, 50.0)], [0.3, 0.1], frames);
    stage
}

fn person(stage: &Baseline, track: u64) -> Option<&str> {
    stage.of(track).person
}

#[test]
fn a_face_has_a_baseline_after_the_least_number_of_frames() {
    let mut stage = stage(None);
    watch(&mut stage, &[face(1, 50.0)], [0.3, 0.1], 9);
    assert_eq!(stage.of(1).rest, None);
    watch(&mut stage, &[face(1, 50.0)], [0.3, 0.1], 1);
    let rest = stage.of(1).rest.unwrap();
    assert_eq!((rest.info.samples, rest.info.age_secs), (10, 0));
    assert!((rest.p(0) - 0.3).abs() < 0.04 && (rest.p(1) - 0.1).abs() < 0.04);
    assert_eq!(stage.of(2).rest, None);
}

#[test]
fn a_face_that_abstains_teaches_nothing_and_its_baseline_ages() {
    let mut stage = with_ann(10);
    let blurred = AlignedFace {
        abstain: Some(Abstain::TooBlurred),
        ..face(1, 50.0)
    };
    watch(&mut stage, &[blurred], [0.9, 0.9], 7);
    let info = stage.of(1).rest.unwrap().info;
    assert_eq!((info.samples, info.age_secs), (10, 7));
}

#[test]
fn the_largest_face_is_the_resident_and_a_little_larger_is_not_enough() {
    let mut stage = stage(Some("Ann"));
    watch(&mut stage, &[face(1, 50.0), face(2, 40.0)], [0.3, 0.1], 1);
    assert_eq!((person(&stage, 1), person(&stage, 2)), (Some("Ann"), None));
    watch(&mut stage, &[face(1, 50.0), face(2, 60.0)], [0.3, 0.1], 1);
    assert_eq!((person(&stage, 1), person(&stage, 2)), (Some("Ann"), None));
    watch(&mut stage, &[face(1, 50.0), face(2, 62.0)], [0.3, 0.1], 1);
    assert_eq!((person(&stage, 1), person(&stage, 2)), (None, Some("Ann")));
    watch(&mut stage, &[face(1, 50.0)], [0.3, 0.1], 1);
    assert_eq!(person(&stage, 1), Some("Ann"));
}

#[test]
fn a_person_keeps_the_baseline_across_tracks() {
    let mut stage = with_ann(10);
    watch(&mut stage, &[face(7, 50.0)], [0.3, 0.1], 1);
    let known = stage.of(7);
    assert_eq!(known.person, Some("Ann"));
    assert_eq!(known.rest.unwrap().info.samples, 11);
}

#[test]
fn what_was_learned_of_a_face_becomes_the_person_s() {
    let mut stage = stage(None);
    watch(&mut stage, &[face(1, 50.0), face(2, 50.0)], [0.3, 0.1], 10);
    stage.enrol(1, "Ann").unwrap();
    assert_eq!(stage.of(1).rest.unwrap().info.samples, 10);
    watch(&mut stage, &[face(1, 50.0), face(2, 50.0)], [0.3, 0.1], 5);
    // The same person on another track: both count.
    stage.enrol(2, "Ann").unwrap();
    assert_eq!((person(&stage, 1), person(&stage, 2)), (None, Some("Ann")));
    assert_eq!(stage.of(2).rest.unwrap().info.samples, 30);
    assert!(stage.saved().people.keys().eq(["Ann"]));
}

#[test]
fn a_face_that_was_told_who_it_is_is_not_the_resident() {
    let mut stage = with_ann(3);
    stage.enrol(1, "Bob").unwrap();
    watch(&mut stage, &[face(1, 50.0), face(2, 20.0)], [0.3, 0.1], 1);
    assert_eq!(
        (person(&stage, 1), person(&stage, 2)),
        (Some("Bob"), Some("Ann"))
    );
    stage.enrol(1, "Ann").unwrap();
    assert_eq!((person(&stage, 1), person(&stage, 2)), (Some("Ann"), None));
}

#[test]
fn enrolment_that_cannot_be_is_refused() {
    let mut ann = with_ann(1);
    let refused = |error: EnrolError| error.to_string();
    insta::assert_snapshot!(refused(ann.enrol(9, "Bob").unwrap_err()), @"track 9 is not there: take one of the last frame's record");
    insta::assert_snapshot!(refused(ann.enrol(1, "a\nb").unwrap_err()), @r#""a\nb" is no name: 1 to 128 bytes, without control characters"#);
    assert!(ann.saved().people.keys().eq(["Ann"]), "nothing has changed");
}

#[test]
fn forgetting_begins_anew() {
    let mut stage = with_ann(20);
    assert!(stage.forget(&Who::Person("Ann".into())));
    assert!(!stage.forget(&Who::Person("Ann".into())));
    assert_eq!(stage.of(1).rest, None);
    watch(&mut stage, &[face(1, 50.0), face(2, 9.0)], [0.9, 0.9], 10);
    assert!((stage.of(1).rest.unwrap().p(0) - 0.9).abs() < 0.04);
    assert!(stage.forget(&Who::Track(2)) && stage.of(2).rest.is_none());
}

#[test]
fn faces_without_a_name_are_bounded_and_forgotten() {
    let mut stage = stage(None);
    for track in 0..400 {
        let seen = face(track, 50.0);
        stage.observe(std::iter::once((&seen, &[0.1, 0.1][..])), track, 0);
    }
    assert_eq!(stage.tracks.len(), MOST_TRACKS);
    assert!(stage.tracks.contains_key(&399) && !stage.tracks.contains_key(&0));
    stage.observe(std::iter::empty(), 2 * FORGET_NANOS, 60);
    assert!(stage.tracks.is_empty());
}

#[test]
fn what_is_kept_comes_back_and_what_does_not_fit_is_refused() {
    let ann = with_ann(25);
    let mut next = stage(Some("Ann"));
    assert_eq!(next.restore(ann.saved()), Ok(1));
    assert_eq!(next.saved(), ann.saved());
    watch(&mut next, &[face(1, 50.0)], [0.3, 0.1], 1);
    assert_eq!(
        next.of(1).rest.unwrap().info.samples,
        26,
        "from the first frame on"
    );

    let mut refuse = |change: &dyn Fn(&mut Saved)| {
        let mut saved = ann.saved();
        change(&mut saved);
        let before = next.saved();
        let error = next.restore(saved).unwrap_err();
        assert_eq!(next.saved(), before, "nothing has changed");
        error
    };
    let counts = |saved: &mut Saved, to: Vec<u32>| {
        let person = saved.people.get_mut("Ann").unwrap();
        person.counts.insert(ActionUnit::Au06, to);
    };
    let unfit = || SavedError::Counts("Ann".into());
    assert_eq!(
        refuse(&|saved| saved.model = "other".into()),
        SavedError::Model("other".into())
    );
    assert_eq!(
        refuse(&|saved| saved.schema = "mien.baseline/9".into()),
        SavedError::Schema("mien.baseline/9".into())
    );
    assert_eq!(
        refuse(&|saved| saved.source = "door".into()),
        SavedError::Source("door".into())
    );
    assert_eq!(refuse(&|saved| counts(saved, vec![1; 31])), unfit());
    assert_eq!(refuse(&|saved| counts(saved, vec![u32::MAX; 32])), unfit());
    assert_eq!(
        refuse(&|saved| counts(saved, vec![1; 32])),
        unfit(),
        "32 of 25 frames"
    );
}
