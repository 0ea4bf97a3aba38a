//! Painting what may be out of focus: edges, bars and noise that know how wide the blur is.

use glam::{Vec2, Vec3};

use crate::render::noise;

/// How far a point is spread, in the units of what is painted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brush(pub(super) f32);

impl Brush {
    /// The brush where everything is `scale` times as fine.
    pub(super) fn times(self, scale: f32) -> Self {
        Self(self.0 * scale)
    }

    /// Share of a point that lies in something from whose outline it is `outside` away.
    pub(super) fn inside(self, outside: f32) -> f32 {
        (0.5 - outside / self.0).clamp(0.0, 1.0)
    }

    /// Bars one unit apart that fill `share` of it, each beginning at an integer.
    pub(super) fn bars(self, at: f32, share: f32) -> f32 {
        let sharp = self.inside((fract(at) - 0.5 * share).abs() - 0.5 * share);
        // A blur wider than the bars leaves their mean.
        sharp + (share - sharp) * (2.0 * self.0 - 0.6).clamp(0.0, 1.0)
    }

    /// Noise of 1 over frequency, as deep as the blur lets through; mean about 0.5.
    pub(super) fn fractal(self, mut at: Vec2, octaves: u32, seed: u32) -> f32 {
        let (mut sum, mut total, mut gain, mut fine) = (0.0, 0.0, 1.0, self.0);
        for octave in 0..octaves {
            let passes = (1.6 - fine).clamp(0.0, 1.0);
            if passes > 0.0 {
                let noise = noise::plane(at, seed.wrapping_add(octave)) - 0.5;
                sum += gain * passes * noise;
            }
            total += gain;
            gain *= 0.5;
            at *= 2.03;
            fine *= 2.03;
        }
        0.5 + sum / total
    }
}

/// What is over the integer below.
pub(super) fn fract(value: f32) -> f32 {
    value - noise::below(value) as f32
}

/// The square of the unit lattice that a point is in, and where in it.
pub(super) fn cell(at: Vec2) -> ([u32; 2], Vec2) {
    let (x, y) = (noise::below(at.x), noise::below(at.y));
    let within = at - Vec2::new(x as f32, y as f32);
    ([x as u32, y as u32], within)
}

/// A ramp from 0 at `low` to 1 at `high`.
pub(super) fn ramp(value: f32, low: f32, high: f32) -> f32 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

/// One of some colours, brighter or darker, by a hash.
pub(super) fn tone(colours: &[Vec3; 4], hash: u32) -> Vec3 {
    let light = 0.5 + (hash >> 8 & 0xff) as f32 / 255.0;
    colours[hash as usize & 3] * light
}

/// A byte of a hash as a number from 0 to 1.
pub(super) fn byte(hash: u32, index: u32) -> f32 {
    (hash >> (8 * index) & 0xff) as f32 / 255.0
}
