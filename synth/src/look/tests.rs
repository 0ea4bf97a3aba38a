//! Laws of rendered people, on the head that is built in.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::*;
use crate::head::{Actions, Head};

fn studio() -> Studio {
    Studio::new(vec![Head::built_in()])
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let studio = studio();
    let draw = |renderer: &mut Renderer, seed: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let person = Person::draw(&mut rng, &studio);
        let shot = Shot::draw(&mut rng);
        let crop = renderer
            .crop(&studio, &person, &Actions::default(), &shot, 48)
            .unwrap();
        let crowd = renderer.crowd(&studio, &[person], &mut rng, [64, 48], |_| {
            Actions::default()
        });
        (crop, crowd)
    };
    let mut renderer = Renderer::new();
    let alone: Vec<_> = (0..6).map(|seed| draw(&mut renderer, seed)).collect();
    let together: Vec<_> = (0..6)
        .into_par_iter()
        .map_init(Renderer::new, draw)
        .collect();
    assert!(alone == together);
    assert!(alone[0].0.pixels != alone[1].0.pixels);
}

#[test]
fn without_errors_landmarks_lie_near_the_template() {
    let studio = studio();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let person = Person::plain(&studio, 0, &mut rng);
    let mut renderer = Renderer::new();
    let mut shot = Shot::plain();
    shot.roll = 25.0;
    let crop = renderer
        .crop(&studio, &person, &Actions::default(), &shot, 112)
        .unwrap();
    let template = align::template(112).landmarks.to_array();
    for (found, expected) in crop.landmarks.to_array().iter().zip(template) {
        let distance = (found[0] - expected[0]).hypot(found[1] - expected[1]);
        assert!(distance < 9.0, "{found:?} for {expected:?}");
    }
    assert!(crop.visible > 0.97, "{}", crop.visible);
}

#[test]
fn a_hand_covers_a_part_of_the_face() {
    let studio = studio();
    let mut renderer = Renderer::new();
    let mut visible = Vec::new();
    for seed in 0..12 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let person = Person::plain(&studio, 0, &mut rng);
        let shot = Shot {
            occluder: Occluder::Hand,
            ..Shot::draw(&mut rng)
        };
        let crop = renderer
            .crop(&studio, &person, &Actions::default(), &shot, 56)
            .unwrap();
        visible.push(crop.visible);
    }
    let mean = visible.iter().sum::<f32>() / visible.len() as f32;
    assert!(
        (0.4..0.95).contains(&mean) && visible.iter().all(|share| *share <= 1.0),
        "{visible:?}"
    );
}

#[test]
fn boxes_hold_the_landmarks_of_faces_that_look_ahead() {
    let studio = studio();
    let mut renderer = Renderer::new();
    let people = [Person::plain(&studio, 0, &mut ChaCha8Rng::seed_from_u64(0))];
    let mut faces = 0;
    for seed in 0..12 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let crowd = renderer.crowd(&studio, &people, &mut rng, [96, 72], |_| Actions::default());
        assert_eq!(crowd.pixels.len(), 96 * 72 * 3);
        for face in crowd.faces.iter().filter(|face| face.yaw.abs() < 40.0) {
            faces += 1;
            let area = face.bounding_box;
            for [x, y] in face.landmarks.to_array() {
                let inside = (area.x..area.x + area.width).contains(&x)
                    && (area.y..area.y + area.height).contains(&y);
                assert!(inside, "[{x}, {y}] outside {area:?}");
            }
            assert!((0.0..=1.0).contains(&face.visible));
        }
    }
    assert!(faces > 5, "{faces}");
}
