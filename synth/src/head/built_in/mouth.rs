//! What lies behind the lips of the built-in head: teeth, tongue and the cavity.

use std::f32::consts::{PI, TAU};

use facs::ActionUnit;
use glam::{Vec2, Vec3};

use super::{
    eyes::Mesh,
    face::Face,
    muscles::{Motion, jaw_angle, jaw_turn},
    site::{Fold, LIP_FOLDS, MOUTH_B, MOUTH_CORNER, Site, columns_between},
    skin::skin_point,
};

/// Teeth per jaw that can be seen, and columns of vertices per tooth.
const TEETH: u32 = 12;
const PER_TOOTH: u32 = 4;
/// Rows of a jaw of teeth: gum, three of crown, edge, behind the edge.
const TOOTH_ROWS: [(f32, f32); 6] = [
    (0.0, -0.12),
    (0.12, 0.0),
    (0.5, 0.05),
    (0.85, 0.0),
    (1.0, -0.1),
    (1.0, -0.35),
];
const CAVITY_RINGS: u32 = 8;
const TONGUE: [u32; 2] = [7, 9];

/// A vertex behind the lips: its place in the mean face and how much it follows the jaw.
#[derive(Clone, Copy)]
pub(super) struct Inner {
    place: Vec3,
    jaw: f32,
    /// Ambient light that reaches it.
    pub(super) open: f32,
    tooth: bool,
    /// Where it hangs on the skin.
    rim: Option<Site>,
}

/// Both rows of teeth.
pub(super) fn teeth() -> (Vec<Inner>, Mesh) {
    let mut vertices = Vec::new();
    let mut mesh = Mesh {
        uvs: Vec::new(),
        triangles: Vec::new(),
    };
    let columns = TEETH * PER_TOOTH + 1;
    let rows = TOOTH_ROWS.len() as u32;
    for (jaw, lower) in [(0.0, false), (1.0, true)] {
        let start = vertices.len() as u32;
        for (row, (down, forward)) in TOOTH_ROWS.into_iter().enumerate() {
            for column in 0..columns {
                let along = 2.0 * column as f32 / (columns - 1) as f32 - 1.0;
                let gap = (column % PER_TOOTH == 0) as u32 as f32;
                vertices.push(Inner {
                    place: tooth_place(
                        along,
                        down,
                        forward - 0.1 * gap * (down * PI).sin().max(0.3),
                        gap,
                        lower,
                    ),
                    jaw,
                    open: (1.0 - 0.45 * gap) * (0.95 - 0.5 * along * along),
                    tooth: true,
                    rim: None,
                });
                let v = row as f32 / (rows - 1) as f32;
                mesh.uvs.push(Vec2::new(
                    0.5 + 0.5 * along,
                    if lower {
                        0.5 + 0.5 * (1.0 - v)
                    } else {
                        0.5 * v
                    },
                ));
            }
        }
        for row in 0..rows - 1 {
            for column in 0..columns - 1 {
                let at = |row: u32, column: u32| start + row * columns + column;
                let [a, b, c, d] = [
                    at(row, column),
                    at(row + 1, column),
                    at(row + 1, column + 1),
                    at(row, column + 1),
                ];
                mesh.triangles.extend(if lower {
                    [[a, c, b], [a, d, c]]
                } else {
                    [[a, b, c], [a, c, d]]
                });
            }
        }
    }
    (vertices, mesh)
}

fn tooth_place(along: f32, down: f32, forward: f32, gap: f32, lower: bool) -> Vec3 {
    let turn = along * 1.2;
    let arch = if lower { 2.15 } else { 2.35 };
    let (x, z) = (
        arch * turn.sin(),
        9.6 - 3.2 * (1.0 - turn.cos()) - if lower { 0.18 } else { 0.0 },
    );
    // Front teeth are longer; the edge notches between teeth.
    let crown = (1.02 - 0.25 * along.abs() - 0.1 * gap) * down;
    let y = if lower {
        MOUTH_B - 0.98 + crown * 0.9
    } else {
        MOUTH_B + 0.78 - crown
    };
    let normal = Vec3::new(turn.sin(), 0.0, turn.cos());
    Vec3::new(x, y, z) + normal * forward
}

/// Points around the opening of the cavity: the innermost fold of the upper lip from the right
/// corner to the left, then of the lower lip back.
fn rim() -> Vec<Site> {
    let site = |a: f32, fold: Fold| Site {
        a,
        b: MOUTH_B,
        fold,
        back: false,
    };
    let half = columns_between(0.0, MOUTH_CORNER);
    let columns: Vec<f32> = half
        .clone()
        .rev()
        .map(|a| -a)
        .filter(|a| *a < 0.0)
        .chain(half)
        .collect();
    let lower = columns
        .iter()
        .rev()
        .map(|a| site(*a, Fold::Lower(LIP_FOLDS)));
    columns
        .iter()
        .map(|a| site(*a, Fold::Upper(LIP_FOLDS)))
        .chain(lower)
        .collect()
}

