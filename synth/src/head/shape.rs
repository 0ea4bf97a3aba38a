//! The head in one pose of its muscles: positions and smooth normals.
//!
//! Takes a [`Head`], identity weights and [`Actions`]; gives a [`Shape`] whose buffers are reused
//! from call to call.

use glam::{Quat, Vec3};

use super::{Actions, Head, Part, Target, rig::Fit};
use crate::render::Vec3x4;

/// A morphed head.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// In the order of [`Head::parts`].
    pub parts: Vec<ShapedPart>,
    /// Right eye, left eye, nose tip, mouth right, mouth left, in centimetres.
    pub landmarks: [Vec3; 5],
}

/// One morphed part.
#[derive(Clone, Debug, Default)]
pub struct ShapedPart {
    /// In centimetres.
    pub positions: Vec<Vec3>,
    /// Unit vectors, smooth across welded seams.
    pub normals: Vec<Vec3>,
}

/// The expressionless head of one identity: what many faces of one person begin with.
#[derive(Clone, Debug, Default)]
pub struct Rest {
    /// Per part, in centimetres.
    positions: Vec<Vec<Vec3>>,
    fit: Fit,
    eye_centers: [Vec3; 2],
}

impl Head {
    /// Morphs the head: identity, then expression, then gaze; recomputes the normals.
    ///
    /// `identity` may be shorter than [`Head::identity_modes`]: modes without a weight rest at 0.
    pub fn shape(&self, identity: &[f32], actions: &Actions, shape: &mut Shape) {
        self.pose(&self.rest(identity), actions, shape);
    }

    /// The part of [`Self::shape`] that depends on the identity alone.
    #[must_use]
    pub fn rest(&self, identity: &[f32]) -> Rest {
        self.rest_with(identity, &Actions::default())
    }

    /// The rest of a person whose face is not the plain one of its identity even then: `bearing`
    /// becomes a part of its shape, and what it does comes on top. Gaze and frozen halves of a
    /// bearing mean nothing.
    #[must_use]
    pub fn rest_with(&self, identity: &[f32], bearing: &Actions) -> Rest {
        let [held, idle] = [bearing, &Actions::default()]
            .map(|actions| self.rig.weights(actions, &Fit::default()));
        let offsets: Vec<f32> = held
            .iter()
            .zip(idle)
            .map(|(held, idle)| held - idle)
            .collect();
        let positions: Vec<Vec<Vec3>> = self
            .parts
            .iter()
            .map(|part| {
                let mut positions = part.positions.clone();
                for (target, weight) in part.identity.iter().zip(identity) {
                    target.add_to(&mut positions, *weight);
                }
                part.express(&offsets, &mut positions);
                positions
            })
            .collect();
        Rest {
            fit: self.fit(&positions[0]),
            positions,
            eye_centers: self
                .anatomy
                .eyes
                .each_ref()
                .map(|eye| eye.center_of(identity)),
        }
    }

    /// The part of [`Self::shape`] that depends on what the face does.
    pub fn pose(&self, rest: &Rest, actions: &Actions, shape: &mut Shape) {
        shape
            .parts
            .resize_with(self.parts.len(), ShapedPart::default);
        let weights = self.rig.weights(actions, &rest.fit);
        let frozen = &actions.frozen;
        let idle =
            (frozen.share > 0.0).then(|| self.rig.weights(&frozen.without(actions), &rest.fit));
        for ((part, shaped), positions) in
            self.parts.iter().zip(&mut shape.parts).zip(&rest.positions)
        {
            shaped.positions.clone_from(positions);
            part.express(&weights, &mut shaped.positions);
            if let Some(weights) = &idle {
                let mut idle = positions.clone();
                part.express(weights, &mut idle);
                frozen.apply(&part.positions, &idle, &mut shaped.positions);
            }
        }
        self.turn_eyes(rest, actions, shape);
        for (part, shaped) in self.parts.iter().zip(&mut shape.parts) {
            part.smooth_normals(shaped);
        }
        for (landmark, anchor) in shape.landmarks.iter_mut().zip(&self.anatomy.landmarks) {
            *landmark = anchor.at(&shape.parts[anchor.part].positions);
        }
    }

