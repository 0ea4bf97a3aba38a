//! What is to be drawn: one flat list of vertices, triangles and surfaces.

use std::ops::Range;

use glam::{Vec2, Vec3};
use wide::f32x4;

use super::texture::Texture;

/// A point of a mesh. Its order in memory is that in which the renderer takes four numbers at a
/// time.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Vertex {
    /// In centimetres, in the world.
    pub position: Vec3,
    /// Share of ambient light that arrives.
    pub occlusion: f32,
    /// Unit vector.
    pub normal: Vec3,
    /// Albedo in linear RGB of tinted surfaces; of skin, `x` is the share of scalp.
    pub tint: Vec3,
    /// Texture coordinate.
    pub uv: Vec2,
}

impl Vertex {
    /// All its numbers, four at a time.
    #[inline(always)]
    pub(super) fn packed(&self) -> [f32x4; 3] {
        let Self {
            position,
            occlusion,
            normal,
            tint,
            uv,
        } = self;
        [
            f32x4::new([position.x, position.y, position.z, *occlusion]),
            f32x4::new([normal.x, normal.y, normal.z, tint.x]),
            f32x4::new([tint.y, tint.z, uv.x, uv.y]),
        ]
    }
}

/// Three vertices, counter-clockwise from outside.
#[derive(Clone, Copy, Debug)]
pub struct Triangle {
    /// Indices into [`Scene::vertices`].
    pub vertices: [u32; 3],
    /// Index into [`Scene::surfaces`].
    pub surface: u16,
    /// Which person it belongs to, from 0; [`Scene::NOBODY`] for things.
    pub owner: u8,
}

/// How light leaves a triangle.
#[derive(Clone, Debug)]
pub enum Surface {
    /// Skin, painted through uv in [0, 1), of one colour elsewhere.
    Skin {
        /// Index into [`Scene::textures`].
        texture: usize,
        /// Albedo outside the texture.
        base: Vec3,
        /// Albedo of the scalp outside the texture.
        scalp: Vec3,
        /// Strength of the sheen.
        gloss: f32,
    },
    /// Anything with its colour at the vertices.
    Tinted {
        /// Strength of the highlight.
        gloss: f32,
        /// Exponent of the highlight.
        shininess: f32,
        /// How far light wraps around, per channel: skin glows red at the terminator.
        wrap: Vec3,
        /// Strength of noise in the albedo, by uv.
        grain: f32,
        /// Which of the four samples of a pixel it covers, as bits: translucency by coverage.
        coverage: u8,
        /// Whether its back is seen too: sheets, and hollows whose turn is not known.
        two_sided: bool,
    },
    /// Sclera, iris and pupil.
    Eye {
        /// Albedo of the sclera.
        sclera: Vec3,
        /// Albedo of the iris.
        iris: Vec3,
        /// Centre of the iris in uv.
        centre: Vec2,
        /// Radius of the iris in uv.
        radius: f32,
        /// Radius of the pupil in uv.
        pupil: f32,
    },
    /// Lashes: strokes along v.
    Lashes {
        /// Albedo.
        colour: Vec3,
        /// Share of the sheet that strokes cover at the root.
        density: f32,
    },
    /// Hair: strands along v, u counts them.
    Hair {
        /// Albedo between strands.
        dark: Vec3,
        /// Albedo of lit strands.
        light: Vec3,
        /// Strength of the highlight.
        gloss: f32,
        /// How ragged its ends are, 0 to 1.
        ragged: f32,
        /// Which strands.
        seed: u32,
    },
}

impl Surface {
    /// Whether it casts a shadow worth drawing: lashes are thin, eyes and hollows lie inside.
    #[must_use]
    pub const fn blocks_light(&self) -> bool {
        !matches!(
            self,
            Self::Lashes { .. }
                | Self::Eye { .. }
                | Self::Tinted {
                    two_sided: true,
                    ..
                }
        )
    }

    /// Whether triangles seen from behind are left out.
    #[must_use]
    pub const fn one_sided(&self) -> bool {
        matches!(
            self,
            Self::Skin { .. }
                | Self::Eye { .. }
                | Self::Tinted {
                    two_sided: false,
                    ..
                }
        )
    }
}

/// Everything that is drawn.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Points.
    pub vertices: Vec<Vertex>,
    /// Triangles; drawing order does not matter to the picture.
    pub triangles: Vec<Triangle>,
    /// Surfaces.
    pub surfaces: Vec<Surface>,
    /// Textures of skins.
    pub textures: Vec<Texture>,
    /// Triangles that count as a part of somebody's face, the region that boxes enclose.
    pub faces: Vec<(u8, Range<usize>)>,
}

impl Scene {
    /// The owner of things that belong to no person.
    pub const NOBODY: u8 = u8::MAX;

    /// Empties the scene and keeps its memory.
    pub fn clear(&mut self) {
        self.vertices.clear();
        self.triangles.clear();
        self.surfaces.clear();
        self.textures.clear();
        self.faces.clear();
    }

    /// Adds a surface and gives its index.
    pub fn add_surface(&mut self, surface: Surface) -> u16 {
        self.surfaces.push(surface);
        (self.surfaces.len() - 1) as u16
    }

    /// Adds a mesh of one surface. Triangles count from the first of `vertices`.
    pub fn add_mesh(
        &mut self,
        surface: u16,
        owner: u8,
        vertices: impl IntoIterator<Item = Vertex>,
        triangles: impl IntoIterator<Item = [u32; 3]>,
    ) {
        let first = self.vertices.len() as u32;
        self.vertices.extend(vertices);
        self.triangles
            .extend(triangles.into_iter().map(|corners| Triangle {
                vertices: corners.map(|corner| first + corner),
                surface,
                owner,
            }));
    }
}
