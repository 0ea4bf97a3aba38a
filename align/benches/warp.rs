//! How long one crop of 112 pixels takes, by how much the picture is made smaller: `cargo bench -p align`.
//!
//! From planar YUV of 640x360, as decoders give it; the best of some rounds.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use align::{Chroma, ChromaSiting, Plane, Similarity, YuvColor, YuvMatrix, YuvView, warp};

const WIDTH: usize = 640;
const HEIGHT: usize = 360;
const SIZE: usize = 112;
const ROUNDS: usize = 10;
const CROPS: u32 = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let noise =
        |length: usize| -> Vec<u8> { (0..length).map(|i| (i * 7919 % 251) as u8).collect() };
    let (luma, chroma) = (noise(WIDTH * HEIGHT), noise(WIDTH * HEIGHT / 4));
    let plane = |data, stride| Plane { data, stride };
    let planar = Chroma::Planar {
        cb: plane(&chroma, WIDTH / 2),
        cr: plane(&chroma, WIDTH / 2),
    };
    let color = YuvColor {
        matrix: YuvMatrix::Bt709,
        full_range: false,
        siting: ChromaSiting::Left,
    };
    let frame = YuvView::new(WIDTH, HEIGHT, plane(&luma, WIDTH), planar, color)?;
    let mut crop = vec![0; SIZE * SIZE * 3];
    println!("pixels per pixel  ms per crop");
    for minification in [0.9_f32, 1.4, 2.0, 2.8, 3.1, 5.0] {
        let scale = 1.0 / minification;
        // The middle of the frame comes to the middle of the crop.
        let shift = [(WIDTH, SIZE), (HEIGHT, SIZE)]
            .map(|(from, to)| (to as f32 - from as f32 * scale) / 2.0);
        let crop_from_frame = Similarity::new(scale, 0.1, shift).ok_or("no similarity")?;
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for _ in 0..CROPS {
                warp(black_box(frame), &crop_from_frame, SIZE, &mut crop);
            }
            best = best.min(start.elapsed() / CROPS);
        }
        println!("{minification:>16}  {:>11.3}", best.as_secs_f64() * 1e3);
    }
    Ok(())
}