/// The cavity, whose opening is the innermost fold of the lips.
pub(super) fn cavity() -> (Vec<Inner>, Mesh) {
    let mut vertices = Vec::new();
    let mut mesh = Mesh {
        uvs: Vec::new(),
        triangles: Vec::new(),
    };
    let rim = rim();
    let points = rim.len() as u32;
    for ring in 0..=CAVITY_RINGS {
        for (point, site) in rim.iter().enumerate() {
            let (depth, turn) = (
                ring as f32 / CAVITY_RINGS as f32,
                PI - TAU * point as f32 / points as f32,
            );
            let (sin, cos) = (depth * PI / 2.0).sin_cos();
            let side = turn.cos();
            let place = Vec3::new(
                2.5 * cos * side,
                MOUTH_B + 1.75 * cos * turn.sin(),
                9.5 - 1.0 * cos * side * side - 4.2 * sin,
            );
            let jaw = (0.5 - 0.75 * turn.sin()).clamp(0.0, 1.0);
            let rim = (ring == 0).then_some(*site);
            vertices.push(Inner {
                place,
                jaw,
                open: 0.32 * (1.0 - depth).powi(2) + 0.02,
                tooth: false,
                rim,
            });
            mesh.uvs.push(Vec2::new(
                0.25 + 0.24 * cos * side,
                0.5 - 0.48 * cos * turn.sin(),
            ));
        }
    }
    for ring in 0..CAVITY_RINGS {
        for point in 0..points {
            let at = |ring: u32, point: u32| ring * points + point % points;
            let [a, b, c, d] = [
                at(ring, point),
                at(ring + 1, point),
                at(ring + 1, point + 1),
                at(ring, point + 1),
            ];
            // Seen from inside; the rim runs clockwise.
            mesh.triangles.extend([[a, b, c], [a, c, d]]);
        }
    }
    (vertices, mesh)
}

/// The tongue.
pub(super) fn tongue() -> (Vec<Inner>, Mesh) {
    let mut vertices = Vec::new();
    let mut mesh = Mesh {
        uvs: Vec::new(),
        triangles: Vec::new(),
    };
    let [rows, columns] = TONGUE;
    for row in 0..rows {
        for column in 0..columns {
            let (back, across) = (
                row as f32 / (rows - 1) as f32,
                2.0 * column as f32 / (columns - 1) as f32 - 1.0,
            );
            let half = 1.5 * (1.0 - (1.0 - back).powi(3) * 0.75);
            let hump = 0.42 * (back * 2.2).min(1.0)
                - 0.35 * across * across
                - 0.07 * (1.0 - 4.0 * across.abs()).max(0.0)
                - 0.5 * (1.0 - (back * 5.0).min(1.0));
            let place = Vec3::new(half * across, MOUTH_B - 0.25 + hump, 9.1 - 3.6 * back);
            vertices.push(Inner {
                place,
                jaw: 0.95,
                open: 0.75 - 0.65 * back,
                tooth: false,
                rim: None,
            });
            mesh.uvs.push(Vec2::new(0.75 + 0.24 * across, 1.0 - back));
        }
    }
    for row in 0..rows - 1 {
        for column in 0..columns - 1 {
            let at = |row: u32, column: u32| row * columns + column;
            let [a, b, c, d] = [
                at(row, column),
                at(row, column + 1),
                at(row + 1, column + 1),
                at(row + 1, column),
            ];
            mesh.triangles.extend([[a, b, c], [a, c, d]]);
        }
    }
    (vertices, mesh)
}

/// Where the vertices are in a face, at rest or in a motion.
pub(super) fn positions(vertices: &[Inner], face: &Face, motion: Option<Motion>) -> Vec<Vec3> {
    let travel = face.mouth_travel();
    let angle = motion.map_or(0.0, jaw_angle);
    // Lips that are sucked in lie where the teeth were.
    let retreat = if motion == Some(Motion::Unit(ActionUnit::Au28)) {
        0.5
    } else {
        0.0
    };
    // Teeth stay behind lips that stand forward less than usual.
    let usual = Face::default().lips;
    let thin = 0.5 * (usual[0] + usual[1] - face.lips[0] - face.lips[1]);
    vertices
        .iter()
        .map(|vertex| {
            if let Some(site) = vertex.rim {
                return skin_point(face, site, motion);
            }
            let back = if vertex.tooth { retreat + thin } else { 0.0 };
            vertex.place + jaw_turn(vertex.place, angle * vertex.jaw) + travel - Vec3::Z * back
        })
        .collect()
}
