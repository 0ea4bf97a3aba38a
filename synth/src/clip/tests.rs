//! Laws of performances and of sets on disk.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use facs::{
    ActionUnit::{self, Au12, Au15, Au43},
    ClipSet, Expression,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{motion::BLINK_SECS, *};
use crate::{
    causal::CausalModel,
    dataset::Cast,
    head::Head,
    look::{Occluder, Person, Renderer, Studio},
};

fn demonstration() -> Performance {
    Performance::sad_then_smiling(6.0, &mut ChaCha8Rng::seed_from_u64(3))
}

#[test]
fn rest_then_sadness_then_rest_then_a_smile() {
    let at = |time: f32, unit: ActionUnit| demonstration().at(time).intensity(unit);
    assert_eq!([at(0.1, Au12), at(0.1, Au15)], [0.0, 0.0]);
    assert_eq!([at(1.8, Au12), at(1.8, Au15)], [0.0, 4.0]);
    assert_eq!([at(3.3, Au12), at(3.3, Au15)], [0.0, 0.0]);
    assert_eq!([at(5.0, Au12), at(5.0, Au15)], [4.4, 0.0]);
}

#[test]
fn eyes_close_fully_and_open_again() {
    let performance = demonstration();
    for start in &performance.motion.blinks {
        assert!(performance.at(start + BLINK_SECS / 3.0).intensity(Au43) > 4.9);
        assert!(performance.at(start + BLINK_SECS).intensity(Au43) <= 1.0);
    }
    assert!(!performance.motion.blinks.is_empty());
}

#[test]
fn faces_move_and_nothing_jumps_between_frames() {
    let model = CausalModel::built_in();
    for seed in 0..6 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let session = Performance::session(model, 4.0, &mut rng);
        let silent = Performance {
            speech: Vec::new(),
            ..session
        };
        let mut most = 0.0_f32;
        for frame in 1..240 {
            let [before, after] = [frame - 1, frame].map(|frame| silent.at(frame as f32 / 60.0));
            for unit in ActionUnit::ALL.into_iter().filter(|&unit| unit != Au43) {
                let step = after.intensity(unit) - before.intensity(unit);
                assert!(step.abs() < 1.2, "{unit} jumps by {step}");
                assert!((0.0..=5.0).contains(&after.intensity(unit)));
                most = most.max(step.abs());
            }
        }
        assert!(most > 0.02, "a session shows something");
    }
}

#[test]
fn a_scene_shows_what_is_wanted() {
    let model = CausalModel::built_in();
    for (seed, wanted) in (0..).zip(Expression::EIGHT) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (scene, shown) = Performance::scene(model, wanted, 2.0, &mut rng);
        assert_eq!(shown, wanted);
        assert_eq!(scene.acts.len(), 1);
    }
}

fn clips(kind: ClipKind) -> Clips {
    let cast = Cast::new(vec![Head::built_in()], 4, kind.cast_seed(1)).unwrap();
    Clips::new(kind, cast, CausalModel::built_in().clone(), [64, 64], 0.5)
}

fn plan(count: usize, medium: Medium) -> ClipPlan {
    ClipPlan {
        count,
        frames: 3,
        fps: 6.0,
        medium,
        origin: serde_json::json!({ "count": count }),
    }
}

fn run(kind: ClipKind, folder: &Path, stop_after: usize) -> Result<ClipOutcome, ClipError> {
    let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let progress = || {
        if done.fetch_add(1, Ordering::Relaxed) + 1 >= stop_after {
            stop.store(true, Ordering::Relaxed);
        }
    };
    generate(
        &plan(4, Medium::Pictures),
        &clips(kind),
        folder,
        progress,
        &stop,
    )
}

