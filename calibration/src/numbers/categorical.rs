//! Distributions over classes beside the class that was true.

use super::LEAST;

/// Rows of probabilities and the true class of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Categorical {
    classes: usize,
    /// `[N, K]`.
    p: Vec<f32>,
    truth: Vec<usize>,
}

impl Categorical {
    /// None yet, of `classes` classes.
    #[must_use]
    pub const fn new(classes: usize) -> Self {
        Self {
            classes,
            p: Vec::new(),
            truth: Vec::new(),
        }
    }

    /// One more: its distribution, and which class is true.
    ///
    /// # Panics
    /// When `p` has another length than there are classes, or `truth` is none of them.
    pub fn push(&mut self, p: &[f32], truth: usize) {
        assert!(p.len() == self.classes && truth < self.classes);
        self.p.extend_from_slice(p);
        self.truth.push(truth);
    }

    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.truth.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// How many classes.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// Distribution and true class of every row.
    pub fn rows(&self) -> impl Iterator<Item = (&[f32], usize)> {
        let rows = self.p.chunks_exact(self.classes.max(1));
        rows.zip(self.truth.iter().copied())
    }

    /// Per row the probability of the likeliest class, and whether it was true; of equal ones the last
    /// counts, as in the daemon.
    #[must_use]
    pub fn confidences(&self) -> Vec<(f32, bool)> {
        let best = |(p, truth): (&[f32], usize)| {
            let best = p.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            best.map_or((0.0, false), |(class, &p)| (p, class == truth))
        };
        self.rows().map(best).collect()
    }

    /// Per row the probability of one class, and whether it was true.
    #[must_use]
    pub fn of_class(&self, class: usize) -> Vec<(f32, bool)> {
        self.rows()
            .map(|(p, truth)| (p[class], truth == class))
            .collect()
    }

    /// Share of rows whose likeliest class was true; 0 without any.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let right = self
            .confidences()
            .iter()
            .filter(|(_, right)| *right)
            .count();
        right as f64 / self.len().max(1) as f64
    }

    /// Mean over the classes that occur of the share of their rows whose likeliest class was true; 0 without
    /// any row.
    #[must_use]
    pub fn balanced_accuracy(&self) -> f64 {
        let mut right = vec![0_u32; self.classes];
        let mut all = right.clone();
        for ((_, hit), truth) in self.confidences().iter().zip(&self.truth) {
            right[*truth] += u32::from(*hit);
            all[*truth] += 1;
        }
        let occur = right.iter().zip(&all).filter(|(_, all)| **all > 0);
        let shares: Vec<f64> = occur
            .map(|(right, all)| f64::from(*right) / f64::from(*all))
            .collect();
        shares.iter().sum::<f64>() / shares.len().max(1) as f64
    }

    /// Mean negative log-likelihood of the true class; 0 without any row.
    #[must_use]
    pub fn log_loss(&self) -> f64 {
        let loss = |(p, truth): (&[f32], usize)| -f64::from(p[truth]).max(LEAST).ln();
        self.rows().map(loss).sum::<f64>() / self.len().max(1) as f64
    }

    /// Brier score (Brier 1950): mean squared distance to the distribution that is 1 in the true class,
    /// in [0, 2]; 0 without any row.
    #[must_use]
    pub fn brier(&self) -> f64 {
        let distance = |(p, truth): (&[f32], usize)| -> f64 {
            let target = |class| if class == truth { 1.0 } else { 0.0 };
            let p = p.iter().enumerate();
            p.map(|(class, &p)| (f64::from(p) - target(class)).powi(2))
                .sum()
        };
        self.rows().map(distance).sum::<f64>() / self.len().max(1) as f64
    }
}
