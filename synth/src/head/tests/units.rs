//! What action units, the gaze and a still half do to a face.

use align::Side;
use facs::{ActionUnit, Sidedness};
use glam::Vec2;
use proptest::prelude::*;

use super::{super::*, BUILT_IN, furthest, shaped};

#[test]
fn a_side_moves_only_its_side() {
    let head = &*BUILT_IN;
    let rest = shaped(head, &[], &Actions::default());
    for unit in ActionUnit::ALL {
        let left = shaped(head, &[], &Actions::only(unit, 1.0, 0.0));
        let both = shaped(head, &[], &Actions::only(unit, 1.0, 1.0));
        assert!(
            furthest(&rest, &left, |p| p.x > 0.0) > 0.1,
            "{unit} moves nothing"
        );
        assert!(
            furthest(&rest, &both, |p| p.x < 0.0) > 0.1,
            "{unit} does not move the right"
        );
        if unit.sidedness() == Sidedness::Lateral {
            assert!(
                furthest(&rest, &left, |p| p.x < -1.0) < 1e-3,
                "{unit} of the left moves the right"
            );
        }
    }
}

#[test]
fn units_do_what_facs_says() {
    let head = &*BUILT_IN;
    let rest = shaped(head, &[], &Actions::default());
    let corner =
        |unit| shaped(head, &[], &Actions::only(unit, 1.0, 1.0)).landmarks[4] - rest.landmarks[4];
    let smile = corner(ActionUnit::Au12);
    assert!(smile.x > 0.4 && smile.y > 0.4 && smile.z < -0.2, "{smile}");
    assert!(corner(ActionUnit::Au15).y < -0.4);
    let stretch = corner(ActionUnit::Au20);
    assert!(stretch.x > 0.5 && stretch.y.abs() < 0.3, "{stretch}");
    let gap = |shape: &Shape| {
        let at = |vertex: u32| shape.parts[0].positions[vertex as usize].y;
        head.anatomy.lid_pairs[1]
            .iter()
            .map(|[upper, lower]| at(*upper) - at(*lower))
            .sum::<f32>()
            / 2.0
    };
    let lids = |unit| gap(&shaped(head, &[], &Actions::only(unit, 1.0, 0.0)));
    let open = gap(&rest);
    assert!(lids(ActionUnit::Au05) > open + 0.1);
    assert!(lids(ActionUnit::Au07) < 0.7 * open && lids(ActionUnit::Au07) > 0.2 * open);
    assert!(lids(ActionUnit::Au43) < 0.05);
}

/// Share of an iris that looks ahead which the lids of the left eye cover.
fn iris_covered(head: &Head, shape: &Shape) -> f32 {
    let eye = &head.anatomy.eyes[1];
    let ball = &head.parts[eye.parts[0]];
    let from_middle = |uv: &Vec2| uv.distance(eye.iris_uv);
    let middle = (0..ball.uvs.len())
        .min_by(|a, b| from_middle(&ball.uvs[*a]).total_cmp(&from_middle(&ball.uvs[*b])))
        .unwrap();
    let rim = (0..ball.uvs.len())
        .min_by(|a, b| {
            let off = |index: usize| (from_middle(&ball.uvs[index]) - eye.iris_radius).abs();
            off(*a).total_cmp(&off(*b))
        })
        .unwrap();
    let width = ball.positions[rim].distance(ball.positions[middle]);
    let radius = width * eye.iris_radius / from_middle(&ball.uvs[rim]);
    assert!(
        (0.52..0.68).contains(&radius),
        "an iris of {radius} cm on {}",
        head.name
    );
    let lid = |lid: usize| {
        let pairs = &head.anatomy.lid_pairs[1];
        let sum: f32 = pairs
            .iter()
            .map(|pair| shape.parts[0].positions[pair[lid] as usize].y)
            .sum();
        sum / pairs.len() as f32
    };
    // Of a circle, what lies beyond a line at `height` radii from its middle.
    let beyond = |height: f32| {
        let height = height.clamp(-1.0, 1.0);
        (height.acos() - height * (1.0 - height * height).sqrt()) / std::f32::consts::PI
    };
    let [upper, lower] = [lid(0), lid(1)].map(|y| (y - ball.positions[middle].y) / radius);
    beyond(upper) + beyond(-lower)
}

#[test]
fn lids_at_rest_cover_a_little_of_the_iris() {
    for head in &testing::heads() {
        let covered = |actions| iris_covered(head, &shaped(head, &[], &actions));
        let rest = covered(Actions::default());
        assert!((0.08..0.35).contains(&rest), "{rest} on {}", head.name);
        let wide = covered(Actions::only(ActionUnit::Au05, 1.0, 1.0));
        assert!(wide < 0.6 * rest, "{wide} of {rest} on {}", head.name);
        let shut = covered(Actions::only(ActionUnit::Au43, 1.0, 1.0));
        assert!(shut > 0.9, "{shut} on {}", head.name);
    }
}

