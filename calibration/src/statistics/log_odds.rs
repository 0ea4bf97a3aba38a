//! Probabilities as log-odds.

/// Probabilities as far from 0 and 1 as 32-bit softmaxes tell.
const LEAST: f64 = 1e-6;

/// Log-odds `ln(p / (1 - p))` of a probability clipped to [1e-6, 1 - 1e-6]: the logit of a class less the
/// log of the summed exponentials of all others, which is what softmax leaves of it.
#[must_use]
pub fn log_odds(p: f32) -> f64 {
    let p = f64::from(p).clamp(LEAST, 1.0 - LEAST);
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_are_logits_less_those_of_all_others() {
        let logits = [1.5_f32, -0.3, 0.8];
        let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
        let others = logits[1].exp() + logits[2].exp();
        let wanted = f64::from(logits[0] - others.ln());
        assert!((log_odds(logits[0].exp() / sum) - wanted).abs() < 1e-6);
        let most = (0.999_999_f64 / 1e-6).ln();
        assert!((log_odds(1.0) - most).abs() < 1e-9 && (log_odds(0.0) + most).abs() < 1e-9);
    }
}
