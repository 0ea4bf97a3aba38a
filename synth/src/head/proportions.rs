//! Proportions of a face, measured on any head, and the way to change one of them alone.
//!
//! Takes a [`Head`] whose identity modes mean nothing by name; gives [`Proportions`]: places on its
//! skin that are measured between, and for each proportion the identity weights that raise it by
//! about one standard deviation while they leave the other proportions where they are.
//!
//! Every mode is tried alone, which gives the table of what a mode does to each proportion. Its
//! rows are brought to unit length, so that one unit is one standard deviation of a proportion when
//! all modes are standard normal, and the weights are the shortest that solve the table (ridge
//! regression): they stay far inside what the head can be.

use glam::{Vec2, Vec3};

use super::{Anchor, Head};

/// A proportion that differs between people, sexes and ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proportion {
    /// Width at the mouth over the width at the cheekbones.
    JawWidth,
    /// From the eyes to the chin, over the width at the cheekbones.
    FaceLength,
    /// How far the brow stands before the eye.
    BrowRidge,
    /// From the eye up to the brow.
    BrowHeight,
    /// From the eyes to the tip of the nose.
    NoseLength,
    /// Between the wings of the nose.
    NoseWidth,
    /// Height of the red of both lips.
    LipFullness,
    /// How far the cheek stands forward.
    CheekFullness,
    /// How far the skin beside the chin hangs.
    Jowls,
}

/// How many there are.
const COUNT: usize = 9;
/// Held against solutions that need large weights, in shares of a row's length.
const RIDGE: f32 = 0.08;

impl Proportion {
    /// All, in the order of [`Proportions`].
    pub const ALL: [Self; COUNT] = [
        Self::JawWidth,
        Self::FaceLength,
        Self::BrowRidge,
        Self::BrowHeight,
        Self::NoseLength,
        Self::NoseWidth,
        Self::LipFullness,
        Self::CheekFullness,
        Self::Jowls,
    ];

    /// Position in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Where proportions of one head are measured, and what changes them.
#[derive(Clone, Debug, Default)]
pub struct Proportions {
    places: Option<Places>,
    /// Per identity mode, what one unit of each proportion asks of it.
    weights: Vec<[f32; COUNT]>,
}

/// Vertices of the skin; pairs are the subject's right, then left.
#[derive(Clone, Debug)]
struct Places {
    eyes: [Anchor; 2],
    nose: Anchor,
    mouth: [Anchor; 2],
    cheekbones: [u32; 2],
    jaw: [u32; 2],
    chin: u32,
    brows: [u32; 2],
    wings: [u32; 2],
    lips: [u32; 2],
    cheeks: [u32; 2],
    jowls: [u32; 2],
}

impl Proportions {
    /// Finds the places and tries every identity mode.
    #[must_use]
    pub fn of(head: &Head) -> Self {
        let Some(places) = Places::find(head) else {
            return Self::default();
        };
        let skin = head.skin();
        let effect = |mode: usize| {
            let [more, less] = [1.0, -1.0].map(|weight| {
                let mut moved = skin.positions.clone();
                skin.identity[mode].add_to(&mut moved, weight);
                places.measure(&moved)
            });
            std::array::from_fn(|index| (more[index] - less[index]) / 2.0)
        };
        let effects: Vec<[f32; COUNT]> = (0..skin.identity.len()).map(effect).collect();
        Self {
            weights: shortest(&effects),
            places: Some(places),
        }
    }

    /// The proportions of an expressionless skin, in the order of [`Proportion::ALL`]; none where
    /// the head has too little of a face to be measured.
    #[must_use]
    pub fn measure(&self, skin: &[Vec3]) -> Option<[f32; Proportion::ALL.len()]> {
        Some(self.places.as_ref()?.measure(skin))
    }

