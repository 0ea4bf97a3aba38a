//! What a person is before anything is seen of it: age and sex, and what tends to follow.
//!
//! Takes chance; gives a [`Nature`]: age, sex, and how far a face goes with either. Everything that
//! follows is a tendency with wide overlap: traits lean by less than they vary among people of one
//! age and sex.
//!
//! How far proportions lean with sex and age is our own assumption, measured on nobody. Grey hair:
//! Panhard and others, British Journal of Dermatology 167:865 (2012): 74 % of people between 45 and 65.
//! Loss of hair: Rhodes and others, Dermatologic Surgery 24:1330 (1998): 53 % of men in their forties,
//! moderate or more. How many women's hair grows thin, and who dyes it, is assumed, too.

use facs::{PersonTraits, Sex};
use rand::{Rng, RngExt};

use super::dice::{between, chance, normal};
use crate::head::Proportion;

/// Youngest and oldest, in years.
const AGES: [f32; 2] = [18.0, 80.0];

/// Age, sex and what a face makes of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nature {
    /// In years.
    pub(super) age: f32,
    pub(super) sex: Sex,
    /// How far the face leans to what is usual among men: about -0.8 in women, 0.8 in men.
    pub(super) male: f32,
    /// How old the skin is, 0 to 1: age, and sun, sleep and smoke.
    pub(super) wear: f32,
    /// Share of the hair that is gone.
    pub(super) loss: f32,
    /// Share of the hair that is grey.
    pub(super) grey: f32,
}

impl Nature {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let age = AGES[0] + (AGES[1] - AGES[0]) * rng.random::<f32>().powf(1.6);
        let sex = if chance(rng, 0.5) {
            Sex::Male
        } else {
            Sex::Female
        };
        Self::of(rng, age, sex)
    }

    /// Somebody of this age and sex.
    pub(super) fn of(rng: &mut impl Rng, age: f32, sex: Sex) -> Self {
        let years = (age - AGES[0]) / (AGES[1] - AGES[0]);
        let (lean, most_lost, dyed) = match sex {
            Sex::Male => (0.8, 1.25, 0.07),
            Sex::Female => (-0.8, 0.25, 0.45),
        };
        let onset = 37.0 + normal(rng, 8.0);
        let grey = ((age - onset) / 30.0).clamp(0.0, 1.0);
        let dyed = chance(rng, dyed);
        Self {
            age,
            sex,
            male: lean + normal(rng, 0.55),
            wear: (years + normal(rng, 0.08)).clamp(0.0, 1.0),
            loss: (rng.random::<f32>() * most_lost * ((age - 14.0) / 50.0).min(1.0)).min(1.0),
            grey: if dyed { 0.1 * grey } else { grey },
        }
    }

    /// A person in the middle of life and between the sexes, as sheets show it.
    pub(super) const fn plain() -> Self {
        Self {
            age: 35.0,
            sex: Sex::Female,
            male: 0.0,
            wear: 0.25,
            loss: 0.0,
            grey: 0.0,
        }
    }

    /// What records say of the person.
    pub(super) fn traits(&self) -> PersonTraits {
        PersonTraits {
            age_years: self.age as u8,
            sex: self.sex,
        }
    }

    /// Standard deviations of age around the middle of life.
    pub(super) fn years(&self) -> f32 {
        (self.age - 45.0) / 17.0
    }

    /// How far each proportion of the face leans, in standard deviations.
    pub(super) fn leaning(&self) -> [f32; Proportion::ALL.len()] {
        Proportion::ALL.map(|proportion| {
            let (male, years) = tendency(proportion);
            male * self.male + years * self.years()
        })
    }

    /// True in `female` to `male` of cases, by the lean of the face.
    pub(super) fn chance(&self, rng: &mut impl Rng, female: f64, male: f64) -> bool {
        let share = match self.sex {
            Sex::Female => female,
            Sex::Male => male,
        };
        chance(rng, share)
    }

    /// A value around `female` or `male`, a little to either side.
    pub(super) fn about(&self, rng: &mut impl Rng, female: f32, male: f32, spread: f32) -> f32 {
        let share = (0.5 + 0.6 * self.male).clamp(-0.2, 1.2);
        female + (male - female) * share + between(rng, -spread, spread)
    }
}

/// By how many standard deviations a proportion grows with the lean to men's faces, and with 17
/// years more: assumed.
fn tendency(proportion: Proportion) -> (f32, f32) {
    match proportion {
        Proportion::JawWidth => (0.75, 0.1),
        Proportion::FaceLength => (0.45, 0.1),
        Proportion::BrowRidge => (0.75, 0.15),
        Proportion::BrowHeight => (-0.6, -0.15),
        Proportion::NoseLength => (0.45, 0.35),
        Proportion::NoseWidth => (0.5, 0.2),
        Proportion::LipFullness => (-0.4, -0.6),
        Proportion::CheekFullness => (-0.3, -0.35),
        Proportion::Jowls => (0.05, 0.75),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn population() -> Vec<Nature> {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        (0..4000).map(|_| Nature::draw(&mut rng)).collect()
    }

    fn mean(people: impl Iterator<Item = f32>) -> f32 {
        let (sum, count) = people.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
        sum / count as f32
    }

    #[test]
    fn ages_and_sexes_are_spread_as_documented() {
        let people = population();
        assert!(
            people
                .iter()
                .all(|nature| (18.0..=80.0).contains(&nature.age))
        );
        let men = people.iter().filter(|nature| nature.sex == Sex::Male);
        assert!(men.count().abs_diff(2000) < 130);
        let old = people.iter().filter(|nature| nature.age > 60.0).count();
        assert!((600..1200).contains(&old), "{old} of 4000 beyond 60");
    }

    #[test]
    fn sexes_differ_on_average_and_overlap() {
        let people = population();
        let jaw = |nature: &Nature| nature.leaning()[Proportion::JawWidth.index()];
        let [women, men] = [Sex::Female, Sex::Male]
            .map(|sex| people.iter().filter(move |nature| nature.sex == sex));
        let [of_women, of_men] = [women.clone(), men.clone()].map(|some| mean(some.map(jaw)));
        assert!((0.9..1.5).contains(&(of_men - of_women)));
        let wide = women.clone().filter(|nature| jaw(nature) > 0.0).count() as f32;
        let share = wide / women.count() as f32;
        assert!((0.02..0.2).contains(&share), "{share}");
        // With the variation among people of one sex, more than a fifth of women have the wider jaw.
        assert!(men.filter(|nature| jaw(nature) < 0.0).count() > 30);
    }

    #[test]
    fn hair_greys_and_recedes_as_published() {
        let people = population();
        let share = |some: &dyn Fn(&Nature) -> bool, is: &dyn Fn(&Nature) -> bool| {
            let of: Vec<&Nature> = people.iter().filter(|nature| some(nature)).collect();
            of.iter().filter(|nature| is(nature)).count() as f32 / of.len() as f32
        };
        let middle =
            |nature: &Nature| (45.0..65.0).contains(&nature.age) && nature.sex == Sex::Male;
        let grey = share(&middle, &|nature| nature.grey > 0.1);
        assert!((0.65..0.95).contains(&grey), "{grey}");
        let forties =
            |nature: &Nature| (40.0..50.0).contains(&nature.age) && nature.sex == Sex::Male;
        let lost = share(&forties, &|nature| nature.loss > 0.35);
        assert!((0.4..0.65).contains(&lost), "{lost}");
        let women = |nature: &Nature| nature.sex == Sex::Female;
        assert_eq!(share(&women, &|nature| nature.loss > 0.35), 0.0);
    }
}