    /// What the expressionless face of an identity asks of the weights: larger eyes need more lid,
    /// thinner lips more closing.
    fn fit(&self, skin: &[Vec3]) -> Fit {
        let base = &self.parts[0].positions;
        let gap = |pairs: &[[u32; 2]], at: &[Vec3]| {
            let sum: f32 = pairs
                .iter()
                .map(|[a, b]| at[*a as usize].distance(at[*b as usize]))
                .sum();
            sum / pairs.len().max(1) as f32
        };
        let lids = self.anatomy.lid_pairs.each_ref().map(|pairs| {
            let mean = gap(pairs, base);
            if mean > 0.0 {
                (gap(pairs, skin) / mean).clamp(0.6, 1.5)
            } else {
                1.0
            }
        });
        let drop = |pairs: &[[u32; 2]]| {
            let sum: f32 = pairs
                .iter()
                .map(|[upper, lower]| skin[*upper as usize].y - skin[*lower as usize].y)
                .sum();
            sum / pairs.len().max(1) as f32
        };
        let travel = self.anatomy.lip_travel;
        let mouth_close = if travel > 0.0 {
            (drop(&self.anatomy.lip_pairs) / travel).clamp(0.0, 0.1)
        } else {
            0.0
        };
        Fit { lids, mouth_close }
    }

    fn turn_eyes(&self, rest: &Rest, actions: &Actions, shape: &mut Shape) {
        if actions.gaze == glam::Vec2::ZERO {
            return;
        }
        let turn = Quat::from_rotation_y(actions.gaze.x) * Quat::from_rotation_x(-actions.gaze.y);
        for (eye, &center) in self.anatomy.eyes.iter().zip(&rest.eye_centers) {
            for &part in &eye.parts {
                for position in &mut shape.parts[part].positions {
                    *position = center + turn * (*position - center);
                }
            }
        }
    }
}

impl Target {
    /// Adds `weight` of this target to `positions`.
    pub(super) fn add_to(&self, positions: &mut [Vec3], weight: f32) {
        if weight == 0.0 {
            return;
        }
        if self.indices.len() == positions.len() {
            for (position, &delta) in positions.iter_mut().zip(&self.deltas) {
                *position += delta * weight;
            }
            return;
        }
        for (&index, &delta) in self.indices.iter().zip(&self.deltas) {
            positions[index as usize] += delta * weight;
        }
    }

    /// Keeps the displacements that matter: longer than a micrometre. A target that moves nearly
    /// everything keeps all of them, in the order of the vertices: that adds faster.
    pub(super) fn from_dense(deltas: &[Vec3]) -> Self {
        let moved = |delta: &Vec3| delta.length_squared() > 1e-8;
        let all = deltas.iter().filter(|delta| moved(delta)).count() * 10 > deltas.len() * 7;
        let (indices, deltas) = (0_u32..)
            .zip(deltas)
            .filter(|(_, delta)| all || moved(delta))
            .map(|(index, delta)| (index, *delta))
            .unzip();
        Self { indices, deltas }
    }
}

impl Part {
    /// Adds the weighted expression targets.
    fn express(&self, weights: &[f32], positions: &mut [Vec3]) {
        for (target, weight) in self.targets.iter().zip(weights) {
            target.add_to(positions, *weight);
        }
    }

    /// Area-weighted vertex normals of `shaped`, summed over doubled vertices.
    fn smooth_normals(&self, shaped: &mut ShapedPart) {
        let (positions, normals) = (&shaped.positions, &mut shaped.normals);
        normals.clear();
        normals.resize(positions.len(), Vec3::ZERO);
        for &[a, b, c] in &self.triangles {
            let (a, b, c) = (a as usize, b as usize, c as usize);
            let normal = (positions[b] - positions[a]).cross(positions[c] - positions[a]);
            normals[a] += normal;
            normals[b] += normal;
            normals[c] += normal;
        }
        for &[copy, original] in &self.weld {
            let sum = normals[copy as usize] + normals[original as usize];
            normals[original as usize] = sum;
        }
        for &[copy, original] in &self.weld {
            normals[copy as usize] = normals[original as usize];
        }
        for normals in normals.chunks_mut(4) {
            let last = normals.len() - 1;
            let four = Vec3x4::new(std::array::from_fn(|lane| normals[lane.min(last)]));
            let four = four.normalize_or(Vec3::Z).to_array();
            normals.copy_from_slice(&four[..=last]);
        }
    }
}
