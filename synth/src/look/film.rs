//! From light to bytes: lens, exposure, sensor, compression.
//!
//! Takes a picture in linear light; gives sRGB bytes as a camera and a codec would.

use glam::{Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{
    codec::{self, Block},
    colour::luma,
    dice::{between, chance, normal, pick},
    jpeg,
    lens::{enlarge, smear, soften},
};
use crate::render::{Picture, noise};

/// What a camera does to a picture.
#[derive(Clone, Debug)]
pub(super) struct Film {
    /// Factor of the automatic exposure.
    pub(super) exposure: f32,
    pub(super) white: Vec3,
    pub(super) gamma: f32,
    pub(super) contrast: f32,
    pub(super) saturation: f32,
    /// Standard deviation in pixels.
    blur: f32,
    /// Length and direction in pixels.
    motion: Vec2,
    /// Share of its resolution that a picture keeps.
    resolution: f32,
    /// In levels of 255.
    pub(super) noise: f32,
    codec: Codec,
    pub(super) flicker: Flicker,
    pub(super) seed: u32,
}

/// What the bytes go through.
#[derive(Clone, Copy, Debug)]
enum Codec {
    None,
    /// With a quality of 1 to 100.
    Jpeg(u8),
    /// A video with little room, with a QP.
    Video(f32, Block),
}

/// Rows exposed one after the other under a lamp on alternating current: bright and dark bands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flicker {
    /// Largest change of the light, as a share.
    depth: f32,
    /// Bands in a picture.
    bands: f32,
    phase: f32,
}

impl Flicker {
    const NONE: Self = Self {
        depth: 0.0,
        bands: 0.0,
        phase: 0.0,
    };

    /// Light on a row, which lies at `share` of the height.
    pub(super) fn at(&self, share: f32) -> f32 {
        1.0 + self.depth * (std::f32::consts::TAU * (share * self.bands + self.phase)).sin()
    }
}

impl Film {
    pub(super) const fn plain() -> Self {
        Self {
            exposure: 1.0,
            white: Vec3::ONE,
            gamma: 1.0,
            contrast: 0.0,
            saturation: 1.0,
            blur: 0.0,
            motion: Vec2::ZERO,
            resolution: 1.0,
            noise: 0.0,
            codec: Codec::None,
            flicker: Flicker::NONE,
            seed: 0,
        }
    }

    /// A steady camera in a lit room.
    pub(super) fn good(rng: &mut impl Rng) -> Self {
        let warm = normal(rng, 0.03);
        Self {
            white: Vec3::new(1.0 + warm, 1.0, 1.0 - warm),
            blur: between(rng, 0.0, 0.5),
            noise: between(rng, 0.3, 1.2),
            seed: rng.random(),
            ..Self::plain()
        }
    }

    /// Whether the picture is blurred by motion.
    pub(super) fn moves(&self) -> bool {
        self.motion != Vec2::ZERO
    }

    /// Any camera; the light is too weak for it with a chance of `dark`.
    pub(super) fn draw(rng: &mut impl Rng, dark: f64) -> Self {
        let warm = normal(rng, 0.07);
        let motion = if chance(rng, 0.1) {
            Vec2::from_angle(between(rng, 0.0, std::f32::consts::TAU)) * between(rng, 1.0, 5.0)
        } else {
            Vec2::ZERO
        };
        // In the dark sensors are noisy, and automatic exposure does not reach.
        let dark = chance(rng, dark);
        let dim = if dark { between(rng, 0.25, 0.7) } else { 1.0 };
        let codec = match pick(rng, &[0.35, 0.4, 0.25]) {
            0 => Codec::None,
            1 => Codec::Jpeg(rng.random_range(25..96)),
            _ => Codec::Video(
                between(rng, 20.0, 34.0),
                if rng.random() {
                    Block::Four
                } else {
                    Block::Eight
                },
            ),
        };
        let flicker = if chance(rng, 0.1) {
            Flicker {
                depth: between(rng, 0.05, 0.3),
                bands: between(rng, 0.4, 5.0),
                phase: rng.random(),
            }
        } else {
            Flicker::NONE
        };
        Self {
            exposure: dim * normal(rng, 0.25).exp(),
            white: Vec3::new(1.0 + warm, 1.0 + normal(rng, 0.025), 1.0 - warm),
            gamma: between(rng, 0.85, 1.15),
            contrast: between(rng, -0.15, 0.6),
            saturation: match () {
                () if chance(rng, 0.08) => 0.0,
                () if chance(rng, 0.25) => between(rng, 0.25, 0.8),
                () => between(rng, 0.75, 1.15),
            },
            blur: if chance(rng, 0.6) {
                between(rng, 0.0, 0.6)
            } else {
                between(rng, 0.0, 1.6)
            },
            motion,
            resolution: if chance(rng, 0.25) {
                between(rng, 0.4, 1.0)
            } else {
                1.0
            },
            noise: if dark {
                between(rng, 3.0, 10.0)
            } else if chance(rng, 0.8) {
                between(rng, 0.3, 2.5)
            } else {
                between(rng, 2.0, 7.0)
            },
            codec,
            flicker,
            seed: rng.random(),
        }
    }

