//! Many people in one picture: what a model learns from.

use image::RgbImage;
use rayon::prelude::*;

use super::{GUTTER, PAPER};
use crate::dataset::{BLOCK, Source};

/// People beside each other.
const ACROSS: u32 = 8;

/// One image of each of the first `count` people of a data set whose images are `tile` pixels wide
/// and high.
#[must_use]
pub fn people(source: &impl Source, count: usize, tile: u32) -> RgbImage {
    let draw = |person: usize| {
        let first = person * BLOCK;
        let mut pixels = vec![0; (tile * tile * 3) as usize];
        source.draw(first..first + 1, &mut pixels);
        RgbImage::from_raw(tile, tile, pixels)
    };
    let tiles: Vec<_> = (0..count).into_par_iter().map(draw).collect();
    let (step, rows) = (tile + GUTTER / 2, (count as u32).div_ceil(ACROSS));
    let mut page = RgbImage::from_pixel(
        ACROSS.min(count as u32) * step + GUTTER / 2,
        rows * step + GUTTER / 2,
        PAPER,
    );
    for (index, tile) in (0..).zip(tiles) {
        if let Some(tile) = tile {
            let corner = [index % ACROSS, index / ACROSS].map(|place| place * step + GUTTER / 2);
            image::imageops::replace(&mut page, &tile, corner[0].into(), corner[1].into());
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        causal::CausalModel,
        dataset::{Cast, Crops},
        head::Head,
    };

    #[test]
    fn everyone_has_a_tile_of_their_own() {
        let cast = Cast::new(vec![Head::built_in()], 9, 1).unwrap();
        let crops = Crops::new(cast, CausalModel::built_in().clone(), 32);
        let page = people(&crops, 9, 32);
        assert_eq!(page.dimensions(), (8 * 36 + 4, 2 * 36 + 4));
        let tile = |column: u32, row: u32| -> Vec<_> {
            let [x, y] = [column * 36 + 4, row * 36 + 4];
            (0..32 * 32)
                .map(|i| page.get_pixel(x + i % 32, y + i / 32).0)
                .collect()
        };
        assert_ne!(tile(0, 0), tile(1, 0));
        assert_ne!(tile(7, 0), tile(0, 1));
        assert!(tile(1, 1).iter().all(|pixel| *pixel == PAPER.0));
    }
}
