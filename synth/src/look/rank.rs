//! Where a person or a shot stands among all that could be drawn: in [0, 1), uniform over draws.
//!
//! What a network must not use is measured on what was drawn, not prescribed to it, so that
//! pictures stay what they are and only the faces they are paired with change.

use std::sync::OnceLock;

use glam::Vec3;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Person, Shot, colour, film::Film, lamps};
use crate::render::Lighting;

/// Draws that stand for the population.
const DRAWS: usize = 4096;

/// A population, as the sorted values of one measure.
type Population = OnceLock<Vec<f32>>;

impl Person {
    /// How light the skin is among all skins.
    #[must_use]
    pub fn tone_rank(&self) -> f32 {
        static SKINS: Population = OnceLock::new();
        let draw = |rng: &mut ChaCha8Rng| colour::luma(colour::skin(rng));
        rank(&SKINS, draw, colour::luma(self.complexion.skin))
    }
}

impl Shot {
    /// How soft the light is among all lights: from one lamp to an overcast sky.
    #[must_use]
    pub fn softness_rank(&self) -> f32 {
        static LIGHTS: Population = OnceLock::new();
        let draw = |rng: &mut ChaCha8Rng| softness(&lamps::draw(rng).0);
        rank(&LIGHTS, draw, softness(&self.lighting))
    }

    /// How brightly the camera exposes among all cameras.
    #[must_use]
    pub fn exposure_rank(&self) -> f32 {
        static FILMS: Population = OnceLock::new();
        let draw = |rng: &mut ChaCha8Rng| {
            let (_, dark) = lamps::draw(rng);
            Film::draw(rng, dark).exposure
        };
        rank(&FILMS, draw, self.film.exposure)
    }
}

/// Share of the light that comes from everywhere.
fn softness(lighting: &Lighting) -> f32 {
    let ambient = 2.0 * colour::luma(lighting.surroundings.mean());
    let lamps: Vec3 = lighting.lights.iter().map(|light| light.colour).sum();
    ambient / (ambient + colour::luma(lamps)).max(f32::MIN_POSITIVE)
}

fn rank(population: &Population, draw: impl Fn(&mut ChaCha8Rng) -> f32, value: f32) -> f32 {
    let sorted = population.get_or_init(|| {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut values: Vec<f32> = (0..DRAWS).map(|_| draw(&mut rng)).collect();
        values.sort_by(f32::total_cmp);
        values
    });
    let below = sorted.partition_point(|other| *other < value);
    // The highest rank stays below 1.
    below as f32 / (sorted.len() + 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_uniform_and_order_what_is_drawn() {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let shots: Vec<Shot> = (0..600).map(|_| Shot::draw(&mut rng)).collect();
        for rank in [Shot::softness_rank, Shot::exposure_rank] {
            let ranks: Vec<f32> = shots.iter().map(rank).collect();
            assert!(ranks.iter().all(|rank| (0.0..1.0).contains(rank)));
            for quarter in 1..4 {
                let share = quarter as f32 / 4.0;
                let below = ranks.iter().filter(|rank| **rank < share).count() as f32 / 600.0;
                assert!(
                    (below - share).abs() < 0.07,
                    "{below} of ranks below {share}"
                );
            }
        }
        // Shots beyond all that stand for the population share a rank.
        for pair in shots.windows(2) {
            let by_exposure = pair[0].film.exposure.total_cmp(&pair[1].film.exposure);
            let by_rank = pair[0].exposure_rank().total_cmp(&pair[1].exposure_rank());
            assert!(by_rank == by_exposure || by_rank.is_eq());
        }
    }
}
