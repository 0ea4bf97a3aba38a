//! Distance of landmarks in units of the face.

use burn::tensor::Tensor;

/// `sum weight * mean |points - target|` over cells, the mean over the ten coordinates. With the
/// weight divided by the face's size this is a share of that size; the caller divides by the number
/// of faces.
///
/// # Shapes
/// - points, target: `[N, P, 10]`, in pixels
/// - weight: `[N, P]`
/// - output: `[1]`
pub fn landmark_distance(points: Tensor<3>, target: Tensor<3>, weight: Tensor<2>) -> Tensor<1> {
    let [n, cells, _] = points.dims();
    let distance = (points - target).abs().mean_dim(2).reshape([n, cells]);
    (distance * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn by_hand() {
        let device = Device::default();
        let mut points = [[0.0_f32; 10]; 2];
        points[0][3] = 4.0;
        points[0][7] = -2.0;
        points[1] = [100.0; 10];
        let loss: f32 = landmark_distance(
            Tensor::from_data([points], &device),
            Tensor::zeros([1, 2, 10], &device),
            Tensor::from_data([[0.5_f32, 0.0]], &device),
        )
        .into_scalar();
        assert!((loss - 0.3).abs() < 1e-6);
    }
}