#[test]
fn eyes_turn_with_the_gaze() {
    let head = &*BUILT_IN;
    let gaze = Vec2::new(0.3, 0.0);
    let turned = shaped(
        head,
        &[],
        &Actions {
            gaze,
            ..Actions::default()
        },
    );
    for eye in &head.anatomy.eyes {
        let part = eye.parts[0];
        let pupil = turned.parts[part].positions[0] - head.parts[part].positions[0];
        assert!(
            pupil.x > 0.3,
            "a positive gaze looks to the subject's left: {pupil}"
        );
        let radii = turned.parts[part]
            .positions
            .iter()
            .map(|p| p.distance(eye.center));
        assert!(radii.fold(0.0, f32::max) < 1.15 * eye.radius);
    }
}

fn frozen_left(actions: &Actions, symmetry: f32) -> Actions {
    actions.freeze(Freeze {
        side: Side::Left,
        region: Region::Face,
        share: 1.0 - symmetry,
    })
}

#[test]
fn a_region_of_the_right_half_freezes_alone() {
    let head = &*BUILT_IN;
    let mut strengths = [0.0; ActionUnit::COUNT];
    for unit in [ActionUnit::Au01, ActionUnit::Au12] {
        strengths[unit.index()] = 1.0;
    }
    let whole = Actions::symmetric(strengths);
    let frozen = |region| {
        whole.freeze(Freeze {
            side: Side::Right,
            region,
            share: 1.0,
        })
    };
    let full = shaped(head, &[], &whole);
    let brows = shaped(head, &[], &frozen(Region::Brows));
    let smile = shaped(head, &[], &Actions::only(ActionUnit::Au12, 1.0, 1.0));
    assert!(furthest(&full, &brows, |at| at.x > 0.5) < 1e-5);
    assert!(furthest(&smile, &brows, |at| at.x < -0.5) < 1e-5);
    assert!(furthest(&full, &brows, |at| at.x < -0.5) > 0.1);
    let eyes = shaped(head, &[], &frozen(Region::Eyes));
    assert!(furthest(&full, &eyes, |_| true) < 1e-5);
    let shown = frozen(Region::Brows).as_shown();
    let seen = |unit: ActionUnit| [shown.left[unit.index()], shown.right[unit.index()]];
    assert_eq!(seen(ActionUnit::Au01), [1.0, 0.0]);
    assert_eq!(seen(ActionUnit::Au12), [1.0, 1.0]);
}

#[test]
fn a_frozen_left_half_rests_and_the_right_half_does_not_notice() {
    let head = &*BUILT_IN;
    let rest = shaped(head, &[], &Actions::default());
    for unit in [ActionUnit::Au12, ActionUnit::Au17, ActionUnit::Au26] {
        let whole = Actions::only(unit, 1.0, 1.0);
        let [full, half, none] =
            [1.0, 0.5, 0.0].map(|symmetry| shaped(head, &[], &frozen_left(&whole, symmetry)));
        assert_eq!(
            full.parts[0].positions,
            shaped(head, &[], &whole).parts[0].positions
        );
        assert!(furthest(&full, &none, |at| at.x < -0.5) < 1e-5, "{unit}");
        assert!(furthest(&rest, &none, |at| at.x > 0.5) < 1e-5, "{unit}");
        let (least, most) = (
            furthest(&half, &rest, |at| at.x > 0.5),
            furthest(&full, &rest, |at| at.x > 0.5),
        );
        assert!(
            (least / most - 0.5).abs() < 0.02,
            "{unit}: {least} of {most}"
        );
    }
    let smile = Actions::only(ActionUnit::Au12, 1.0, 0.8).at(0.5);
    let shown = frozen_left(&smile, 0.25).as_shown();
    let corner = ActionUnit::Au12.index();
    assert_eq!([shown.left[corner], shown.right[corner]], [0.125, 0.4]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn eyes_of_every_identity_can_close(weights in proptest::collection::vec(-1.6_f32..1.6, 22)) {
        let head = &*BUILT_IN;
        let shape = shaped(head, &weights, &Actions::only(ActionUnit::Au43, 1.0, 1.0));
        for pairs in &head.anatomy.lid_pairs {
            for [upper, lower] in pairs {
                let [upper, lower] = [upper, lower].map(|vertex| shape.parts[0].positions[*vertex as usize].y);
                prop_assert!(upper - lower < 0.12, "{} above {}", upper, lower);
            }
        }
    }
}