    /// What to add to the identity weights for so many standard deviations of each proportion.
    #[must_use]
    pub fn weights(&self, wanted: &[f32; Proportion::ALL.len()]) -> Vec<f32> {
        let dot = |row: &[f32; COUNT]| row.iter().zip(wanted).map(|(a, b)| a * b).sum();
        self.weights.iter().map(dot).collect()
    }
}

impl Places {
    /// Looks for every place near where it is on most faces; none on a mask without a jaw.
    fn find(head: &Head) -> Option<Self> {
        let skin = head.skin();
        let [right, left, nose, mouth_right, mouth_left] = head.anatomy.landmarks.clone();
        let at = |anchor: &Anchor| anchor.at(&skin.positions);
        let eyes = (at(&right) + at(&left)) / 2.0;
        let half = (at(&left).x - at(&right).x).abs() / 2.0;
        let rise = eyes.y - (at(&mouth_right).y + at(&mouth_left).y) / 2.0;
        if half <= 0.0 || rise <= 0.0 {
            return None;
        }
        let face: Vec<Vec3> = skin
            .positions
            .iter()
            .map(|p| (*p - eyes) / Vec3::new(half, rise, half) + Vec3::Y)
            .collect();
        let front = || (0_u32..).zip(&face).filter(|(_, at)| at.z > -2.0);
        let near = |x: f32, y: f32| {
            let off = |at: &Vec3| Vec2::new(at.x - x, 2.0 * (at.y - y)).length() - 0.05 * at.z;
            let found = front().min_by(|a, b| off(a.1).total_cmp(&off(b.1)))?;
            (off(found.1) < 0.4).then_some(found.0)
        };
        let pair = |x: f32, y: f32| Some([near(-x, y)?, near(x, y)?]);
        // The widest place at a height, ears and neck left out.
        let widest = |y: f32, deepest: f32| {
            let band = |side: f32| {
                let here = (0_u32..).zip(&face).filter(move |(_, at)| {
                    (at.y - y).abs() < 0.08 && at.z > deepest && at.x * side > 0.0
                });
                here.max_by(|a, b| (a.1.x * side).total_cmp(&(b.1.x * side)))
                    .map(|found| found.0)
            };
            Some([band(-1.0)?, band(1.0)?])
        };
        let on_uv = |polygon: &[Vec2], lower: bool| {
            let middle = polygon.iter().sum::<Vec2>() / polygon.len().max(1) as f32;
            let half = polygon.iter().filter(|uv| (uv.y > middle.y) == lower);
            let edge =
                half.min_by(|a, b| (a.x - middle.x).abs().total_cmp(&(b.x - middle.x).abs()))?;
            nearest_uv(&skin.uvs, *edge)
        };
        let lips = &head.anatomy.lips;
        let brow = |polygon: &[Vec2]| {
            let middle = polygon.iter().sum::<Vec2>() / polygon.len().max(1) as f32;
            (!polygon.is_empty()).then(|| nearest_uv(&skin.uvs, middle))?
        };
        let brows = [&head.anatomy.brow_right, &head.anatomy.brow_left].map(|line| brow(line));
        Some(Self {
            cheekbones: widest(0.75, -1.7)?,
            jaw: widest(-0.12, -2.4)?,
            chin: near(0.0, -0.55)?,
            brows: [
                brows[0].or_else(|| near(-0.95, 1.35))?,
                brows[1].or_else(|| near(0.95, 1.35))?,
            ],
            wings: pair(0.5, 0.47)?,
            lips: [
                on_uv(lips, false).or_else(|| near(0.0, 0.12))?,
                on_uv(lips, true).or_else(|| near(0.0, -0.14))?,
            ],
            cheeks: pair(1.25, 0.28)?,
            jowls: pair(1.2, -0.15)?,
            eyes: [right, left],
            nose,
            mouth: [mouth_right, mouth_left],
        })
    }

