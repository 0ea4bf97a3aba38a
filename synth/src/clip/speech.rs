//! Talking: a chain of mouth shapes.
//!
//! Takes chance and a span of time; gives at any time how far lips and jaw are from rest. The
//! shapes are those of the 14 visemes of MPEG-4 facial animation, those that a small picture
//! cannot tell apart being one. Neighbouring shapes blend, as in fluent speech.

use facs::ActionUnit;
use rand::{Rng, RngExt};

use super::course::smooth;
use crate::look::dice::{between, chance};

const UNITS: usize = ActionUnit::COUNT;

/// What a mouth does for a sound: FACS intensities, and how far lips are pursed, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Mouth {
    /// AU25.
    part: f32,
    /// AU26.
    jaw: f32,
    /// AU20.
    spread: f32,
    /// AU10.
    raise: f32,
    /// AU24.
    press: f32,
    /// Lips forward and together (AU18), which has no label.
    pucker: f32,
}

const fn mouth(part: f32, jaw: f32, spread: f32, raise: f32, press: f32, pucker: f32) -> Mouth {
    Mouth {
        part,
        jaw,
        spread,
        raise,
        press,
        pucker,
    }
}

/// As in f*a*ther, b*e*d, t*i*p, t*o*p, b*oo*k.
const VOWELS: [Mouth; 5] = [
    mouth(3.0, 3.2, 0.0, 0.3, 0.0, 0.0),
    mouth(2.4, 1.8, 0.9, 0.3, 0.0, 0.0),
    mouth(1.8, 0.8, 1.5, 0.2, 0.0, 0.0),
    mouth(2.4, 2.0, 0.0, 0.2, 0.0, 0.6),
    mouth(1.3, 0.7, 0.0, 0.0, 0.0, 1.0),
];
/// As in *p*ut, *f*ar, *t*ip, *sh*e, *k*ey.
const CONSONANTS: [Mouth; 5] = [
    mouth(0.0, 0.2, 0.0, 0.0, 1.2, 0.1),
    mouth(0.9, 0.4, 0.2, 0.7, 0.0, 0.0),
    mouth(1.4, 0.5, 0.4, 0.1, 0.0, 0.0),
    mouth(1.5, 0.4, 0.0, 0.2, 0.0, 0.7),
    mouth(1.6, 1.1, 0.3, 0.1, 0.0, 0.0),
];

/// What a mouth says over a span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Speech {
    /// Shapes and when they are reached, in seconds; rest at both ends.
    shapes: Vec<(f32, Mouth)>,
}

impl Speech {
    /// Words between two times in seconds, four or five syllables a second, with pauses.
    pub fn draw(rng: &mut impl Rng, from: f32, to: f32) -> Self {
        let vigour = between(rng, 0.55, 1.05);
        let mut shapes = vec![(from, Mouth::default())];
        let mut time = from;
        while time < to - 0.4 {
            for _ in 0..rng.random_range(2..9) {
                time += between(rng, 0.06, 0.12);
                let consonant = CONSONANTS[rng.random_range(0..CONSONANTS.len())];
                shapes.push((time, consonant.scaled(vigour)));
                time += between(rng, 0.09, 0.2);
                let stress = if chance(rng, 0.3) { 1.15 } else { 0.85 };
                let vowel = VOWELS[rng.random_range(0..VOWELS.len())];
                shapes.push((time, vowel.scaled(vigour * stress)));
            }
            time += 0.12;
            shapes.push((time, Mouth::default()));
            time += between(rng, 0.05, 0.5);
            shapes.push((time, Mouth::default()));
        }
        shapes.retain(|(time, _)| *time < to - 0.1);
        shapes.push((to, Mouth::default()));
        Self { shapes }
    }

    /// Adds what the mouth says at a time to what both sides of the face do; gives how far the lips
    /// are pursed.
    pub(super) fn speak(&self, time: f32, sides: [&mut [f32; UNITS]; 2]) -> f32 {
        let mouth = self.at(time);
        for side in sides {
            mouth.shape(side);
        }
        mouth.pucker
    }

    fn at(&self, time: f32) -> Mouth {
        let next = self.shapes.partition_point(|(reached, _)| *reached <= time);
        let (Some(before), Some(after)) = (
            next.checked_sub(1).map(|i| self.shapes[i]),
            self.shapes.get(next),
        ) else {
            return Mouth::default();
        };
        let share = smooth((time - before.0) / (after.0 - before.0));
        before.1.blend(after.1, share)
    }
}

impl Mouth {
    fn values(self) -> [f32; 6] {
        [
            self.part,
            self.jaw,
            self.spread,
            self.raise,
            self.press,
            self.pucker,
        ]
    }

    fn of([part, jaw, spread, raise, press, pucker]: [f32; 6]) -> Self {
        mouth(part, jaw, spread, raise, press, pucker)
    }

    fn scaled(self, by: f32) -> Self {
        let mut scaled = Self::of(self.values().map(|value| value * by));
        scaled.pucker = scaled.pucker.min(1.0);
        scaled
    }

    fn blend(self, other: Self, share: f32) -> Self {
        let (from, to) = (self.values(), other.values());
        Self::of(std::array::from_fn(|i| from[i] + (to[i] - from[i]) * share))
    }

    /// Lips that press give way to parting and the other way round; all else adds up.
    fn shape(self, units: &mut [f32; UNITS]) {
        let mut at = |unit: ActionUnit, keep: f32, least: f32| {
            let value = &mut units[unit.index()];
            *value = (*value * keep).max(least);
        };
        let closed = 1.0 - self.press.min(1.0);
        let open = 1.0 - (0.5 * self.part).min(1.0);
        at(ActionUnit::Au25, closed, self.part);
        at(ActionUnit::Au26, closed, self.jaw);
        at(ActionUnit::Au24, open, self.press);
        at(ActionUnit::Au23, open, 0.0);
        at(ActionUnit::Au28, open, 0.0);
        at(ActionUnit::Au20, 1.0, self.spread);
        at(ActionUnit::Au10, 1.0, self.raise);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn units(speech: &Speech, time: f32) -> [f32; UNITS] {
        let [mut left, mut right] = [[0.0; UNITS]; 2];
        speech.speak(time, [&mut left, &mut right]);
        assert_eq!(left, right);
        left
    }

    #[test]
    fn mouths_open_and_close_several_times_a_second_and_rest_outside() {
        let speech = Speech::draw(&mut ChaCha8Rng::seed_from_u64(5), 1.0, 4.0);
        assert_eq!(units(&speech, 0.9), [0.0; UNITS]);
        assert_eq!(units(&speech, 4.1), [0.0; UNITS]);
        let jaw = |step: i32| units(&speech, 1.0 + step as f32 / 60.0)[ActionUnit::Au26.index()];
        let turns =
            (1..179).filter(|&step| jaw(step) > jaw(step - 1) && jaw(step) >= jaw(step + 1));
        let turns = turns.count();
        assert!((6..=18).contains(&turns), "{turns} syllables in 3 s");
    }

    #[test]
    fn pressed_lips_do_not_part() {
        let mut smiling = [0.0; UNITS];
        smiling[ActionUnit::Au25.index()] = 3.0;
        CONSONANTS[0].shape(&mut smiling);
        assert_eq!(smiling[ActionUnit::Au25.index()], 0.0);
        let mut angry = [0.0; UNITS];
        angry[ActionUnit::Au24.index()] = 4.0;
        VOWELS[0].shape(&mut angry);
        assert_eq!(angry[ActionUnit::Au24.index()], 0.0);
    }
}
