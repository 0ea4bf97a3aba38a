//! Which points of a sheet of hair are hair: strands end raggedly and leave gaps.
//!
//! Takes a triangle of hair or lashes; tells per sample whether it covers.

use glam::Vec2;

use super::{
    camera::Projected,
    noise,
    scene::{Scene, Surface, Triangle},
};

/// Sheets of hair whose u lies below this are loose strands with gaps between them.
pub const LOOSE: f32 = -500.0;

/// Which points of a sheet of hair are hair.
pub(super) struct Holes<'a> {
    surface: &'a Surface,
    uvs: [Vec2; 3],
    depths: [f32; 3],
}

impl<'a> Holes<'a> {
    pub(super) fn new(
        scene: &Scene,
        triangle: &Triangle,
        surface: &'a Surface,
        corners: &[Projected; 3],
    ) -> Self {
        let uvs = triangle
            .vertices
            .map(|vertex| scene.vertices[vertex as usize].uv);
        Self {
            surface,
            uvs,
            depths: corners.map(|corner| corner.inverse_depth),
        }
    }

    /// Whether the whole triangle is hair that neither ends nor has gaps.
    pub(super) fn is_none(&self) -> bool {
        match self.surface {
            Surface::Hair { ragged, .. } => {
                let dense = |uv: &Vec2| uv.y < 1.0 - ragged && uv.x > LOOSE;
                self.uvs.iter().all(dense)
            }
            _ => false,
        }
    }

    pub(super) fn covers(&self, x: usize, y: usize, weights: [f32; 3]) -> bool {
        let shares: [f32; 3] = std::array::from_fn(|corner| weights[corner] * self.depths[corner]);
        let uv = (self.uvs[0] * shares[0] + self.uvs[1] * shares[1] + self.uvs[2] * shares[2])
            / (shares[0] + shares[1] + shares[2]);
        match self.surface {
            Surface::Lashes { density, .. } => {
                let left = density * (1.0 - uv.y) * (1.0 - uv.y);
                noise::unit(x as u32, y as u32, 11) < left
            }
            Surface::Hair { ragged, seed, .. } => {
                // v beyond 1 is air; each strand ends somewhere between 1 - ragged and 1.
                let reaches = uv.y < 1.0 - ragged || {
                    let strand = noise::plane(Vec2::new(uv.x * 2.3, uv.y * 0.7), *seed);
                    uv.y < 1.0 - ragged * (1.0 - strand)
                };
                reaches
                    && (uv.x > LOOSE
                        || noise::plane(Vec2::new(uv.x * 5.0, uv.y * 0.8), *seed) > 0.42)
            }
            _ => true,
        }
    }
}
