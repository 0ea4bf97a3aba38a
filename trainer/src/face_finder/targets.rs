//! What every cell should answer for the faces of a scene.

use facs::FaceLabel;

use super::Grid;

/// Faces less visible than this are neither demanded nor forbidden.
const LEAST_VISIBLE: f32 = 0.2;
/// So are faces whose longer side has fewer pixels.
const LEAST_SIDE: f32 = 6.0;
/// Deviation of the heat as a share of the box's side (after Zhou et al., 2019, whose radius keeps
/// an intersection over union of 0.7).
const HEAT_WIDTH: f32 = 0.1;
/// Cells at least this warm learn box and landmarks.
const WARM: f32 = 0.3;
/// Cells at least this warm belong to their face even where an ignored one overlaps.
const TEPID: f32 = 0.05;

/// Targets of the cells of one scene, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    /// By cell.
    pub cells: Vec<CellTarget>,
    /// Faces that are demanded.
    pub faces: usize,
}

/// What one cell should answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CellTarget {
    /// 1 at the middle of a face, falling off around it: the score's target.
    pub heat: f32,
    /// Whether nothing can be said about the score.
    pub ignored: bool,
    /// How much box and landmarks count; the weights of a face's cells sum to 1.
    pub weight: f32,
    /// x1, y1, x2, y2.
    pub corners: [f32; 4],
    /// Right eye, left eye, nose, mouth right, mouth left.
    pub landmarks: [[f32; 2]; 5],
}

impl Targets {
    /// Assigns faces to cells: the middle cell of a face has heat 1, its surroundings an elliptic
    /// Gaussian of its size; where faces meet, the warmer wins.
    #[must_use]
    pub fn new(grid: Grid, faces: &[FaceLabel]) -> Self {
        let mut cells = vec![CellTarget::default(); grid.len()];
        let mut owners = vec![usize::MAX; grid.len()];
        let (demanded, ignored): (Vec<&FaceLabel>, Vec<&FaceLabel>) =
            faces.iter().partition(|face| is_demanded(grid, face));
        for face in ignored {
            ignore(grid, face, &mut cells);
        }
        for (index, face) in demanded.iter().enumerate() {
            warm(grid, face, index, &mut cells, &mut owners);
        }
        share_weights(&mut cells, &owners, demanded.len());
        Self {
            cells,
            faces: demanded.len(),
        }
    }
}

/// Whether a face is big enough and its visible part, within the picture, large enough.
fn is_demanded(grid: Grid, face: &FaceLabel) -> bool {
    let bounds = face.bounding_box;
    let [width, height] = [grid.columns, grid.rows].map(|count| (count * Grid::STRIDE) as f32);
    let inside = |start: f32, length: f32, limit: f32| {
        ((start + length).min(limit) - start.max(0.0)).max(0.0) / length.max(1e-3)
    };
    let share = inside(bounds.x, bounds.width, width) * inside(bounds.y, bounds.height, height);
    // `visible` may count what the picture's edge cuts off already, so the smaller one holds.
    bounds.width.max(bounds.height) >= LEAST_SIDE && face.visible.min(share) >= LEAST_VISIBLE
}

fn ignore(grid: Grid, face: &FaceLabel, cells: &mut [CellTarget]) {
    let bounds = face.bounding_box;
    let margin = Grid::STRIDE as f32 / 2.0;
    for (index, cell) in cells.iter_mut().enumerate() {
        let [x, y] = grid.center(index);
        cell.ignored |= (bounds.x - margin..=bounds.x + bounds.width + margin).contains(&x)
            && (bounds.y - margin..=bounds.y + bounds.height + margin).contains(&y);
    }
}

fn warm(
    grid: Grid,
    face: &FaceLabel,
    index: usize,
    cells: &mut [CellTarget],
    owners: &mut [usize],
) {
    let bounds = face.bounding_box;
    let corners = [
        bounds.x,
        bounds.y,
        bounds.x + bounds.width,
        bounds.y + bounds.height,
    ];
    let middle = grid.cell_at(bounds.center());
    let [peak_x, peak_y] = grid.center(middle);
    let fall = |distance: f32, side: f32| (distance / (HEAT_WIDTH * side).max(1.0)).powi(2) / 2.0;
    for (number, cell) in cells.iter_mut().enumerate() {
        let [x, y] = grid.center(number);
        let heat = (-fall(x - peak_x, bounds.width) - fall(y - peak_y, bounds.height)).exp();
        cell.ignored &= heat < TEPID;
        if heat <= cell.heat {
            continue;
        }
        cell.heat = heat;
        let within = (corners[0]..corners[2]).contains(&x) && (corners[1]..corners[3]).contains(&y);
        if number == middle || (heat >= WARM && within) {
            owners[number] = index;
            cell.corners = corners;
            cell.landmarks = face.landmarks.to_array();
        } else {
            owners[number] = usize::MAX;
        }
    }
}

