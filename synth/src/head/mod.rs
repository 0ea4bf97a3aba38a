//! The three-dimensional head: what it is made of and how action units move it.
//!
//! Takes a glTF file with ARKit-named morph targets ([`Head::load`]), a copy of ICT-FaceKit
//! ([`Head::import_ict`]) or nothing at all ([`Head::built_in`]); gives meshes in centimetres whose
//! shape follows an identity and the action units of each side ([`Head::shape`]). What was read can
//! be written as one binary glTF file ([`Head::save`]) and described ([`Head::report`]).
//!
//! Space: centimetres, +y up, +z where the face looks, +x the subject's left. Front faces run
//! counter-clockwise.

use align::Side;
use facs::ActionUnit;
use glam::{Vec2, Vec3};

mod anatomy;
mod built_in;
mod derive;
mod error;
mod faults;
mod freeze;
mod ict;
mod load;
mod mesh;
mod names;
mod proportions;
mod report;
mod rig;
mod shape;
mod sidecar;
#[cfg(test)]
pub(crate) mod testing;
mod write;

pub use anatomy::{Anatomy, AnatomySource, Anchor, Eye};
pub use error::HeadError;
pub use freeze::{Freeze, Region};
pub use ict::{ICT_IDENTITIES, IctError};
pub use proportions::{Proportion, Proportions};
pub use report::{PartReport, Report};
pub use shape::{Rest, Shape, ShapedPart};

/// What a part is made of: how a renderer shades it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Material {
    /// Skin with lips and brows, painted through its uv.
    Skin,
    /// Sclera, iris and pupil; the iris is concentric in uv.
    Eyeball,
    /// Lashes: alpha strokes along v (0 root, 1 tip); u + 1 on the lower lid.
    Lashes,
    /// Teeth.
    Teeth,
    /// Gums, tongue, the mouth's and the eyes' sockets.
    Mouth,
}

/// A morph target of one part: what it adds to which vertices at weight 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// Vertices that move.
    pub indices: Vec<u32>,
    /// Their displacements in centimetres.
    pub deltas: Vec<Vec3>,
}

/// One mesh of a head.
#[derive(Clone, Debug)]
pub struct Part {
    /// Name of the mesh.
    pub name: String,
    /// What it is made of.
    pub material: Material,
    /// Vertices of the neutral mean face.
    pub positions: Vec<Vec3>,
    /// One per vertex, v down; the skin may use several tiles (u above 1).
    pub uvs: Vec<Vec2>,
    /// Vertex indices, counter-clockwise from outside.
    pub triangles: Vec<[u32; 3]>,
    /// Vertices doubled at uv seams: `[copy, original]`.
    pub weld: Vec<[u32; 2]>,
    /// Ambient light that reaches each vertex, 0 to 1.
    pub occlusion: Vec<f32>,
    /// Expression targets in the order of [`Head::targets`].
    pub targets: Vec<Target>,
    /// Identity modes; their weights are standard normal.
    pub identity: Vec<Target>,
}

/// A head with everything that moves it.
#[derive(Clone, Debug)]
pub struct Head {
    /// Name for records and sheets.
    pub name: String,
    /// Whose it is and under which licence, where its file says so.
    pub copyright: Option<String>,
    /// Meshes; the skin comes first.
    pub parts: Vec<Part>,
    /// Names of the expression targets.
    pub targets: Vec<String>,
    /// Number of identity modes.
    pub identity_modes: usize,
    /// Where the features are.
    pub anatomy: Anatomy,
    /// What it was read from, the file that was named first; nothing for heads that no file holds.
    pub files: Vec<HeadFile>,
    rig: rig::Rig,
    /// What was said about the head besides its meshes.
    sidecars: sidecar::Sidecars,
}

/// One of the files that a head was read from: meshes, a buffer or a sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadFile {
    /// As the head calls it: relative to its folder.
    pub name: String,
    /// Of its content.
    pub sha256: String,
}

impl HeadFile {
    fn new(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            name: name.into(),
            sha256: facs::sha256_hex(bytes),
        }
    }
}

/// What a face does: action units of both sides and where the eyes look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Actions {
    /// Subject's left, by [`ActionUnit::index`]; 0 to 1 stands for FACS 0 to E.
    pub left: [f32; ActionUnit::COUNT],
    /// Subject's right.
    pub right: [f32; ActionUnit::COUNT],
    /// Turn of the eyes in radians: x towards the subject's left, y up.
    pub gaze: Vec2,
    /// What of it fails to show.
    pub frozen: Freeze,
    /// How far the lips are pursed, 0 to 1, as in speech: no unit of the vocabulary tells (AU18).
    pub pucker: f32,
}

impl Actions {
    /// The same strength on both sides.
    #[must_use]
    pub const fn symmetric(strengths: [f32; ActionUnit::COUNT]) -> Self {
        Self {
            left: strengths,
            right: strengths,
            gaze: Vec2::ZERO,
            frozen: Freeze::NOTHING,
            pucker: 0.0,
        }
    }

    /// The same face part of the way from rest: both sides times `time` (Eq. 3 of Büchner et al.,
    /// Facing Asymmetry, 2024, where all is symmetric).
    #[must_use]
    pub fn at(&self, time: f32) -> Self {
        Self {
            left: self.left.map(|strength| strength * time),
            right: self.right.map(|strength| strength * time),
            ..*self
        }
    }

    /// The same, with something that fails to show.
    #[must_use]
    pub const fn freeze(mut self, frozen: Freeze) -> Self {
        self.frozen = frozen;
        self
    }

    /// The strengths that are seen, with what is frozen taken off its side.
    #[must_use]
    pub fn as_shown(&self) -> Self {
        let mut shown = *self;
        let side = match self.frozen.side {
            Side::Left => &mut shown.left,
            Side::Right => &mut shown.right,
        };
        for unit in ActionUnit::ALL {
            if self.frozen.region.has(unit) {
                side[unit.index()] *= 1.0 - self.frozen.share;
            }
        }
        shown.frozen = Freeze::NOTHING;
        shown
    }

    /// One action unit with a strength per side, all others at rest.
    #[must_use]
    pub fn only(unit: ActionUnit, left: f32, right: f32) -> Self {
        let mut actions = Self::default();
        actions.left[unit.index()] = left;
        actions.right[unit.index()] = right;
        actions
    }
}

impl Head {
    /// The action units that no target of this head can show.
    #[must_use]
    pub fn unshown(&self) -> Vec<ActionUnit> {
        ActionUnit::ALL
            .into_iter()
            .filter(|unit| self.rig.unit_is_empty(*unit))
            .collect()
    }

    /// The skin: the part that carries brows and lips.
    #[must_use]
    pub fn skin(&self) -> &Part {
        &self.parts[0]
    }
}

#[cfg(test)]
mod tests;
