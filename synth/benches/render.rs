//! How many pictures a second, and where the time goes: aligned crops of 112 pixels on 1, 2, 4, ..
//! all cores, and frames of 320x240.
//!
//! `cargo bench -p synth --bench render [-- HEAD.glb]`. Everything is included: the causal model,
//! drawing people (one for every sixteen crops, as data sets do), shots, shading, film. Each rate
//! is the best of some rounds; shares are of the time of all threads together.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use synth::{
    causal::CausalModel,
    head::{Actions, Head},
    look::{Company, Person, Phase, Renderer, Shot, Studio, Times},
};

const CROPS: usize = 1024;
const PER_PERSON: usize = 16;
const FRAMES: usize = 64;
const ROUNDS: usize = 3;

/// What one round of crops took.
#[derive(Clone, Copy, Default)]
struct Spent {
    crops: usize,
    wall: Duration,
    /// Painting people.
    people: Duration,
    /// What faces do, and what shots are like.
    chance: Duration,
    rendering: Times,
}

impl Spent {
    fn and(mut self, other: Self) -> Self {
        self.crops += other.crops;
        self.people += other.people;
        self.chance += other.chance;
        self.rendering += other.rendering;
        self
    }

    fn rate(&self) -> f64 {
        self.crops as f64 / self.wall.as_secs_f64()
    }

    /// Phases with their share of all time.
    fn shares(&self) -> Vec<(String, f64)> {
        let phases = Phase::ALL.map(|phase| (format!("{phase:?}"), self.rendering.of(phase)));
        let all = self.people + self.chance + self.rendering.total();
        [
            ("Person".into(), self.people),
            ("Chance".into(), self.chance),
        ]
        .into_iter()
        .chain(phases)
        .map(|(name, time)| (name, time.as_secs_f64() / all.as_secs_f64()))
        .collect()
    }
}

fn act(rng: &mut ChaCha8Rng) -> Actions {
    let face = CausalModel::built_in().observe(rng);
    Actions {
        left: face.left.map(|unit| unit / 5.0),
        right: face.right.map(|unit| unit / 5.0),
        ..Actions::default()
    }
}

/// The crops of one person.
fn sitting(studio: &Studio, index: usize) -> Spent {
    let mut spent = Spent::default();
    let mut renderer = Renderer::new();
    let mut rng = ChaCha8Rng::seed_from_u64(index as u64);
    let start = Instant::now();
    let person = Person::draw(&mut rng, studio);
    spent.people = start.elapsed();
    for _ in 0..PER_PERSON {
        let start = Instant::now();
        let (actions, shot) = (act(&mut rng), Shot::draw(&mut rng));
        spent.chance += start.elapsed();
        let crop = renderer.crop(studio, &person, &actions, &shot, &align::template(112));
        spent.crops += usize::from(crop.is_some());
    }
    spent.rendering = renderer.take_times();
    spent
}

fn crops(studio: &Studio) -> Spent {
    let start = Instant::now();
    let mut spent = (0..CROPS / PER_PERSON)
        .into_par_iter()
        .map(|index| sitting(studio, index))
        .reduce(Spent::default, Spent::and);
    spent.wall = start.elapsed();
    spent
}

fn best_of_rounds(threads: usize, studio: &Studio) -> Result<Spent> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    let mut best = pool.install(|| crops(studio));
    for _ in 1..ROUNDS {
        let round = pool.install(|| crops(studio));
        if round.wall < best.wall {
            best = round;
        }
    }
    Ok(best)
}

fn main() -> Result<()> {
    let path = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let head = match path {
        Some(path) => Head::load(Path::new(&path))?,
        None => Head::built_in(),
    };
    println!("head {}", head.name);
    let studio = Studio::new(vec![head]);
    let cores = std::thread::available_parallelism()?.get();
    let doubling = std::iter::successors(Some(1), |threads| Some(threads * 2));
    let counts = doubling.take_while(|threads| *threads < cores);
    let mut alone = None;
    for threads in counts.chain([cores]) {
        let spent = best_of_rounds(threads, &studio)?;
        let one = *alone.get_or_insert(spent.rate());
        println!(
            "crops 112x112, {threads:3} threads: {:8.1} images/s, {:.2} times one thread",
            spent.rate(),
            spent.rate() / one
        );
        if threads == cores {
            for (name, share) in spent.shares() {
                println!("    {name:10} {:5.1} %", share * 100.0);
            }
        }
    }
    frames(&studio);
    Ok(())
}

fn frames(studio: &Studio) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let people: Vec<Person> = (0..16).map(|_| Person::draw(&mut rng, studio)).collect();
    let start = Instant::now();
    let faces: usize = (0..FRAMES)
        .into_par_iter()
        .map_init(Renderer::new, |renderer, index| {
            let mut rng = ChaCha8Rng::seed_from_u64(index as u64);
            renderer
                .crowd(studio, &people, &mut rng, [320, 240], Company::Any, act)
                .faces
                .len()
        })
        .sum();
    let rate = FRAMES as f64 / start.elapsed().as_secs_f64();
    println!(
        "frames 320x240:  {rate:8.1} images/s, {:.2} faces each",
        faces as f64 / FRAMES as f64
    );
}