fn share_weights(cells: &mut [CellTarget], owners: &[usize], faces: usize) {
    let mut sums = vec![0.0_f32; faces];
    for (cell, &owner) in cells.iter().zip(owners) {
        if let Some(sum) = sums.get_mut(owner) {
            *sum += cell.heat;
        }
    }
    for (cell, &owner) in cells.iter_mut().zip(owners) {
        cell.weight = sums.get(owner).map_or(0.0, |sum| cell.heat / sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face_finder::view::tests::face;

    const GRID: Grid = Grid {
        columns: 24,
        rows: 14,
    };

    #[test]
    fn the_middle_of_a_face_is_hot_and_carries_its_label() {
        let label = face(50.0, 20.0, 60.0, 72.0);
        let targets = Targets::new(GRID, &[label]);
        let middle = GRID.cell_at([80.0, 56.0]);
        let peaks: Vec<usize> = (0..GRID.len())
            .filter(|&cell| targets.cells[cell].heat == 1.0)
            .collect();
        assert_eq!(peaks, [middle]);
        assert_eq!(targets.cells[middle].corners, [50.0, 20.0, 110.0, 92.0]);
        assert_eq!(targets.cells[middle].landmarks, label.landmarks.to_array());
        let weights: f32 = targets.cells.iter().map(|cell| cell.weight).sum();
        assert!((weights - 1.0).abs() < 1e-5);
        // One cell off along x: exp(-(8 / 6)^2 / 2).
        assert!((targets.cells[middle + 1].heat - (-8.0_f32 / 9.0).exp()).abs() < 1e-5);
        assert!(targets.cells[middle + 1].weight > 0.0);
        assert_eq!(targets.cells[middle + 4].weight, 0.0);
    }

    #[test]
    fn a_small_face_has_one_cell() {
        let targets = Targets::new(GRID, &[face(101.0, 40.0, 8.0, 9.0)]);
        assert_eq!(
            targets
                .cells
                .iter()
                .filter(|cell| cell.weight > 0.0)
                .count(),
            1
        );
        assert_eq!(targets.faces, 1);
    }

    #[test]
    fn hidden_tiny_and_cut_off_faces_are_neither_demanded_nor_forbidden() {
        let hidden = FaceLabel {
            visible: 0.1,
            ..face(20.0, 20.0, 30.0, 30.0)
        };
        let tiny = face(101.0, 40.0, 4.0, 5.0);
        let outside = face(-36.0, 60.0, 40.0, 40.0);
        let targets = Targets::new(GRID, &[hidden, tiny, outside]);
        assert_eq!(targets.faces, 0);
        assert!(
            targets
                .cells
                .iter()
                .all(|cell| cell.heat == 0.0 && cell.weight == 0.0)
        );
        for point in [[35.0, 35.0], [103.0, 42.0], [2.0, 80.0]] {
            assert!(targets.cells[GRID.cell_at(point)].ignored, "{point:?}");
        }
        assert!(!targets.cells[GRID.cell_at([150.0, 90.0])].ignored);
    }

    #[test]
    fn a_face_in_front_of_an_ignored_one_is_demanded() {
        let hidden = FaceLabel {
            visible: 0.1,
            ..face(20.0, 20.0, 40.0, 40.0)
        };
        let front = face(30.0, 30.0, 30.0, 30.0);
        let targets = Targets::new(GRID, &[hidden, front]);
        assert!(!targets.cells[GRID.cell_at([45.0, 45.0])].ignored);
        assert!(targets.cells[GRID.cell_at([25.0, 25.0])].ignored);
    }

    #[test]
    fn where_two_faces_meet_the_warmer_owns_the_cell() {
        let (left, right) = (face(20.0, 20.0, 40.0, 40.0), face(44.0, 20.0, 40.0, 40.0));
        for order in [[left, right], [right, left]] {
            let targets = Targets::new(GRID, &order);
            assert_eq!(targets.cells[GRID.cell_at([42.0, 42.0])].corners[0], 20.0);
            assert_eq!(targets.cells[GRID.cell_at([66.0, 42.0])].corners[0], 44.0);
            let weights: f32 = targets.cells.iter().map(|cell| cell.weight).sum();
            assert!((weights - 2.0).abs() < 1e-5);
        }
    }
}