    fn measure(&self, skin: &[Vec3]) -> [f32; COUNT] {
        let at = |vertex: u32| skin[vertex as usize];
        let middle = |pair: [u32; 2]| (at(pair[0]) + at(pair[1])) / 2.0;
        let width = |pair: [u32; 2]| (at(pair[1]).x - at(pair[0]).x).max(1e-3);
        let [right, left] = self.eyes.each_ref().map(|eye| eye.at(skin));
        let [corner_right, corner_left] = self.mouth.each_ref().map(|corner| corner.at(skin));
        let (eyes, mouth) = ((right + left) / 2.0, (corner_right + corner_left) / 2.0);
        let apart = (left.x - right.x).max(1e-3);
        let face = width(self.cheekbones);
        [
            width(self.jaw) / face,
            (eyes.y - at(self.chin).y) / face,
            (middle(self.brows).z - eyes.z) / apart,
            (middle(self.brows).y - eyes.y) / apart,
            (eyes.y - self.nose.at(skin).y) / apart,
            width(self.wings) / apart,
            at(self.lips[0]).distance(at(self.lips[1])) / apart,
            (middle(self.cheeks).z - eyes.z) / apart,
            (mouth.y - middle(self.jowls).y) / apart,
        ]
    }
}

fn nearest_uv(uvs: &[Vec2], uv: Vec2) -> Option<u32> {
    let near = |a: &Vec2| a.distance_squared(uv);
    let best = (0..)
        .zip(uvs)
        .min_by(|a, b| near(a.1).total_cmp(&near(b.1)));
    best.map(|(vertex, _)| vertex)
}

/// The shortest weights per mode for a unit of each proportion: `E (E' E + ridge)^-1` of the table
/// with rows of unit length. A proportion that no mode changes stays as it is.
fn shortest(effects: &[[f32; COUNT]]) -> Vec<[f32; COUNT]> {
    let lengths: [f32; COUNT] = std::array::from_fn(|index| {
        let square: f32 = effects.iter().map(|row| row[index] * row[index]).sum();
        square.sqrt()
    });
    let unit = |row: &[f32; COUNT]| -> [f32; COUNT] {
        std::array::from_fn(|index| {
            if lengths[index] > 1e-6 {
                row[index] / lengths[index]
            } else {
                0.0
            }
        })
    };
    let rows: Vec<[f32; COUNT]> = effects.iter().map(unit).collect();
    let mut gram = [[0.0_f32; COUNT]; COUNT];
    for (i, line) in gram.iter_mut().enumerate() {
        for (j, cell) in line.iter_mut().enumerate() {
            let product: f32 = rows.iter().map(|row| row[i] * row[j]).sum();
            *cell = product + if i == j { RIDGE } else { 0.0 };
        }
    }
    let inverse = inverted(gram);
    let solve = |row: &[f32; COUNT]| -> [f32; COUNT] {
        std::array::from_fn(|column| (0..COUNT).map(|k| row[k] * inverse[k][column]).sum())
    };
    rows.iter().map(solve).collect()
}

/// The inverse of a positive definite matrix, by elimination without exchange of rows.
fn inverted(mut matrix: [[f32; COUNT]; COUNT]) -> [[f32; COUNT]; COUNT] {
    let mut inverse = [[0.0; COUNT]; COUNT];
    for (index, row) in inverse.iter_mut().enumerate() {
        row[index] = 1.0;
    }
    for pivot in 0..COUNT {
        let scale = matrix[pivot][pivot].recip();
        for column in 0..COUNT {
            matrix[pivot][column] *= scale;
            inverse[pivot][column] *= scale;
        }
        let (own, own_inverse) = (matrix[pivot], inverse[pivot]);
        for row in (0..COUNT).filter(|row| *row != pivot) {
            let factor = matrix[row][pivot];
            for column in 0..COUNT {
                matrix[row][column] -= factor * own[column];
                inverse[row][column] -= factor * own_inverse[column];
            }
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::testing;

    /// What a standard deviation asked for brings, in standard deviations: rows are what was asked.
    fn gains(head: &Head) -> Vec<[f32; COUNT]> {
        let proportions = Proportions::of(head);
        let skin = head.skin();
        let mean = proportions.measure(&skin.positions).expect("a face");
        let spread: [f32; COUNT] = std::array::from_fn(|index| {
            let mode = |target: &super::super::Target| {
                let mut moved = skin.positions.clone();
                target.add_to(&mut moved, 1.0);
                let change = proportions.measure(&moved).expect("a face")[index] - mean[index];
                change * change
            };
            skin.identity.iter().map(mode).sum::<f32>().sqrt()
        });
        let asked = |index: usize| {
            let mut wanted = [0.0; COUNT];
            wanted[index] = 1.0;
            let mut moved = skin.positions.clone();
            let weights = proportions.weights(&wanted);
            assert!(
                weights.iter().all(|weight| weight.abs() < 1.6),
                "{weights:?}"
            );
            for (target, weight) in skin.identity.iter().zip(weights) {
                target.add_to(&mut moved, weight);
            }
            let now = proportions.measure(&moved).expect("a face");
            std::array::from_fn(|other| (now[other] - mean[other]) / spread[other].max(1e-6))
        };
        (0..COUNT).map(asked).collect()
    }

    fn each_proportion_moves_alone(head: &Head) {
        for (index, row) in gains(head).into_iter().enumerate() {
            let name = Proportion::ALL[index];
            assert!((0.5..1.25).contains(&row[index]), "{name:?}: {row:?}");
            for (other, change) in row.into_iter().enumerate() {
                assert!(other == index || change.abs() < 0.4, "{name:?}: {row:?}");
            }
        }
    }

    #[test]
    fn each_proportion_of_the_built_in_head_moves_alone() {
        each_proportion_moves_alone(&Head::built_in());
    }

    #[test]
    fn each_proportion_of_the_ict_head_moves_alone() {
        if let Some(head) = testing::ict() {
            each_proportion_moves_alone(&head);
        }
    }

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let matrix: [[f32; COUNT]; COUNT] = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                if i == j {
                    2.0
                } else {
                    0.3 / (1 + i.abs_diff(j)) as f32
                }
            })
        });
        let inverse = inverted(matrix);
        for (i, row) in matrix.iter().enumerate() {
            for j in 0..COUNT {
                let cells = row.iter().zip(&inverse);
                let product: f32 = cells.map(|(cell, other)| cell * other[j]).sum();
                assert!((product - f32::from(u8::from(i == j))).abs() < 1e-5);
            }
        }
    }
}
