//! Limits of quality: beyond which size, blur or pose a classifier errs too often.
//!
//! Takes a quantity and an error in [0, 1] per face; gives the value at which the expected error reaches
//! what is allowed. That the error never falls as the quantity gets worse is all that is assumed: it is
//! estimated by isotonic regression.

use serde::Serialize;

use super::isotonic;

/// Which way a quantity gets worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// As a turn of the head.
    Above,
    /// As size and sharpness.
    Below,
}

/// Where faces stop to be read well enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Nowhere: the expected error is allowed for all that was seen.
    Nowhere,
    /// Here; this share of faces is on the good side.
    At {
        /// The last value with an allowed error, in the quantity's unit.
        value: f64,
        /// Share of faces that are no worse.
        coverage: f64,
    },
    /// Everywhere: the best faces have too large an error.
    Everywhere,
}

impl Limit {
    /// Whether a value is on the good side.
    #[must_use]
    pub fn holds(self, value: f64, worse: Worse) -> bool {
        match (self, worse) {
            (Self::Nowhere, _) => true,
            (Self::Everywhere, _) => false,
            (Self::At { value: limit, .. }, Worse::Above) => value <= limit,
            (Self::At { value: limit, .. }, Worse::Below) => value >= limit,
        }
    }
}

/// Where the expected error comes to be above `most`. `faces`: (quantity, error).
#[must_use]
pub fn of(faces: &[(f64, f64)], worse: Worse, most: f64) -> Limit {
    let sign = match worse {
        Worse::Above => 1.0,
        Worse::Below => -1.0,
    };
    let points: Vec<_> = faces.iter().map(|(x, error)| (sign * x, *error)).collect();
    let blocks = isotonic::fit(&points);
    let good = blocks.partition_point(|block| block.value <= most);
    let Some(bad) = blocks.get(good) else {
        return Limit::Nowhere;
    };
    let Some(good) = good.checked_sub(1).map(|last| blocks[last]) else {
        return Limit::Everywhere;
    };
    // On the line from the last good face to the first of the bad ones.
    let share = (most - good.value) / (bad.value - good.value);
    let value = good.high + share * (bad.low - good.high);
    let within = points.iter().filter(|(x, _)| *x <= value).count();
    Limit::At {
        value: sign * value,
        coverage: within as f64 / faces.len() as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_limit_is_where_the_error_crosses() {
        let faces = [(10.0, 0.0), (20.0, 0.2), (30.0, 0.6), (40.0, 0.8)];
        let value = |worse, most| of(&faces, worse, most);
        assert_eq!(
            value(Worse::Above, 0.4),
            Limit::At {
                value: 25.0,
                coverage: 0.5
            }
        );
        let limit = value(Worse::Above, 0.4);
        assert!(limit.holds(25.0, Worse::Above) && !limit.holds(25.1, Worse::Above));
        assert!(limit.holds(25.0, Worse::Below) && !limit.holds(24.9, Worse::Below));
        assert_eq!(value(Worse::Above, 0.8), Limit::Nowhere);
        assert_eq!(value(Worse::Above, -0.1), Limit::Everywhere);
        // Here the largest are the worst, which no order that falls can say.
        assert_eq!(value(Worse::Below, 0.39), Limit::Everywhere);
        assert_eq!(value(Worse::Below, 0.4), Limit::Nowhere);
    }

    #[test]
    fn a_limit_is_found_among_noise() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let faces: Vec<_> = (0..20_000)
            .map(|_| {
                let size = rng.random_range(20.0..200.0);
                // One half at 20 pixels, a tenth from 100 on.
                let rate = f64::max(0.1, 0.5 - 0.4 * (size - 20.0) / 80.0);
                (size, f64::from(u8::from(rng.random::<f64>() < rate)))
            })
            .collect();
        let Limit::At { value, coverage } = of(&faces, Worse::Below, 0.3) else {
            panic!("there is one")
        };
        assert!((value - 60.0).abs() < 8.0, "{value}");
        assert!((coverage - (200.0 - value) / 180.0).abs() < 0.02);
    }
}
