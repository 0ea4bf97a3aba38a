//! Which points of a sheet of hair are hair: strands end raggedly and leave gaps.
//!
//! Takes a triangle of hair or lashes; tells per sample whether it covers.

use glam::Vec2;
use wide::{f32x4, u32x4};

use super::{
    camera::Projected,
    noise,
    scene::{Scene, Surface, Triangle},
};

/// Sheets of hair whose u lies below this are loose strands with gaps between them.
pub const LOOSE: f32 = -500.0;

/// Where triangles of a surface have holes.
#[derive(Clone, Copy)]
pub(super) enum Holed<'a> {
    /// They are solid.
    Nowhere,
    /// In some of the four samples of every pixel: those covered, as bits.
    Grid(u8),
    /// Between strands.
    Strands(&'a Surface),
}

impl<'a> Holed<'a> {
    pub(super) const fn of(surface: &'a Surface) -> Self {
        match surface {
            Surface::Lashes { .. } | Surface::Hair { .. } => Self::Strands(surface),
            Surface::Tinted { coverage, .. } if *coverage != 0b1111 => Self::Grid(*coverage),
            _ => Self::Nowhere,
        }
    }
}

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

    /// Of four samples in a row that would be `seen`, those that show hair.
    #[inline(always)]
    pub(super) fn covers(&self, at: [usize; 2], weights: &[f32x4; 3], seen: f32x4) -> f32x4 {
        if seen.to_bitmask() == 0 {
            return seen;
        }
        let shares: [f32x4; 3] =
            std::array::from_fn(|corner| weights[corner] * f32x4::splat(self.depths[corner]));
        let whole = f32x4::ONE / (shares[0] + shares[1] + shares[2]);
        let [a, b, c] = self.uvs;
        let mix = |a: f32, b: f32, c: f32| {
            let sum = shares[0] * f32x4::splat(a) + shares[1] * f32x4::splat(b);
            (sum + shares[2] * f32x4::splat(c)) * whole
        };
        let (u, v) = (mix(a.x, b.x, c.x), mix(a.y, b.y, c.y));
        match self.surface {
            Surface::Lashes { density, .. } => seen & lash(*density, v, at),
            Surface::Hair { ragged, seed, .. } => seen & strand(*ragged, *seed, [u, v], seen),
            _ => seen,
        }
    }
}

/// Lashes: dense at the root, gone at the tip.
#[inline(always)]
fn lash(density: f32, v: f32x4, [x, y]: [usize; 2]) -> f32x4 {
    let bare = f32x4::ONE - v;
    let columns = u32x4::splat(x as u32) + u32x4::new([0, 1, 2, 3]);
    let chance = noise::units(noise::hashes(columns, y as u32, 11));
    chance.simd_lt(bare * bare * f32x4::splat(density))
}

/// Hair: each strand ends somewhere between 1 - `ragged` and 1; v beyond 1 is air.
#[inline(always)]
fn strand(ragged: f32, seed: u32, [u, v]: [f32x4; 2], seen: f32x4) -> f32x4 {
    let (body, tied) = (
        v.simd_lt(f32x4::splat(1.0 - ragged)),
        u.simd_gt(f32x4::splat(LOOSE)),
    );
    let asked = seen.to_bitmask();
    let mut covered = body;
    if asked & !body.to_bitmask() != 0 {
        let strand = noise::planes([u * f32x4::splat(2.3), v * f32x4::splat(0.7)], seed);
        let end = f32x4::ONE - (f32x4::ONE - strand) * f32x4::splat(ragged);
        covered |= v.simd_lt(end);
    }
    if asked & !tied.to_bitmask() != 0 {
        let gaps = noise::planes([u * f32x4::splat(5.0), v * f32x4::splat(0.8)], seed);
        covered &= tied | gaps.simd_gt(f32x4::splat(0.42));
    }
    covered
}

/// Of four samples in a row, those that a sheet covers which lets light through.
#[inline(always)]
pub(super) fn grid(coverage: u8, [x, y]: [usize; 2]) -> f32x4 {
    let row = coverage >> (2 * (y % 2));
    let lanes = [x, x + 1].map(|x| if row >> (x % 2) & 1 == 1 { u32::MAX } else { 0 });
    let [even, odd] = lanes;
    bytemuck::cast([even, odd, even, odd])
}
