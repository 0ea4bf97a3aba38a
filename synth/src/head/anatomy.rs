//! Where the features of a head are: polygons for painters, anchors for landmarks, eyes for gaze.
//!
//! Takes what a loader or generator measured; gives plain data. A polygon is empty where the head
//! does not say.

use glam::{Vec2, Vec3};

/// What tells where the features of a head are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnatomySource {
    /// The crate that made the head.
    BuiltIn,
    /// The file of the head carries it.
    Carried,
    /// `landmarks.json` beside the file.
    Sidecar,
    /// Nothing: read off the morph targets. Lips and brows stay unknown and are not painted.
    #[default]
    Derived,
}

/// The features of a head.
#[derive(Clone, Debug, Default)]
pub struct Anatomy {
    /// What tells all this.
    pub source: AnatomySource,
    /// Outer outline of both lips, in skin uv.
    pub lips: Vec<Vec2>,
    /// The slit between the lips, in skin uv.
    pub mouth_opening: Vec<Vec2>,
    /// Subject's right brow, in skin uv.
    pub brow_right: Vec<Vec2>,
    /// Subject's left brow, in skin uv.
    pub brow_left: Vec<Vec2>,
    /// Opening between the lids of the subject's right eye, in skin uv.
    pub eye_opening_right: Vec<Vec2>,
    /// Opening between the lids of the subject's left eye, in skin uv.
    pub eye_opening_left: Vec<Vec2>,
    /// Right eye, left eye, nose tip, mouth right, mouth left: the order of `facs::Landmarks5`.
    pub landmarks: [Anchor; 5],
    /// Subject's right eye, then the left.
    pub eyes: [Eye; 2],
    /// A point inside the head that a camera frames the face with, in centimetres.
    pub face_center: Vec3,
    /// Pairs of skin vertices (upper, lower) across the open eye, right then left: how far the
    /// lids of an identity have to travel.
    pub lid_pairs: [Vec<[u32; 2]>; 2],
    /// Pairs of skin vertices (upper, lower) across the mouth slit.
    pub lip_pairs: Vec<[u32; 2]>,
    /// How much of the gap between those lips a closing target takes at weight 1, in centimetres;
    /// 0 where the lips of every identity meet by themselves.
    pub lip_travel: f32,
}

/// A point that moves with the mesh: the mean of some vertices of one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    /// Index into the head's parts.
    pub part: usize,
    /// The vertices.
    pub vertices: Vec<u32>,
}

impl Anchor {
    /// Where it is, given the positions of its part.
    #[must_use]
    pub fn at(&self, positions: &[Vec3]) -> Vec3 {
        let sum: Vec3 = self
            .vertices
            .iter()
            .map(|&vertex| positions[vertex as usize])
            .sum();
        sum / self.vertices.len().max(1) as f32
    }
}

/// One eye.
#[derive(Clone, Debug, Default)]
pub struct Eye {
    /// The parts that turn with the gaze.
    pub parts: Vec<usize>,
    /// Centre of rotation in the mean face, in centimetres.
    pub center: Vec3,
    /// Radius of the eyeball in centimetres.
    pub radius: f32,
    /// What each identity mode adds to the centre at weight 1; may be shorter than the modes.
    pub identity_centers: Vec<Vec3>,
    /// Centre of the iris in eyeball uv.
    pub iris_uv: Vec2,
    /// Radius of the iris in eyeball uv.
    pub iris_radius: f32,
    /// Usual radius of the pupil in eyeball uv.
    pub pupil_radius: f32,
}

impl Eye {
    /// Centre of rotation for an identity.
    #[must_use]
    pub fn center_of(&self, identity: &[f32]) -> Vec3 {
        self.center
            + self
                .identity_centers
                .iter()
                .zip(identity)
                .map(|(delta, weight)| *delta * *weight)
                .sum::<Vec3>()
    }
}
