//! Interpolation to another height and width.

use burn::backend::ir::{InterpolateModeIr, InterpolateOpIr};

use super::context::Context;
use crate::error::ExportError;
use crate::graph::{Attribute, Attributes, Constant};
use crate::shape::Dim;

pub(super) fn interpolate(cx: &mut Context<'_>, op: &InterpolateOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.x)?;
    let dims = cx.of(input).dims;
    let Some(from) = crate::shape::fixed(&dims[2..]) else {
        return Err(cx.form("resizing along the batch"));
    };
    let attributes = attributes(cx, op)?;
    let whole = from
        .iter()
        .zip(op.output_size)
        .all(|(from, to)| to % from == 0);
    let (scales, sizes) = if whole {
        // Whole factors are exact as scales, which every runtime reads.
        let factors = from
            .iter()
            .zip(op.output_size)
            .map(|(from, to)| (to / from) as f32);
        let scales: Vec<f32> = [1.0, 1.0].into_iter().chain(factors).collect();
        (Some(cx.constant(Constant::floats(&[4], &scales))), None)
    } else {
        let [height, width] = op.output_size.map(Dim::Fixed);
        let target = [dims[0], dims[1], height, width];
        (None, Some(cx.shape_vector(&target)?))
    };
    let mut inputs = vec![Some(input), None, scales, sizes];
    inputs.truncate(if whole { 3 } else { 4 });
    let of = cx.type_of(&op.out)?;
    let value = cx.emit_all("Resize", inputs, attributes, vec![of])[0];
    cx.bind(op.out.id, value);
    Ok(())
}

/// burn's coordinates: nearest takes `floor(i * from / to)`, the others pixel centres or corners.
fn attributes(cx: &Context<'_>, op: &InterpolateOpIr) -> Result<Attributes, ExportError> {
    let smooth = if op.options.align_corners {
        "align_corners"
    } else {
        "half_pixel"
    };
    let transform = "coordinate_transformation_mode";
    Ok(match op.options.mode {
        InterpolateModeIr::Nearest => vec![
            (transform, Attribute::Text("asymmetric")),
            ("mode", Attribute::Text("nearest")),
            ("nearest_mode", Attribute::Text("floor")),
        ],
        InterpolateModeIr::Bilinear => vec![
            (transform, Attribute::Text(smooth)),
            ("mode", Attribute::Text("linear")),
        ],
        InterpolateModeIr::Bicubic => vec![
            (transform, Attribute::Text(smooth)),
            ("cubic_coeff_a", Attribute::Float(-0.75)),
            ("mode", Attribute::Text("cubic")),
        ],
        ref mode @ (InterpolateModeIr::NearestExact | InterpolateModeIr::Lanczos3) => {
            return Err(cx.form(format!("the mode {mode:?}")));
        }
    })
}
