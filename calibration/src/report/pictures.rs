//! Pictures of an audit: the faces that were shown, and where the classifier looked.

use std::path::Path;

use facs::Expression;
use image::{Rgb, RgbImage};
use synth::{
    dataset::{Cast, Sitting},
    look::Renderer,
};

use crate::{
    audit::{AuditError, Design, Occlusion, SaliencyMap},
    subject::Subject,
};

/// The first person at the apex of one expression, from a symmetry of 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceStrip {
    /// What is shown.
    pub expression: Expression,
    /// Side of each picture.
    pub size: usize,
    /// RGB bytes of each.
    pub crops: Vec<Vec<u8>>,
}

impl FaceStrip {
    /// One strip per expression of the design, as the classifier sees them.
    #[must_use]
    pub fn all(design: &Design, cast: &Cast, subject: &dyn Subject) -> Vec<Self> {
        let window = subject.window();
        let mut renderer = Renderer::new();
        let sitting = Sitting::new(cast, 0, design.varied, &window, &mut renderer);
        let strip = |(expression, apex)| Self {
            expression,
            size: window.size,
            crops: design
                .symmetry_steps()
                .into_iter()
                .map(|symmetry| {
                    let actions = design.actions(apex, symmetry, 1.0);
                    let crop = sitting.show(&mut renderer, cast.studio(), &actions);
                    crop.pixels
                })
                .collect(),
        };
        design.apexes.of_person(0).map(strip).collect()
    }
}

/// One row per strip.
pub(super) fn faces(strips: &[FaceStrip], path: &Path) -> Result<(), AuditError> {
    let rows = strips.iter().map(|strip| {
        let crops = strip.crops.iter().cloned();
        (strip.size, crops.collect())
    });
    sheet(rows.collect(), path)
}

/// One row per expression: of both symmetries the face, the map of what it shows and that of what
/// was predicted.
pub(super) fn looks(looks: &[Occlusion], path: &Path) -> Result<(), AuditError> {
    let rows = looks.chunks(2).map(|pair| {
        let pictures = pair.iter().flat_map(|look| {
            let maps = [&look.shown, &look.predicted].map(|map| overlay(look, map));
            [look.crop.clone()].into_iter().chain(maps)
        });
        (pair[0].size, pictures.collect())
    });
    sheet(rows.collect(), path)
}

/// The crop in grey under a map: red where the class needs what is there, blue where it does not
/// want it.
fn overlay(look: &Occlusion, map: &SaliencyMap) -> Vec<u8> {
    let most = map
        .fall
        .iter()
        .fold(0.02_f32, |most, fall| most.max(fall.abs()));
    let pixels = look.crop.chunks_exact(3).enumerate();
    let painted = pixels.flat_map(|(index, pixel)| {
        let [x, y] = [index % look.size, index / look.size];
        let [column, row] = [x, y].map(|at| at * map.side / look.size);
        let fall = map.fall[row * map.side + column] / most;
        let grey = pixel.iter().map(|value| f32::from(*value)).sum::<f32>() / 3.0;
        let colour = if fall > 0.0 {
            [214.0, 39.0, 40.0]
        } else {
            [31.0, 119.0, 180.0]
        };
        let share = 0.8 * fall.abs();
        colour.map(|colour| (grey + (colour - grey) * share).round() as u8)
    });
    painted.collect()
}

/// Rows of square pictures.
fn sheet(rows: Vec<(usize, Vec<Vec<u8>>)>, path: &Path) -> Result<(), AuditError> {
    let width = rows.iter().map(|(size, row)| size * row.len()).max();
    let height: usize = rows.iter().map(|(size, _)| size).sum();
    let width = width.unwrap_or(0).max(1);
    let mut sheet = RgbImage::from_pixel(width as u32, height.max(1) as u32, Rgb([255; 3]));
    let mut top = 0;
    for (size, pictures) in rows {
        for (column, picture) in pictures.iter().enumerate() {
            for (index, pixel) in picture.as_chunks::<3>().0.iter().enumerate() {
                let [x, y] = [column * size + index % size, top + index / size];
                sheet.put_pixel(x as u32, y as u32, Rgb(*pixel));
            }
        }
        top += size;
    }
    sheet.save(path).map_err(|error| AuditError::Content {
        path: path.to_owned(),
        problem: error.to_string(),
    })
}