fn listing(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            for (inner, bytes) in listing(&path) {
                files.insert(format!("{name}/{inner}"), bytes);
            }
        } else {
            files.insert(name, fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn a_stopped_run_keeps_what_is_done_and_ends_like_one_that_was_not() {
    let [straight, resumed] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let complete = run(ClipKind::Lab, straight.path(), usize::MAX).unwrap();
    assert_eq!(complete, ClipOutcome::Complete);
    let ClipOutcome::Stopped { clips } = run(ClipKind::Lab, resumed.path(), 1).unwrap() else {
        panic!("it was stopped");
    };
    let kept = listing(resumed.path());
    assert!(
        kept.keys().all(|name| !name.contains("partial")),
        "{:?}",
        kept.keys()
    );
    assert_eq!(ClipSet::load(resumed.path()).unwrap().1.len(), clips);
    run(ClipKind::Lab, resumed.path(), usize::MAX).unwrap();
    assert_eq!(listing(straight.path()), listing(resumed.path()));
    let error = generate(
        &plan(5, Medium::Pictures),
        &self::clips(ClipKind::Lab),
        straight.path(),
        || (),
        &AtomicBool::new(false),
    );
    assert!(matches!(error, Err(ClipError::OtherSettings { .. })));
}

#[test]
fn the_two_kinds_share_neither_labels_nor_people() {
    let mut people = Vec::new();
    for kind in [ClipKind::Lab, ClipKind::Wild] {
        let folder = tempfile::tempdir().unwrap();
        run(kind, folder.path(), usize::MAX).unwrap();
        let (set, clips) = ClipSet::load(folder.path()).unwrap();
        for clip in &clips {
            assert_eq!(clip.expression.is_some(), kind == ClipKind::Wild);
            let frames = set.frames(folder.path(), clip).unwrap();
            assert_eq!(frames.len(), 3);
            for frame in frames {
                assert_eq!(frame.action_units.is_empty(), kind == ClipKind::Wild);
                assert!(frame.face.bounding_box.width > 10.0);
            }
            people.push((clip.subject.clone(), kind));
        }
    }
    people.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(
        people
            .windows(2)
            .all(|pair| pair[0].0 != pair[1].0 || pair[0].1 == pair[1].1)
    );
}

#[test]
fn an_encoder_that_fails_says_why() {
    let Ok(encoder) = Encoder::find() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let clips = clips(ClipKind::Wild);
    let stop = AtomicBool::new(false);
    let plan = plan(2, Medium::Video(encoder));
    let outcome = generate(&plan, &clips, folder.path(), || (), &stop).unwrap();
    assert_eq!(outcome, ClipOutcome::Complete);
    let video = fs::read(folder.path().join("wild-000000.mp4")).unwrap();
    assert_eq!(&video[4..8], b"ftyp");
    let blocked = folder.path().join("no-such-folder").join("clip.mp4");
    let mut recording = Medium::Video(encoder)
        .create(&blocked, [64, 64], 6.0)
        .unwrap();
    let frame = vec![0; 64 * 64 * 3];
    let pushed = (0..200).try_for_each(|_| recording.push(&frame));
    let error = pushed.and_then(|()| recording.finish()).unwrap_err();
    assert!(
        matches!(&error, ClipError::EncoderFailed { message, .. } if !message.is_empty()),
        "{error}"
    );
}

#[test]
fn a_hand_comes_and_goes() {
    let clips = clips(ClipKind::Wild);
    let mut renderer = Renderer::new();
    let mut covered = 0;
    for index in 0..6 {
        let mut film = clips.film(index);
        film.shot.occluder = Occluder::Hand;
        (film.place.height, film.place.offset) = (0.6, [0.0; 2]);
        film.cover = Some(Course {
            onset: 0.1,
            apex: 0.3,
            release: 0.5,
            end: 0.7,
        });
        let [before, during, after] = [0.0, 0.4, 0.8].map(|time| {
            let studio = clips.cast().studio();
            film.frame(studio, &mut renderer, 0, time).1.visible
        });
        assert!(during <= before + 0.1 && during <= after + 0.1);
        covered += usize::from(during < before - 0.08 && during < after - 0.08);
    }
    assert!(covered >= 3, "{covered} of 6");
}

#[test]
fn a_gathering_of_nobody_moves_and_has_no_face() {
    let studio = Studio::new(vec![Head::built_in()]);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let nobody = Gathering::draw(&mut rng, Vec::new(), [64, 48], 6.0);
    let mut renderer = Renderer::new();
    let mut frames = Vec::new();
    for number in 0..6 {
        let crowd = nobody.frame(&studio, &mut renderer, number, number as f32);
        assert_eq!(crowd.faces, []);
        frames.push(crowd.pixels);
    }
    assert!(frames.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn a_gathering_shows_everybody_in_every_frame() {
    let studio = Studio::new(vec![Head::built_in()]);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let people: Vec<_> = (0..3)
        .map(|_| Person::plain(&studio, 0, &mut rng))
        .collect();
    let gathering = Gathering::draw(&mut rng, people, [96, 54], 4.0);
    let mut renderer = Renderer::new();
    for number in 0..4 {
        let faces = gathering
            .frame(&studio, &mut renderer, number, number as f32)
            .faces;
        assert!(
            faces.len() == 3 && faces.iter().all(|face| face.visible > 0.5),
            "{faces:?}"
        );
    }
}
