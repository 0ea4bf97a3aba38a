//! Frame to the face finder's input.
//!
//! Takes an RGB frame of any size; gives it scaled to fit, keeping its aspect, at the top left of
//! an image of fixed size, black elsewhere; and the way back.

use align::RgbView;
use facs::ImageInput;
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};

/// Scales frames into one reused buffer.
#[derive(Debug)]
pub(super) struct Letterbox {
    input: ImageInput,
    resizer: Resizer,
    options: ResizeOptions,
    /// Rows without padding, for frames whose rows are padded.
    packed: Vec<u8>,
    scaled: Image<'static>,
    pixels: Vec<u8>,
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
            resizer: Resizer::new(),
            // Bilinear over the area that a pixel covers: no aliasing when shrinking.
            options: ResizeOptions::new()
                .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
                .use_alpha(false),
            packed: Vec::new(),
            scaled: Image::new(1, 1, PixelType::U8x3),
            pixels: vec![0; input.width * input.height * 3],
        }
    }

    /// The input's pixels, `[height, width, 3]`, and their scale.
    pub(super) fn fit(&mut self, frame: &RgbView<'_>) -> (&[u8], InputFromFrame) {
        let (width, height) = fitted(frame, self.input);
        if (self.scaled.width(), self.scaled.height()) != (width as u32, height as u32) {
            self.scaled = Image::new(width as u32, height as u32, PixelType::U8x3);
            self.pixels.fill(0);
        }
        let row = frame.width() * 3;
        let source = if frame.stride() == row {
            &frame.data()[..row * frame.height()]
        } else {
            self.packed.clear();
            for y in 0..frame.height() {
                self.packed.extend_from_slice(frame.row(y));
            }
            &self.packed
        };
        let (columns, rows) = (frame.width() as u32, frame.height() as u32);
        // Both images have their stated size and pixel type by construction.
        if let Ok(source) = ImageRef::new(columns, rows, source, PixelType::U8x3) {
            let _ = self
                .resizer
                .resize(&source, &mut self.scaled, &self.options);
        }
        let stride = self.input.width * 3;
        let lines = self.scaled.buffer().chunks_exact(width * 3);
        for (line, target) in lines.zip(self.pixels.chunks_exact_mut(stride)) {
            target[..width * 3].copy_from_slice(line);
        }
        let scale = InputFromFrame {
            x: width as f32 / frame.width() as f32,
            y: height as f32 / frame.height() as f32,
        };
        (&self.pixels, scale)
    }
}

/// Columns and rows of the scaled frame.
fn fitted(frame: &RgbView<'_>, input: ImageInput) -> (usize, usize) {
    let (columns, rows) = (frame.width() as f64, frame.height() as f64);
    let scale = (input.width as f64 / columns).min(input.height as f64 / rows);
    let side = |length: f64, most: usize| ((length * scale).round() as usize).clamp(1, most);
    (side(columns, input.width), side(rows, input.height))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: ImageInput = ImageInput {
        width: 192,
        height: 112,
    };

    #[test]
    fn the_frame_sits_at_the_top_left_and_the_rest_is_black() {
        let frame = vec![200_u8; 640 * 360 * 3];
        let view = RgbView::new(&frame, 640, 360, 640 * 3).unwrap();
        let mut letterbox = Letterbox::new(INPUT);
        let (pixels, scale) = letterbox.fit(&view);
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
        let expected = letterbox
            .fit(&RgbView::new(&packed, 30, 40, 90).unwrap())
            .0
            .to_vec();
        let wide = vec![255; 400 * 100 * 3];
        letterbox.fit(&RgbView::new(&wide, 400, 100, 1200).unwrap());
        let (pixels, _) = letterbox.fit(&RgbView::new(&padded, 30, 40, 92).unwrap());
        assert_eq!(pixels, expected);
    }
}
