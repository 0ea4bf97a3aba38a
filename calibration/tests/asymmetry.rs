//! Measures of asymmetry follow the symmetry of synthetic people, and little else.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use align::{Side, chimera};
use calibration::asymmetry::{landmark_asymmetry, mirror_distance};
use facs::Expression;
use synth::{
    dataset::{Cast, Sitting, prototype},
    head::{Freeze, Region},
    look::{Crop, Renderer},
};

const SIZE: usize = 112;
const STEPS: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// Smiles of some people, with every step of symmetry.
fn smiles(people: usize) -> Vec<Vec<Crop>> {
    let cast = Cast::new(vec![Cast::head_named("built-in").unwrap()], people, 17).unwrap();
    let (mut renderer, window) = (Renderer::new(), align::template(SIZE));
    let smile = prototype(Expression::Happiness, 4.0).unwrap();
    let mut person = |index| {
        let sitting = Sitting::new(&cast, index, false, &window, &mut renderer);
        let mut show = |symmetry: f32| {
            let actions = smile.freeze(Freeze {
                side: Side::Left,
                region: Region::Face,
                share: 1.0 - symmetry,
            });
            sitting.show(&mut renderer, cast.studio(), &actions)
        };
        STEPS.map(&mut show).into()
    };
    (0..people).map(&mut person).collect()
}

fn by_pixels(crop: &Crop) -> f64 {
    mirror_distance(&crop.pixels, SIZE)
}

fn by_landmarks(crop: &Crop) -> f64 {
    landmark_asymmetry(&crop.landmarks).unwrap()
}

#[test]
fn both_measures_fall_as_a_smile_becomes_symmetric() {
    let people = smiles(8);
    for (measure, least_fall) in [(by_pixels as fn(&Crop) -> f64, 0.05), (by_landmarks, 0.03)] {
        let found: Vec<Vec<f64>> = people
            .iter()
            .map(|person| person.iter().map(measure).collect())
            .collect();
        let mean = |step: usize| found.iter().map(|of| of[step]).sum::<f64>() / found.len() as f64;
        let means: Vec<f64> = (0..STEPS.len()).map(mean).collect();
        assert!(means.is_sorted_by(|more, less| more > less), "{means:?}");
        assert!(means[0] - means[STEPS.len() - 1] > least_fall, "{means:?}");
        // And in every one of them from one end to the other.
        assert!(
            found.iter().all(|of| of[0] > of[STEPS.len() - 1]),
            "{found:?}"
        );
    }
}

#[test]
fn a_chimera_of_a_crooked_smile_is_symmetric() {
    for person in smiles(2) {
        let crooked = &person[0];
        assert!(by_pixels(crooked) > 0.1);
        for side in [Side::Left, Side::Right] {
            let mut face = vec![0; crooked.pixels.len()];
            chimera(&crooked.pixels, SIZE, side, &mut face);
            assert_eq!(mirror_distance(&face, SIZE), 0.0);
        }
    }
}

#[test]
fn more_or_less_light_changes_little() {
    for person in smiles(3) {
        for crop in [&person[0], &person[4]] {
            // Above 1 what is bright is cut off, which is more than a factor.
            for (factor, most) in [(0.5, 0.01), (0.7, 0.01), (0.9, 0.01), (1.2, 0.03)] {
                let pixels = crop.pixels.iter();
                let lit: Vec<u8> = pixels
                    .map(|value| (f32::from(*value) * factor).round().min(255.0) as u8)
                    .collect();
                let apart = (mirror_distance(&lit, SIZE) - by_pixels(crop)).abs();
                assert!(apart < most, "{factor}: {apart}");
            }
        }
    }
}
