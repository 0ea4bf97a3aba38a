//! How often a classifier is right at a given symmetry, and how sure that is.
//!
//! Takes the scores of a classifier on faces of known symmetry and label; gives the share whose
//! highest score is that of the label (Table 4 of the paper: symmetries 0, 0.5 and 1) with Wilson's
//! interval.

use statrs::distribution::{ContinuousCDF, Normal};

use serde::{Deserialize, Serialize};

use super::{StatisticsError, error::check_finite, holm::check_level};

/// What a classifier said of one face.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The symmetry that the face was drawn with.
    pub symmetry: f64,
    /// One score per class, probabilities or logits.
    pub scores: &'a [f64],
    /// The class that the face shows.
    pub label: usize,
}

/// A share of right answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Right answers.
    pub right: usize,
    /// All answers.
    pub answers: usize,
    /// Right ones among all.
    pub share: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Accuracy {
    /// The share of `right` among `answers` with Wilson's score interval, which stays within 0 and 1
    /// and covers well for few answers and for shares near the ends (Wilson 1927).
    ///
    /// # Errors
    /// [`StatisticsError`] without answers, for more right answers than answers, and for a
    /// `confidence` that is not between 0 and 1.
    pub fn new(right: usize, answers: usize, confidence: f64) -> Result<Self, StatisticsError> {
        check_level("confidence", confidence)?;
        let least = right.max(1);
        if answers < least {
            return Err(StatisticsError::TooFew {
                of: "answers",
                found: answers,
                least,
            });
        }
        let z = Normal::standard().inverse_cdf(0.5 + confidence / 2.0);
        let count = answers as f64;
        let share = right as f64 / count;
        let shrinkage = 1.0 + z * z / count;
        let centre = (share + z * z / (2.0 * count)) / shrinkage;
        let spread = share * (1.0 - share) / count + z * z / (4.0 * count * count);
        let half_width = z * spread.sqrt() / shrinkage;
        let (low, high) = (centre - half_width, centre + half_width);
        Ok(Self {
            right,
            answers,
            share,
            low: if right == 0 { 0.0 } else { low },
            high: if right == answers { 1.0 } else { high },
        })
    }
}

/// The accuracy over the answers whose symmetry is `symmetry`, up to rounding. Of equal scores the
/// first counts, as in `numpy.argmax`.
///
/// # Errors
/// [`StatisticsError`] when no face has this symmetry, for a label without score, for scores that
/// are not finite, and for a `confidence` that is not between 0 and 1.
pub fn accuracy_at<'a>(
    symmetry: f64,
    answers: impl IntoIterator<Item = Answer<'a>>,
    confidence: f64,
) -> Result<Accuracy, StatisticsError> {
    let mut right = 0;
    let mut counted = 0;
    for (at, answer) in answers.into_iter().enumerate() {
        if (answer.symmetry - symmetry).abs() > 1e-9 {
            continue;
        }
        check_finite("scores of an answer", answer.scores)?;
        if answer.label >= answer.scores.len() {
            return Err(StatisticsError::NoClass {
                of: "answer",
                at,
                label: answer.label,
                classes: answer.scores.len(),
            });
        }
        counted += 1;
        right += usize::from(highest(answer.scores) == answer.label);
    }
    Accuracy::new(right, counted, confidence)
}

/// The place of the highest score, the first of several.
fn highest(scores: &[f64]) -> usize {
    let mut best = 0;
    for (place, &score) in scores.iter().enumerate() {
        if score > scores[best] {
            best = place;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(symmetry: f64, scores: &[f64], label: usize) -> Answer<'_> {
        Answer {
            symmetry,
            scores,
            label,
        }
    }

    #[test]
    fn only_faces_of_the_symmetry_count() {
        let answers = [
            answer(0.5, &[0.1, 0.9], 1),
            answer(0.1 + 0.4, &[0.8, 0.2], 1),
            answer(1.0, &[0.8, 0.2], 0),
        ];
        let found = accuracy_at(0.5, answers, 0.95).unwrap();
        assert_eq!((found.right, found.answers, found.share), (1, 2, 0.5));
    }

    #[test]
    fn of_equal_scores_the_first_counts() {
        let at = |label| accuracy_at(0.0, [answer(0.0, &[0.4, 0.4, 0.2], label)], 0.95);
        assert_eq!(at(0).unwrap().right, 1);
        assert_eq!(at(1).unwrap().right, 0);
    }

    #[test]
    fn the_interval_ends_where_shares_end() {
        let none = Accuracy::new(0, 7, 0.95).unwrap();
        let all = Accuracy::new(7, 7, 0.95).unwrap();
        assert_eq!((none.low, all.high), (0.0, 1.0));
        assert!((none.high - (1.0 - all.low)).abs() < 1e-12 && none.high > 0.3);
    }

    #[test]
    fn answers_that_say_nothing_are_refused() {
        let refused = |scores: &[f64], label| {
            accuracy_at(0.0, [answer(0.0, scores, label)], 0.95).unwrap_err()
        };
        insta::assert_snapshot!(refused(&[0.1, 0.9], 2), @"answer 0: label 2, but there are 2 classes, counted from 0");
        insta::assert_snapshot!(refused(&[0.1, f64::NAN], 0), @"scores of an answer, place 1: NaN is no finite number");
        insta::assert_snapshot!(accuracy_at(0.0, [], 0.95).unwrap_err(), @"0 answers, but at least 1 are needed");
        insta::assert_snapshot!(Accuracy::new(3, 2, 0.95).unwrap_err(), @"2 answers, but at least 3 are needed");
    }
}
