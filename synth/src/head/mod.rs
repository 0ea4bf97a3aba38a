//! The three-dimensional head: what it is made of and how action units move it.
//!
//! Takes a binary glTF file with ARKit-named morph targets ([`Head::load`]) or nothing at all
//! ([`Head::built_in`]); gives meshes in centimetres whose shape follows an identity and the
//! action units of each side ([`Head::shape`]).
//!
//! Space: centimetres, +y up, +z where the face looks, +x the subject's left. Front faces run
//! counter-clockwise.

use facs::ActionUnit;
use glam::{Vec2, Vec3};

mod anatomy;
mod built_in;
mod derive;
mod error;
mod load;
mod mesh;
mod names;
mod rig;
mod shape;
mod sidecar;

pub use anatomy::{Anatomy, Anchor, Eye};
pub use error::HeadError;
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
    /// Meshes; the skin comes first.
    pub parts: Vec<Part>,
    /// Names of the expression targets.
    pub targets: Vec<String>,
    /// Number of identity modes.
    pub identity_modes: usize,
    /// Where the features are.
    pub anatomy: Anatomy,
    rig: rig::Rig,
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
}

impl Actions {
    /// The same strength on both sides.
    #[must_use]
    pub const fn symmetric(strengths: [f32; ActionUnit::COUNT]) -> Self {
        Self {
            left: strengths,
            right: strengths,
            gaze: Vec2::ZERO,
        }
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
