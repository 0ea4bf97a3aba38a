//! What planted classifiers answer to.

/// Between -0.5 and 0.5, other for every picture.
pub(crate) fn noise(crop: &[u8]) -> f32 {
    let sha256 = facs::sha256_hex(crop);
    let bits = u32::from_str_radix(&sha256[..8], 16).unwrap();
    bits as f32 / u32::MAX as f32 - 0.5
}

/// From 0 to 1, by the correlation of the mouth with its mirror image, which no light changes: that of
/// the faces here lies between 0.44 and 0.92.
pub(crate) fn mouth_symmetry(crop: &[u8], size: usize) -> f32 {
    let rows = crop
        .chunks_exact(size * 3)
        .skip(size * 6 / 10)
        .take(size * 3 / 10);
    let pairs: Vec<[f32; 2]> = rows
        .flat_map(|row| {
            let level = |x: usize| f32::from(row[x * 3 + 1]);
            (size / 4..size / 2).map(move |x| [level(x), level(size - 1 - x)])
        })
        .collect();
    let mean = |side: usize| pairs.iter().map(|pair| pair[side]).sum::<f32>() / pairs.len() as f32;
    let means = [mean(0), mean(1)];
    let product = |a: usize, b: usize| -> f32 {
        let of = |pair: &[f32; 2]| (pair[a] - means[a]) * (pair[b] - means[b]);
        pairs.iter().map(of).sum()
    };
    let correlation = product(0, 1) / (product(0, 0) * product(1, 1)).sqrt();
    ((correlation - 0.5) / 0.4).clamp(0.0, 1.0)
}
