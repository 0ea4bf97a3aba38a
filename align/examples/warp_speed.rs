//! Prints how long one aligned crop takes, by side, minification and kind of frame.
//!
//! `cargo run --release -p align --example warp_speed`

use std::{error::Error, hint::black_box, time::Instant};

use align::{
    Chroma, ChromaSiting, Plane, RgbView, Similarity, View, YuvColor, YuvMatrix, YuvView,
    sharpness, template, warp,
};

const COLOR: YuvColor = YuvColor {
    matrix: YuvMatrix::Bt709,
    full_range: false,
    siting: ChromaSiting::Left,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (width, height) = (1280, 720);
    let pixels: Vec<u8> = (0..width * height * 3)
        .map(|index| 96 + (index * 31 % 61) as u8)
        .collect();
    let plane = |stride| Plane {
        data: &pixels,
        stride,
    };
    let planar = Chroma::Planar {
        cb: plane(width / 2),
        cr: plane(width / 2),
    };
    let yuv = |chroma| YuvView::new(width, height, plane(width), chroma, COLOR);
    let frames = [
        View::from(RgbView::new(&pixels, width, height, width * 3)?),
        View::from(yuv(planar)?),
        View::from(yuv(Chroma::SemiPlanar(plane(width)))?),
    ];
    println!("crop  minification  RGB µs  I420 µs  NV12 µs  sharpness µs");
    for size in [96, 112, 128] {
        let template = template(size);
        let mut crop = vec![0; size * size * 3];
        for minification in [0.7, 1.0, 1.4, 2.0, 3.0, 4.0, 6.0] {
            let shift = [
                640.0 - size as f32 * minification / 2.0,
                300.0 - size as f32 * minification / 2.0,
            ];
            let Some(frame_from_crop) = Similarity::new(minification, 0.12, shift) else {
                continue;
            };
            let landmarks = template.landmarks.map(|point| frame_from_crop.apply(point));
            let [rgb, planar, semi_planar] = frames.map(|frame| {
                micros(|| {
                    if let Some(crop_from_frame) =
                        Similarity::estimate(&landmarks, &template.landmarks)
                    {
                        warp(black_box(&frame), &crop_from_frame, size, &mut crop);
                    }
                })
            });
            let sharpness_micros = micros(|| {
                black_box(sharpness(black_box(&crop), size));
            });
            println!(
                "{size:4}  {minification:12.1}  {rgb:6.1}  {planar:7.1}  {semi_planar:7.1}  {sharpness_micros:12.1}"
            );
        }
    }
    Ok(())
}

/// The best of 200: others share the machine.
fn micros(mut work: impl FnMut()) -> f64 {
    (0..200)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e6
        })
        .fold(f64::INFINITY, f64::min)
}
