//! Paint: what the skin of one person looks like in uv.
//!
//! Takes a measured head and a [`Complexion`]; gives a [`Canvas`] that is painted once and dressed
//! with the lines of every expression anew.

use std::sync::OnceLock;

use glam::{Vec2, Vec3};

use super::{
    complexion::Complexion,
    crease::{self, FAMILIES, Folds, bell},
    furrow::Furrows,
    studio::{Atlas, TEXELS, Texel},
};
pub(super) use crate::render::smooth;
use crate::render::{Picture, Texture, noise};

impl Complexion {
    /// Colour of one texel of the face at rest; `fine` where single pores can be seen.
    fn texel(&self, texel: &Texel, uv: Vec2, fine: bool) -> Vec3 {
        let at = texel.face;
        let x = at.x.abs();
        let seed = self.seed;
        let mut colour = self.skin;
        let coarse = noise::fractal(Vec2::new(at.x * 1.3, at.y * 2.4), 3, seed) - 0.5;
        let grain = noise::plane(uv * 150.0, seed ^ 1) - 0.5;
        colour *= 1.0 + self.blotches * (2.0 * coarse + (0.35 + 0.8 * self.wear) * grain);
        let hot = |centre: Vec2, width: f32| {
            bell((Vec2::new(x, at.y * 2.1) - centre).length_squared() / width)
        };
        let red = hot(Vec2::new(1.15, 1.1), 0.35)
            + 0.9 * hot(Vec2::new(0.0, 0.9), 0.2)
            + 0.4 * hot(Vec2::new(0.0, -1.1), 0.2);
        colour *= Vec3::ONE - Vec3::new(0.02, 0.34, 0.26) * (self.blush * red.min(1.0));
        if fine {
            let here = hot(Vec2::new(0.0, 1.1), 0.6) + hot(Vec2::new(0.8, 1.1), 0.6);
            let speck = noise::plane(uv * TEXELS as f32 * 0.7, seed ^ 7);
            colour *= 1.0 - self.pores * 0.3 * here.min(1.0) * smooth(0.62, 0.9, speck);
        }
        // Thin skin around the eyes.
        let hollow = hot(Vec2::new(0.95, 1.72), 0.10) + 0.6 * hot(Vec2::new(0.4, 2.1), 0.05);
        colour *= Vec3::ONE - Vec3::new(0.26, 0.34, 0.22) * (self.dark_circles * hollow.min(1.0));
        if self.freckles > 0.0 {
            let spot = noise::plane(uv * 110.0, seed ^ 2);
            let here = self.freckles * hot(Vec2::new(0.6, 1.2), 1.2);
            colour *= Vec3::ONE - Vec3::new(0.22, 0.35, 0.4) * (smooth(0.74, 0.86, spot) * here);
        }
        for mark in &self.marks {
            colour *= Vec3::ONE - mark.tone * mark.at(at);
        }
        colour = self.paint_eyes(colour, texel);
        colour = self.paint_beard(colour, texel, uv);
        colour = self.paint_lips(colour, texel, uv);
        colour = self.paint_brows(colour, texel, uv);
        if scalp_height(at) < self.hairline - 0.2 {
            return colour;
        }
        // Roots: the hairline is soft and irregular.
        let edge = self.hairline
            + 0.22 * (noise::plane(Vec2::new(at.x * 5.0, at.z * 5.0), seed ^ 8) - 0.5);
        colour.lerp(
            self.hair * 0.6,
            self.scalp * smooth(-0.04, 0.10, scalp_height(at) - edge),
        )
    }

    fn paint_eyes(&self, mut colour: Vec3, texel: &Texel) -> Vec3 {
        if texel.eye > 0.8 {
            return colour;
        }
        let above = texel.face.y > 0.97;
        let reach = if above { 0.75 } else { 0.3 };
        let shadow = self.eye_shadow_strength * (1.0 - (texel.eye / reach).clamp(0.0, 1.0));
        colour = colour.lerp(self.eye_shadow, shadow * if above { 0.75 } else { 0.4 });
        // The fold of the upper lid.
        if above {
            let fold = (texel.eye - 0.34) / 0.09;
            colour *= 1.0 - 0.22 * bell(fold * fold);
        }
        let rim = if above { 0.15 } else { 0.08 };
        let line = self.liner * (1.0 - (texel.eye / rim).clamp(0.0, 1.0));
        colour.lerp(
            Vec3::new(0.02, 0.014, 0.012),
            line * if above { 0.95 } else { 0.6 },
        )
    }

