//! Numbers as 8-bit codes.
//!
//! Takes a range of numbers, or the weights and biases of a layer; gives the [`Grid`] of codes that covers
//! it, or the codes. A code `q` stands for `scale * (q - zero)`; rounding is to the nearest code, ties to the
//! even one, as in ONNX's `QuantizeLinear`.

use clap::ValueEnum;

/// Biases use at most this much of 32 bits, so that sums of products and a bias fit.
const MOST_BIAS: f64 = (1 << 30) as f64;

/// What the codes of activations are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Activations {
    /// 0 to 255, zero wherever it has to be: what processors with AVX2, AVX-512 or VNNI multiply with signed
    /// weights, and twice as fine after a Relu.
    #[default]
    Uint8,
    /// -128 to 127, zero at 0: all that TensorRT takes.
    Int8,
}

impl Activations {
    /// Least and most code.
    #[must_use]
    pub const fn codes(self) -> [i32; 2] {
        match self {
            Self::Uint8 => [0, 255],
            Self::Int8 => [-128, 127],
        }
    }
}

/// Numbers from `low` to `high`.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Range {
    /// The least.
    pub low: f32,
    /// The largest.
    pub high: f32,
}

impl Range {
    /// The numbers of it that lie in `-bound..=bound`.
    #[must_use]
    pub fn within(self, bound: f32) -> Self {
        Self {
            low: self.low.max(-bound),
            high: self.high.min(bound),
        }
    }

    /// The largest magnitude.
    #[must_use]
    pub const fn bound(self) -> f32 {
        self.low.abs().max(self.high.abs())
    }
}

/// Which numbers the codes of a tensor stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Between two codes; above 0.
    pub scale: f32,
    /// The code of 0.
    pub zero: i32,
    /// Which codes there are.
    pub activations: Activations,
}

impl Grid {
    /// Covers a range and 0, which has a code of its own: padding is with zeros.
    #[must_use]
    pub fn over(range: Range, activations: Activations) -> Self {
        let low = f64::from(range.low.min(0.0));
        let high = f64::from(range.high.max(0.0));
        let step = match activations {
            Activations::Uint8 => (high - low) / 255.0,
            Activations::Int8 => high.max(-low) / 127.0,
        };
        // Of nothing but zeros every scale is true.
        let scale = if step > 0.0 { above_zero(step) } else { 1.0 };
        let zero = match activations {
            Activations::Uint8 => (-low / f64::from(scale)).round() as i32,
            Activations::Int8 => 0,
        };
        let [least, most] = activations.codes();
        Self {
            scale,
            zero: zero.clamp(least, most),
            activations,
        }
    }

    /// The code nearest to a number; the last where it is beyond.
    #[must_use]
    pub fn code(&self, x: f32) -> i32 {
        let [least, most] = self.activations.codes();
        let code = (x / self.scale).round_ties_even() as i32;
        code.saturating_add(self.zero).clamp(least, most)
    }

    /// The number that a code stands for.
    #[must_use]
    pub fn value(&self, code: i32) -> f32 {
        (code - self.zero) as f32 * self.scale
    }
}

/// A scale, of which `f32` may have none so small.
fn above_zero(scale: f64) -> f32 {
    (scale as f32).max(f32::MIN_POSITIVE)
}

/// The weights and biases of a layer as codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Codes {
    /// Where the weights were.
    pub weights: Vec<i8>,
    /// Per output channel; zero is at 0.
    pub scales: Vec<f32>,
    /// Per output channel, in steps of [`Self::bias_scales`].
    pub bias: Option<Vec<i32>>,
    /// Per output channel: the scale of the layer's input times that of the weights.
    pub bias_scales: Vec<f32>,
}

