//! The cells of the one prediction level and what their numbers mean.

use burn::tensor::{Device, Tensor, TensorData};

/// Cells of 8 x 8 pixels, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Cells in a row.
    pub columns: usize,
    /// Rows of cells.
    pub rows: usize,
}

/// A box edge lies `8 * exp(raw)` pixels from the cell's centre; `raw` is held within this.
const BOX_LIMIT: f32 = 4.0;

impl Grid {
    /// Side of a cell in pixels.
    pub const STRIDE: usize = 8;

    /// The grid over a picture of whole cells.
    #[must_use]
    pub const fn over(width: usize, height: usize) -> Self {
        Self {
            columns: width / Self::STRIDE,
            rows: height / Self::STRIDE,
        }
    }

    /// How many cells (`P`).
    #[must_use]
    pub const fn len(self) -> usize {
        self.columns * self.rows
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Centre of a cell in pixels.
    #[must_use]
    pub fn center(self, cell: usize) -> [f32; 2] {
        [cell % self.columns, cell / self.columns]
            .map(|index| (index as f32 + 0.5) * Self::STRIDE as f32)
    }

    /// The cell that holds a point; for a point outside, the nearest.
    #[must_use]
    pub fn cell_at(self, [x, y]: [f32; 2]) -> usize {
        let index = |value: f32, count: usize| {
            ((value / Self::STRIDE as f32).max(0.0) as usize).min(count - 1)
        };
        index(y, self.rows) * self.columns + index(x, self.columns)
    }

    /// From raw numbers to corners in pixels.
    ///
    /// # Shapes
    /// - raw: `[N, P, 4]`, logarithms of the distances left, top, right, bottom
    /// - output: `[N, P, 4]`, x1, y1, x2, y2
    pub fn decode_boxes(self, raw: Tensor<3>) -> Tensor<3> {
        let toward = Tensor::<3>::from_data([[[-1.0_f32, -1.0, 1.0, 1.0]]], &raw.device());
        let centers = self.centers(&raw.device());
        raw.clamp(-BOX_LIMIT, BOX_LIMIT).exp() * (toward * Self::STRIDE as f32) + centers
    }

    /// From raw numbers to landmarks in pixels: measured from the middle of the cell's own box, in
    /// units of its sides, so that one constant fits faces of every size.
    ///
    /// # Shapes
    /// - raw and output: `[N, P, 10]`, x and y of right eye, left eye, nose, mouth right, mouth left
    /// - boxes: `[N, P, 4]`, decoded
    pub fn decode_landmarks(self, raw: Tensor<3>, boxes: Tensor<3>) -> Tensor<3> {
        let [n, cells, _] = raw.dims();
        let low = boxes
            .clone()
            .slice([0..n, 0..cells, 0..2])
            .reshape([n, cells, 1, 2]);
        let high = boxes
            .slice([0..n, 0..cells, 2..4])
            .reshape([n, cells, 1, 2]);
        let (size, middle) = (high.clone() - low.clone(), (high + low) * 0.5);
        (raw.reshape([n, cells, 5, 2]) * size + middle).reshape([n, cells, 10])
    }

    /// The cell centres, written twice for both corners: `[1, P, 4]`.
    fn centers(self, device: &Device) -> Tensor<3> {
        let values: Vec<f32> = (0..self.len())
            .flat_map(|cell| self.center(cell).repeat(2))
            .collect();
        Tensor::from_data(TensorData::new(values, [1, self.len(), 4]), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_its_own_centre() {
        let grid = Grid::over(40, 24);
        for cell in 0..grid.len() {
            assert_eq!(grid.cell_at(grid.center(cell)), cell);
        }
        assert_eq!(
            grid.cell_at([-5.0, 100.0]),
            10,
            "the nearest of the last row"
        );
    }

    #[test]
    fn raw_numbers_decode_by_hand() {
        let (grid, device) = (Grid::over(16, 8), Device::default());
        let raw = Tensor::<3>::from_data([[[0.0, 2.0_f32.ln(), 0.0, 9.0], [0.0; 4]]], &device);
        let boxes: Vec<f32> = grid.decode_boxes(raw).into_data().iter().collect();
        assert_eq!(boxes[4..], [4.0, -4.0, 20.0, 12.0]);
        assert!((boxes[1] + 12.0).abs() < 1e-4);
        assert!(
            (boxes[3] - (4.0 + 8.0 * 4.0_f32.exp())).abs() < 1e-2,
            "held at the limit"
        );
        // A box of 40 x 20 around (30, 50); the mouth's left corner at its lower right corner.
        let boxes = Tensor::<3>::from_data([[[10.0, 40.0, 50.0, 60.0], [0.0; 4]]], &device);
        let raw = [0.0, 0.0, 0.25, -0.5, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5_f32];
        let raw = Tensor::<3>::from_data([[raw, [1.0; 10]]], &device);
        let points: Vec<f32> = grid
            .decode_landmarks(raw, boxes)
            .into_data()
            .iter()
            .collect();
        assert_eq!(
            points[..10],
            [30.0, 50.0, 40.0, 40.0, 30.0, 50.0, 30.0, 50.0, 50.0, 60.0]
        );
        assert_eq!(
            points[10..],
            [0.0; 10],
            "an empty box has its landmarks on one spot"
        );
    }
}