    /// The same camera at another moment: noise differs from frame to frame, bands roll.
    pub(super) const fn with_grain_of(mut self, frame: u32) -> Self {
        self.seed = noise::hash(frame, 77, self.seed);
        // Bands roll slowly: the lamp and the camera are nearly in step.
        self.flicker.phase += 0.07 * frame as f32;
        self
    }

    /// The size that a picture of `size` has on the sensor: what it is worth rendering.
    pub(super) fn sensor(&self, size: [usize; 2]) -> [usize; 2] {
        if self.resolution < 0.95 {
            size.map(|side| ((side as f32 * self.resolution) as usize).max(1))
        } else {
            size
        }
    }

    /// Exposes a picture of `size`, or of the size that [`Self::sensor`] makes of it:
    /// `width * height * 3` bytes of `size`.
    pub(super) fn expose(&self, picture: Picture, size: [usize; 2]) -> Vec<u8> {
        self.expose_as(picture, size, None).0
    }

    /// Exposes a picture as [`Self::expose`] does, for the mean light of another one or for its
    /// own; gives that light, too.
    pub(super) fn expose_as(
        &self,
        mut picture: Picture,
        size: [usize; 2],
        metered: Option<f32>,
    ) -> (Vec<u8>, f32) {
        let [width, height] = size;
        let [columns, rows] = self.sensor(size);
        // Blur and motion are in pixels of `size`.
        let scale = picture.width as f32 / width as f32;
        let shrinks = picture.width != columns;
        let alias = if shrinks {
            0.35 / self.resolution - 0.35
        } else {
            0.0
        };
        soften(&mut picture, (self.blur * scale).hypot(alias));
        if self.motion != Vec2::ZERO {
            smear(&mut picture, self.motion * scale);
        }
        if shrinks {
            let step = Vec2::new(width as f32 / columns as f32, height as f32 / rows as f32);
            picture = Picture::from_fn(columns, rows, |at| picture.sample(at * step));
        }
        let metered = metered.unwrap_or_else(|| meter(&picture));
        let mut bytes = self.develop(&picture, metered);
        let size = [picture.width, picture.height];
        match self.codec {
            Codec::None => {}
            Codec::Jpeg(quality) => jpeg::compress(&mut bytes, size, quality),
            Codec::Video(parameter, block) => codec::starve(&mut bytes, size, parameter, block),
        }
        if picture.width != width {
            bytes = enlarge(&bytes, size, [width, height]);
        }
        (bytes, metered)
    }
}

/// Mean light of a picture, as an automatic exposure measures it.
fn meter(picture: &Picture) -> f32 {
    picture.pixels.iter().map(|pixel| luma(*pixel)).sum::<f32>() / picture.pixels.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_film_keeps_order_and_greys() {
        let ramp = Picture::from_fn(64, 4, |at| Vec3::splat(at.x / 128.0));
        let bytes = Film::plain().expose(ramp, [64, 4]);
        assert!(
            bytes
                .as_chunks::<3>()
                .0
                .iter()
                .all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2])
        );
        assert!(
            bytes[..64 * 3].is_sorted() && bytes[0] < 60 && bytes[63 * 3] > 150,
            "{:?}",
            &bytes[..192]
        );
    }

    #[test]
    fn bands_roll_from_frame_to_frame() {
        let grey = || Picture::filled(8, 64, Vec3::splat(0.2));
        let film = Film {
            flicker: Flicker {
                depth: 0.3,
                bands: 1.0,
                phase: 0.0,
            },
            ..Film::plain()
        };
        let brightest = |film: &Film| {
            let bytes = film.expose(grey(), [8, 64]);
            (0..64)
                .max_by_key(|row| bytes[row * 24])
                .map(|row| row as f32)
        };
        // The first of the brightest quarter turn is near row 16.
        let [first, later] = [film.clone(), film.with_grain_of(2)].map(|film| brightest(&film));
        assert!(
            first.is_some_and(|row| (row - 16.0).abs() < 6.0),
            "{first:?}"
        );
        assert!(later < first, "{later:?}");
    }

    #[test]
    fn blur_keeps_the_mean_and_small_pictures_come_back_full_size() {
        let mut dots = Picture::from_fn(32, 32, |at| {
            Vec3::splat(f32::from(at == Vec2::new(16.5, 16.5)))
        });
        soften(&mut dots, 1.5);
        let sum: f32 = dots.pixels.iter().map(|pixel| pixel.x).sum();
        assert!((sum - 1.0).abs() < 1e-3 && dots.pixels[16 * 32 + 16].x < 0.1);
        let film = Film {
            resolution: 0.5,
            codec: Codec::Jpeg(50),
            ..Film::plain()
        };
        assert_eq!(film.sensor([32, 32]), [16, 16]);
        assert_eq!(film.expose(dots, [32, 32]).len(), 32 * 32 * 3);
        let small = Picture::filled(16, 16, Vec3::ONE);
        assert_eq!(film.expose(small, [32, 32]).len(), 32 * 32 * 3);
    }
}
