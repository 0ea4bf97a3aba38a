//! Landmarks of a head that no sidecar describes, read off its morph targets.
//!
//! Takes the parts and the names of their targets; gives eyes (what `eyeBlink` moves), mouth
//! corners (what every corner muscle moves) and nose tip (the foremost point between them).
//! Painting regions stay empty.

use std::path::Path;

use glam::{Vec2, Vec3};

use super::{Anatomy, Anchor, Eye, HeadError, Material, Part};

/// Share of the largest motion from which a vertex counts as moved.
const MOVED: f32 = 0.25;

pub(super) fn anatomy(
    path: &Path,
    parts: &[Part],
    targets: &[String],
) -> Result<Anatomy, HeadError> {
    let missing = |feature, need| HeadError::NoFeature {
        path: path.into(),
        feature,
        need,
    };
    let mut eyes: [Eye; 2] = Default::default();
    let mut landmarks: [Anchor; 5] = Default::default();
    for (index, suffix) in ["_R", "_L"].into_iter().enumerate() {
        let need = "targets eyeBlinkLeft and eyeBlinkRight that move the skin";
        landmarks[index] = lids(parts, targets, suffix).ok_or_else(|| missing("eyes", need))?;
        eyes[index] = eye(parts, &landmarks[index]);
        let need = "targets mouthSmileLeft and mouthSmileRight that move the skin";
        landmarks[3 + index] =
            mouth_corner(parts, targets, suffix).ok_or_else(|| missing("mouth corners", need))?;
    }
    let skin = &parts[0].positions;
    let middle = (eyes[0].center + eyes[1].center) / 2.0;
    let mouth = (landmarks[3].at(skin) + landmarks[4].at(skin)) / 2.0;
    landmarks[2] = nose_tip(skin, &eyes, mouth)
        .ok_or_else(|| missing("nose tip", "skin between eyes and mouth"))?;
    Ok(Anatomy {
        landmarks,
        eyes,
        face_center: (middle + mouth) / 2.0,
        ..Anatomy::default()
    })
}

/// How far a target moves each vertex of the skin, as a share of the largest motion.
fn motion(parts: &[Part], targets: &[String], name: &str) -> Option<Vec<f32>> {
    let index = targets.iter().position(|target| target == name)?;
    let mut lengths = vec![0.0_f32; parts[0].positions.len()];
    let target = &parts[0].targets[index];
    for (&vertex, delta) in target.indices.iter().zip(&target.deltas) {
        lengths[vertex as usize] = delta.length();
    }
    let largest = lengths.iter().copied().fold(0.0, f32::max);
    (largest > 0.0).then(|| lengths.into_iter().map(|length| length / largest).collect())
}

/// What closes an eye.
fn lids(parts: &[Part], targets: &[String], suffix: &str) -> Option<Anchor> {
    let motion = motion(parts, targets, &format!("eyeBlink{suffix}"))?;
    let moved = (0..).zip(motion).filter(|(_, moved)| *moved > MOVED);
    let vertices = moved.map(|(vertex, _)| vertex).collect();
    Some(Anchor { part: 0, vertices })
}

/// The vertex that all muscles of a mouth corner move most.
fn mouth_corner(parts: &[Part], targets: &[String], suffix: &str) -> Option<Anchor> {
    let moved = ["mouthSmile", "mouthStretch", "mouthFrown", "mouthDimple"]
        .iter()
        .filter_map(|stem| motion(parts, targets, &format!("{stem}{suffix}")))
        .reduce(|a, b| a.iter().zip(b).map(|(a, b)| a * b).collect())?;
    let best = (0_u32..).zip(moved).max_by(|a, b| a.1.total_cmp(&b.1));
    let vertices = best.map(|(vertex, _)| vertex).into_iter().collect();
    Some(Anchor { part: 0, vertices })
}

/// The foremost vertex between eyes and mouth.
fn nose_tip(skin: &[Vec3], [right, left]: &[Eye; 2], mouth: Vec3) -> Option<Anchor> {
    let middle = (right.center + left.center) / 2.0;
    let facing = if left.center.x < right.center.x {
        -1.0
    } else {
        1.0
    };
    let reach = 0.25 * (left.center - right.center).length();
    let (vertex, _) = (0_u32..)
        .zip(skin)
        .filter(|(_, v)| (v.x - middle.x).abs() < reach && v.y < middle.y && v.y > mouth.y)
        .max_by(|a, b| (a.1.z * facing).total_cmp(&(b.1.z * facing)))?;
    Some(Anchor {
        part: 0,
        vertices: vec![vertex],
    })
}

/// The eye behind the lids: the eyeball parts of that side, or a ball of usual size.
fn eye(parts: &[Part], lids: &Anchor) -> Eye {
    let skin = &parts[lids.part].positions;
    let front = lids.at(skin);
    let width = {
        let xs = lids.vertices.iter().map(|&vertex| skin[vertex as usize].x);
        xs.clone().fold(f32::MIN, f32::max) - xs.fold(f32::MAX, f32::min)
    };
    let eyeballs: Vec<(usize, Vec3, f32)> = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.material == Material::Eyeball)
        .map(|(index, part)| {
            let low = part.positions.iter().copied().fold(Vec3::MAX, Vec3::min);
            let high = part.positions.iter().copied().fold(Vec3::MIN, Vec3::max);
            (index, (low + high) / 2.0, (high.y - low.y) / 2.0)
        })
        .filter(|(_, center, _)| (center.x - front.x).abs() < width)
        .collect();
    let (center, radius) = eyeballs.iter().max_by(|a, b| a.2.total_cmp(&b.2)).map_or(
        (front - Vec3::Z * 0.5 * width, 0.5 * width),
        |&(_, center, radius)| (center, radius),
    );
    Eye {
        parts: eyeballs.into_iter().map(|(index, _, _)| index).collect(),
        center,
        radius,
        identity_centers: Vec::new(),
        iris_uv: Vec2::splat(0.5),
        iris_radius: 0.118,
        pupil_radius: 0.039,
    }
}
