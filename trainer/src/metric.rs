//! Figures from predictions and labels; pure functions.

/// F1 of the pairs (probability, label) at a threshold: `2 TP / (2 TP + FP + FN)`, 0 without any
/// positive.
#[must_use]
pub fn f1(pairs: &[(f32, bool)], threshold: f32) -> f64 {
    let (mut hits, mut errors) = (0_usize, 0_usize);
    for &(p, label) in pairs {
        match (p >= threshold, label) {
            (true, true) => hits += 1,
            (true, false) | (false, true) => errors += 1,
            (false, false) => {}
        }
    }
    if hits == 0 {
        0.0
    } else {
        2.0 * hits as f64 / (2 * hits + errors) as f64
    }
}

/// The threshold in (0, 1) with the best F1: halfway between two neighbouring probabilities. One
/// half when no label is positive.
#[must_use]
pub fn best_f1_threshold(pairs: &[(f32, bool)]) -> f32 {
    let positives = pairs.iter().filter(|(_, label)| *label).count();
    if positives == 0 {
        return 0.5;
    }
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut best, mut threshold, mut hits) = (0.0, 0.5, 0_usize);
    for (index, &(p, label)) in sorted.iter().enumerate() {
        hits += usize::from(label);
        let next = sorted.get(index + 1).map_or(0.0, |pair| pair.0);
        if next == p {
            continue;
        }
        // With `index + 1` called positive: precision and recall share `hits`.
        let value = 2.0 * hits as f64 / (index + 1 + positives) as f64;
        if value > best {
            (best, threshold) = (value, (p + next) / 2.0);
        }
    }
    threshold
}

/// Mean recall over the classes that occur, of the pairs (predicted, true).
#[must_use]
pub fn balanced_accuracy(pairs: &[(usize, usize)], classes: usize) -> f64 {
    let (mut right, mut count) = (vec![0_usize; classes], vec![0_usize; classes]);
    for &(predicted, label) in pairs {
        count[label] += 1;
        right[label] += usize::from(predicted == label);
    }
    let recalls: Vec<f64> = right
        .iter()
        .zip(&count)
        .filter(|&(_, &n)| n > 0)
        .map(|(&hits, &n)| hits as f64 / n as f64)
        .collect();
    recalls.iter().sum::<f64>() / recalls.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [(f32, bool); 6] = [
        (0.9, true),
        (0.8, false),
        (0.7, true),
        (0.6, true),
        (0.3, false),
        (0.1, false),
    ];

    #[test]
    fn f1_by_hand() {
        // At 0.65: two hits, one false alarm, one miss.
        assert!((f1(&PAIRS, 0.65) - 4.0 / 6.0).abs() < 1e-12);
        assert_eq!(f1(&PAIRS, 0.95), 0.0);
    }

    #[test]
    fn the_best_threshold_beats_every_other() {
        let best = best_f1_threshold(&PAIRS);
        assert!((best - 0.45).abs() < 1e-6);
        for step in 0..100 {
            assert!(f1(&PAIRS, best) >= f1(&PAIRS, step as f32 / 100.0));
        }
        assert_eq!(best_f1_threshold(&[(0.7, false)]), 0.5);
    }

    #[test]
    fn balanced_accuracy_weighs_classes_alike() {
        let pairs = [(0, 0), (0, 0), (0, 0), (0, 1), (1, 1)];
        assert!((balanced_accuracy(&pairs, 3) - 0.75).abs() < 1e-12);
    }
}
