//! Turns, rows, sides and symmetry, without a model.

use facs::{Abstain, ActionUnit, BoundingBox, HeadPose, Landmarks5, Quality};

use super::*;
use crate::track::Face;

const SIZE: usize = 4;
const BYTES: usize = SIZE * SIZE * 3;
const FRAME_NANOS: u64 = 40_000_000;

fn stage(interval: u64) -> Sides {
    let settings = SidesSettings {
        interval,
        max_yaw_degrees: 25.0,
        smooth_secs: 0.0,
    };
    let axes = Axes {
        action_units: vec![ActionUnit::Au12, ActionUnit::Au25, ActionUnit::Au06],
        expressions: Vec::new(),
    };
    Sides::new(&settings, &axes, SIZE)
}

fn face(track: u64, yaw: f32) -> AlignedFace {
    AlignedFace {
        face: Face {
            track,
            bounding_box: BoundingBox::default(),
            landmarks: Landmarks5::default(),
            score: 0.9,
        },
        pose: Some(HeadPose {
            yaw,
            pitch: 0.0,
            roll: 0.0,
        }),
        quality: Quality {
            size: 100.0,
            sharpness: 100.0,
        },
        abstain: None,
    }
}

fn crops(faces: &[AlignedFace]) -> Crops {
    let pixels = (0..faces.len() * BYTES).map(|at| (at % 251) as u8);
    Crops {
        faces: faces.to_vec(),
        pixels: pixels.collect(),
    }
}

/// The tracks whose turn it is in each of the first frames.
fn turns(stage: &mut Sides, faces: &[AlignedFace], frames: u64) -> Vec<Vec<u64>> {
    let turn = |frame| {
        stage.extend(&mut crops(faces), 0..faces.len(), frame * FRAME_NANOS);
        stage.due.clone()
    };
    (0..frames).map(turn).collect()
}

fn read(stage: &mut Sides, left: &[f32], right: &[f32], pts_nanos: u64) {
    stage.extend(&mut crops(&[face(1, 0.0)]), 0..1, pts_nanos);
    stage.read([Some(left), Some(right)], pts_nanos);
}

#[test]
fn faces_take_turns_and_zero_turns_it_off() {
    let faces = [face(3, 0.0), face(4, 5.0)];
    let due = turns(&mut stage(3), &faces, 6);
    assert_eq!(due, [vec![3], vec![4], vec![], vec![3], vec![4], vec![]]);
    assert_eq!(turns(&mut stage(1), &faces, 2), [[3, 4], [3, 4]]);
    let mut batch = crops(&faces);
    assert!(stage(0).extend(&mut batch, 0..2, 0).is_empty());
    assert_eq!(batch, crops(&faces));
}

#[test]
fn the_rows_are_the_halves_of_the_faces() {
    let faces = [face(1, 40.0), face(2, 0.0)];
    let mut batch = crops(&faces);
    assert_eq!(stage(1).extend(&mut batch, 0..2, 0), 2..4);
    let before = crops(&faces);
    assert_eq!(batch.faces, before.faces);
    assert_eq!(batch.pixels[..2 * BYTES], before.pixels);
    let mut half = vec![0; BYTES];
    for (row, side) in [(2, Side::Left), (3, Side::Right)] {
        chimera(&before.pixels[BYTES..], SIZE, side, &mut half);
        assert_eq!(batch.pixels[row * BYTES..(row + 1) * BYTES], half);
    }
}

#[test]
fn lateral_units_have_sides_and_central_ones_have_none() {
    let mut stage = stage(1);
    read(&mut stage, &[0.9, 0.8, 0.5], &[0.1, 0.3, 0.4], 0);
    let sides = stage.of(1, 0).unwrap();
    let pair = |left, right| Some(LeftRight { left, right });
    assert_eq!(sides.units, [pair(0.9, 0.1), None, pair(0.5, 0.4)]);
    // 1 - (0.8 + 0.1) / (0.9 + 0.5)
    assert!((sides.symmetry - (1.0 - 0.9 / 1.4)).abs() < 1e-6);
    assert_eq!(stage.of(2, 0), None);
}

#[test]
fn symmetry_is_one_for_twins_zero_for_one_half_alone_and_calm_at_rest() {
    let of = |pairs: &[[f32; 2]]| {
        let units = pairs
            .iter()
            .map(|&[left, right]| Some(LeftRight { left, right }));
        symmetry(&units.collect::<Vec<_>>())
    };
    assert_eq!(of(&[[0.7, 0.7], [1.0, 1.0]]), 1.0);
    assert_eq!(of(&[[1.0, 0.0], [0.0, 1.0]]), 0.0);
    assert!((of(&[[0.02, 0.06], [0.05, 0.0]]) - 0.91).abs() < 1e-6);
    assert_eq!(of(&[]), 1.0);
}

#[test]
fn values_are_held_between_turns_and_forgotten_after_a_while() {
    let held = |frames: u64| {
        let mut stage = stage(100);
        let scores = [0.2; 3];
        for frame in 0..frames {
            let pts_nanos = frame * FRAME_NANOS;
            stage.extend(&mut crops(&[face(100, 0.0)]), 0..1, pts_nanos);
            stage.read([Some(&scores[..]), Some(&scores[..])], pts_nanos);
        }
        stage.of(100, (frames - 1) * FRAME_NANOS).is_some()
    };
    assert!(held(50));
    assert!(!held(60), "2.4 s after its only turn");
}

#[test]
fn a_head_that_turns_away_loses_its_values_at_once() {
    let mut stage = stage(1);
    for hidden in [
        face(1, -26.0),
        AlignedFace {
            abstain: Some(Abstain::TooBlurred),
            ..face(1, 0.0)
        },
        AlignedFace {
            pose: None,
            ..face(1, 0.0)
        },
    ] {
        read(&mut stage, &[0.9; 3], &[0.1; 3], 0);
        assert!(stage.of(1, 0).is_some());
        assert!(
            stage
                .extend(&mut crops(&[hidden]), 0..1, FRAME_NANOS)
                .is_empty()
        );
        assert_eq!(stage.of(1, FRAME_NANOS), None);
    }
}

#[test]
fn new_values_are_mixed_with_the_old() {
    let mut stage = stage(1);
    stage.settings.smooth_secs = 0.04;
    read(&mut stage, &[0.0; 3], &[1.0; 3], 0);
    read(&mut stage, &[1.0; 3], &[1.0; 3], FRAME_NANOS);
    let unit = stage.of(1, FRAME_NANOS).unwrap().units[0].unwrap();
    assert!((unit.left - (1.0 - (-1.0_f32).exp())).abs() < 1e-6);
    assert_eq!(unit.right, 1.0);
}

#[test]
fn scores_that_are_no_numbers_change_nothing() {
    let mut stage = stage(1);
    read(&mut stage, &[0.9; 3], &[0.1; 3], 0);
    let before = stage.of(1, 0).cloned();
    stage.extend(&mut crops(&[face(1, 0.0)]), 0..1, 0);
    stage.read([None, Some(&[0.5; 3][..])], 0);
    assert_eq!(stage.of(1, 0).cloned(), before);
}
