//! Maps of one unit's probability, and which kind of map a unit gets.
//!
//! Takes (probability, truth) of one unit; gives a [`ProbabilityMap`] of at most [`MOST_KNOTS`] knots, or
//! none where the unit is best left as it is.
//!
//! The rule: [`Method::Platt`] may be fitted from 10 cases of either kind on, [`Method::Isotonic`] from 100
//! on (it follows any shape, but must see it). Of these and [`Method::AsIs`] the one of least log loss in
//! five-fold cross-validation is taken, the simpler of equals; folds never divide a group, such as the
//! pictures of one person. Then it is fitted to all cases.

use facs::ProbabilityMap;

use super::{
    FitError, counts,
    isotonic::{self, Block},
    log_loss,
    platt::{self, Platt, sigmoid},
};

/// A map has no more knots.
pub const MOST_KNOTS: usize = 16;
/// Isotonic regression needs so many cases of either kind.
pub const LEAST_ISOTONIC: usize = 100;
/// Parts of the cross-validation.
const FOLDS: u64 = 5;
/// A sigmoid is sampled between these logits, 0.0001 and 0.9999, and level beyond.
const REACH: f64 = 9.21;
const SAMPLES: u32 = 185;

/// A kind of map, the simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// No map.
    AsIs,
    /// A sigmoid of the logit ([`platt`]).
    Platt,
    /// Isotonic regression ([`isotonic`]), straight between the centres of its blocks ("centered isotonic
    /// regression", Oron and Flournoy 2017), so that what was told apart before is told apart after.
    Isotonic,
}

impl Method {
    const ALL: [Self; 3] = [Self::AsIs, Self::Platt, Self::Isotonic];

    /// For reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsIs => "as is",
            Self::Platt => "Platt",
            Self::Isotonic => "isotonic",
        }
    }

    /// The map that this method makes of the cases; none as they are.
    ///
    /// # Errors
    /// [`FitError`] with too few cases, or where more probable is not more often true.
    pub fn fit(self, cases: &[(f32, bool)]) -> Result<Option<ProbabilityMap>, FitError> {
        match self {
            Self::AsIs => Ok(None),
            Self::Platt => Ok(Some(of_sigmoid(platt::fit(cases)?)?)),
            Self::Isotonic => {
                let (positives, negatives) = counts(cases);
                if positives.min(negatives) < LEAST_ISOTONIC {
                    return Err(FitError::Few {
                        positives,
                        negatives,
                        least: LEAST_ISOTONIC,
                    });
                }
                let point = |&(p, truth): &(f32, bool)| (f64::from(p), f64::from(u8::from(truth)));
                let points: Vec<_> = cases.iter().map(point).collect();
                Ok(Some(of_blocks(&isotonic::fit(&points), cases.len())?))
            }
        }
    }
}

/// A map and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedMap {
    /// What was best.
    pub method: Method,
    /// None where that is no map.
    pub map: Option<ProbabilityMap>,
    /// Cross-validated log loss of the methods that could be fitted.
    pub losses: Vec<(Method, f64)>,
}

/// The best map by the rule above. `groups`: one number per case, equal for cases that belong together
/// and otherwise arbitrary.
///
/// # Errors
/// [`FitError::Few`] when there are too few cases for any map.
///
/// # Panics
/// When there are not as many groups as cases.
pub fn fit(cases: &[(f32, bool)], groups: &[u64]) -> Result<FittedMap, FitError> {
    assert_eq!(cases.len(), groups.len());
    let (positives, negatives) = counts(cases);
    if positives.min(negatives) < platt::LEAST_CASES {
        return Err(FitError::Few {
            positives,
            negatives,
            least: platt::LEAST_CASES,
        });
    }
    let losses = Method::ALL.map(|method| (method, validated(method, cases, groups)));
    let losses: Vec<_> = losses
        .into_iter()
        .filter_map(|(method, loss)| Some((method, loss.ok()?)))
        .collect();
    // The first of equals.
    let best = losses.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let method = best.map_or(Method::AsIs, |best| best.0);
    Ok(FittedMap {
        method,
        map: method.fit(cases)?,
        losses,
    })
}

/// Log loss of every case by the map that the other folds make.
fn validated(method: Method, cases: &[(f32, bool)], groups: &[u64]) -> Result<f64, FitError> {
    let mut told = Vec::with_capacity(cases.len());
    for fold in 0..FOLDS {
        let part = |inside: bool| {
            let both = cases.iter().zip(groups);
            let part = both.filter(move |(_, group)| (**group % FOLDS == fold) == inside);
            part.map(|(case, _)| *case).collect::<Vec<_>>()
        };
        let held = part(true);
        if held.is_empty() {
            continue;
        }
        let map = method.fit(&part(false))?;
        let apply = |p| map.as_ref().map_or(p, |map| map.apply(p));
        told.extend(held.into_iter().map(|(p, truth)| (apply(p), truth)));
    }
    Ok(log_loss(&told))
}

/// Straight between the blocks' centres. No value is nearer to 0 or 1 than `1 / (cases + 2)`: never seen is
/// not impossible. An error counts by the spread that it stands out from, `1 / sqrt(points)`.
fn of_blocks(blocks: &[Block], cases: usize) -> Result<ProbabilityMap, FitError> {
    let least = 1.0 / (cases as f64 + 2.0);
    let knot = |block: &Block| Knot {
        x: block.centre,
        y: block.value.clamp(least, 1.0 - least),
        weight: (block.points as f64).sqrt(),
    };
    of_knots(&blocks.iter().map(knot).collect::<Vec<_>>())
}

