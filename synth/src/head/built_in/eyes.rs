//! Eyeballs and lashes of the built-in head.

use std::f32::consts::{PI, TAU};

use glam::{Vec2, Vec3};

use super::{
    curve::smooth,
    face::{EYE_B, EYE_CORNERS, Face},
    muscles::Motion,
    site::{Fold, Site, columns_between},
    skin::skin_point,
};
use facs::ActionUnit;

/// Centimetres on the eyeball per unit of its uv.
const UV_SPAN: f32 = 5.1;
/// Radius of the iris in eyeball uv.
pub(super) const IRIS_RADIUS: f32 = 0.118;
/// Usual radius of the pupil in eyeball uv.
pub(super) const PUPIL_RADIUS: f32 = 0.039;
const RINGS: u32 = 10;
const POINTS: u32 = 24;

/// A mesh whose vertices a part function places.
pub(super) struct Mesh {
    /// One per vertex.
    pub(super) uvs: Vec<Vec2>,
    /// Counter-clockwise from outside.
    pub(super) triangles: Vec<[u32; 3]>,
}

/// The front of an eyeball; the iris lies about uv (0.5, 0.5).
pub(super) fn eyeball_mesh() -> Mesh {
    let mut mesh = Mesh {
        uvs: vec![Vec2::splat(0.5)],
        triangles: Vec::new(),
    };
    for (angle, turn) in eyeball_angles() {
        mesh.uvs
            .push(Vec2::splat(0.5) + Vec2::new(turn.cos(), -turn.sin()) * (angle * 1.5 / UV_SPAN));
    }
    for point in 0..POINTS {
        let next = (point + 1) % POINTS;
        mesh.triangles.push([0, 1 + point, 1 + next]);
        for ring in 1..RINGS {
            let at = |ring: u32, point: u32| 1 + (ring - 1) * POINTS + point;
            let [a, b, c, d] = [
                at(ring, point),
                at(ring + 1, point),
                at(ring + 1, next),
                at(ring, next),
            ];
            mesh.triangles.extend([[a, b, c], [a, c, d]]);
        }
    }
    mesh
}

fn eyeball_angles() -> impl Iterator<Item = (f32, f32)> {
    (1..=RINGS).flat_map(|ring| {
        let angle = 0.56 * PI * ring as f32 / RINGS as f32;
        (0..POINTS).map(move |point| (angle, TAU * point as f32 / POINTS as f32))
    })
}

/// Vertices of the left eyeball of a face.
pub(super) fn eyeball_positions(face: &Face, motion: Option<Motion>) -> Vec<Vec3> {
    // A closed lid presses the eyeball back: no cornea shows through the lid on its way.
    let back = if motion == Some(Motion::Unit(ActionUnit::Au43)) {
        0.1
    } else {
        0.0
    };
    let center = face.eye + face.eye_travel() - Vec3::Z * back;
    let cornea = |angle: f32| 0.07 * (1.0 - smooth(angle / 0.42));
    std::iter::once((0.0, 0.0))
        .chain(eyeball_angles())
        .map(|(angle, turn)| {
            let direction = Vec3::new(
                angle.sin() * turn.cos(),
                angle.sin() * turn.sin(),
                angle.cos(),
            );
            center + direction * (face.eye_radius + cornea(angle))
        })
        .collect()
}

/// Roots of the lashes along a lid.
fn lash_sites(fold: Fold) -> impl Iterator<Item = (f32, Site)> + Clone {
    let [inner, outer] = EYE_CORNERS;
    columns_between(inner, outer).map(move |a| {
        let corner = (a - inner).min(outer - a) < 0.01;
        let site = Site {
            a,
            b: EYE_B,
            fold: if corner { Fold::None } else { fold },
            back: false,
        };
        ((a - inner) / (outer - inner), site)
    })
}

const LIDS: [Fold; 2] = [Fold::Upper(0), Fold::Lower(0)];

/// Two strips of lashes: v runs from root to tip, u from the inner to the outer corner, u + 1 on
/// the lower lid.
pub(super) fn lash_mesh() -> Mesh {
    let mut mesh = Mesh {
        uvs: Vec::new(),
        triangles: Vec::new(),
    };
    for (lid, fold) in LIDS.into_iter().enumerate() {
        let start = mesh.uvs.len() as u32;
        for (along, _) in lash_sites(fold) {
            mesh.uvs.extend([
                Vec2::new(along.min(0.999) + lid as f32, 0.0),
                Vec2::new(along.min(0.999) + lid as f32, 1.0),
            ]);
        }
        let count = (mesh.uvs.len() as u32 - start) / 2;
        for step in 0..count - 1 {
            let [root, tip] = [start + 2 * step, start + 2 * step + 1];
            let (root_next, tip_next) = (root + 2, tip + 2);
            let quad = if lid == 0 {
                [[root, root_next, tip_next], [root, tip_next, tip]]
            } else {
                [[root, tip_next, root_next], [root, tip, tip_next]]
            };
            mesh.triangles.extend(quad);
        }
    }
    mesh
}

/// Vertices of the left eye's lashes: they turn with their lid about the eyeball.
pub(super) fn lash_positions(face: &Face, motion: Option<Motion>) -> Vec<Vec3> {
    let center = face.eye + face.eye_travel();
    let mut positions = Vec::new();
    for (lid, fold) in LIDS.into_iter().enumerate() {
        for (along, site) in lash_sites(fold) {
            let root = skin_point(face, site, motion) + Vec3::Z * 0.01;
            let arm = root - center;
            let height = arm.y.atan2(arm.z);
            let (length, lift) = if lid == 0 { (0.5, 0.16) } else { (0.24, -0.13) };
            let length = length * (0.35 + 0.65 * (along * PI).sin());
            let radius = arm.y.hypot(arm.z);
            let tip = height + lift;
            let (sin, cos) = tip.sin_cos();
            let outward = (along - 0.4) * 0.35 * length;
            positions.push(root);
            positions.push(Vec3::new(
                root.x + outward,
                center.y + (radius + 0.8 * length) * sin,
                center.z + (radius + 0.8 * length) * cos,
            ));
        }
    }
    positions
}
