//! The parametric skin: its sites, triangles, seams and uv.
//!
//! Takes nothing; gives a grid of rows (heights `b`) and columns (arc lengths `a` from the
//! midline, positive on the subject's left), cut open between lids and between lips. Each cut has
//! margins of its own and folds inwards.

use std::{collections::HashMap, f32::consts::PI};

use glam::Vec2;

use super::face::{ARC, EYE_B, EYE_CORNERS, Face};

/// Height of the slit between the lips in site coordinates.
pub(super) const MOUTH_B: f32 = -3.6;
/// Corner of the mouth in site coordinates.
pub(super) const MOUTH_CORNER: f32 = 2.4;

/// Heights of the rows from crown to shoulders.
const ROWS: [f32; 76] = [
    14.5, 14.2, 13.5, 12.4, 11.2, 10.2, 9.4, 8.8, 8.3, 7.85, 7.4, 7.0, 6.6, 6.25, 5.9, 5.6, 5.3,
    5.0, 4.7, 4.4, 4.15, 3.92, 3.72, 3.55, EYE_B, 3.26, 3.1, 2.9, 2.65, 2.35, 2.05, 1.75, 1.4, 1.1,
    0.8, 0.5, 0.2, -0.1, -0.35, -0.6, -0.85, -1.1, -1.4, -1.75, -2.1, -2.4, -2.7, -2.92, -3.12,
    -3.32, -3.48, MOUTH_B, -3.74, -3.92, -4.14, -4.38, -4.65, -4.95, -5.25, -5.6, -5.95, -6.3,
    -6.65, -7.0, -7.3, -7.6, -7.9, -8.2, -8.6, -9.1, -9.8, -10.8, -12.0, -13.4, -15.0, -17.0,
];
/// Arc lengths of the columns of the left half of the face; the outermost is the seam.
const COLUMNS: [f32; 27] = [
    0.0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.4, 2.7, 3.0, 3.3, 3.6, 3.9, 4.2, 4.5, 4.8, 5.2, 5.8,
    6.5, 7.4, 8.5, 9.8, 11.2, 12.8, 14.4, 16.2,
];
/// Columns of the back of the head between the seams.
const BACK_COLUMNS: usize = 9;
/// Rows of the inner side of the lids.
const LID_FOLDS: u8 = 1;
/// Rows of the inner side of the lips.
pub(super) const LIP_FOLDS: u8 = 3;

/// Where a site lies relative to a slit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fold {
    /// On the open skin.
    None,
    /// On the upper margin (0) or behind it.
    Upper(u8),
    /// On the lower margin (0) or behind it.
    Lower(u8),
}

/// A place on the parametric skin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    /// Arc length from the midline, positive on the left.
    pub(super) a: f32,
    /// Height.
    pub(super) b: f32,
    /// Side of a slit.
    pub(super) fold: Fold,
    /// Back of the head: the second uv tile, no features.
    pub(super) back: bool,
}

impl Site {
    /// Above the slit that it lies nearest to: the upper lid or lip.
    pub(super) fn is_upper(&self) -> bool {
        match self.fold {
            Fold::Upper(_) => true,
            Fold::Lower(_) => false,
            Fold::None if self.b > 0.0 => self.b >= EYE_B,
            Fold::None => self.b >= MOUTH_B,
        }
    }

    /// How far behind a margin it lies.
    pub(super) const fn depth(&self) -> u8 {
        match self.fold {
            Fold::None => 0,
            Fold::Upper(depth) | Fold::Lower(depth) => depth,
        }
    }

    /// Its place in the uv plane of a face.
    pub(super) fn uv(&self, face: &Face) -> Vec2 {
        let v = height_to_v(face.slid(*self));
        if self.back {
            let turn = (self.a.rem_euclid(2.0 * PI * ARC) - COLUMNS[26])
                / (2.0 * (PI * ARC - COLUMNS[26]));
            return Vec2::new(1.02 + 0.96 * turn.clamp(0.0, 1.0), v);
        }
        Vec2::new(arc_to_u(self.a), v)
    }
}

/// The face fills the tile: most of it goes to what lies within 75 degrees of the midline.
pub(super) fn arc_to_u(a: f32) -> f32 {
    let inner = (a.abs() / 11.8).min(1.0) * 0.44;
    let outer = ((a.abs() - 11.8) / (COLUMNS[26] - 11.8)).clamp(0.0, 1.0) * 0.055;
    0.5 + (inner + outer).copysign(a)
}

/// Most of the tile goes to the heights between the hairline and the chin.
pub(super) fn height_to_v(b: f32) -> f32 {
    if b > 9.0 {
        0.1 * (14.5 - b) / 5.5
    } else if b > -9.0 {
        0.1 + 0.8 * (9.0 - b) / 18.0
    } else {
        0.9 + 0.1 * (-9.0 - b) / 8.0
    }
}

/// The skin as a graph of sites.
pub(super) struct Sheet {
    /// Vertices.
    pub(super) sites: Vec<Site>,
    /// Triangles, counter-clockwise from outside.
    pub(super) triangles: Vec<[u32; 3]>,
    /// Seam copies: `[copy, original]`.
    pub(super) weld: Vec<[u32; 2]>,
    index: HashMap<Key, u32>,
}

/// Column (0 is the midline), row, fold, back.
type Key = (i32, usize, Fold, bool);