    fn paint_lips(&self, colour: Vec3, texel: &Texel, uv: Vec2) -> Vec3 {
        let share = smooth(0.05, -0.07, texel.lips);
        if share <= 0.0 {
            return colour;
        }
        let crinkle = noise::plane(Vec2::new(uv.x * 160.0, uv.y * 30.0), self.seed ^ 6) - 0.5;
        let seam = 1.0 - 0.65 * (1.0 - (texel.mouth / 0.16).clamp(0.0, 1.0));
        colour.lerp(self.lips * (1.0 + 0.25 * crinkle) * seam, share)
    }

    fn paint_brows(&self, colour: Vec3, texel: &Texel, uv: Vec2) -> Vec3 {
        if texel.brow > self.brow_thickness + 0.15 {
            return colour;
        }
        let side = texel.face.x.signum();
        // Strokes lean outwards.
        let across = uv.x * side * 190.0 + uv.y * 60.0;
        let stroke = noise::plane(Vec2::new(across, uv.y * 40.0), self.seed ^ 3);
        let ragged = 0.10 * (stroke - 0.5);
        let body = smooth(0.07, -0.13, texel.brow - self.brow_thickness + ragged);
        colour.lerp(
            self.brow,
            (body * self.brow_density * (0.62 + 0.55 * stroke)).min(0.97),
        )
    }

    fn paint_beard(&self, colour: Vec3, texel: &Texel, uv: Vec2) -> Vec3 {
        let at = texel.face;
        let share = self.beard.share(at);
        if share < 0.01 {
            return colour;
        }
        let speck = noise::plane(uv * 170.0, self.seed ^ 4);
        let dense = share * (0.45 + 0.55 * share) * (0.65 + 0.7 * speck);
        let stubble = self.hair.lerp(Vec3::splat(0.03), 0.5);
        colour.lerp(stubble, dense.min(0.94) * smooth(0.0, 0.15, texel.lips))
    }
}

/// How far up the scalp a place is: y over the forehead, further back at the temples.
pub(super) fn scalp_height(face: Vec3) -> f32 {
    let side = (face.x.abs() - 1.0).max(0.0);
    face.y + 0.28 * side * side + 0.35 * (-0.9 - face.z).max(0.0)
}

/// The painted skin of one person.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    /// Painted when a face is first seen this large.
    full: OnceLock<Texture>,
    half: Texture,
    /// Per texel of `half`: which texel has lines, which side it is on, and how deep they are.
    creases: Vec<(u32, bool, [f32; FAMILIES])>,
}

impl Canvas {
    pub(super) fn paint(atlas: &Atlas, complexion: &Complexion) -> Self {
        let half = Picture::from_fn(TEXELS / 2, TEXELS / 2, |at| {
            // Two of the four texels, across the corner.
            let first = at.y as usize * 2 * TEXELS + at.x as usize * 2;
            let colour = |index| paint_texel(atlas, complexion, index, false);
            (colour(first) + colour(first + TEXELS + 1)) * 0.5
        });
        let half_side = TEXELS / 2;
        let furrows = Furrows::of(complexion.seed);
        let mut creases = Vec::new();
        for index in 0..half_side * half_side {
            let corner = index / half_side * 2 * TEXELS + index % half_side * 2;
            if let Some(texel) = &atlas.texels[corner] {
                let depth = crease::depth(texel.face, complexion.seed, &furrows);
                if depth.iter().any(|depth| depth.abs() > 0.02) {
                    creases.push((index as u32, texel.face.x > 0.0, depth));
                }
            }
        }
        Self {
            half: Texture::new(&half),
            full: OnceLock::new(),
            creases,
        }
    }

