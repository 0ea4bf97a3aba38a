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
    let motion = |name: &str| {
        let index = targets.iter().position(|target| target == name)?;
        let mut lengths = vec![0.0_f32; parts[0].positions.len()];
        let target = &parts[0].targets[index];
        for (&vertex, delta) in target.indices.iter().zip(&target.deltas) {
            lengths[vertex as usize] = delta.length();
        }
        let largest = lengths.iter().copied().fold(0.0, f32::max);
        (largest > 0.0).then(|| {
            lengths
                .into_iter()
                .map(|length| length / largest)
                .collect::<Vec<f32>>()
        })
    };
    let mut eyes: [Eye; 2] = Default::default();
    let mut landmarks: [Anchor; 5] = Default::default();
    for (index, suffix) in ["_R", "_L"].into_iter().enumerate() {
        let lids = motion(&format!("eyeBlink{suffix}")).ok_or_else(|| {
            missing(
                "eyes",
                "targets eyeBlinkLeft and eyeBlinkRight that move the skin",
            )
        })?;
        let vertices: Vec<u32> = (0..)
            .zip(&lids)
            .filter(|(_, moved)| **moved > MOVED)
            .map(|(vertex, _)| vertex)
            .collect();
        landmarks[index] = Anchor { part: 0, vertices };
        eyes[index] = eye(parts, &landmarks[index]);
        let corner = ["mouthSmile", "mouthStretch", "mouthFrown", "mouthDimple"]
            .iter()
            .filter_map(|stem| motion(&format!("{stem}{suffix}")))
            .reduce(|a, b| a.iter().zip(b).map(|(a, b)| a * b).collect())
            .ok_or_else(|| {
                missing(
                    "mouth corners",
                    "targets mouthSmileLeft and mouthSmileRight that move the skin",
                )
            })?;
        let best = (0_u32..)
            .zip(&corner)
            .max_by(|a, b| a.1.total_cmp(b.1))
            .map(|(vertex, _)| vertex);
        landmarks[3 + index] = Anchor {
            part: 0,
            vertices: best.into_iter().collect(),
        };
    }
    let skin = &parts[0].positions;
    let [eye_right, eye_left] = eyes.each_ref().map(|eye| eye.center);
    let mouth = (landmarks[3].at(skin) + landmarks[4].at(skin)) / 2.0;
    let middle = (eye_right + eye_left) / 2.0;
    let facing = if eye_left.x < eye_right.x { -1.0 } else { 1.0 };
    let reach = 0.25 * (eye_left - eye_right).length();
    let nose = (0_u32..)
        .zip(skin)
        .filter(|(_, v)| (v.x - middle.x).abs() < reach && v.y < middle.y && v.y > mouth.y)
        .max_by(|a, b| (a.1.z * facing).total_cmp(&(b.1.z * facing)))
        .map(|(vertex, _)| vertex)
        .ok_or_else(|| missing("nose tip", "skin between eyes and mouth"))?;
    landmarks[2] = Anchor {
        part: 0,
        vertices: vec![nose],
    };
    Ok(Anatomy {
        landmarks,
        eyes,
        face_center: (middle + mouth) / 2.0,
        ..Anatomy::default()
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
