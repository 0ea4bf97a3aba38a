//! How unlike its mirror image a face is.
//!
//! Takes an aligned crop, whose middle column is the mid-line of the face ([`align::template`]); gives 1
//! less the structural similarity of the crop and its mirror image over several scales.
//!
//! Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004) is a product of luminance, contrast and
//! structure, compared within a Gaussian window about every pixel; over several scales (Wang, Simoncelli
//! and Bovik 2003, *Multiscale structural similarity for image quality assessment*) a mean with a weight
//! for each. Here structure alone counts, the correlation within the window, since light from one side
//! changes luminance and contrast of a face that is symmetric. Scales are averaged instead of multiplied:
//! where a fine scale is all noise, a product says nothing of the others.
//!
//! Within one person before one camera the distance follows the symmetry of an expression. Between people
//! skin, hair, shadows and small turns differ by more: it is a blunt measure there.

/// Weights of the scales, the finest first (Wang et al. 2003).
const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
/// Standard deviation of the window in pixels, and where it ends.
const SIGMA: f64 = 1.5;
const RADIUS: usize = 5;
/// Least side of a scale: one window.
const LEAST: usize = 2 * RADIUS + 1;
/// What keeps noise of flat skin from counting as structure: half of (K2 L)², K2 = 0.03 as in the source,
/// of luma whose mean is 1 and whose range L is 2.
const STABLE: f64 = 0.5 * 0.06 * 0.06;
/// The face in its crop, in sides of it: centre and radii of an oval from the brows to the chin, which
/// leaves hair, ears and background out.
const CENTRE: [f64; 2] = [0.5, 0.58];
const RADII: [f64; 2] = [0.28, 0.35];
/// Luma of BT.601: red, green, blue.
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

/// From 0 for a crop that is its own mirror image to 1 for one that is nothing like it (2 where it is its
/// negative); `crop`: `size * size * 3` bytes RGB.
///
/// A factor on all light cancels, but for the rounding of pixels. Crops of other sizes have other scales,
/// as many as halve evenly to 11 pixels or more, and blur and noise count: compare faces of one data set.
///
/// # Panics
/// When `crop` has not `size * size * 3` bytes.
#[must_use]
pub fn mirror_distance(crop: &[u8], size: usize) -> f64 {
    let (similarity, weights) = structures(crop, size)
        .into_iter()
        .zip(WEIGHTS)
        .fold((0.0, 0.0), |(sum, weights), (structure, weight)| {
            (sum + weight * structure, weights + weight)
        });
    1.0 - similarity / weights
}

/// Mean structural similarity with the mirror image at every scale, the finest first.
fn structures(crop: &[u8], size: usize) -> Vec<f64> {
    let mut plane = Some(Plane::luma(crop, size));
    let mut structures = Vec::new();
    while let Some(now) = plane.filter(|_| structures.len() < WEIGHTS.len()) {
        structures.push(now.structure());
        plane = now.halved();
    }
    structures
}

/// One channel of a square picture. What is done to it is done to its mirror image alike, to the last
/// bit: so a symmetric picture has a distance of exactly 0.
struct Plane {
    side: usize,
    values: Vec<f64>,
}

impl Plane {
    /// Luma with a mean of 1 within the face.
    fn luma(crop: &[u8], side: usize) -> Self {
        assert_eq!(
            crop.len(),
            side * side * 3,
            "bytes of a crop of side {side}"
        );
        let (pixels, _) = crop.as_chunks::<3>();
        let luma = |pixel: &[u8; 3]| -> f64 {
            let weighted = pixel.iter().zip(LUMA);
            weighted
                .map(|(value, weight)| f64::from(*value) * weight)
                .sum()
        };
        let mut plane = Self {
            side,
            values: pixels.iter().map(luma).collect(),
        };
        let mean = plane.face_mean(&plane.values);
        // A black face stays as it is.
        if mean > 0.0 {
            plane.values.iter_mut().for_each(|value| *value /= mean);
        }
        plane
    }

    /// Half the side, by means of two by two; none where that is no whole number, or too small.
    fn halved(&self) -> Option<Self> {
        let side = self.side / 2;
        if self.side % 2 == 1 || side < LEAST {
            return None;
        }
        let mean = |at: usize| {
            let first = at / side * 2 * self.side + at % side * 2;
            let [above, below] = [first, first + self.side];
            // A pair of a row first, whose order does not matter.
            let sum = (self.values[above] + self.values[above + 1])
                + (self.values[below] + self.values[below + 1]);
            sum / 4.0
        };
        let values = (0..side * side).map(mean).collect();
        Some(Self { side, values })
    }