/// Codes of a layer's weights, symmetric and per output channel, `-most..=most`.
///
/// `dims` is the shape of `weights`, `axis` that of the output channels, `input_scale` the scale of what the
/// layer reads. A channel whose bias would not fit in 31 bits in steps of `input_scale * scale`, such as one
/// without weights, gets a wider scale.
#[must_use]
pub fn layer(
    weights: &[f32],
    (dims, axis): (&[usize], usize),
    bias: Option<&[f32]>,
    input_scale: f32,
    most: i8,
) -> Codes {
    let channels = dims.get(axis).copied().unwrap_or(1);
    let inner: usize = dims.iter().skip(axis + 1).product();
    let channel_of = |place: usize| place / inner.max(1) % channels.max(1);
    let mut largest = vec![0.0_f32; channels];
    for (place, weight) in weights.iter().enumerate() {
        let largest = &mut largest[channel_of(place)];
        *largest = largest.max(weight.abs());
    }
    let input_scale = f64::from(input_scale);
    let scale = |channel: usize| {
        let of_weights = f64::from(largest[channel]) / f64::from(most);
        let bias = bias.map_or(0.0, |bias| f64::from(bias[channel].abs()));
        let scale = of_weights.max(bias / input_scale / MOST_BIAS);
        if scale > 0.0 {
            // Times the input's it is above 0, too.
            above_zero(scale.max(f64::from(f32::MIN_POSITIVE) / input_scale))
        } else {
            1.0
        }
    };
    let scales: Vec<f32> = (0..channels).map(scale).collect();
    let code = |(place, weight): (usize, &f32)| {
        let most = f32::from(most);
        (weight / scales[channel_of(place)])
            .round_ties_even()
            .clamp(-most, most) as i8
    };
    let bias_scales = scales
        .iter()
        .map(|it| (input_scale * f64::from(*it)) as f32);
    let bias_scales: Vec<f32> = bias_scales.collect();
    let bias = bias.map(|bias| {
        let steps = bias.iter().zip(&bias_scales);
        let steps = steps.map(|(it, scale)| f64::from(*it) / f64::from(*scale));
        steps.map(|it| it.round_ties_even() as i32).collect()
    });
    Codes {
        weights: weights.iter().enumerate().map(code).collect(),
        scales,
        bias,
        bias_scales,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rounding of `f32` beside half a step.
    const SLACK: f32 = 1.0 + 1e-4;

    fn grid(low: f32, high: f32, activations: Activations) -> Grid {
        Grid::over(Range { low, high }, activations)
    }

    #[test]
    fn after_a_relu_unsigned_codes_are_twice_as_fine() {
        let unsigned = grid(0.0, 2.0, Activations::Uint8);
        assert_eq!((unsigned.zero, unsigned.scale), (0, 2.0 / 255.0));
        let signed = grid(0.0, 2.0, Activations::Int8);
        assert_eq!((signed.zero, signed.scale), (0, 2.0 / 127.0));
        assert_eq!((signed.code(9.0), signed.code(-9.0)), (127, -128));
        assert_eq!((unsigned.code(9.0), unsigned.code(-9.0)), (255, 0));
    }

    #[test]
    fn of_zeros_alone_every_scale_is_true() {
        for activations in [Activations::Uint8, Activations::Int8] {
            let zeros = grid(0.0, 0.0, activations);
            assert!(zeros.scale == 1.0 && zeros.value(zeros.code(0.0)) == 0.0);
            let least = grid(-f32::MIN_POSITIVE, 0.0, activations);
            assert!(least.scale > 0.0, "{least:?}");
        }
    }

    #[test]
    fn a_channel_without_weights_keeps_its_bias() {
        let (weights, bias) = ([0.0, 0.0, 0.5, -1.0, 0.0, 0.0], [3.25, 0.1, 0.0]);
        let codes = layer(&weights, (&[3, 2], 0), Some(&bias), 0.02, 127);
        assert_eq!(codes.weights, [0, 0, 64, -127, 0, 0]);
        assert_eq!(codes.scales[2], 1.0);
        for (channel, bias) in bias.iter().enumerate() {
            let step = codes.bias_scales[channel];
            let read = codes.bias.as_ref().unwrap()[channel] as f32 * step;
            assert!(
                (read - bias).abs()
                    <= 1e-6 * bias.abs() + 0.5 * step * SLACK * f32::from(channel == 1),
                "{channel}: {read}"
            );
        }
    }

    #[test]
    fn output_channels_may_lie_along_the_last_axis() {
        let codes = layer(&[1.0, 10.0, -0.5, 20.0], (&[2, 2], 1), None, 1.0, 64);
        assert_eq!(codes.weights, [64, 32, -32, 64]);
        assert_eq!(codes.scales, [1.0 / 64.0, 20.0 / 64.0]);
        assert_eq!(codes.bias, None);
    }

    proptest! {
        #[test]
        fn numbers_come_back_within_half_a_step(
            low in -10.0_f32..10.0, width in 0.0_f32..20.0, share in 0.0_f32..=1.0, signed in any::<bool>(),
        ) {
            let activations = if signed { Activations::Int8 } else { Activations::Uint8 };
            let grid = grid(low, low + width, activations);
            prop_assert!(grid.scale > 0.0);
            prop_assert_eq!(grid.value(grid.code(0.0)), 0.0);
            let x = share.mul_add(width, low);
            // The code of 0 is rounded, and an end may lie half a step beyond the last code.
            let off = (grid.value(grid.code(x)) - x).abs();
            prop_assert!(off <= grid.scale * SLACK, "{x} {off} {grid:?}");
            for code in activations.codes() {
                prop_assert_eq!(grid.code(grid.value(code)), code);
            }
            let inner = grid.value(activations.codes()[0]) <= x && x <= grid.value(activations.codes()[1]);
            prop_assert!(!inner || off <= 0.5 * grid.scale * SLACK, "{x} {off} {grid:?}");
        }

        #[test]
        fn weights_and_biases_come_back_within_half_a_step_of_their_channel(
            filters in prop::collection::vec((prop::collection::vec(-1.0_f32..1.0, 6), -8_i32..3, -5.0_f32..5.0), 1..5),
            input_scale in 1e-4_f32..1.0,
            reduced in any::<bool>(),
        ) {
            let most = if reduced { 64 } else { 127 };
            let scaled = |(filter, power, _): &(Vec<f32>, i32, f32)| -> Vec<f32> {
                filter.iter().map(|it| it * 10.0_f32.powi(*power)).collect()
            };
            let weights: Vec<f32> = filters.iter().flat_map(scaled).collect();
            let bias: Vec<f32> = filters.iter().map(|it| it.2).collect();
            let codes = layer(&weights, (&[filters.len(), 6], 0), Some(&bias), input_scale, most);
            for (place, (weight, code)) in weights.iter().zip(&codes.weights).enumerate() {
                let scale = codes.scales[place / 6];
                prop_assert!(code.unsigned_abs() <= most.unsigned_abs());
                prop_assert!((f32::from(*code) * scale - weight).abs() <= 0.5 * scale * SLACK);
            }
            for (channel, (bias, code)) in bias.iter().zip(codes.bias.unwrap()).enumerate() {
                let step = codes.bias_scales[channel];
                prop_assert!(step > 0.0 && code.unsigned_abs() <= (1 << 30) + 256);
                let off = (f64::from(code) * f64::from(step) - f64::from(*bias)).abs();
                prop_assert!(off <= f64::from(0.5 * step * SLACK), "{off} {step}");
            }
        }
    }
}
