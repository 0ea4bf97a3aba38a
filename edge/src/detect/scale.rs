//! Planes of samples, scaled.
//!
//! Takes planes with padded rows, of 8-bit samples of one to three channels; gives each in another
//! size, in an image that is used again for the next frame.

use align::{Plane, YuvView};
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{CroppedImage, Image, ImageRef},
};

/// Scales planes, each into an image of its own.
#[derive(Debug)]
pub(super) struct Scaler {
    resizer: Resizer,
    /// Rows without padding, for planes whose padding is no whole number of samples.
    packed: Vec<u8>,
    /// What became of the planes of the last frame.
    scaled: [Image<'static>; 3],
}

/// A plane and what is to be scaled of it.
pub(super) struct Part<'a> {
    plane: Plane<'a>,
    samples: PixelType,
    columns: usize,
    rows: usize,
    /// Columns and rows that the frame covers: of chroma half a sample may lie outside.
    covered: [f64; 2],
}

impl<'a> Part<'a> {
    /// All of a plane.
    pub(super) fn whole(plane: Plane<'a>, samples: PixelType, columns: usize, rows: usize) -> Self {
        Self {
            plane,
            samples,
            columns,
            rows,
            covered: [columns as f64, rows as f64],
        }
    }

    /// What a frame covers of a plane of its chroma.
    pub(super) fn chroma(view: &YuvView<'_>, plane: Plane<'a>, samples: PixelType) -> Self {
        Self {
            plane,
            samples,
            columns: view.chroma_width(),
            rows: view.chroma_height(),
            covered: [view.width(), view.height()].map(|length| length as f64 / 2.0),
        }
    }
}

impl Scaler {
    pub(super) fn new() -> Self {
        Self {
            resizer: Resizer::new(),
            packed: Vec::new(),
            scaled: [(); 3].map(|()| Image::new(1, 1, PixelType::U8)),
        }
    }

    /// Scales a plane into the image of this number.
    pub(super) fn scale(&mut self, number: usize, part: &Part<'_>, [width, height]: [usize; 2]) {
        let Part {
            plane,
            samples,
            columns,
            rows,
            covered,
        } = *part;
        let scaled = &mut self.scaled[number];
        let (width, height) = (width as u32, height as u32);
        if (scaled.width(), scaled.height(), scaled.pixel_type()) != (width, height, samples) {
            *scaled = Image::new(width, height, samples);
        }
        let sample = samples.size();
        let (data, stride) =
            if plane.stride % sample == 0 && plane.data.len() >= plane.stride * rows {
                (&plane.data[..plane.stride * rows], plane.stride)
            } else {
                self.packed.clear();
                for y in 0..rows {
                    self.packed
                        .extend_from_slice(plane.row(y, columns * sample));
                }
                (&*self.packed, columns * sample)
            };
        // Bilinear over the area that a pixel covers: no aliasing when shrinking.
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
            .use_alpha(false)
            .crop(0.0, 0.0, covered[0], covered[1]);
        let (columns, rows) = (columns as u32, rows as u32);
        // The images have their stated sizes and kinds of samples by construction.
        let Ok(padded) = ImageRef::new((stride / sample) as u32, rows, data, samples) else {
            return;
        };
        if let Ok(source) = CroppedImage::new(&padded, 0, 0, columns, rows) {
            let _ = self.resizer.resize(&source, scaled, &options);
        }
    }

    /// The lines of a scaled plane.
    pub(super) fn lines(&self, number: usize) -> impl Iterator<Item = &[u8]> {
        let scaled = &self.scaled[number];
        let line = scaled.width() as usize * scaled.pixel_type().size();
        scaled.buffer().chunks_exact(line)
    }
}
