//! Pictures in linear RGB: textures to read from, canvases to write on.

use glam::{Vec2, Vec3};

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
pub struct Texture(pub Picture);

impl Texture {
    /// Bilinear sample; edges are repeated.
    #[must_use]
    pub fn sample(&self, uv: Vec2) -> Vec3 {
        self.0
            .sample(uv * Vec2::new(self.0.width as f32, self.0.height as f32))
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
        assert_eq!(Texture(ramp).sample(Vec2::new(0.5, 0.5)), Vec3::splat(2.0));
    }
}
