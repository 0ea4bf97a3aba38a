//! Where a found face is looked at closely.

use facs::BoundingBox;

use crate::Similarity;

/// Side of the window in units of the box's longer side: whoever reads the window sees the whole
/// face though the box is a fifth off.
pub const WINDOW_SHARE: f32 = 1.5;

/// `window_from_frame`: a square of `size` by `size` pixels, upright, about the middle of a box.
/// None for a box without extent or with a coordinate that is not finite.
#[must_use]
pub fn window(bounding_box: &BoundingBox, size: usize) -> Option<Similarity> {
    let BoundingBox {
        x,
        y,
        width,
        height,
    } = *bounding_box;
    let side = size as f32;
    let longer = Some(width.max(height)).filter(|longer| *longer > 0.0)?;
    let scale = side / (longer * WINDOW_SHARE);
    let centre = [x + width / 2.0, y + height / 2.0];
    Similarity::new(scale, 0.0, centre.map(|at| side / 2.0 - scale * at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_lies_in_the_middle_with_a_margin() {
        let found = BoundingBox {
            x: 100.0,
            y: 40.0,
            width: 60.0,
            height: 80.0,
        };
        let window_from_frame = window(&found, 48).unwrap();
        // 48 pixels for 1.5 times 80.
        assert!((window_from_frame.scale() - 0.4).abs() < 1e-6);
        let [x, y] = window_from_frame.apply([100.0, 40.0]);
        assert!((x - 12.0).abs() < 1e-4 && (y - 8.0).abs() < 1e-4, "{x} {y}");
    }

    #[test]
    fn a_box_that_is_none_has_no_window() {
        let nothing = BoundingBox {
            x: 1.0,
            y: 1.0,
            width: 0.0,
            height: 0.0,
        };
        let inside_out = BoundingBox {
            width: -5.0,
            height: -5.0,
            ..nothing
        };
        assert_eq!(
            (window(&nothing, 64), window(&inside_out, 64)),
            (None, None)
        );
        let broken = BoundingBox {
            width: 5.0,
            x: f32::NAN,
            ..nothing
        };
        assert_eq!(window(&broken, 64), None);
    }
}