    /// Mean over the face of the correlation with the mirror image within a window.
    fn structure(&self) -> f64 {
        let mirrored = |at: usize| at - at % self.side + (self.side - 1 - at % self.side);
        let own = |at: usize| self.values[at];
        let [mean, square, cross] = [
            self.windowed(own),
            self.windowed(|at| own(at) * own(at)),
            self.windowed(|at| own(at) * own(mirrored(at))),
        ];
        let variance = |at: usize| (square[at] - mean[at] * mean[at]).max(0.0);
        let structure = |at: usize| {
            let other = mirrored(at);
            let most = (variance(at) * variance(other)).sqrt();
            let covariance = (cross[at] - mean[at] * mean[other]).clamp(-most, most);
            (covariance + STABLE) / (most + STABLE)
        };
        let structures: Vec<f64> = (0..self.values.len()).map(structure).collect();
        self.face_mean(&structures)
    }

    /// Mean of `value` within the Gaussian window about every pixel; what lies outside of the picture
    /// has no weight.
    fn windowed(&self, value: impl Fn(usize) -> f64) -> Vec<f64> {
        let side = self.side;
        let kernel: [f64; RADIUS + 1] = std::array::from_fn(|step| {
            let step = step as f64 / SIGMA;
            (-step * step / 2.0).exp()
        });
        let along = |at: usize, value: &dyn Fn(usize) -> f64| {
            let (mut sum, mut weights) = (kernel[0] * value(at), kernel[0]);
            for (step, weight) in kernel.iter().enumerate().skip(1) {
                // Both neighbours first, whose order does not matter.
                let neighbours = [
                    at.checked_sub(step),
                    Some(at + step).filter(|at| *at < side),
                ];
                let [before, after] = neighbours.map(|at| at.map_or(0.0, value));
                sum += weight * (before + after);
                weights += weight * neighbours.iter().flatten().count() as f64;
            }
            sum / weights
        };
        let places = 0..side * side;
        let rows: Vec<f64> = places
            .clone()
            .map(|place| {
                let row = place - place % side;
                along(place % side, &|x| value(row + x))
            })
            .collect();
        let column = |place: usize| along(place / side, &|y| rows[y * side + place % side]);
        places.map(column).collect()
    }

    /// Mean over the pixels within the oval.
    fn face_mean(&self, values: &[f64]) -> f64 {
        let share = |at: usize| (at as f64 + 0.5) / self.side as f64;
        let is_face = |place: usize| {
            let place = [place % self.side, place / self.side].map(share);
            let radius = |axis: usize| ((place[axis] - CENTRE[axis]) / RADII[axis]).powi(2);
            radius(0) + radius(1) < 1.0
        };
        let face = values
            .iter()
            .enumerate()
            .filter(|(place, _)| is_face(*place));
        let (sum, count) = face.fold((0.0, 0.0), |(sum, count), (_, value)| {
            (sum + value, count + 1.0)
        });
        sum / f64::max(count, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use align::{Side, chimera};
    use proptest::prelude::*;

    use super::*;

    fn picture(size: usize) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), size * size * 3)
    }

    fn grey(size: usize, value: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        (0..size * size)
            .flat_map(|at| [value(at % size, at / size); 3])
            .collect()
    }

    #[test]
    fn scales_halve_as_far_as_they_can() {
        let count = |size| structures(&grey(size, |x, y| (x * y % 251) as u8), size).len();
        assert_eq!([112, 96, 48, 50, 25, 224].map(count), [4, 4, 3, 2, 1, 5]);
        let flat = [0, 90, 255].map(|value| mirror_distance(&grey(112, |_, _| value), 112));
        assert_eq!(flat, [0.0; 3]);
    }

    #[test]
    fn a_negative_is_the_farthest() {
        // Stripes that are dark on one side where they are bright on the other.
        let stripes = |x: usize| 20 + 200 * (x / 4 % 2) as u8;
        let found = mirror_distance(&grey(64, |x, _| stripes(x)), 64);
        assert!(found > 1.5, "{found}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn a_chimera_has_no_distance_and_a_mirror_image_the_same(crop in picture(48)) {
            let mut face = vec![0; crop.len()];
            for side in [Side::Left, Side::Right] {
                chimera(&crop, 48, side, &mut face);
                prop_assert_eq!(mirror_distance(&face, 48), 0.0);
            }
            let mirrored: Vec<u8> = crop
                .chunks_exact(48 * 3)
                .flat_map(|row| row.chunks_exact(3).rev().flatten().copied())
                .collect();
            let (found, mirrored) = (mirror_distance(&crop, 48), mirror_distance(&mirrored, 48));
            prop_assert!(found > 0.5 && (found - mirrored).abs() < 1e-9, "{found} {mirrored}");
        }
    }
}
