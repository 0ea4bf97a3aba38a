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
            .crop(
                &studio,
                &person,
                &Actions::default(),
                &shot,
                &align::template(48),
            )
            .unwrap();
        let crowd = renderer.crowd(&studio, &[person], &mut rng, [64, 48], Company::Any, |_| {
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
        .crop(
            &studio,
            &person,
            &Actions::default(),
            &shot,
            &align::template(112),
        )
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
            .crop(
                &studio,
                &person,
                &Actions::default(),
                &shot,
                &align::template(56),
            )
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
        let crowd = renderer.crowd(&studio, &people, &mut rng, [96, 72], Company::Any, |_| {
            Actions::default()
        });
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

fn settings(people: &[Person], company: Company) -> impl Iterator<Item = Setting> {
    (0..400).map(move |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Setting::draw(&mut rng, people, [320, 240], company)
    })
}

#[test]
fn a_sixth_of_the_scenes_is_empty_and_faces_have_all_sizes_and_turns() {
    let studio = studio();
    let people = [Person::plain(&studio, 0, &mut ChaCha8Rng::seed_from_u64(0))];
    let settings: Vec<Setting> = settings(&people, Company::Any).collect();
    let share = |count: usize, of: usize| count as f32 / of as f32;
    let empty = settings.iter().filter(|setting| setting.people() == 0);
    let empty = share(empty.count(), settings.len());
    assert!((0.13..0.21).contains(&empty), "{empty}");
    let places: Vec<_> = settings
        .iter()
        .flat_map(|setting| &setting.places)
        .collect();
    for sizes in [0.045..0.12, 0.12..0.3, 0.3..0.55, 0.55..1.1] {
        let within = places.iter().filter(|place| sizes.contains(&place.size));
        let within = share(within.count(), places.len());
        assert!(within > 0.08, "{within} of the faces in {sizes:?}");
    }
    let turned = |yaws: std::ops::Range<f32>| {
        let seen = |pose: enter::Pose| pose.yaw_seen_from(glam::Vec3::ZERO).abs();
        let within = places
            .iter()
            .filter(|place| yaws.contains(&seen(place.pose)));
        share(within.count(), places.len())
    };
    let [side, neither, away] = [
        turned(45.0..84.0),
        turned(84.0..116.0),
        turned(116.0..180.1),
    ];
    assert!(
        side > 0.08 && neither == 0.0 && away > 0.04,
        "{side} {neither} {away}"
    );
}

#[test]
fn things_and_backs_of_heads_are_look_alikes_and_no_faces() {
    let studio = studio();
    let person = Person::draw(&mut ChaCha8Rng::seed_from_u64(1), &studio).bare_faced();
    let mut renderer = Renderer::new();
    for seed in 0..8 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let company = Company::Exactly(0);
        let mut setting = Setting::draw(&mut rng, &[], [64, 48], company);
        setting.decoys.clear();
        let bare = renderer.frame(&studio, &[], &setting, &[], &Sight::STILL);
        assert_eq!((bare.faces, bare.look_alikes), (vec![], vec![]));
        for (kind, _) in decoy::Kind::ALL {
            let place = glam::Affine3A::from_translation(glam::Vec3::NEG_Z * 80.0);
            let skin = glam::Vec3::splat(0.4);
            setting.decoys = vec![decoy::Decoy::draw(&mut rng, kind, skin, &place)];
            let crowd = renderer.frame(&studio, &[], &setting, &[], &Sight::STILL);
            assert!(crowd.pixels != bare.pixels, "{kind:?} is seen");
            assert_eq!(crowd.faces, [], "{kind:?}");
            let [seen] = crowd.look_alikes[..] else {
                panic!("{kind:?}: {:?}", crowd.look_alikes)
            };
            let around = |at: f32, start: f32, length: f32| (start..start + length).contains(&at);
            let [x, y] = [32.0, 24.0];
            assert!(
                around(x, seen.x, seen.width) && around(y, seen.y, seen.height),
                "{kind:?} stands in the middle: {seen:?}"
            );
        }
        let mut one = Setting::draw(
            &mut rng,
            std::slice::from_ref(&person),
            [64, 48],
            Company::Exactly(1),
        );
        let people = std::slice::from_ref(&person);
        let acting = [Acting::default()];
        let seen = renderer.frame(&studio, people, &one, &acting, &Sight::STILL);
        assert_eq!(seen.faces.len(), 1);
        let others = seen.look_alikes.len();
        let turn = glam::Quat::from_rotation_y(std::f32::consts::PI);
        one.places[0].pose.rotation *= turn;
        let away = renderer.frame(&studio, people, &one, &acting, &Sight::STILL);
        assert!(away.pixels != seen.pixels && away.faces.is_empty());
        assert_eq!(away.look_alikes.len(), others + 1);
    }
}

#[test]
fn labels_lie_in_the_picture_and_tell_of_something_seen() {
    let studio = studio();
    let people = [Person::plain(&studio, 0, &mut ChaCha8Rng::seed_from_u64(0))];
    let mut renderer = Renderer::new();
    for seed in 0..24 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let any = Company::Any;
        let crowd = renderer.crowd(&studio, &people, &mut rng, [96, 72], any, |_| {
            Actions::default()
        });
        for face in &crowd.faces {
            let area = face.bounding_box;
            assert!(area.x < 96.0 && area.x + area.width > 0.0, "{area:?}");
            assert!(area.y < 72.0 && area.y + area.height > 0.0, "{area:?}");
            assert!(face.visible > 0.0 && face.yaw.abs() <= 85.0);
        }
    }
}

#[test]
fn five_people_show_five_faces() {
    let studio = studio();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let people: Vec<Person> = (0..5)
        .map(|_| Person::draw(&mut rng, &studio).bare_faced())
        .collect();
    let mut renderer = Renderer::new();
    for _ in 0..6 {
        let company = Company::Exactly(5);
        let crowd = renderer.crowd(&studio, &people, &mut rng, [160, 90], company, |_| {
            Actions::default()
        });
        let visible: Vec<f32> = crowd.faces.iter().map(|face| face.visible).collect();
        assert!(
            visible.len() == 5 && visible.iter().all(|share| *share > 0.55),
            "{visible:?}"
        );
    }
}

#[test]
fn what_the_camera_does_happens_to_faces_and_to_what_is_behind_them() {
    let studio = studio();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let people = [Person::plain(&studio, 0, &mut rng)];
    let mut renderer = Renderer::new();
    let setting = Setting::draw(&mut rng, &people, [96, 72], Company::Exactly(1));
    let acting = [Acting::default()];
    let still = renderer.frame(&studio, &people, &setting, &acting, &Sight::STILL);
    let sight = Sight {
        pan: [0.1, -0.05],
        zoom: 1.2,
        roll: 0.1,
        ..Sight::STILL
    };
    let moved = renderer.frame(&studio, &people, &setting, &acting, &sight);
    let pixels_from_still = sight.pixels_from_still([96, 72]);
    let backdrop_from_moved = sight.still_from_moved([96, 72]);
    let [before, after] = [&still, &moved].map(|crowd| crowd.faces[0].landmarks.to_array());
    for (before, after) in before.into_iter().zip(after) {
        let expected = pixels_from_still.apply(before);
        let back = backdrop_from_moved.transform_point2(glam::Vec2::from(after) / 72.0) * 72.0;
        for axis in 0..2 {
            assert!(
                (expected[axis] - after[axis]).abs() < 0.01,
                "{expected:?} {after:?}"
            );
            assert!(
                (back[axis] - before[axis]).abs() < 0.01,
                "{back} {before:?}"
            );
        }
    }
}
