//! What the meshes of the built-in head keep to.

use std::collections::HashMap;

use glam::Vec3;

use super::{super::*, BUILT_IN, shaped};

fn key(p: Vec3) -> [i32; 3] {
    p.to_array().map(|v| (v * 500.0).round() as i32)
}

#[test]
fn a_face_at_rest_is_the_base() {
    let head = &*BUILT_IN;
    let shape = shaped(head, &[], &Actions::default());
    for (part, shaped) in head.parts.iter().zip(&shape.parts) {
        assert_eq!(part.positions, shaped.positions, "{}", part.name);
        assert!(
            shaped
                .normals
                .iter()
                .all(|normal| (normal.length() - 1.0).abs() < 1e-3)
        );
    }
    let nose = shape.landmarks[2];
    assert!(nose.x.abs() < 1e-4 && shape.landmarks.iter().all(|landmark| landmark.z <= nose.z));
    assert!(shape.landmarks[0].x < 0.0 && shape.landmarks[1].x > 0.0);
    assert!(shape.landmarks[3].x < 0.0 && shape.landmarks[4].x > 0.0);
}

#[test]
fn every_array_of_a_part_agrees() {
    let head = &*BUILT_IN;
    assert!(head.unshown().is_empty());
    for part in &head.parts {
        let count = part.positions.len();
        assert_eq!(
            [part.uvs.len(), part.occlusion.len()],
            [count; 2],
            "{}",
            part.name
        );
        assert_eq!(
            [part.targets.len(), part.identity.len()],
            [head.targets.len(), head.identity_modes]
        );
        let indices = part
            .triangles
            .iter()
            .flatten()
            .chain(part.weld.iter().flatten());
        let targets = part.targets.iter().chain(&part.identity);
        let moved = targets.clone().flat_map(|target| &target.indices);
        assert!(
            indices.chain(moved).all(|index| (*index as usize) < count),
            "{}",
            part.name
        );
        assert!(
            targets
                .flat_map(|target| &target.deltas)
                .chain(&part.positions)
                .all(|p| p.is_finite()),
            "{}",
            part.name
        );
        assert!(
            part.occlusion.iter().all(|open| (0.0..=1.0).contains(open)),
            "{}",
            part.name
        );
    }
    for polygon in [
        &head.anatomy.lips,
        &head.anatomy.brow_left,
        &head.anatomy.brow_right,
    ] {
        assert!(
            polygon.len() > 10
                && polygon
                    .iter()
                    .all(|uv| (0.0..1.0).contains(&uv.x) && (0.0..1.0).contains(&uv.y))
        );
    }
}

#[test]
fn the_right_mirrors_the_left() {
    let head = &*BUILT_IN;
    let skin = head.skin();
    // Doubled vertices of a slit lie at the same place: compare what moves there as a whole.
    let motions = |target: &Target, sign: f32| {
        let mut sums: HashMap<[i32; 3], Vec3> = HashMap::new();
        for (index, delta) in target.indices.iter().zip(&target.deltas) {
            let mirror = Vec3::new(sign, 1.0, 1.0);
            *sums
                .entry(key(skin.positions[*index as usize] * mirror))
                .or_default() += *delta * mirror;
        }
        sums
    };
    for (index, name) in head
        .targets
        .iter()
        .enumerate()
        .filter(|(_, name)| name.ends_with("_L"))
    {
        let other = head
            .targets
            .iter()
            .position(|other| *other == name.replace("_L", "_R"))
            .expect("a right side");
        let (left, right) = (
            motions(&skin.targets[index], 1.0),
            motions(&skin.targets[other], -1.0),
        );
        let odd = left.iter().filter(|(at, motion)| {
            right
                .get(*at)
                .is_none_or(|other| other.distance(**motion) > 1e-3)
        });
        let odd: Vec<_> = odd.collect();
        assert!(
            odd.is_empty(),
            "{name} is not mirrored: {} of {}, {:?}",
            odd.len(),
            left.len(),
            &odd[..odd.len().min(5)]
        );
    }
}
