//! Laws of backdrops.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;

const SIZE: [usize; 2] = [64, 48];

fn paint(backdrop: &Backdrop) -> Vec<Vec3> {
    backdrop.paint(SIZE[0], SIZE[1], |_| true).pixels
}

fn drawn(kind: Kind, seed: u64) -> Backdrop {
    Backdrop::of(&mut ChaCha8Rng::seed_from_u64(seed), kind)
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len() as f32;
    values.sum::<f32>() / count
}

/// Deviation of the light over its mean.
fn contrast(pixels: &[Vec3]) -> f32 {
    let light = || pixels.iter().map(|pixel| colour::luma(*pixel));
    let middle = mean(light());
    mean(light().map(|light| (light - middle).powi(2))).sqrt() / middle
}

/// Mean difference between neighbours in a row over the mean light.
fn detail(pixels: &[Vec3]) -> f32 {
    let light: Vec<f32> = pixels.iter().map(|pixel| colour::luma(*pixel)).collect();
    mean(light.windows(2).map(|pair| (pair[1] - pair[0]).abs())) / mean(light.iter().copied())
}

#[test]
fn every_kind_has_contrast_and_differs_from_the_others() {
    let mut pictures = Vec::new();
    for (kind, _) in Kind::ALL {
        let least = (0..8).map(|seed| {
            let pixels = paint(&drawn(kind, seed));
            assert!(
                pixels
                    .iter()
                    .all(|pixel| pixel.is_finite() && pixel.min_element() >= 0.0),
                "{kind:?} {seed}"
            );
            contrast(&pixels)
        });
        let mean = mean(least.collect::<Vec<_>>().into_iter());
        assert!(mean > 0.1, "{kind:?} {mean}");
        pictures.push(paint(&drawn(kind, 1)));
    }
    for (index, one) in pictures.iter().enumerate() {
        assert!(pictures[index + 1..].iter().all(|other| other != one));
    }
}

#[test]
fn the_same_seed_paints_the_same() {
    for (kind, _) in Kind::ALL {
        assert!(paint(&drawn(kind, 5)) == paint(&drawn(kind, 5)));
        assert!(paint(&drawn(kind, 5)) != paint(&drawn(kind, 6)), "{kind:?}");
    }
}

#[test]
fn what_is_out_of_focus_has_less_detail() {
    for (kind, _) in Kind::ALL {
        let [mut sharp, mut soft] = [0.0; 2];
        for seed in 0..6 {
            let mut backdrop = drawn(kind, seed);
            backdrop.blur = 0.0;
            sharp += detail(&paint(&backdrop));
            backdrop.blur = 0.08;
            soft += detail(&paint(&backdrop));
        }
        assert!(soft < 0.9 * sharp, "{kind:?}: {soft} of {sharp}");
    }
}

#[test]
fn only_what_is_seen_is_painted_and_nothing_else_changes() {
    for blur in [0.0, 0.09] {
        let mut backdrop = drawn(Kind::Bricks, 3);
        backdrop.blur = blur;
        let whole = paint(&backdrop);
        let seen = |[x, y]: [usize; 2]| (x + y).is_multiple_of(3);
        let part = backdrop.paint(SIZE[0], SIZE[1], seen).pixels;
        for (index, (part, whole)) in part.iter().zip(&whole).enumerate() {
            let at = [index % SIZE[0], index / SIZE[0]];
            assert_eq!(*part, if seen(at) { *whole } else { Vec3::ZERO });
        }
    }
}

#[test]
fn a_camera_that_pans_sees_the_same_place() {
    for (kind, _) in Kind::ALL {
        let mut backdrop = drawn(kind, 2);
        backdrop.blur = 0.0;
        let still = paint(&backdrop);
        // Eight pixels to the right.
        let view = Affine2::from_translation(Vec2::new(8.0 / SIZE[1] as f32, 0.0));
        let panned = paint(&backdrop.seen_through(view));
        let pairs = (0..SIZE[1]).flat_map(|y| (8..SIZE[0]).map(move |x| y * SIZE[0] + x));
        let errors: Vec<f32> = pairs
            .map(|index| (still[index] - panned[index - 8]).abs().max_element())
            .collect();
        let error = mean(errors.into_iter());
        assert!(error < 0.01, "{kind:?} {error}");
    }
}
