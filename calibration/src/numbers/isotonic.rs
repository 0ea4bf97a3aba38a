//! Isotonic regression: the best function that never falls.
//!
//! Takes points; gives the blocks into which the pool-adjacent-violators algorithm joins them (Ayer et
//! al. 1955; Barlow et al. 1972): each block's value is the mean of its points, and the blocks' values
//! rise. No assumption but the order; the price is that the shape is as rough as the data.

/// Points that share one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// Where the first of them lies.
    pub low: f64,
    /// Where the last of them lies.
    pub high: f64,
    /// Mean of where they lie.
    pub centre: f64,
    /// Mean of their values.
    pub value: f64,
    /// How many they are.
    pub points: usize,
}

impl Block {
    fn join(&mut self, after: &Self) {
        let points = self.points + after.points;
        let mean = |own: f64, other: f64| {
            (own * self.points as f64 + other * after.points as f64) / points as f64
        };
        *self = Self {
            low: self.low,
            high: after.high,
            centre: mean(self.centre, after.centre),
            value: mean(self.value, after.value),
            points,
        };
    }
}

/// The blocks of the least-squares fit to points `(x, y)` in any order, of rising `x` and `value`. Points
/// of the same `x` are one: a function has one value there.
#[must_use]
pub fn fit(points: &[(f64, f64)]) -> Vec<Block> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut blocks: Vec<Block> = Vec::new();
    for same in sorted.chunk_by(|a, b| a.0 == b.0) {
        let x = same[0].0;
        let mut block = Block {
            low: x,
            high: x,
            centre: x,
            value: same.iter().map(|point| point.1).sum::<f64>() / same.len() as f64,
            points: same.len(),
        };
        while let Some(mut before) = blocks.pop_if(|before| before.value >= block.value) {
            before.join(&block);
            block = before;
        }
        blocks.push(block);
    }
    blocks
}

/// The fitted function: level within blocks, straight between them, level beyond. 0 without blocks.
#[must_use]
pub fn predict(blocks: &[Block], x: f64) -> f64 {
    let after = blocks.partition_point(|block| block.low <= x);
    let Some(before) = after.checked_sub(1).map(|before| blocks[before]) else {
        return blocks.first().map_or(0.0, |block| block.value);
    };
    match blocks.get(after) {
        Some(next) if x > before.high => {
            let share = (x - before.high) / (next.low - before.high);
            before.value + share * (next.value - before.value)
        }
        _ => before.value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn violators_are_pooled() {
        let points = [(0.1, 0.0), (0.2, 1.0), (0.3, 0.0), (0.4, 1.0), (0.4, 1.0)];
        let blocks = fit(&points);
        let values: Vec<_> = blocks
            .iter()
            .map(|block| (block.value, block.points))
            .collect();
        assert_eq!(values, [(0.0, 1), (0.5, 2), (1.0, 2)]);
        assert_eq!(
            (blocks[1].low, blocks[1].high, blocks[1].centre),
            (0.2, 0.3, 0.25)
        );
        for (x, y) in [
            (0.0, 0.0),
            (0.15, 0.25),
            (0.25, 0.5),
            (0.375, 0.875),
            (9.0, 1.0),
        ] {
            assert!((predict(&blocks, x) - y).abs() < 1e-12, "{x}");
        }
        assert!(fit(&[]).is_empty() && predict(&[], 0.5) == 0.0);
    }

    proptest! {
        #[test]
        fn the_fit_rises_keeps_the_mean_and_no_block_can_be_split(
            points in prop::collection::vec((0.0_f64..1.0, 0.0_f64..1.0), 1..60),
        ) {
            let blocks = fit(&points);
            prop_assert!(blocks.is_sorted_by(|a, b| a.value < b.value && a.high < b.low));
            let sum: f64 = blocks.iter().map(|block| block.value * block.points as f64).sum();
            prop_assert!((sum - points.iter().map(|point| point.1).sum::<f64>()).abs() < 1e-9);
            // The first points of a block are no lower than the block: else they would be one of their own.
            for block in &blocks {
                let mut own: Vec<_> = points.iter().filter(|(x, _)| (block.low..=block.high).contains(x)).collect();
                own.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut sum = 0.0;
                for (count, point) in own.iter().enumerate() {
                    sum += point.1;
                    prop_assert!(sum / (count + 1) as f64 >= block.value - 1e-9);
                }
            }
        }
    }
}
