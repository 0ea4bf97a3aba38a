//! Paint: what the skin of one person looks like in uv.
//!
//! Takes a measured head and a [`Complexion`]; gives a [`Canvas`] that is painted once and dressed
//! with the lines of every expression anew.

use std::sync::OnceLock;

use glam::{Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{
    beard::Beard,
    colour,
    crease::{self, FAMILIES, Folds},
    dice::{between, chance, normal},
    marks::{Mark, marks},
    studio::{Atlas, TEXELS, Texel},
};
use crate::render::{Picture, Texture, noise};

/// Everything about the colour of one face.
#[derive(Clone, Debug)]
pub(super) struct Complexion {
    pub(super) skin: Vec3,
    pub(super) lips: Vec3,
    pub(super) hair: Vec3,
    pub(super) brow: Vec3,
    /// 0 young to 1 old.
    pub(super) age: f32,
    pub(super) gloss: f32,
    blotches: f32,
    freckles: f32,
    marks: Vec<Mark>,
    blush: f32,
    dark_circles: f32,
    /// Centimetres that brows are thicker than the outline.
    brow_thickness: f32,
    brow_density: f32,
    pub(super) beard: Beard,
    eye_shadow: Vec3,
    eye_shadow_strength: f32,
    liner: f32,
    /// Height of the hairline in face coordinates, and how much hair the scalp shows.
    pub(super) hairline: f32,
    pub(super) scalp: f32,
    /// How deep lines cut: skin folds differ.
    fold: f32,
    seed: u32,
}

impl Complexion {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let skin = colour::skin(rng);
        let age = rng.random::<f32>().powf(1.3);
        let made_up = chance(rng, 0.35);
        let hair = colour::hair(rng, skin, age);
        let bearded = !made_up && chance(rng, 0.4);
        let beard = if bearded {
            Beard::draw(rng)
        } else {
            Beard::SHAVED
        };
        let painted = made_up && chance(rng, 0.7);
        let dye = if chance(rng, 0.2) {
            colour::any(rng, 0.7, 0.2)
        } else {
            skin * 0.3
        };
        Self {
            lips: colour::lips(rng, skin, painted),
            brow: hair.lerp(Vec3::new(0.03, 0.02, 0.015), between(rng, 0.3, 0.9)),
            hair,
            age,
            gloss: between(rng, 0.05, 0.4),
            blotches: between(rng, 0.03, 0.16),
            freckles: if chance(rng, 0.25) {
                between(rng, 0.2, 1.0)
            } else {
                0.0
            },
            marks: marks(rng, age),
            blush: between(rng, 0.0, if made_up { 0.7 } else { 0.4 }),
            dark_circles: between(rng, 0.0, 0.5),
            brow_thickness: normal(rng, 0.09) + if made_up { 0.0 } else { 0.04 },
            brow_density: between(rng, 0.45, 1.0),
            beard,
            eye_shadow: dye,
            eye_shadow_strength: if made_up {
                between(rng, 0.1, 0.8)
            } else {
                between(rng, 0.0, 0.2)
            },
            liner: if made_up {
                between(rng, 0.6, 1.0)
            } else {
                between(rng, 0.25, 0.75)
            },
            hairline: between(rng, 1.95, 2.25),
            scalp: 1.0,
            fold: between(rng, 0.45, 1.1),
            seed: rng.random(),
            skin,
        }
    }

    /// Skin of the mean colour and age, without make-up: for sheets that show what muscles do.
    pub(super) fn plain() -> Self {
        let skin = colour::srgb(214, 170, 146);
        Self {
            skin,
            lips: skin * Vec3::new(0.85, 0.5, 0.55),
            hair: colour::srgb(54, 37, 27),
            brow: colour::srgb(48, 33, 25),
            age: 0.3,
            gloss: 0.15,
            blotches: 0.05,
            freckles: 0.0,
            marks: Vec::new(),
            blush: 0.2,
            dark_circles: 0.15,
            brow_thickness: 0.02,
            brow_density: 0.9,
            beard: Beard::SHAVED,
            eye_shadow: skin * 0.3,
            eye_shadow_strength: 0.1,
            liner: 0.4,
            hairline: 2.1,
            scalp: 1.0,
            fold: 0.9,
            seed: 7,
        }
    }

    /// Colour of one texel of the face at rest.
    fn texel(&self, texel: &Texel, uv: Vec2) -> Vec3 {
        let at = texel.face;
        let x = at.x.abs();
        let seed = self.seed;
        let mut colour = self.skin;
        let coarse = noise::fractal(Vec2::new(at.x * 1.3, at.y * 2.4), 3, seed) - 0.5;
        let fine = noise::plane(uv * 150.0, seed ^ 1) - 0.5;
        colour *= 1.0 + self.blotches * (2.0 * coarse + (0.35 + 0.8 * self.age) * fine);
        let hot = |centre: Vec2, width: f32| {
            bump((Vec2::new(x, at.y * 2.1) - centre).length_squared() / width)
        };
        let red = hot(Vec2::new(1.15, 1.1), 0.35)
            + 0.9 * hot(Vec2::new(0.0, 0.9), 0.2)
            + 0.4 * hot(Vec2::new(0.0, -1.1), 0.2);
        colour *= Vec3::ONE - Vec3::new(0.02, 0.34, 0.26) * (self.blush * red.min(1.0));
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
            colour *= 1.0 - 0.22 * bump(fold * fold);
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

/// About `exp(-t)`, 0 from 4 on.
fn bump(t: f32) -> f32 {
    let left = (1.0 - 0.25 * t).max(0.0);
    left * left * left * left
}

pub(super) fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The painted skin of one person.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    /// Painted when a face is first seen this large.
    full: OnceLock<Picture>,
    half: Picture,
    /// Per texel of `half`: which texel has lines, which side it is on, and how deep they are.
    creases: Vec<(u32, bool, [f32; FAMILIES])>,
    fold: f32,
}

impl Canvas {
    pub(super) fn paint(atlas: &Atlas, complexion: &Complexion) -> Self {
        let half = Picture::from_fn(TEXELS / 2, TEXELS / 2, |at| {
            // Two of the four texels, across the corner.
            let first = at.y as usize * 2 * TEXELS + at.x as usize * 2;
            let colour = |index| paint_texel(atlas, complexion, index);
            (colour(first) + colour(first + TEXELS + 1)) * 0.5
        });
        let half_side = TEXELS / 2;
        let mut creases = Vec::new();
        for index in 0..half_side * half_side {
            let corner = index / half_side * 2 * TEXELS + index % half_side * 2;
            if let Some(texel) = &atlas.texels[corner] {
                let depth = crease::depth(texel.face, complexion.seed);
                if depth.iter().any(|depth| depth.abs() > 0.02) {
                    creases.push((index as u32, texel.face.x > 0.0, depth));
                }
            }
        }
        Self {
            half,
            full: OnceLock::new(),
            creases,
            fold: complexion.fold,
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
        let side = self.half.width;
        let mut lines = vec![0.0_f32; if pixels > 60.0 { side * side } else { 0 }];
        let mut dressed = self.half.clone();
        for (index, left, depth) in &self.creases {
            let folded = &folds.0[usize::from(*left)];
            let deep: f32 = depth
                .iter()
                .zip(folded)
                .map(|(depth, folded)| depth * folded)
                .sum();
            let dark = (deep * self.fold * 0.6).clamp(-0.2, 0.72);
            if let Some(line) = lines.get_mut(*index as usize) {
                *line = dark;
            }
            dressed.pixels[*index as usize] *= groove_colour(dark);
        }
        if pixels <= 60.0 {
            return Texture(dressed);
        }
        let full = self.full.get_or_init(|| {
            let texels = 0..TEXELS * TEXELS;
            Picture {
                width: TEXELS,
                height: TEXELS,
                pixels: texels
                    .map(|index| paint_texel(atlas, complexion, index))
                    .collect(),
            }
        });
        let mut dressed = full.clone();
        for (index, pixel) in dressed.pixels.iter_mut().enumerate() {
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
                *pixel *= groove_colour(dark);
            }
        }
        Texture(dressed)
    }
}

/// The colour of a texel of the skin at rest, counted by rows.
fn paint_texel(atlas: &Atlas, complexion: &Complexion, index: usize) -> Vec3 {
    let Some(texel) = &atlas.texels[index] else {
        return complexion.skin;
    };
    let at = Vec2::new((index % TEXELS) as f32 + 0.5, (index / TEXELS) as f32 + 0.5);
    let colour = complexion.texel(texel, at / TEXELS as f32);
    colour.max(Vec3::splat(0.002))
}

/// Light that a groove lets out: red goes last.
fn groove_colour(dark: f32) -> Vec3 {
    Vec3::ONE - Vec3::new(0.82, 1.0, 1.04) * dark
}
