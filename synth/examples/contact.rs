//! Writes contact sheets of random crops, single units and frames: `contact OUT_PREFIX [HEAD.glb] [SEED]`.

use std::path::Path;

use anyhow::{Context, Result};
use facs::ActionUnit;
use glam::Vec2;
use image::{Rgb, RgbImage, imageops};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use synth::{
    causal::CausalModel,
    head::{Actions, Head},
    look::{Company, CrowdFace, Person, Renderer, Shot, Studio},
};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let prefix = arguments
        .next()
        .context("usage: contact OUT_PREFIX [HEAD.glb|-] [SEED]")?;
    let head = arguments.next().filter(|path| path != "-");
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let head = match head {
        Some(path) => Head::load(Path::new(&path))?,
        None => Head::built_in(),
    };
    let studio = Studio::new(vec![head]);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut renderer = Renderer::new();
    let act = |rng: &mut ChaCha8Rng| {
        let face = CausalModel::built_in().observe(rng);
        let gaze = Vec2::new(rng.random::<f32>() - 0.5, rng.random::<f32>() - 0.5) * 0.6;
        Actions {
            left: face.left.map(|unit| unit / 5.0),
            right: face.right.map(|unit| unit / 5.0),
            gaze,
            ..Actions::default()
        }
    };

    let side = 160;
    let mut sheet = RgbImage::new(side * 10, side * 6);
    for index in 0..60 {
        let person = Person::draw(&mut rng, &studio);
        let crop = renderer.crop(
            &studio,
            &person,
            &act(&mut rng),
            &Shot::draw(&mut rng),
            side as usize,
        );
        let pixels = crop.context("a face without extent")?.pixels;
        let crop = RgbImage::from_raw(side, side, pixels).context("a crop of the wrong size")?;
        imageops::replace(
            &mut sheet,
            &crop,
            i64::from(index % 10 * side),
            i64::from(index / 10 * side),
        );
    }
    sheet.save(format!("{prefix}-crops.png"))?;

    units(&studio, seed).save(format!("{prefix}-units.png"))?;

    let people: Vec<Person> = (0..8).map(|_| Person::draw(&mut rng, &studio)).collect();
    let (width, height) = (320, 240);
    let mut sheet = RgbImage::new(width * 6, height * 7);
    for index in 0..42 {
        let crowd = renderer.crowd(
            &studio,
            &people,
            &mut rng,
            [width as usize, height as usize],
            Company::Any,
            act,
        );
        let mut frame =
            RgbImage::from_raw(width, height, crowd.pixels).context("a frame of the wrong size")?;
        for face in &crowd.faces {
            mark(&mut frame, face);
        }
        imageops::replace(
            &mut sheet,
            &frame,
            i64::from(index % 6 * width),
            i64::from(index / 6 * height),
        );
    }
    sheet.save(format!("{prefix}-frames.png"))?;
    Ok(())
}

/// What each row's person looks like at rest and with single units at their strongest, as the
/// affect model sees it.
fn units(studio: &Studio, seed: u64) -> RgbImage {
    use ActionUnit::{Au01, Au04, Au06, Au12, Au15, Au17, Au26};
    let (side, rows) = (112, 10);
    let units = [Au01, Au04, Au06, Au12, Au15, Au17, Au26];
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut renderer = Renderer::new();
    let mut sheet = RgbImage::new(side * (units.len() as u32 + 1), side * rows);
    for row in 0..rows {
        let person = Person::draw(&mut rng, studio).bare_faced();
        let faces = units.map(|unit| Actions::only(unit, 1.0, 1.0));
        for (column, actions) in [Actions::default()].into_iter().chain(faces).enumerate() {
            let shot = Shot::plain();
            let crop = renderer.crop(studio, &person, &actions, &shot, side as usize);
            let tile = crop.and_then(|crop| RgbImage::from_raw(side, side, crop.pixels));
            if let Some(tile) = tile {
                let [x, y] = [column as u32, row].map(|place| i64::from(place * side));
                imageops::replace(&mut sheet, &tile, x, y);
            }
        }
    }
    sheet
}

/// Draws box and landmarks, green where the face is free and red where it is covered.
fn mark(frame: &mut RgbImage, face: &CrowdFace) {
    let (width, height) = frame.dimensions();
    let (covered, free) = (255.0 * (1.0 - face.visible), 255.0 * face.visible);
    let colour = Rgb([covered as u8, free as u8, 40]);
    let mut dot = |x: f32, y: f32| {
        if x >= 0.0 && y >= 0.0 && (x as u32) < width && (y as u32) < height {
            frame.put_pixel(x as u32, y as u32, colour);
        }
    };
    let area = face.bounding_box;
    for step in 0..200 {
        let share = step as f32 / 200.0;
        dot(area.x + area.width * share, area.y);
        dot(area.x + area.width * share, area.y + area.height);
        dot(area.x, area.y + area.height * share);
        dot(area.x + area.width, area.y + area.height * share);
    }
    for [x, y] in face.landmarks.to_array() {
        dot(x, y);
        dot(x + 1.0, y);
    }
}
