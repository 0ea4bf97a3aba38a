//! Generalised intersection over union (Rezatofighi et al., 2019), Algorithm 1.

use burn::tensor::Tensor;

/// `sum weight * (1 - GIoU)` over cells; `GIoU = IoU - (C - U) / C` with the union `U` and the
/// smallest box around both `C`. The caller divides by the number of faces.
///
/// # Shapes
/// - boxes, target: `[N, P, 4]`, x1, y1, x2, y2
/// - weight: `[N, P]`
/// - output: `[1]`
pub fn generalised_overlap_loss(
    boxes: Tensor<3>,
    target: Tensor<3>,
    weight: Tensor<2>,
) -> Tensor<1> {
    let (low, high) = corners(boxes);
    let (target_low, target_high) = corners(target);
    let shared = area(
        low.clone().max_pair(target_low.clone()),
        high.clone().min_pair(target_high.clone()),
    );
    let around = area(
        low.clone().min_pair(target_low.clone()),
        high.clone().max_pair(target_high.clone()),
    );
    let union = area(low, high) + area(target_low, target_high) - shared.clone();
    // Cells without a target have empty boxes and no weight; they must not divide by zero.
    let union = union.clamp_min(1e-3);
    let around = around.clamp_min(1e-3);
    let giou = shared / union.clone() - (around.clone() - union) / around;
    ((-giou + 1.0) * weight).sum()
}

/// `[N, P, 4]` to the corners `[N, P, 2]` each.
fn corners(boxes: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
    let [n, cells, _] = boxes.dims();
    (
        boxes.clone().slice([0..n, 0..cells, 0..2]),
        boxes.slice([0..n, 0..cells, 2..4]),
    )
}

/// Areas `[N, P]`, 0 where the corners are in the wrong order.
fn area(low: Tensor<3>, high: Tensor<3>) -> Tensor<2> {
    let [n, cells, _] = low.dims();
    let side = (high - low).clamp_min(0.0);
    let width = side.clone().slice([0..n, 0..cells, 0..1]);
    let height = side.slice([0..n, 0..cells, 1..2]);
    (width * height).reshape([n, cells])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn loss(boxes: [[f32; 4]; 2], target: [[f32; 4]; 2], weight: [f32; 2]) -> f32 {
        let device = Device::default();
        generalised_overlap_loss(
            Tensor::from_data([boxes], &device),
            Tensor::from_data([target], &device),
            Tensor::from_data([weight], &device),
        )
        .into_scalar()
    }

    #[test]
    fn by_hand() {
        let unit = [0.0, 0.0, 2.0, 2.0];
        // Shared 1, union 7, around 9: GIoU = 1/7 - 2/9.
        let shifted = [1.0, 1.0, 3.0, 3.0];
        let expected = 1.0 - (1.0 / 7.0 - 2.0 / 9.0);
        assert!((loss([shifted, unit], [unit, unit], [1.0, 1.0]) - expected).abs() < 1e-5);
        assert!((loss([shifted, unit], [unit, unit], [0.25, 1.0]) - expected / 4.0).abs() < 1e-5);
        // Apart: shared 0, union 8, around 2 * 6 = 12: GIoU = -1/3.
        let apart = [4.0, 0.0, 6.0, 2.0];
        assert!((loss([apart, unit], [unit, [0.0; 4]], [1.0, 0.0]) - 4.0 / 3.0).abs() < 1e-5);
    }
}
