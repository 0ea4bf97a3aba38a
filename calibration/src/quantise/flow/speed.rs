//! How fast a model is before and after.
//!
//! Takes two models and faces; gives the ratio of their times. Calls are in turn, so that whatever else the
//! machine does falls on both, and of a few calls the fastest counts: it is the one that nothing interrupted.

use std::{path::PathBuf, time::Instant};

use serde::Serialize;

use super::QuantiseError;
use crate::{
    numbers::flow::Pair,
    subject::{Images, Onnx, SubjectError},
};

/// Calls of either model in turn, of which the fastest counts; as many before the first.
const CALLS: usize = 5;

/// Times of calls on one thread of the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// Faces of a call.
    pub batch: usize,
    /// How often that was done.
    pub repeats: usize,
    /// Of the median.
    pub faces_per_sec: Pair<f64>,
    /// Median of how many times faster the quantised model was.
    pub ratio: f64,
    /// First and third quartile of that.
    pub quartiles: [f64; 2],
}

impl Speed {
    pub(super) fn measure(
        files: &[PathBuf; 2],
        pixels: &[u8],
        size: usize,
        repeats: usize,
    ) -> Result<Self, QuantiseError> {
        let [mut before, mut after] = [Onnx::open(&files[0])?, Onnx::open(&files[1])?];
        let batch = pixels.len() / (size * size * 3);
        let shape = [batch, size, size, 3];
        let images = Images::Bytes(&shape, pixels);
        let time = |onnx: &mut Onnx| {
            let start = Instant::now();
            onnx.see(images, &[], |_, _, _| Ok::<_, SubjectError>(()))?;
            Ok::<_, QuantiseError>(start.elapsed().as_secs_f64())
        };
        let mut least = || {
            let mut least = [f64::INFINITY; 2];
            for call in 0..CALLS {
                // Either goes first as often.
                let pair = if call % 2 == 0 {
                    let first = time(&mut before)?;
                    [first, time(&mut after)?]
                } else {
                    let first = time(&mut after)?;
                    [time(&mut before)?, first]
                };
                least = [least[0].min(pair[0]), least[1].min(pair[1])];
            }
            Ok::<_, QuantiseError>(least)
        };
        least()?;
        let times = (0..repeats).map(|_| least());
        let times: Vec<[f64; 2]> = times.collect::<Result<_, _>>()?;
        let of = |figure: &dyn Fn(&[f64; 2]) -> f64, share| {
            quantile(times.iter().map(figure).collect(), share)
        };
        let ratio = |[before, after]: &[f64; 2]| before / after;
        Ok(Self {
            batch,
            repeats,
            faces_per_sec: Pair {
                before: batch as f64 / of(&|it| it[0], 0.5),
                after: batch as f64 / of(&|it| it[1], 0.5),
            },
            ratio: of(&ratio, 0.5),
            quartiles: [of(&ratio, 0.25), of(&ratio, 0.75)],
        })
    }
}

/// The value below which a share lies; 0 without any.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = share * values.len().saturating_sub(1) as f64;
    values.get(place.round() as usize).copied().unwrap_or(0.0)
}
