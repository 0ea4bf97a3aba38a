//! Contact sheets: every action unit of a head at full strength, left, right and both; and many
//! people at once.
//!
//! [`sheet`] takes a head and gives one picture with a labelled tile per unit and side, to be looked
//! at: does each unit do what FACS describes? [`people`] shows whom and what a model learns from.

use facs::ActionUnit;
use image::{Rgb, RgbImage};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{
    head::{Actions, Head},
    look::{Person, Placement, Renderer, Shot, Studio},
};

mod lettering;
mod people;

pub use people::people;

/// Units beside each other; each takes three tiles.
const GROUPS: usize = 2;
/// Strengths of the three tiles: left, right.
const SIDES: [(&str, [f32; 2]); 3] = [
    ("LEFT", [1.0, 0.0]),
    ("RIGHT", [0.0, 1.0]),
    ("BOTH", [1.0, 1.0]),
];
/// Height of a line of text with its margin, in pixels.
const CAPTION: u32 = 11;
/// Between groups, in pixels.
const GUTTER: u32 = 8;
const PAPER: Rgb<u8> = Rgb([250, 249, 246]);
const INK: Rgb<u8> = Rgb([40, 40, 44]);

/// Renders the sheet of a head; a tile is `tile` pixels wide and high.
#[must_use]
pub fn sheet(head: Head, tile: u32) -> RgbImage {
    let title = format!("{}: AT REST", head.name);
    let studio = Studio::new(vec![head]);
    let person = Person::plain(&studio, 0, &mut ChaCha8Rng::seed_from_u64(0));
    let shot = Shot::plain();
    let mut renderer = Renderer::new();
    let mut face = |actions: &Actions| {
        let place = Placement {
            height: 0.94,
            offset: [0.0, -0.02],
            cover: 0.0,
        };
        let size = [tile as usize; 2];
        let portrait = renderer.portrait(&studio, &person, actions, &shot, size, place);
        RgbImage::from_raw(tile, tile, portrait.pixels)
    };
    let rows = ActionUnit::COUNT.div_ceil(GROUPS) as u32;
    let group_width = SIDES.len() as u32 * tile + GUTTER;
    let row_height = tile + CAPTION;
    let mut page = RgbImage::from_pixel(
        GROUPS as u32 * group_width + GUTTER,
        (rows + 1) * row_height + GUTTER,
        PAPER,
    );
    let mut put = |column: u32, row: u32, caption: &str, tile: Option<RgbImage>, width: u32| {
        let x = GUTTER + column / 3 * group_width + column % 3 * width;
        let y = GUTTER + row * row_height;
        lettering::write(&mut page, [x, y], caption, INK);
        if let Some(tile) = tile {
            image::imageops::replace(&mut page, &tile, x.into(), (y + CAPTION - 2).into());
        }
    };
    put(0, 0, &title, face(&Actions::default()), tile);
    for (column, (caption, gaze)) in [
        ("LOOKS LEFT", [0.35, 0.0]),
        ("RIGHT", [-0.35, 0.0]),
        ("UP", [0.0, 0.3]),
        ("DOWN", [0.0, -0.35]),
    ]
    .into_iter()
    .enumerate()
    {
        let actions = Actions {
            gaze: gaze.into(),
            ..Actions::default()
        };
        put(column as u32 + 1, 0, caption, face(&actions), tile);
    }
    for (index, unit) in ActionUnit::ALL.into_iter().enumerate() {
        let (group, row) = (index as u32 / rows, index as u32 % rows + 1);
        for (column, (side, [left, right])) in SIDES.into_iter().enumerate() {
            let caption = if column == 0 {
                format!("{unit} {}", unit.name())
            } else {
                String::new()
            };
            let mut picture = face(&Actions::only(unit, left, right));
            if let Some(picture) = &mut picture {
                lettering::write(picture, [2, tile - 9], side, PAPER);
            }
            put(group * 3 + column as u32, row, &caption, picture, tile);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_its_tiles() {
        let page = sheet(Head::built_in(), 48);
        assert_eq!(
            page.dimensions(),
            (2 * (3 * 48 + 8) + 8, 11 * (48 + 11) + 8)
        );
        let tile = |column: u32, row: u32| {
            let corner = [8 + column / 3 * 152 + column % 3 * 48, 8 + row * 59 + 9];
            (0..48 * 48)
                .map(|i| page.get_pixel(corner[0] + i % 48, corner[1] + i / 48).0)
                .collect::<Vec<_>>()
        };
        let rest = tile(0, 0);
        for row in 1..=10 {
            for column in 0..6 {
                assert_ne!(
                    tile(column, row),
                    rest,
                    "tile {column} of row {row} shows nothing"
                );
            }
        }
    }
}
