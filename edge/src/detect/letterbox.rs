//! Frame to the face finder's input.
//!
//! Takes a frame of any size, RGB or YUV; gives it scaled to fit, keeping its aspect, at the top
//! left of an RGB image of fixed size, black elsewhere; and the way back. A YUV frame is scaled
//! plane by plane, and what is left of it becomes RGB; where its chroma samples lie within their
//! two by two pixels makes no difference that could be seen at this size.

use align::{Chroma, Plane, RgbFromYuv, View, YuvView};
use facs::ImageInput;
use fast_image_resize::PixelType;

use super::scale::{Part, Scaler};

/// Scales frames into one reused buffer, a row of the batch each.
#[derive(Debug)]
pub(super) struct Letterbox {
    input: ImageInput,
    scaler: Scaler,
    pixels: Vec<u8>,
    /// Columns and rows of the frame that was scaled into each row of the batch last.
    filled: Vec<[usize; 2]>,
}

/// Scale of the last frame: input pixels per frame pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct InputFromFrame {
    x: f32,
    y: f32,
}

impl InputFromFrame {
    /// A point of the input in the frame.
    pub(super) fn back(self, [x, y]: [f32; 2]) -> [f32; 2] {
        [x / self.x, y / self.y]
    }
}

impl Letterbox {
    pub(super) fn new(input: ImageInput) -> Self {
        Self {
            input,
            scaler: Scaler::new(),
            pixels: Vec::new(),
            filled: Vec::new(),
        }
    }

    /// The first `rows` of the batch, `[rows, height, width, 3]`.
    pub(super) fn batch(&self, rows: usize) -> &[u8] {
        &self.pixels[..rows * self.bytes()]
    }

    const fn bytes(&self) -> usize {
        self.input.width * self.input.height * 3
    }

    /// Scales a frame into row `row` of the batch; gives its scale.
    pub(super) fn fit(&mut self, row: usize, frame: &View<'_>) -> InputFromFrame {
        let size = fitted(frame, self.input);
        let bytes = self.bytes();
        if self.filled.len() <= row {
            self.filled.resize(row + 1, [0; 2]);
            self.pixels.resize((row + 1) * bytes, 0);
        }
        let pixels = &mut self.pixels[row * bytes..][..bytes];
        if self.filled[row] != size {
            self.filled[row] = size;
            pixels.fill(0);
        }
        match frame {
            View::Rgb(view) => {
                let plane = Plane {
                    data: view.data(),
                    stride: view.stride(),
                };
                let part = Part::whole(plane, PixelType::U8x3, view.width(), view.height());
                self.scaler.scale(0, &part, size);
                let lines = self.scaler.lines(0);
                for (line, target) in lines.zip(pixels.chunks_exact_mut(self.input.width * 3)) {
                    target[..line.len()].copy_from_slice(line);
                }
            }
            View::Yuv(view) => {
                let targets = pixels.chunks_exact_mut(self.input.width * 3);
                fit_yuv(&mut self.scaler, view, size, targets);
            }
        }
        let [width, height] = size;
        InputFromFrame {
            x: width as f32 / frame.width() as f32,
            y: height as f32 / frame.height() as f32,
        }
    }
}

/// Scales a YUV frame to `size`, and what is left of it to RGB, into lines.
fn fit_yuv<'a>(
    scaler: &mut Scaler,
    view: &YuvView<'_>,
    size: [usize; 2],
    targets: impl Iterator<Item = &'a mut [u8]>,
) {
    let luma = Part::whole(view.luma(), PixelType::U8, view.width(), view.height());
    scaler.scale(0, &luma, size);
    let rgb_from_yuv = view.color().rgb_from_yuv();
    match view.chroma() {
        Chroma::Planar { cb, cr } => {
            scaler.scale(1, &Part::chroma(view, cb, PixelType::U8), size);
            scaler.scale(2, &Part::chroma(view, cr, PixelType::U8), size);
            let lines = scaler.lines(0).zip(scaler.lines(1)).zip(scaler.lines(2));
            for (((luma, cb), cr), target) in lines.zip(targets) {
                let chroma = cb.iter().zip(cr).map(|(cb, cr)| [*cb, *cr]);
                convert(rgb_from_yuv, luma, chroma, target);
            }
        }
        Chroma::SemiPlanar(plane) => {
            scaler.scale(1, &Part::chroma(view, plane, PixelType::U8x2), size);
            let lines = scaler.lines(0).zip(scaler.lines(1));
            for ((luma, chroma), target) in lines.zip(targets) {
                let chroma = chroma.as_chunks::<2>().0.iter().copied();
                convert(rgb_from_yuv, luma, chroma, target);
            }
        }
    }
}

/// One line of luma and chroma to RGB.
fn convert(
    rgb_from_yuv: RgbFromYuv,
    luma: &[u8],
    chroma: impl Iterator<Item = [u8; 2]>,
    target: &mut [u8],
) {
    let pixels = target.as_chunks_mut::<3>().0;
    for ((luma, [cb, cr]), pixel) in luma.iter().zip(chroma).zip(pixels) {
        *pixel = rgb_from_yuv.convert([*luma, cb, cr]);
    }
}