    /// The skin with the lines of an expression, for a face whose eyes are `pixels` apart; the rest
    /// is what it was painted with.
    pub(super) fn dress(
        &self,
        atlas: &Atlas,
        complexion: &Complexion,
        folds: &Folds,
        pixels: f32,
    ) -> Texture {
        let side = self.half.side();
        let mut lines = vec![0.0_f32; if pixels > 60.0 { side * side } else { 0 }];
        let mut dressed = self.half.clone();
        for (index, left, depth) in &self.creases {
            let folded = &folds.0[usize::from(*left)];
            let deep: f32 = depth
                .iter()
                .zip(folded)
                .map(|(depth, folded)| depth * folded)
                .sum();
            let dark = darkness(deep);
            if let Some(line) = lines.get_mut(*index as usize) {
                *line = dark;
            }
            dressed.tone(*index as usize, groove_colour(dark));
        }
        if pixels <= 60.0 {
            return dressed;
        }
        let full = self.full.get_or_init(|| {
            let texels = 0..TEXELS * TEXELS;
            Texture::new(&Picture {
                width: TEXELS,
                height: TEXELS,
                pixels: texels
                    .map(|index| paint_texel(atlas, complexion, index, true))
                    .collect(),
            })
        });
        let mut dressed = full.clone();
        for index in 0..TEXELS * TEXELS {
            let (x, y) = (index % TEXELS, index / TEXELS);
            // Bilinear by hand: lines are smoother than paint.
            let (x0, y0) = ((x.max(1) - 1) / 2, (y.max(1) - 1) / 2);
            let (x1, y1) = ((x0 + 1).min(side - 1), (y0 + 1).min(side - 1));
            let (fx, fy) = (
                if x % 2 == 1 { 0.25 } else { 0.75 },
                if y % 2 == 1 { 0.25 } else { 0.75 },
            );
            let at = |x: usize, y: usize| lines[y * side + x];
            let top = at(x0, y0) * (1.0 - fx) + at(x1, y0) * fx;
            let bottom = at(x0, y1) * (1.0 - fx) + at(x1, y1) * fx;
            let dark = top * (1.0 - fy) + bottom * fy;
            if dark != 0.0 {
                dressed.tone(index, groove_colour(dark));
            }
        }
        dressed
    }
}

/// The colour of a texel of the skin at rest, counted by rows.
fn paint_texel(atlas: &Atlas, complexion: &Complexion, index: usize, fine: bool) -> Vec3 {
    let Some(texel) = &atlas.texels[index] else {
        return complexion.skin;
    };
    let at = Vec2::new((index % TEXELS) as f32 + 0.5, (index / TEXELS) as f32 + 0.5);
    let colour = complexion.texel(texel, at / TEXELS as f32, fine);
    colour.max(Vec3::splat(0.002))
}

/// How much light folds of this depth take.
fn darkness(deep: f32) -> f32 {
    (0.6 * deep).clamp(-0.2, 0.72)
}

/// Light that a groove lets out: red goes last.
fn groove_colour(dark: f32) -> Vec3 {
    Vec3::ONE - Vec3::new(0.82, 1.0, 1.04) * dark
}

#[cfg(test)]
mod tests {
    use facs::Sex;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::{
        head::{Actions, Head},
        look::{Studio, nature::Nature},
    };

    #[test]
    fn lines_at_rest_deepen_with_age() {
        let studio = Studio::new(vec![Head::built_in()]);
        let contrast = |age: f32| {
            let mut rng = ChaCha8Rng::seed_from_u64(11);
            let people = 10;
            let one = |_| {
                let nature = Nature::of(&mut rng, age, Sex::Male);
                let complexion = Complexion::draw(&mut rng, &nature);
                let canvas = Canvas::paint(&studio.atlases[0], &complexion);
                let folds = Folds::of(&Actions::default(), &complexion.lines);
                let dark = |(_, left, depth): &(u32, bool, [f32; FAMILIES])| {
                    let folded = &folds.0[usize::from(*left)];
                    let deep = depth
                        .iter()
                        .zip(folded)
                        .map(|(depth, folded)| depth * folded);
                    darkness(deep.sum()).abs()
                };
                canvas.creases.iter().map(dark).sum::<f32>() / canvas.creases.len() as f32
            };
            (0..people).map(one).sum::<f32>() / people as f32
        };
        let ages = [20.0, 35.0, 50.0, 65.0, 80.0];
        let contrasts = ages.map(contrast);
        assert!(contrasts.is_sorted(), "{contrasts:?}");
        assert!(contrasts[4] > 3.0 * contrasts[0], "{contrasts:?}");
    }
}