impl Sheet {
    /// Builds the sheet of face, back of the head, neck and shoulders.
    pub(super) fn new() -> Self {
        let mut sheet = Self {
            sites: Vec::new(),
            triangles: Vec::new(),
            weld: Vec::new(),
            index: HashMap::new(),
        };
        let seam = COLUMNS.len() as i32 - 1;
        for row in 0..ROWS.len() - 1 {
            for column in -seam..seam {
                let fold = |row: usize, column: i32, lower: bool| slit_fold(row, column, lower);
                let corners = [
                    (row, column),
                    (row + 1, column),
                    (row + 1, column + 1),
                    (row, column + 1),
                ]
                .map(|(r, c)| sheet.vertex((c, r, fold(r, c, r == row), false)));
                sheet.quad(corners);
            }
            for column in seam..seam + BACK_COLUMNS as i32 + 1 {
                let corners = [
                    (row, column),
                    (row + 1, column),
                    (row + 1, column + 1),
                    (row, column + 1),
                ]
                .map(|(r, c)| sheet.vertex((c, r, Fold::None, true)));
                sheet.quad(corners);
            }
        }
        for row in 0..ROWS.len() {
            let ends = [(seam, seam), (seam + BACK_COLUMNS as i32 + 1, -seam)];
            for (back, front) in ends {
                sheet.weld.push([
                    sheet.index[&(back, row, Fold::None, true)],
                    sheet.index[&(front, row, Fold::None, false)],
                ]);
            }
        }
        for side in [-1, 1] {
            sheet.line_slit(
                EYE_B,
                EYE_CORNERS.map(|corner| side * column_of(corner)),
                LID_FOLDS,
            );
        }
        sheet.line_slit(
            MOUTH_B,
            [-column_of(MOUTH_CORNER), column_of(MOUTH_CORNER)],
            LIP_FOLDS,
        );
        sheet
    }

    /// Adds the inner side of a slit, upper and lower.
    fn line_slit(&mut self, b: f32, ends: [i32; 2], folds: u8) {
        let row = row_of(b);
        let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        for depth in 0..folds {
            for column in from..to {
                let key = |column: i32, depth: u8, fold: fn(u8) -> Fold| {
                    let end = column == from || column == to;
                    (
                        column,
                        row,
                        if end && depth == 0 {
                            Fold::None
                        } else {
                            fold(depth)
                        },
                        false,
                    )
                };
                let upper = [
                    (column, depth),
                    (column, depth + 1),
                    (column + 1, depth + 1),
                    (column + 1, depth),
                ]
                .map(|(column, depth)| self.vertex(key(column, depth, Fold::Upper)));
                self.quad(upper);
                let lower = [
                    (column, depth),
                    (column + 1, depth),
                    (column + 1, depth + 1),
                    (column, depth + 1),
                ]
                .map(|(column, depth)| self.vertex(key(column, depth, Fold::Lower)));
                self.quad(lower);
            }
        }
    }

    fn vertex(&mut self, key: Key) -> u32 {
        *self.index.entry(key).or_insert_with(|| {
            let (column, row, fold, back) = key;
            let a = if back {
                back_arc(column)
            } else {
                COLUMNS[column.unsigned_abs() as usize].copysign(column as f32)
            };
            self.sites.push(Site {
                a,
                b: ROWS[row],
                fold,
                back,
            });
            self.sites.len() as u32 - 1
        })
    }

    fn quad(&mut self, [a, b, c, d]: [u32; 4]) {
        // The diagonal mirrors with the face, so that both halves shade alike.
        if self.sites[a as usize].a + self.sites[c as usize].a < 0.0 {
            self.triangles.extend([[a, b, d], [b, c, d]]);
        } else {
            self.triangles.extend([[a, b, c], [a, c, d]]);
        }
    }

    /// The vertex at a place of the open skin or on a margin.
    pub(super) fn find(&self, a: f32, b: f32, fold: Fold) -> Option<u32> {
        let column = column_of(a.abs()) * if a < 0.0 { -1 } else { 1 };
        self.index.get(&(column, row_of(b), fold, false)).copied()
    }
}

/// Arc length of a column of the back of the head, running on from the left seam to the right.
fn back_arc(column: i32) -> f32 {
    let seam = COLUMNS.len() as i32 - 1;
    let share = (column - seam) as f32 / (BACK_COLUMNS + 1) as f32;
    let (left, right) = (COLUMNS[26], 2.0 * PI * ARC - COLUMNS[26]);
    let a = left + share * (right - left);
    if a > PI * ARC { a - 2.0 * PI * ARC } else { a }
}

/// Which copy a quad uses of a vertex in the row of a slit: quads below use the lower one.
fn slit_fold(row: usize, column: i32, lower: bool) -> Fold {
    let column = column.abs();
    let within = |[from, to]: [i32; 2]| column > from && column < to;
    let cut = row == row_of(EYE_B) && within(EYE_CORNERS.map(column_of))
        || row == row_of(MOUTH_B) && within([-1, column_of(MOUTH_CORNER)]);
    match (cut, lower) {
        (false, _) => Fold::None,
        (true, true) => Fold::Lower(0),
        (true, false) => Fold::Upper(0),
    }
}

fn row_of(b: f32) -> usize {
    ROWS.iter()
        .position(|row| *row <= b)
        .unwrap_or(ROWS.len() - 1)
}

fn column_of(a: f32) -> i32 {
    COLUMNS.partition_point(|column| *column < a - 0.01) as i32
}

/// Columns between two places, for outlines: from `from` to `to`.
pub(super) fn columns_between(from: f32, to: f32) -> impl DoubleEndedIterator<Item = f32> + Clone {
    COLUMNS
        .into_iter()
        .filter(move |a| *a >= from - 0.01 && *a <= to + 0.01)
}
