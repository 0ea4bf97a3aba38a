//! Where the search for hidden intentions begins: faces that look alike.
//!
//! Clusters by k-means (Lloyd 1982) from the partition of Su & Dy 2007 (Var-Part: halve the widest
//! cluster along its widest unit), which needs no random numbers: the order of rows and units does not
//! matter.

use rayon::prelude::*;

use super::samples::Samples;

const LLOYD_STEPS: usize = 50;

/// Cluster of every row, from 0 to `count - 1`.
pub(super) fn clusters(samples: &Samples, count: usize) -> Vec<usize> {
    let faces = faces(samples);
    let width = samples.units.len();
    let mut of_row = halved(&faces, width, count);
    for _ in 0..LLOYD_STEPS {
        let centres = centres(&faces, width, &of_row, count);
        let next: Vec<usize> = faces
            .par_chunks_exact(width)
            .map(|face| nearest(&centres, width, face))
            .collect();
        if next == of_row {
            break;
        }
        of_row = next;
    }
    of_row
}

/// Points of all units, `[rows, units]`; where a unit was set from outside, its mean elsewhere.
fn faces(samples: &Samples) -> Vec<f64> {
    let width = samples.units.len();
    let mut faces = vec![0.0; samples.rows * width];
    for (column, unit) in samples.units.iter().enumerate() {
        let of_free = unit
            .free
            .iter()
            .map(|&row| f64::from(unit.points[row as usize]));
        let mean = of_free.sum::<f64>() / unit.free.len().max(1) as f64;
        for face in faces.chunks_exact_mut(width) {
            face[column] = mean;
        }
        for &row in &unit.free {
            faces[row as usize * width + column] = unit.points[row as usize].into();
        }
    }
    faces
}

/// Halves the cluster with the largest squared error at the mean of its widest unit until there are
/// `count`, or no cluster has any width left.
fn halved(faces: &[f64], width: usize, count: usize) -> Vec<usize> {
    let rows = faces.len() / width;
    let mut of_row = vec![0; rows];
    let mut spreads = vec![Spread::of(faces, width, 0..rows)];
    while spreads.len() < count {
        let Some((widest, spread)) = spreads
            .iter()
            .enumerate()
            .max_by(|(_, a), (_, b)| a.error.total_cmp(&b.error))
            .filter(|(_, spread)| spread.error > 1e-9)
        else {
            break;
        };
        let (column, mean, new) = (spread.widest, spread.mean, spreads.len());
        for row in 0..rows {
            if of_row[row] == widest && faces[row * width + column] > mean {
                of_row[row] = new;
            }
        }
        let spread = |cluster| {
            Spread::of(
                faces,
                width,
                (0..rows).filter(|&row| of_row[row] == cluster),
            )
        };
        let (low, high) = (spread(widest), spread(new));
        spreads[widest] = low;
        spreads.push(high);
    }
    of_row
}

/// How far the rows of a cluster lie apart.
struct Spread {
    /// Sum of squared distances from the mean.
    error: f64,
    /// The column with most of it.
    widest: usize,
    /// The mean of that column.
    mean: f64,
}

impl Spread {
    fn of(faces: &[f64], width: usize, rows: impl Iterator<Item = usize>) -> Self {
        let (mut sums, mut squares, mut count) = (vec![0.0; width], vec![0.0; width], 0.0);
        for row in rows {
            count += 1.0;
            for (column, &value) in faces[row * width..][..width].iter().enumerate() {
                sums[column] += value;
                squares[column] += value * value;
            }
        }
        let means = sums.iter().map(|sum| sum / f64::max(count, 1.0));
        let errors: Vec<f64> = means
            .clone()
            .zip(&squares)
            .map(|(mean, square)| square - count * mean * mean)
            .collect();
        let widest = (0..width).fold(0, |best, c| if errors[c] > errors[best] { c } else { best });
        Self {
            error: errors.iter().sum(),
            widest,
            mean: sums[widest] / f64::max(count, 1.0),
        }
    }
}

/// Mean face of every cluster, `[count, width]`; an empty cluster is infinitely far.
fn centres(faces: &[f64], width: usize, of_row: &[usize], count: usize) -> Vec<f64> {
    let (mut sums, mut rows) = (vec![0.0; count * width], vec![0.0; count]);
    for (face, &cluster) in faces.chunks_exact(width).zip(of_row) {
        rows[cluster] += 1.0;
        for (sum, value) in sums[cluster * width..][..width].iter_mut().zip(face) {
            *sum += value;
        }
    }
    for (centre, &rows) in sums.chunks_exact_mut(width).zip(&rows) {
        for value in centre {
            *value = if rows > 0.0 {
                *value / rows
            } else {
                f64::INFINITY
            };
        }
    }
    sums
}

fn nearest(centres: &[f64], width: usize, face: &[f64]) -> usize {
    let mut best = (f64::INFINITY, 0);
    for (cluster, centre) in centres.chunks_exact(width).enumerate() {
        let distance: f64 = centre
            .iter()
            .zip(face)
            .map(|(c, f)| (c - f) * (c - f))
            .sum();
        if distance < best.0 {
            best = (distance, cluster);
        }
    }
    best.1
}
