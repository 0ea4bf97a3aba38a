//! Focal loss on a heat map: "Objects as Points" (Zhou et al., 2019), Eq. 1.

use burn::tensor::{Tensor, activation::log_sigmoid};

/// `alpha`: how little well-answered cells count.
const ALPHA: i32 = 2;
/// `beta`: how little the surroundings of a middle count.
const BETA: i32 = 4;

/// `-sum (1 - p)^alpha log(p)` over the middles (heat 1) and
/// `-sum (1 - heat)^beta p^alpha log(1 - p)` over all other cells, divided by `faces`.
///
/// # Shapes
/// - logits, heat: `[N, P]`
/// - counted: `[N, P]`, 0 where nothing can be said, else 1
/// - output: `[1]`
pub fn heat_focal_loss(
    logits: Tensor<2>,
    heat: Tensor<2>,
    counted: Tensor<2>,
    faces: usize,
) -> Tensor<1> {
    let middle = heat.clone().greater_equal_elem(1.0).float();
    let (log_p, log_not_p) = (log_sigmoid(logits.clone()), log_sigmoid(-logits));
    let (p, not_p) = (log_p.clone().exp(), log_not_p.clone().exp());
    let found = not_p.powi_scalar(ALPHA) * log_p * middle.clone();
    let surroundings = (-heat + 1.0).powi_scalar(BETA) * (-middle + 1.0);
    let silent = p.powi_scalar(ALPHA) * log_not_p * surroundings;
    ((found + silent) * counted).sum() / -(faces.max(1) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn loss(logits: [f32; 3], heat: [f32; 3], counted: [f32; 3], faces: usize) -> f32 {
        let on = |values: [f32; 3]| Tensor::<2>::from_data([values], &Device::default());
        heat_focal_loss(on(logits), on(heat), on(counted), faces).into_scalar()
    }

    #[test]
    fn by_hand() {
        // p = 1/2 everywhere: middle 1/4 ln 2; at heat 1/2: 1/16 * 1/4 ln 2; empty: 1/4 ln 2.
        let ln2 = std::f32::consts::LN_2;
        let expected = (0.25 + 0.25 / 16.0 + 0.25) * ln2;
        assert!((loss([0.0; 3], [1.0, 0.5, 0.0], [1.0; 3], 1) - expected).abs() < 1e-6);
        assert!((loss([0.0; 3], [1.0, 0.5, 0.0], [1.0; 3], 2) - expected / 2.0).abs() < 1e-6);
        assert!((loss([0.0; 3], [1.0, 0.5, 0.0], [1.0, 0.0, 0.0], 1) - 0.25 * ln2).abs() < 1e-6);
    }

    #[test]
    fn right_answers_cost_nothing_and_wrong_ones_stay_finite() {
        assert!(loss([20.0, -20.0, -20.0], [1.0, 0.0, 0.0], [1.0; 3], 1) < 1e-6);
        let wrong = loss([-200.0, 200.0, 0.0], [1.0, 0.0, 0.0], [1.0; 3], 1);
        assert!(wrong.is_finite() && wrong > 300.0, "{wrong}");
    }
}
