//! What tests of p-values share.

/// Kolmogorov's statistic against the uniform distribution, the largest distance of the empirical one
/// from it times the root of the number: above 1.63 in one of a hundred samples.
pub(crate) fn kolmogorov(mut p: Vec<f64>) -> f64 {
    p.sort_by(f64::total_cmp);
    let count = p.len() as f64;
    let distance =
        |(rank, p): (usize, &f64)| (p - rank as f64 / count).max((rank + 1) as f64 / count - p);
    p.iter().enumerate().map(distance).fold(0.0, f64::max) * count.sqrt()
}
