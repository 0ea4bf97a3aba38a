//! Another view of a labelled scene: mirrored, magnified, moved.
//!
//! Takes a picture and its faces; gives both as the camera would see them after a turn of the zoom
//! and a pan. What lies outside the picture repeats its edge.

use facs::{BoundingBox, FaceLabel};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// From a scene's pixels to the view's: `view = zoom * scene + offset`, then perhaps mirrored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Columns of both.
    pub width: usize,
    /// Rows of both.
    pub height: usize,
    /// Magnification.
    pub zoom: f32,
    /// Where the scene's corner comes to lie.
    pub offset: [f32; 2],
    /// Whether left and right are swapped.
    pub mirrored: bool,
}

impl View {
    /// A random view: the zoom uniform in its logarithm within `zoom`, the pan uniform as far as
    /// picture and view cover each other; mirrored with probability `flip`.
    #[must_use]
    pub fn draw(
        width: usize,
        height: usize,
        zoom: [f32; 2],
        flip: f32,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let [least, greatest] = zoom.map(f32::ln);
        let zoom = (least + (greatest - least) * rng.random::<f32>()).exp();
        let offset = [width, height].map(|side| side as f32 * (1.0 - zoom) * rng.random::<f32>());
        Self {
            width,
            height,
            zoom,
            offset,
            mirrored: rng.random::<f32>() < flip,
        }
    }

    /// The view of a picture, bilinear.
    #[must_use]
    pub fn pixels(&self, scene: &[u8]) -> Vec<u8> {
        let columns: Vec<Tap> = (0..self.width)
            .map(|x| self.tap(x, 0, self.width))
            .collect();
        let mut view = Vec::with_capacity(scene.len());
        for y in 0..self.height {
            let row = self.tap(y, 1, self.height);
            let [above, below] = row
                .index
                .map(|index| &scene[index * self.width * 3..][..self.width * 3]);
            for column in 0..self.width {
                let Tap {
                    index: [left, right],
                    share,
                } = columns[if self.mirrored {
                    self.width - 1 - column
                } else {
                    column
                }];
                for colour in 0..3 {
                    let mix = |line: &[u8]| {
                        let [a, b] = [left, right].map(|x| f32::from(line[x * 3 + colour]));
                        a + (b - a) * share
                    };
                    let (a, b) = (mix(above), mix(below));
                    view.push((a + (b - a) * row.share + 0.5) as u8);
                }
            }
        }
        view
    }

    fn tap(&self, position: usize, axis: usize, length: usize) -> Tap {
        let last = length - 1;
        let source =
            ((position as f32 + 0.5 - self.offset[axis]) / self.zoom - 0.5).clamp(0.0, last as f32);
        let first = source as usize;
        Tap {
            index: [first, (first + 1).min(last)],
            share: source - first as f32,
        }
    }

    /// The view of a face.
    #[must_use]
    pub fn face(&self, face: &FaceLabel) -> FaceLabel {
        let BoundingBox {
            x,
            y,
            width,
            height,
        } = face.bounding_box;
        let [x1, y1] = self.point([x, y]);
        let [x2, _] = self.point([x + width, y]);
        let landmarks = face.landmarks.map(|point| self.still_point(point));
        FaceLabel {
            bounding_box: BoundingBox {
                x: x1.min(x2),
                y: y1,
                width: width * self.zoom,
                height: height * self.zoom,
            },
            landmarks: if self.mirrored {
                landmarks.mirrored(self.width as f32)
            } else {
                landmarks
            },
            visible: face.visible,
        }
    }

    fn point(&self, point: [f32; 2]) -> [f32; 2] {
        let [x, y] = self.still_point(point);
        [
            if self.mirrored {
                self.width as f32 - x
            } else {
                x
            },
            y,
        ]
    }

    /// Before it is mirrored.
    fn still_point(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [
            x * self.zoom + self.offset[0],
            y * self.zoom + self.offset[1],
        ]
    }
}

/// Two neighbouring source positions and the second one's share.
#[derive(Clone, Copy)]
struct Tap {
    index: [usize; 2],
    share: f32,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use facs::Landmarks5;
    use rand::SeedableRng;

    /// A face that looks straight ahead.
    pub(crate) fn face(x: f32, y: f32, width: f32, height: f32) -> FaceLabel {
        let at = |u: f32, v: f32| [x + u * width, y + v * height];
        FaceLabel {
            bounding_box: BoundingBox {
                x,
                y,
                width,
                height,
            },
            landmarks: Landmarks5 {
                right_eye: at(0.3, 0.4),
                left_eye: at(0.7, 0.4),
                nose: at(0.5, 0.6),
                mouth_right: at(0.35, 0.8),
                mouth_left: at(0.65, 0.8),
            },
            visible: 1.0,
        }
    }

    const STILL: View = View {
        width: 40,
        height: 24,
        zoom: 1.0,
        offset: [0.0, 0.0],
        mirrored: false,
    };

    #[test]
    fn a_still_view_is_the_scene() {
        let scene: Vec<u8> = (0..40 * 24 * 3).map(|i| (i * 31 % 251) as u8).collect();
        assert_eq!(STILL.pixels(&scene), scene);
        let label = face(3.0, 4.0, 10.0, 12.0);
        assert_eq!(STILL.face(&label), label);
    }

    #[test]
    fn a_mirror_swaps_sides() {
        let mirrored = View {
            mirrored: true,
            ..STILL
        }
        .face(&face(3.0, 4.0, 10.0, 12.0));
        assert_eq!(
            mirrored.bounding_box,
            BoundingBox {
                x: 27.0,
                y: 4.0,
                width: 10.0,
                height: 12.0
            }
        );
        // Symmetric about its own middle: the mirrored face is a face further right.
        let expected = face(27.0, 4.0, 10.0, 12.0).landmarks.to_array();
        for (a, b) in mirrored.landmarks.to_array().iter().zip(expected) {
            assert!(
                (a[0] - b[0]).abs() < 1e-4 && (a[1] - b[1]).abs() < 1e-4,
                "{a:?} {b:?}"
            );
        }
    }

    #[test]
    fn pixels_and_labels_move_together() {
        // A bright block where the box is, in every view.
        let mut scene = vec![0_u8; 40 * 24 * 3];
        for y in 8..16 {
            for x in 12..18 {
                scene[(y * 40 + x) * 3..][..3].fill(255);
            }
        }
        let label = face(12.0, 8.0, 6.0, 8.0);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..50 {
            let view = View::draw(40, 24, [0.7, 1.6], 0.5, &mut rng);
            let (pixels, label) = (view.pixels(&scene), view.face(&label).bounding_box);
            for (index, pixel) in pixels.chunks_exact(3).enumerate() {
                let (x, y) = ((index % 40) as f32 + 0.5, (index / 40) as f32 + 0.5);
                let depth = (x - label.x)
                    .min(label.x + label.width - x)
                    .min(y - label.y)
                    .min(label.y + label.height - y);
                if depth > 1.0 {
                    assert!(pixel[0] > 200, "{view:?} {x} {y}");
                } else if depth < -1.0 {
                    assert!(pixel[0] < 55, "{view:?} {x} {y}");
                }
            }
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_view() {
        let draw = |seed| {
            View::draw(
                40,
                24,
                [0.6, 1.8],
                0.5,
                &mut ChaCha8Rng::seed_from_u64(seed),
            )
        };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }
}