fn of_sigmoid(platt: Platt) -> Result<ProbabilityMap, FitError> {
    let knot = |number| {
        let place = f64::from(number) / f64::from(SAMPLES - 1);
        let x = sigmoid(REACH * (2.0 * place - 1.0));
        Knot {
            x,
            y: platt.apply(x),
            weight: 1.0,
        }
    };
    of_knots(&(0..SAMPLES).map(knot).collect::<Vec<_>>())
}

/// A place that a map should go through, and how much it matters.
struct Knot {
    x: f64,
    y: f64,
    weight: f64,
}

/// A map through at most [`MOST_KNOTS`] of rising knots.
fn of_knots(knots: &[Knot]) -> Result<ProbabilityMap, FitError> {
    let kept = thin(knots, MOST_KNOTS);
    let single = |index: usize| [knots[index].x as f32, knots[index].y as f32];
    let mut knots: Vec<[f32; 2]> = kept.into_iter().map(single).collect();
    // What single precision does not tell apart.
    knots.dedup_by_key(|knot| knot[0]);
    ProbabilityMap::new(knots).map_err(|_one_block| FitError::Falling)
}

/// The ends and, until there are `most`, the knot from which the line between its kept neighbours errs most
/// (as Ramer 1972 and Douglas and Peucker 1973 choose); gives their places, rising.
fn thin(knots: &[Knot], most: usize) -> Vec<usize> {
    let mut kept = vec![0, knots.len().saturating_sub(1)];
    while kept.len() < most.min(knots.len()) {
        let worst = kept
            .windows(2)
            .flat_map(|ends| (ends[0] + 1..ends[1]).map(move |index| (index, ends)))
            .map(|(index, ends)| (error(knots, index, ends), index))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, worst)) = worst else { break };
        let place = kept.partition_point(|index| *index < worst);
        kept.insert(place, worst);
    }
    kept.truncate(knots.len());
    kept
}

/// How far the line between two knots misses one between them, by its weight.
fn error(knots: &[Knot], index: usize, ends: &[usize]) -> f64 {
    let (start, knot, end) = (&knots[ends[0]], &knots[index], &knots[ends[1]]);
    let share = (knot.x - start.x) / (end.x - start.x);
    (start.y + share * (end.y - start.y) - knot.y).abs() * knot.weight
}

#[cfg(test)]
mod tests {
    use super::{super::platt::logit, *};
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Cases whose truth follows `rate` of the probability.
    fn cases(count: usize, seed: u64, rate: impl Fn(f64) -> f64) -> (Vec<(f32, bool)>, Vec<u64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let case = |_| {
            let p: f32 = rng.random();
            (p, rng.random::<f64>() < rate(f64::from(p)))
        };
        ((0..count).map(case).collect(), (0..count as u64).collect())
    }

    #[test]
    fn the_method_follows_from_the_data() {
        let of = |count, rate: fn(f64) -> f64| {
            let (cases, groups) = cases(count, 5, rate);
            fit(&cases, &groups).unwrap()
        };
        // Sure of itself by a factor of three in logits.
        assert_eq!(of(2000, |p| sigmoid(logit(p) / 3.0)).method, Method::Platt);
        // No sigmoid: a step.
        let step = of(4000, |p| if p < 0.7 { 0.1 } else { 0.5 });
        assert_eq!(step.method, Method::Isotonic);
        let map = step.map.unwrap();
        assert!((map.apply(0.4) - 0.1).abs() < 0.05 && (map.apply(0.9) - 0.5).abs() < 0.05);
        // The same step, too few cases to see it.
        let few = of(150, |p| if p < 0.7 { 0.1 } else { 0.5 });
        assert!(
            few.losses
                .iter()
                .all(|(method, _)| *method != Method::Isotonic)
        );
        // True to its word already.
        let calibrated = of(3000, |p| p);
        assert!(
            calibrated.method < Method::Isotonic,
            "{:?}",
            calibrated.losses
        );
    }

    #[test]
    fn without_enough_cases_or_groups_there_is_no_map() {
        let (few, groups) = cases(30, 1, |_| 0.1);
        assert!(matches!(
            fit(&few, &groups),
            Err(FitError::Few { least: 10, .. })
        ));
        // One person alone: nobody is left to validate with.
        let (one, _) = cases(500, 1, |p| p * p);
        let fitted = fit(&one, &vec![7; 500]).unwrap();
        assert_eq!((fitted.method, fitted.map), (Method::AsIs, None));
    }

    #[test]
    fn few_knots_follow_a_sigmoid() {
        for slope in [0.2, 0.5, 1.0, 3.0, 5.0] {
            for offset in [-2.0, 0.0, 1.0] {
                let platt = Platt { slope, offset };
                let map = of_sigmoid(platt).unwrap();
                assert!(map.knots().len() <= MOST_KNOTS);
                for n in 1..1000 {
                    let p = n as f32 / 1000.0;
                    let error = f64::from(map.apply(p)) - platt.apply(f64::from(p));
                    assert!(error.abs() < 0.015, "{slope} {offset} {p}: {error}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_the_cases_a_map_is_short_and_never_certain(
            cases in prop::collection::vec((0.0_f32..=1.0, any::<bool>()), 200..600),
        ) {
            for method in [Method::Platt, Method::Isotonic] {
                let Ok(Some(map)) = method.fit(&cases) else { continue };
                prop_assert!(map.knots().len() <= MOST_KNOTS);
                for p in [0.0, 1.0] {
                    prop_assert!(map.apply(p) > 0.0 && map.apply(p) < 1.0);
                }
            }
        }
    }
}
