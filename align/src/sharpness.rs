//! How sharp a crop is.

/// Luma of BT.601 in 1/256: red, green, blue.
const LUMA: [i32; 3] = [77, 150, 29];

/// Variance of the Laplacian (four neighbours) of the luma, on the 0-255 scale, over the inner
/// pixels of a `size` by `size` RGB crop. Near 0 for a flat or badly blurred crop.
///
/// # Panics
/// When `crop` has not `size * size * 3` bytes.
#[must_use]
pub fn sharpness(crop: &[u8], size: usize) -> f32 {
    assert_eq!(
        crop.len(),
        size * size * 3,
        "bytes of a crop of side {size}"
    );
    if size < 3 {
        return 0.0;
    }
    let stride = size * 3;
    let inner = stride - 6;
    let (mut sum, mut squares) = (0_i64, 0_i64);
    for rows in crop.windows(stride * 3).step_by(stride) {
        let up = rows[3..][..inner].chunks_exact(3);
        let down = rows[stride * 2 + 3..][..inner].chunks_exact(3);
        let left = rows[stride..][..inner].chunks_exact(3);
        let right = rows[stride + 6..][..inner].chunks_exact(3);
        let centre = rows[stride + 3..][..inner].chunks_exact(3);
        for ((((up, down), left), right), centre) in up.zip(down).zip(left).zip(right).zip(centre) {
            let mut laplacian = 0;
            for channel in 0..3 {
                let around = i32::from(up[channel])
                    + i32::from(down[channel])
                    + i32::from(left[channel])
                    + i32::from(right[channel]);
                laplacian += LUMA[channel] * (around - 4 * i32::from(centre[channel]));
            }
            sum += i64::from(laplacian);
            squares += i64::from(laplacian) * i64::from(laplacian);
        }
    }
    let count = ((size - 2) * (size - 2)) as f64;
    let mean = sum as f64 / count;
    ((squares as f64 / count - mean * mean) / (256.0 * 256.0)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(size: usize, value: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        (0..size * size)
            .flat_map(|index| [value(index % size, index / size); 3])
            .collect()
    }

    #[test]
    fn flat_and_ramp_have_none_and_a_checkerboard_has_most() {
        assert_eq!(sharpness(&grey(16, |_, _| 80), 16), 0.0);
        assert_eq!(sharpness(&grey(16, |x, y| (x * 5 + y * 3) as u8), 16), 0.0);
        // Every pixel of a checkerboard has a Laplacian of ±4 · 255, half of them each.
        let board = sharpness(&grey(16, |x, y| if (x + y) % 2 == 0 { 255 } else { 0 }), 16);
        assert!((board - 1_040_400.0).abs() < 1.0, "{board}");
    }

    #[test]
    fn blur_lowers_it() {
        let edge = grey(32, |x, _| if x < 16 { 40 } else { 200 });
        let soft = grey(32, |x, _| (40 + (x.clamp(12, 20) - 12) * 20) as u8);
        assert!(sharpness(&soft, 32) < sharpness(&edge, 32) / 10.0);
    }
}
