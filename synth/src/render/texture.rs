//! Pictures in linear RGB: textures to read from, canvases to write on.

use glam::{Vec2, Vec3};
use wide::f32x4;

use super::lanes::Vec3x4;

/// A rectangular picture in linear RGB, rows first.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pixels.
    pub pixels: Vec<Vec3>,
}

impl Picture {
    /// A picture of one colour.
    #[must_use]
    pub fn filled(width: usize, height: usize, colour: Vec3) -> Self {
        Self {
            width,
            height,
            pixels: vec![colour; width * height],
        }
    }

    /// A picture whose pixels are a function of their centres in pixels.
    #[must_use]
    pub fn from_fn(width: usize, height: usize, mut colour: impl FnMut(Vec2) -> Vec3) -> Self {
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            pixels.extend((0..width).map(|x| colour(Vec2::new(x as f32 + 0.5, y as f32 + 0.5))));
        }
        Self {
            width,
            height,
            pixels,
        }
    }

    /// Bilinear sample at a point in pixels; edges are repeated.
    #[must_use]
    pub fn sample(&self, at: Vec2) -> Vec3 {
        let last = Vec2::new((self.width - 1) as f32, (self.height - 1) as f32);
        let at = (at - 0.5).clamp(Vec2::ZERO, last);
        let (x, y) = (at.x as usize, at.y as usize);
        let (x1, y1) = ((x + 1).min(self.width - 1), (y + 1).min(self.height - 1));
        let (fx, fy) = (at.x - x as f32, at.y - y as f32);
        let (upper, lower) = (
            &self.pixels[y * self.width..],
            &self.pixels[y1 * self.width..],
        );
        upper[x]
            .lerp(upper[x1], fx)
            .lerp(lower[x].lerp(lower[x1], fx), fy)
    }
}

/// A square picture read by uv in [0, 1).
#[derive(Clone, Debug, Default)]
pub struct Texture {
    /// Texels along each side.
    side: usize,
    /// Red, green, blue and nothing. More than a row beyond the last: the neighbours of all texels
    /// are there to be read.
    texels: Vec<f32x4>,
}

impl Texture {
    /// A picture as a texture; it is as high as wide.
    #[must_use]
    pub fn new(picture: &Picture) -> Self {
        let beyond = std::iter::repeat_n(f32x4::ZERO, picture.width + 1);
        let texel = |pixel: &Vec3| f32x4::new([pixel.x, pixel.y, pixel.z, 0.0]);
        Self {
            side: picture.width,
            texels: picture.pixels.iter().map(texel).chain(beyond).collect(),
        }
    }

    /// Texels along each side.
    #[must_use]
    pub const fn side(&self) -> usize {
        self.side
    }

    /// Multiplies a texel, counted by rows.
    pub fn tone(&mut self, index: usize, by: Vec3) {
        self.texels[index] *= f32x4::new([by.x, by.y, by.z, 0.0]);
    }

    /// Bilinear samples at four points; edges are repeated.
    #[inline(always)]
    pub(super) fn sample(&self, uv: [f32x4; 2]) -> Vec3x4 {
        let (side, last) = (self.side as f32, self.side as f32 - 1.0);
        let [x, y] = uv.map(|axis| {
            let at = axis * f32x4::splat(side) - f32x4::splat(0.5);
            let at = at.fast_max(f32x4::ZERO).fast_min(f32x4::splat(last));
            let cell = at.fast_trunc_int();
            let beyond = (at - f32x4::from_i32x4(cell)).to_array();
            (cell.to_array(), beyond)
        });
        let cell = |lane: usize| [x.0[lane], y.0[lane]];
        let beyond = |lane: usize| [x.1[lane], y.1[lane]];
        let colours = [
            self.between(cell(0), beyond(0)),
            self.between(cell(1), beyond(1)),
            self.between(cell(2), beyond(2)),
            self.between(cell(3), beyond(3)),
        ];
        let [x, y, z, _] = f32x4::transpose(colours);
        Vec3x4 { x, y, z }
    }

    /// The colour between a texel and its neighbours to the right and below.
    #[inline(always)]
    fn between(&self, [x, y]: [i32; 2], [right, below]: [f32; 2]) -> f32x4 {
        let first = y as usize * self.side + x as usize;
        let right = f32x4::splat(right);
        let pairs = [&self.texels[first..], &self.texels[first + self.side..]];
        let [Some([a, b]), Some([c, d])] =
            [pairs[0].first_chunk::<2>(), pairs[1].first_chunk::<2>()]
        else {
            return f32x4::ZERO;
        };
        let (upper, lower) = (*a + (*b - *a) * right, *c + (*d - *c) * right);
        upper + (lower - upper) * f32x4::splat(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_interpolate_and_edges_repeat() {
        let ramp = Picture::from_fn(4, 4, |at| Vec3::splat(at.x));
        assert_eq!(ramp.sample(Vec2::new(2.0, 1.3)), Vec3::splat(2.0));
        assert_eq!(ramp.sample(Vec2::new(-9.0, 9.0)), Vec3::splat(0.5));
        let texture = Texture::new(&ramp);
        let sample = |u: f32, v: f32| {
            let four = texture.sample([u, v].map(f32x4::splat));
            four.to_array()[0].x
        };
        assert_eq!(
            [sample(0.5, 0.5), sample(-1.0, 0.2), sample(2.0, 2.0)],
            [2.0, 0.5, 3.5]
        );
    }
}
