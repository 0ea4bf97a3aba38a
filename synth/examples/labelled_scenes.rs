//! Draws the labels of a data set of scenes into its pictures, for whoever checks them by eye:
//! `labelled_scenes DATA_SET OUT.png`. Boxes and landmarks are green where the face is free and red
//! where it is covered; boxes of look-alikes are blue.

use std::{fs::File, io::Read, path::Path};

use anyhow::{Context, Result};
use facs::{BoundingBox, Dataset, FaceLabel};
use image::{Rgb, RgbImage, imageops};

/// Pictures side by side, and rows of them at most.
const COLUMNS: usize = 6;
const ROWS: usize = 8;
const BLUE: Rgb<u8> = Rgb([60, 120, 255]);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, out] = &arguments[..] else {
        anyhow::bail!("usage: labelled_scenes DATA_SET OUT.png");
    };
    let folder = Path::new(folder);
    let (dataset, samples) = Dataset::load(folder)?;
    let first = dataset
        .shards
        .first()
        .context("a data set without images")?;
    let mut shard = File::open(folder.join(&first.file))?;
    let count = first.images.min(COLUMNS * ROWS);
    let (width, height) = (dataset.width as u32, dataset.height as u32);
    let rows = count.div_ceil(COLUMNS) as u32;
    let mut sheet = RgbImage::new(width * COLUMNS as u32, height * rows);
    for index in 0..count {
        let mut pixels = vec![0; dataset.image_bytes()];
        shard.read_exact(&mut pixels)?;
        let mut scene = RgbImage::from_raw(width, height, pixels).context("too few pixels")?;
        let labels = samples.iter().filter(|sample| sample.image == index);
        for sample in labels {
            sample.faces.iter().for_each(|face| mark(&mut scene, face));
            for thing in &sample.look_alikes {
                frame(&mut scene, thing, BLUE);
            }
        }
        let place = [
            index % COLUMNS * dataset.width,
            index / COLUMNS * dataset.height,
        ];
        imageops::replace(&mut sheet, &scene, place[0] as i64, place[1] as i64);
    }
    Ok(sheet.save(out)?)
}

/// Draws the box and the landmarks of a face.
fn mark(scene: &mut RgbImage, face: &FaceLabel) {
    let [covered, free] = [1.0 - face.visible, face.visible].map(|share| (255.0 * share) as u8);
    let colour = Rgb([covered, free, 40]);
    frame(scene, &face.bounding_box, colour);
    for [x, y] in face.landmarks.to_array() {
        dot(scene, [x, y], colour);
        dot(scene, [x + 1.0, y], colour);
    }
}

/// Draws a box.
fn frame(scene: &mut RgbImage, area: &BoundingBox, colour: Rgb<u8>) {
    for step in 0..=200 {
        let share = step as f32 / 200.0;
        let (across, down) = (area.width * share, area.height * share);
        dot(scene, [area.x + across, area.y], colour);
        dot(scene, [area.x + across, area.y + area.height], colour);
        dot(scene, [area.x, area.y + down], colour);
        dot(scene, [area.x + area.width, area.y + down], colour);
    }
}

fn dot(scene: &mut RgbImage, [x, y]: [f32; 2], colour: Rgb<u8>) {
    let (width, height) = scene.dimensions();
    if (0.0..width as f32).contains(&x) && (0.0..height as f32).contains(&y) {
        scene.put_pixel(x as u32, y as u32, colour);
    }
}
