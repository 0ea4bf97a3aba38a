//! Groups of faces with the same or nearly the same label, within which features can change places.
//!
//! Takes a label; gives groups of row numbers and random permutations that keep to them.

use rand::{Rng, seq::SliceRandom};

use super::{Given, Variable};

/// Rows by label: those of a class together; for numbers, cells of `size` to about `2 * size` rows.
///
/// Cells come from halving the rows at the median of the column that spreads most, over and over.
/// Rows with equal numbers are never parted, so cells can be larger.
pub(super) fn groups(label: &Given, size: usize) -> Vec<Vec<usize>> {
    match label {
        Given::Classes(classes) => {
            let mut rows: Vec<usize> = (0..classes.len()).collect();
            rows.sort_by_key(|&row| classes[row]);
            let same = |a: &usize, b: &usize| classes[*a] == classes[*b];
            rows.chunk_by(same).map(<[usize]>::to_vec).collect()
        }
        Given::Numbers(numbers) => {
            let mut cells = Vec::new();
            let mut open = vec![(0..numbers.rows()).collect::<Vec<usize>>()];
            while let Some(cell) = open.pop() {
                match halves(numbers, &cell, size.max(1)) {
                    Some((low, high)) => open.extend([low, high]),
                    None => cells.push(cell),
                }
            }
            cells
        }
    }
}

/// Two halves of a cell with at least `size` rows each, if there are such.
fn halves(numbers: &Variable, cell: &[usize], size: usize) -> Option<(Vec<usize>, Vec<usize>)> {
    if cell.len() < 2 * size {
        return None;
    }
    let spread = |column: usize| {
        let values = cell.iter().map(|&row| numbers.row(row)[column]);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        high - low
    };
    let widest = (0..numbers.columns()).max_by(|&a, &b| spread(a).total_cmp(&spread(b)))?;
    let value = |row: usize| numbers.row(row)[widest];
    let mut rows = cell.to_vec();
    rows.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
    let middle = rows.len() / 2;
    let cut = (size..=rows.len() - size)
        .filter(|&cut| value(rows[cut - 1]) < value(rows[cut]))
        .min_by_key(|cut| cut.abs_diff(middle))?;
    let high = rows.split_off(cut);
    Some((rows, high))
}

/// Groups of the same sizes whose rows follow each other: the groups of the rows in the order in
/// which `groups` lists them.
pub(super) fn side_by_side(groups: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut rows = 0..;
    groups
        .iter()
        .map(|group| rows.by_ref().take(group.len()).collect())
        .collect()
}

/// A permutation of all rows, uniform over those that keep each row in its group.
pub(super) fn permutation_within(groups: &[Vec<usize>], rng: &mut impl Rng) -> Vec<usize> {
    let mut permutation = vec![0; groups.iter().map(Vec::len).sum()];
    for group in groups {
        let mut shuffled = group.clone();
        shuffled.shuffle(rng);
        for (&to, from) in group.iter().zip(shuffled) {
            permutation[to] = from;
        }
    }
    permutation
}

#[cfg(test)]
mod tests {
    use super::super::stream;
    use super::*;

    #[test]
    fn rows_of_a_class_stay_together() {
        let label = Given::Classes(vec![2, 0, 2, 2, 0]);
        let groups = groups(&label, 9);
        assert_eq!(groups, [vec![1, 4], vec![0, 2, 3]]);
        assert_eq!(side_by_side(&groups), [vec![0, 1], vec![2, 3, 4]]);
        let mut moved = false;
        for part in 0..20 {
            let permutation = permutation_within(&groups, &mut stream(1, part));
            let mut sorted = permutation.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
            assert!([1, 4].contains(&permutation[1]));
            moved |= permutation[1] == 4;
        }
        assert!(moved);
    }

    #[test]
    fn cells_hold_neighbours_and_never_part_equals() {
        let column = |values: Vec<f64>| Given::Numbers(Variable::column(values).unwrap());
        let line = column((0..40).rev().map(f64::from).collect());
        let mut cells = groups(&line, 5);
        cells.sort_by_key(|cell| cell[0]);
        assert_eq!(cells.len(), 8);
        for cell in &cells {
            let (low, high) = (cell.iter().min().unwrap(), cell.iter().max().unwrap());
            assert_eq!(high - low, 4);
        }
        let ties = column(vec![1.0; 8].into_iter().chain([2.0, 3.0]).collect());
        assert_eq!(groups(&ties, 2).len(), 2);
        assert_eq!(groups(&ties, 3).len(), 1);
    }

    #[test]
    fn the_column_that_spreads_most_is_halved() {
        let values = (0..8).flat_map(|row| [f64::from(row % 2), f64::from(row / 4 * 10)]);
        let table = Given::Numbers(Variable::table(values.collect(), 2).unwrap());
        let mut cells = groups(&table, 4);
        cells.iter_mut().for_each(|cell| cell.sort_unstable());
        cells.sort();
        assert_eq!(cells, [[0, 1, 2, 3], [4, 5, 6, 7]]);
    }
}
