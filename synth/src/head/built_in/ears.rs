//! Ears of the built-in head: two shells at the sides, part of the skin.

use std::f32::consts::TAU;

use glam::{Vec2, Vec3};

use super::curve::bell;

/// Rings from the middle to the rim, and points per ring.
const RINGS: u32 = 5;
const POINTS: u32 = 16;

/// One ear's vertices (left side) and triangles, front and back.
pub(super) struct Ear {
    /// Vertices on the subject's left.
    pub(super) positions: Vec<Vec3>,
    /// One per vertex, in the tile of the back of the head.
    pub(super) uvs: Vec<Vec2>,
    /// Ambient light.
    pub(super) occlusion: Vec<f32>,
    /// Counter-clockwise from outside.
    pub(super) triangles: Vec<[u32; 3]>,
}

impl Ear {
    /// Builds the left ear.
    pub(super) fn new() -> Self {
        let mut ear = Self {
            positions: Vec::new(),
            uvs: Vec::new(),
            occlusion: Vec::new(),
            triangles: Vec::new(),
        };
        for front in [true, false] {
            let start = ear.positions.len() as u32;
            for ring in 0..=RINGS {
                for point in 0..POINTS {
                    let (radius, turn) = (
                        ring as f32 / RINGS as f32,
                        TAU * point as f32 / POINTS as f32,
                    );
                    ear.positions.push(place(radius, turn, front));
                    ear.uvs.push(Vec2::new(
                        1.5 + 0.1 * radius * turn.cos(),
                        0.4 - 0.1 * radius * turn.sin(),
                    ));
                    let open = if front {
                        0.5 + 0.5 * radius * radius
                    } else {
                        0.6
                    };
                    ear.occlusion.push(open);
                }
            }
            for ring in 0..RINGS {
                for point in 0..POINTS {
                    let next = (point + 1) % POINTS;
                    let at = |ring: u32, point: u32| start + ring * POINTS + point;
                    let [a, b, c, d] = [
                        at(ring, point),
                        at(ring + 1, point),
                        at(ring + 1, next),
                        at(ring, next),
                    ];
                    let quad = if front {
                        [[a, b, c], [a, c, d]]
                    } else {
                        [[a, c, b], [a, d, c]]
                    };
                    ear.triangles.extend(quad);
                }
            }
        }
        ear
    }
}

/// A point of the shell: `radius` 1 is the rim; the plane leans back and outwards.
fn place(radius: f32, turn: f32, front: bool) -> Vec3 {
    let (outward, up) = (turn.cos(), turn.sin());
    let back = Vec3::new(0.62, 0.0, -0.78);
    let rise = Vec3::new(0.12, 0.97, -0.2);
    let facing = Vec3::new(0.76, 0.0, 0.65);
    // Wider above than at the lobe.
    let width = 1.2 * (1.0 + 0.28 * up) * radius;
    let hollow = 0.32 * bell((radius - 0.85) / 0.22) - 0.35 * bell(radius / 0.55);
    let thickness = if front {
        hollow
    } else {
        -0.3 * (1.0 - radius * radius)
    };
    Vec3::new(6.95, 1.3, 0.2)
        + back * (outward * width + 0.35)
        + rise * (2.6 * radius * up)
        + facing * thickness
}