/// Columns and rows of the scaled frame.
fn fitted(frame: &View<'_>, input: ImageInput) -> [usize; 2] {
    let (columns, rows) = (frame.width() as f64, frame.height() as f64);
    let scale = (input.width as f64 / columns).min(input.height as f64 / rows);
    let side = |length: f64, most: usize| ((length * scale).round() as usize).clamp(1, most);
    [side(columns, input.width), side(rows, input.height)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use align::{ChromaSiting, RgbView, YuvColor, YuvMatrix};

    const INPUT: ImageInput = ImageInput {
        width: 192,
        height: 112,
    };

    fn rgb(bytes: &[u8], width: usize, height: usize, stride: usize) -> View<'_> {
        RgbView::new(bytes, width, height, stride).unwrap().into()
    }

    #[test]
    fn the_frame_sits_at_the_top_left_and_the_rest_is_black() {
        let frame = vec![200_u8; 640 * 360 * 3];
        let view = rgb(&frame, 640, 360, 640 * 3);
        let mut letterbox = Letterbox::new(INPUT);
        let scale = letterbox.fit(0, &view);
        let pixels = letterbox.batch(1);
        for (y, row) in pixels.chunks_exact(192 * 3).enumerate() {
            let expected = if y < 108 { 200 } else { 0 };
            assert!(row.iter().all(|value| *value == expected), "row {y}");
        }
        assert_eq!(scale.back([192.0, 108.0]), [640.0, 360.0]);
    }

    #[test]
    fn padded_rows_change_nothing_and_an_old_frame_leaves_no_trace() {
        let value = |x: usize, y: usize, c: usize| (x * 7 + y * 3 + c * 50) as u8;
        let make = |stride: usize| {
            let mut bytes = vec![255; stride * 40];
            for y in 0..40 {
                for x in 0..30 {
                    for c in 0..3 {
                        bytes[y * stride + x * 3 + c] = value(x, y, c);
                    }
                }
            }
            bytes
        };
        let (packed, padded) = (make(90), make(92));
        let mut letterbox = Letterbox::new(INPUT);
        letterbox.fit(0, &rgb(&packed, 30, 40, 90));
        let expected = letterbox.batch(1).to_vec();
        let wide = vec![255; 400 * 100 * 3];
        letterbox.fit(0, &rgb(&wide, 400, 100, 1200));
        letterbox.fit(0, &rgb(&padded, 30, 40, 92));
        let pixels = letterbox.batch(1);
        assert_eq!(pixels, expected);
    }

    /// A level of luma or chroma that changes slowly, on the scale of pixels.
    fn smooth(plane: usize, x: f32, y: f32) -> u8 {
        let level = match plane {
            0 => 120.0 + 50.0 * (x * 0.03).sin() * (y * 0.02).cos(),
            1 => 128.0 + 25.0 * (x * 0.02 + y * 0.03).sin(),
            _ => 128.0 + 25.0 * (x * 0.03 - y * 0.02).cos(),
        };
        level.round() as u8
    }

    #[test]
    fn yuv_is_scaled_as_its_conversion_is_whatever_its_rows() {
        const COLOR: YuvColor = YuvColor {
            matrix: YuvMatrix::Bt601,
            full_range: false,
            siting: ChromaSiting::Center,
        };
        // Odd and even, smaller and larger than the input; padding that would be seen.
        for (width, height) in [(321_usize, 241_usize), (640, 360), (90, 51)] {
            let plane = |of: &[usize], padding: usize| {
                let step = if of == [0] { 1 } else { 2 };
                let mut bytes = Vec::new();
                for y in 0..height.div_ceil(step) {
                    for x in 0..width.div_ceil(step) {
                        // The middle of the pixels that a sample stands for.
                        let [x, y] = [x, y].map(|at| (at as f32 + 0.5) * step as f32);
                        bytes.extend(of.iter().map(|plane| smooth(*plane, x, y)));
                    }
                    bytes.extend(std::iter::repeat_n(255, padding));
                }
                bytes
            };
            let mut expected = Vec::new();
            for y in 0..height {
                for x in 0..width {
                    let yuv = [0, 1, 2].map(|n| smooth(n, x as f32 + 0.5, y as f32 + 0.5));
                    expected.extend(COLOR.rgb_from_yuv().convert(yuv));
                }
            }
            let mut letterbox = Letterbox::new(INPUT);
            let scale = letterbox.fit(0, &rgb(&expected, width, height, width * 3));
            let expected = letterbox.batch(1).to_vec();
            for padding in [0, 1, 6] {
                let (luma, cb, cr) = (
                    plane(&[0], padding),
                    plane(&[1], padding),
                    plane(&[2], padding),
                );
                let both = plane(&[1, 2], padding);
                let half = width.div_ceil(2);
                let rows = |data, row| Plane {
                    data,
                    stride: row + padding,
                };
                let planar = Chroma::Planar {
                    cb: rows(&cb, half),
                    cr: rows(&cr, half),
                };
                for chroma in [planar, Chroma::SemiPlanar(rows(&both, 2 * half))] {
                    let view = YuvView::new(width, height, rows(&luma, width), chroma, COLOR);
                    assert_eq!(letterbox.fit(1, &View::from(view.unwrap())), scale);
                    let found = &letterbox.batch(2)[expected.len()..];
                    let apart = found.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b));
                    let most = apart.max().unwrap();
                    assert!(most <= 4, "{width}x{height}, padding {padding}: {most}");
                }
            }
        }
    }
}
