//! Permutations that exchange rows with nearly the same label only.
//!
//! Takes ranks of the label; gives random permutations, approximately without repetition, that send
//! each row to one of its nearest neighbours (Runge 2018, Algorithm 1).

use rand::{Rng, seq::SliceRandom};

use super::neighbours::Ranks;

/// The nearest neighbours of every row, the row itself among them.
#[derive(Clone, Debug)]
pub(super) struct Neighbourhoods {
    /// Rows, `size` per row.
    neighbours: Vec<usize>,
    size: usize,
}

impl Neighbourhoods {
    /// The `size` nearest of each row by the largest difference of ranks; of equally near ones those
    /// that come first in the table.
    pub(super) fn new(label: &[Ranks], size: usize) -> Self {
        let rows = label.first().map_or(0, Vec::len);
        let mut neighbours = Vec::with_capacity(rows * size);
        let mut far: Vec<(u16, usize)> = Vec::with_capacity(rows);
        for row in 0..rows {
            far.clear();
            far.extend((0..rows).map(|other| {
                let differences = label.iter().map(|ranks| ranks[row].abs_diff(ranks[other]));
                (differences.max().unwrap_or(0), other)
            }));
            if size < rows {
                far.select_nth_unstable(size - 1);
            }
            neighbours.extend(far.iter().take(size).map(|&(_, other)| other));
        }
        Self { neighbours, size }
    }

    /// A random permutation: rows in random order, each takes a random one of its neighbours that
    /// nobody took, and where all are taken a random one that somebody did.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Vec<usize> {
        let mut mixed = self.clone();
        for neighbours in mixed.neighbours.chunks_exact_mut(self.size) {
            neighbours.shuffle(rng);
        }
        mixed.take(&shuffled(self.neighbours.len() / self.size, rng))
    }

    /// Each row in `order` takes the first of its neighbours that is free, or the last.
    fn take(&self, order: &[usize]) -> Vec<usize> {
        let mut taken = vec![false; order.len()];
        let mut permutation = vec![0; order.len()];
        for &row in order {
            let neighbours = &self.neighbours[row * self.size..][..self.size];
            let free = neighbours.iter().find(|&&other| !taken[other]);
            let chosen = *free.unwrap_or(&neighbours[self.size - 1]);
            taken[chosen] = true;
            permutation[row] = chosen;
        }
        permutation
    }
}

/// All rows in random order.
pub(super) fn shuffled(rows: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(rng);
    order
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::stream;
    use super::*;

    #[test]
    fn the_choice_is_that_of_tigramite() {
        #[derive(Deserialize)]
        struct Case {
            neighbours: Vec<Vec<usize>>,
            order: Vec<usize>,
            permutation: Vec<usize>,
        }
        #[derive(Deserialize)]
        struct Fixture {
            local_permutations: Vec<Case>,
        }
        let json = include_str!("../../../tests/fixtures/statistics/cmi_knn.json");
        let fixture: Fixture = serde_json::from_str(json).unwrap();
        assert!(!fixture.local_permutations.is_empty());
        for case in fixture.local_permutations {
            let neighbourhoods = Neighbourhoods {
                size: case.neighbours[0].len(),
                neighbours: case.neighbours.concat(),
            };
            assert_eq!(neighbourhoods.take(&case.order), case.permutation);
        }
    }

    #[test]
    fn neighbours_are_near_in_every_column() {
        let line: Ranks = vec![3, 0, 1, 4, 2];
        let sorted = |label: &[Ranks], row: usize| {
            let mut near = Neighbourhoods::new(label, 3).neighbours[3 * row..][..3].to_vec();
            near.sort_unstable();
            near
        };
        assert_eq!(sorted(std::slice::from_ref(&line), 4), [0, 2, 4]);
        let other: Ranks = vec![4, 2, 3, 1, 0];
        // From row 4 at (2, 0): rows 0 to 3 are 4, 2, 3 and 2 away.
        assert_eq!(sorted(&[line, other], 4), [1, 3, 4]);
    }

    #[test]
    fn rows_move_but_not_far() {
        let near = Neighbourhoods::new(&[(0..200).collect()], 5);
        let permutation = near.draw(&mut stream(3, 0));
        let far = permutation.iter().enumerate().map(|(a, b)| a.abs_diff(*b));
        assert!(far.clone().max() <= Some(4) && far.sum::<usize>() > 100);
        let mut distinct = permutation;
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() > 170, "{}", distinct.len());
    }
}
