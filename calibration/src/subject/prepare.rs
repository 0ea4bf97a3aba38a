//! From RGB bytes to the tensor that a classifier wants, and from what it gives to probabilities.

use super::{
    description::{Colour, ElementType, Input, Layout},
    onnx::Images,
};

/// Weights of red, green and blue in luma (BT.601), as OpenCV and Pillow have them.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// Makes tensors; keeps its memory from batch to batch.
#[derive(Debug)]
pub(super) struct Prepare {
    input: Input,
    /// Per channel: what a value from 0 to 255 is multiplied with, and what is added then.
    affine: Vec<[f32; 2]>,
    shape: Vec<usize>,
    floats: Vec<f32>,
    bytes: Vec<u8>,
}

impl Prepare {
    pub(super) fn new(input: &Input) -> Self {
        let at = |values: &[f32], channel: usize, default: f32| {
            values.get(channel).copied().unwrap_or(default)
        };
        let affine = (0..input.channels()).map(|channel| {
            let std = at(&input.std, channel, 1.0);
            [input.scale / std, -at(&input.mean, channel, 0.0) / std]
        });
        Self {
            affine: affine.collect(),
            input: input.clone(),
            shape: Vec::new(),
            floats: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// The tensor of `crops`, `[N, S, S, 3]` RGB.
    ///
    /// # Panics
    /// When the bytes are no whole crops.
    pub(super) fn fill<'a>(&'a mut self, crops: &'a [u8]) -> Images<'a> {
        let Input {
            size,
            layout,
            colour,
            element,
            ..
        } = self.input;
        let pixels = size * size;
        assert_eq!(
            crops.len() % (pixels * 3),
            0,
            "bytes of crops of side {size}"
        );
        let (images, channels) = (crops.len() / (pixels * 3), self.input.channels());
        self.shape.clear();
        self.shape.extend(match layout {
            Layout::Nchw => [images, channels, size, size],
            Layout::Nhwc => [images, size, size, channels],
        });
        if (element, layout, colour) == (ElementType::Uint8, Layout::Nhwc, Colour::Rgb) {
            return Images::Bytes(&self.shape, crops);
        }
        let (triples, _) = crops.as_chunks::<3>();
        let place = |index: usize, channel: usize| match layout {
            Layout::Nhwc => index * channels + channel,
            Layout::Nchw => (index / pixels * channels + channel) * pixels + index % pixels,
        };
        let value = |[red, green, blue]: [u8; 3], channel: usize| match (colour, channel) {
            (Colour::Rgb, 0) | (Colour::Bgr, 2) => f32::from(red),
            (Colour::Rgb | Colour::Bgr, 1) => f32::from(green),
            (Colour::Rgb | Colour::Bgr, _) => f32::from(blue),
            (Colour::Grey, _) => {
                let rgb = [red, green, blue].map(f32::from);
                rgb.iter()
                    .zip(LUMA)
                    .map(|(value, weight)| value * weight)
                    .sum()
            }
        };
        match element {
            ElementType::Uint8 => {
                self.bytes.resize(images * pixels * channels, 0);
                for (index, pixel) in triples.iter().enumerate() {
                    for channel in 0..channels {
                        let byte = value(*pixel, channel).round() as u8;
                        self.bytes[place(index, channel)] = byte;
                    }
                }
                Images::Bytes(&self.shape, &self.bytes)
            }
            ElementType::Float32 => {
                self.floats.resize(images * pixels * channels, 0.0);
                for (index, pixel) in triples.iter().enumerate() {
                    for (channel, [times, plus]) in self.affine.iter().enumerate() {
                        let float = value(*pixel, channel) * times + plus;
                        self.floats[place(index, channel)] = float;
                    }
                }
                Images::Floats(&self.shape, &self.floats)
            }
        }
    }
}

/// Logits to probabilities, in place.
pub(super) fn softmax(row: &mut [f32]) {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = (*value - most).exp();
        sum += *value;
    }
    for value in row {
        *value /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(layout: Layout, colour: Colour) -> Input {
        Input {
            size: 2,
            layout,
            colour,
            element: ElementType::Float32,
            scale: 1.0 / 255.0,
            mean: vec![0.5; if colour == Colour::Grey { 1 } else { 3 }],
            std: vec![0.25; if colour == Colour::Grey { 1 } else { 3 }],
        }
    }

    /// Two images of four pixels: 0, 1, 2, ... 23.
    fn crops() -> Vec<u8> {
        (0..24).collect()
    }

    fn floats(input: &Input) -> (Vec<usize>, Vec<f32>) {
        match Prepare::new(input).fill(&crops()) {
            Images::Floats(shape, floats) => (shape.to_vec(), floats.to_vec()),
            Images::Bytes(..) => panic!("floats are wanted"),
        }
    }

    #[test]
    fn channels_and_axes_lie_where_they_should() {
        let normal = |value: f32| (value / 255.0 - 0.5) / 0.25;
        let near = |found: f32, wanted: f32| (found - normal(wanted)).abs() < 1e-5;
        let (shape, values) = floats(&input(Layout::Nchw, Colour::Bgr));
        assert_eq!(shape, [2, 3, 2, 2]);
        // Second image, blue of its third pixel: byte 12 + 2 * 3 + 2.
        assert!(near(values[12 + 2], 20.0), "{values:?}");
        assert!(near(values[12 + 2 * 4], 12.0), "{values:?}");
        let (shape, values) = floats(&input(Layout::Nhwc, Colour::Rgb));
        assert_eq!(shape, [2, 2, 2, 3]);
        assert!(near(values[20], 20.0), "{values:?}");
        let (shape, values) = floats(&input(Layout::Nchw, Colour::Grey));
        assert_eq!(shape, [2, 1, 2, 2]);
        assert!(
            near(values[1], 3.0 * 0.299 + 4.0 * 0.587 + 5.0 * 0.114),
            "{values:?}"
        );
    }

    #[test]
    fn bytes_that_are_right_already_are_not_copied() {
        let ours = Input {
            element: ElementType::Uint8,
            ..input(Layout::Nhwc, Colour::Rgb)
        };
        let crops = crops();
        let mut prepare = Prepare::new(&ours);
        let Images::Bytes(shape, bytes) = prepare.fill(&crops) else {
            panic!("bytes are wanted");
        };
        assert_eq!((shape, bytes.as_ptr()), (&[2, 2, 2, 3][..], crops.as_ptr()));
    }

    #[test]
    fn softmax_is_a_distribution_whatever_comes() {
        let mut row = [1000.0, 1001.0, -1000.0];
        softmax(&mut row);
        assert!(
            (row[1] / row[0] - std::f32::consts::E).abs() < 1e-4,
            "{row:?}"
        );
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}
