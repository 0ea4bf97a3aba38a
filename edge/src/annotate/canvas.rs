//! Drawing on a frame.
//!
//! Takes a frame, whose pixels are copied, or converted, into a buffer that is used again; gives a target that `embedded-graphics` draws on.

use align::View;
use embedded_graphics::{
    Pixel,
    draw_target::DrawTarget,
    geometry::{Dimensions, Point, Size},
    pixelcolor::{Rgb888, RgbColor},
    primitives::{PointsIter, Rectangle},
};

/// A frame to draw on: packed RGB rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    /// Shows a frame in place of the one before.
    pub(super) fn show(&mut self, frame: &View<'_>) {
        (self.width, self.height) = (frame.width(), frame.height());
        frame.copy_rgb(&mut self.pixels);
    }

    pub(super) const fn width(&self) -> usize {
        self.width
    }

    pub(super) const fn height(&self) -> usize {
        self.height
    }

    /// Packed rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.width * 3)
    }

    /// All pixels, packed.
    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Darkens a rectangle, so that text on it can be read.
    pub(super) fn shade(&mut self, area: Rectangle) {
        for point in area.intersection(&self.bounding_box()).points() {
            if let Some(start) = self.offset(point) {
                for value in &mut self.pixels[start..start + 3] {
                    *value = (u16::from(*value) * 2 / 7) as u8;
                }
            }
        }
    }

    fn offset(&self, point: Point) -> Option<usize> {
        let x = usize::try_from(point.x).ok().filter(|x| *x < self.width)?;
        let y = usize::try_from(point.y).ok().filter(|y| *y < self.height)?;
        Some((y * self.width + x) * 3)
    }
}

impl Dimensions for Canvas {
    fn bounding_box(&self) -> Rectangle {
        Rectangle::new(
            Point::zero(),
            Size::new(self.width as u32, self.height as u32),
        )
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = std::convert::Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Self::Error>
    where
        I: IntoIterator<Item = Pixel<Self::Color>>,
    {
        for Pixel(point, color) in pixels {
            if let Some(start) = self.offset(point) {
                let color = [color.r(), color.g(), color.b()];
                self.pixels[start..start + 3].copy_from_slice(&color);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use align::RgbView;

    #[test]
    fn drawing_outside_is_cut_off_and_shade_darkens() {
        let pixels = [140_u8; 4 * 3 * 3];
        let mut canvas = Canvas::default();
        canvas.show(&RgbView::new(&pixels, 4, 3, 12).unwrap().into());
        let Ok(()) = canvas.draw_iter(
            [(-1, 0), (4, 0), (0, 3), (1, 1)].map(|(x, y)| Pixel(Point::new(x, y), Rgb888::RED)),
        );
        canvas.shade(Rectangle::new(Point::new(3, 2), Size::new(9, 9)));
        let changed: Vec<_> = canvas
            .pixels
            .chunks(3)
            .enumerate()
            .filter(|(_, rgb)| rgb != &[140; 3])
            .collect();
        assert_eq!(changed, [(5, &[255, 0, 0][..]), (11, &[40; 3][..])]);
    }
}
