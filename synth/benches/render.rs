//! How many pictures a second: aligned crops of 112 pixels and frames of 320x240, on all cores.
//!
//! `cargo bench -p synth --bench render [-- HEAD.glb]`. Everything is included: the causal model,
//! drawing people (one for every sixteen crops, as data sets do), shots, shading, film.

use std::{path::Path, time::Instant};

use anyhow::Result;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use synth::{
    causal::CausalModel,
    head::{Actions, Head},
    look::{Person, Renderer, Shot, Studio},
};

const CROPS: usize = 2048;
const PER_PERSON: usize = 16;
const FRAMES: usize = 256;

fn act(rng: &mut ChaCha8Rng) -> Actions {
    let face = CausalModel::built_in().observe(rng);
    Actions {
        left: face.left.map(|unit| unit / 5.0),
        right: face.right.map(|unit| unit / 5.0),
        ..Actions::default()
    }
}

fn main() -> Result<()> {
    let path = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let head = match path {
        Some(path) => Head::load(Path::new(&path))?,
        None => Head::built_in(),
    };
    let name = head.name.clone();
    let studio = Studio::new(vec![head]);

    let start = Instant::now();
    let bytes: usize = (0..CROPS / PER_PERSON)
        .into_par_iter()
        .map_init(Renderer::new, |renderer, index| {
            let mut rng = ChaCha8Rng::seed_from_u64(index as u64);
            let person = Person::draw(&mut rng, &studio);
            let crops = (0..PER_PERSON).filter_map(|_| {
                renderer.crop(&studio, &person, &act(&mut rng), &Shot::draw(&mut rng), 112)
            });
            crops.map(|crop| crop.pixels.len()).sum::<usize>()
        })
        .sum();
    let crops = bytes / (112 * 112 * 3);
    let rate = crops as f64 / start.elapsed().as_secs_f64();
    println!("head {name}, {} threads", rayon::current_num_threads());
    println!("crops 112x112:   {rate:8.1} images/s");

    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let people: Vec<Person> = (0..16).map(|_| Person::draw(&mut rng, &studio)).collect();
    let start = Instant::now();
    let faces: usize = (0..FRAMES)
        .into_par_iter()
        .map_init(Renderer::new, |renderer, index| {
            let mut rng = ChaCha8Rng::seed_from_u64(index as u64);
            renderer
                .crowd(&studio, &people, &mut rng, [320, 240], act)
                .faces
                .len()
        })
        .sum();
    let rate = FRAMES as f64 / start.elapsed().as_secs_f64();
    println!(
        "frames 320x240:  {rate:8.1} images/s, {:.2} faces each",
        faces as f64 / FRAMES as f64
    );
    Ok(())
}
