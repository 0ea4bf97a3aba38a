//! The network: four levels up, two steps of context back down, one dense prediction level.

use burn::{
    config::Config,
    module::Module,
    nn::conv::{Conv2d, Conv2dConfig},
    tensor::{
        Device, Int, Tensor,
        activation::{relu, sigmoid},
        module::interpolate,
        ops::{InterpolateMode, InterpolateOptions},
    },
};

use crate::layer::{ConvBlock, ConvBlockConfig, ImageInput, ResidualBlock, ResidualBlockConfig};

use super::Grid;

const PATCH: usize = 2;
const INPUT: ImageInput = ImageInput { patch: PATCH };
/// Score, box, landmarks.
const OUTPUTS: usize = 1 + 4 + 10;
/// Logit of a face before anything is learnt: about one cell in fifty, so that the many empty
/// cells do not drown the first steps (Lin et al., 2017).
const PRIOR_LOGIT: f32 = -4.0;

/// Configuration of a [`FaceFinder`].
#[derive(Config, Debug)]
pub struct FaceFinderConfig {
    /// Channels at strides 4, 8, 16 and 32.
    pub widths: [usize; 4],
    /// Channels of the last hidden map.
    pub head: usize,
}

/// Scene to scores, boxes and landmarks per cell. Should be created with [`FaceFinderConfig`].
#[derive(Module, Debug)]
pub struct FaceFinder {
    stem: ConvBlock,
    fine: ConvBlock,
    stage8: Stage,
    stage16: Stage,
    stage32: Stage,
    context16: Context,
    context8: Context,
    head: ConvBlock,
    output: Conv2d,
}

/// Half the resolution, then two convolutions around which the input passes.
#[derive(Module, Debug)]
struct Stage {
    enter: ConvBlock,
    block: ResidualBlock,
}

/// What a coarser level knows, added to a finer one.
#[derive(Module, Debug)]
struct Context {
    adapt: ConvBlock,
}

/// Predictions in the network's own numbers.
pub struct FaceFinderRaw {
    /// Logits, `[N, P]`.
    pub scores: Tensor<2>,
    /// `[N, P, 4]`, see [`Grid::decode_boxes`].
    pub boxes: Tensor<3>,
    /// `[N, P, 10]`, see [`Grid::decode_landmarks`].
    pub landmarks: Tensor<3>,
}

/// Predictions in pixels of the input; nothing is suppressed.
pub struct FaceFinderOutput {
    /// `[N, P, 4]`: x1, y1, x2, y2.
    pub boxes: Tensor<3>,
    /// `[N, P]`: probabilities.
    pub scores: Tensor<2>,
    /// `[N, P, 10]`: x and y of right eye, left eye, nose, mouth right, mouth left.
    pub landmarks: Tensor<3>,
}

impl FaceFinderConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> FaceFinder {
        let [w4, w8, w16, w32] = self.widths;
        let stage = |from, to| Stage {
            enter: ConvBlockConfig::new([from, to]).with_stride(2).init(device),
            block: ResidualBlockConfig::new(to).init(device),
        };
        let context = |from, to| Context {
            adapt: ConvBlockConfig::new([from, to])
                .with_kernel(1)
                .with_rectify(false)
                .init(device),
        };
        FaceFinder {
            stem: ConvBlockConfig::new([INPUT.channels(), w4])
                .with_stride(2)
                .init(device),
            fine: ConvBlockConfig::new([w4, w4]).init(device),
            stage8: stage(w4, w8),
            stage16: stage(w8, w16),
            stage32: stage(w16, w32),
            context16: context(w32, w16),
            context8: context(w16, w8),
            head: ConvBlockConfig::new([w8, self.head]).init(device),
            output: Conv2dConfig::new([self.head, OUTPUTS], [1, 1]).init(device),
        }
    }
}

impl FaceFinder {
    /// The forward pass that is trained.
    ///
    /// # Shapes
    /// - image: `[N, H, W, 3]`, values 0 to 255; H and W are multiples of 8
    pub fn forward_raw(&self, image: Tensor<4, Int>) -> FaceFinderRaw {
        let at4 = self.fine.forward(self.stem.forward(INPUT.forward(image)));
        let at8 = self.stage8.forward(at4);
        let at16 = self.stage16.forward(at8.clone());
        let at32 = self.stage32.forward(at16.clone());
        let at16 = self.context16.forward(at32, at16);
        let at8 = self.context8.forward(at16, at8);
        let output = self.output.forward(self.head.forward(at8));
        let [n, channels, rows, columns] = output.dims();
        let output = output
            .reshape([n, channels, rows * columns])
            .permute([0, 2, 1]); // [N, P, 15]
        FaceFinderRaw {
            scores: output
                .clone()
                .slice([0..n, 0..rows * columns, 0..1])
                .reshape([n, rows * columns])
                + PRIOR_LOGIT,
            boxes: output.clone().slice([0..n, 0..rows * columns, 1..5]),
            landmarks: output.slice([0..n, 0..rows * columns, 5..OUTPUTS]),
        }
    }

    /// The forward pass that is exported.
    ///
    /// # Shapes
    /// - image: `[N, H, W, 3]`, values 0 to 255; H and W are multiples of 8
    pub fn forward(&self, image: Tensor<4, Int>) -> FaceFinderOutput {
        let [_, height, width, _] = image.dims();
        self.forward_raw(image).decode(Grid::over(width, height))
    }
}

impl FaceFinderRaw {
    /// In pixels and probabilities.
    #[must_use]
    pub fn decode(self, grid: Grid) -> FaceFinderOutput {
        let boxes = grid.decode_boxes(self.boxes);
        FaceFinderOutput {
            scores: sigmoid(self.scores),
            landmarks: grid.decode_landmarks(self.landmarks, boxes.clone()),
            boxes,
        }
    }
}

impl Stage {
    /// # Shapes
    /// - input: `[N, channels_in, H, W]`
    /// - output: `[N, channels_out, ceil(H / 2), ceil(W / 2)]`
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        self.block.forward(self.enter.forward(input))
    }
}

impl Context {
    /// # Shapes
    /// - coarse: `[N, channels_coarse, ceil(H / 2), ceil(W / 2)]`
    /// - fine and output: `[N, channels_fine, H, W]`
    fn forward(&self, coarse: Tensor<4>, fine: Tensor<4>) -> Tensor<4> {
        let [.., height, width] = fine.dims();
        let nearest =
            InterpolateOptions::new(InterpolateMode::Nearest).with_output_size([height, width]);
        relu(interpolate(self.adapt.forward(coarse), nearest) + fine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_answers_whatever_the_size() {
        let device = Device::default();
        let network = FaceFinderConfig::new([4, 4, 8, 8], 8).init(&device);
        for (height, width) in [(112, 192), (40, 72)] {
            let output = network.forward(Tensor::zeros([2, height, width, 3], &device));
            let cells = height * width / 64;
            assert_eq!(output.boxes.dims(), [2, cells, 4]);
            assert_eq!(output.scores.dims(), [2, cells]);
            assert_eq!(output.landmarks.dims(), [2, cells, 10]);
            let boxes: Vec<f32> = output.boxes.into_data().iter().collect();
            assert!(boxes.chunks_exact(4).all(|b| b[0] < b[2] && b[1] < b[3]));
        }
    }

    #[test]
    fn one_scene_does_not_depend_on_its_neighbours() {
        let device = Device::default();
        let network = FaceFinderConfig::new([4, 4, 8, 8], 8).init(&device);
        let dark = Tensor::<4, Int>::zeros([1, 32, 32, 3], &device);
        let bright = dark.clone() + 200;
        let alone: Vec<f32> = network
            .forward(dark.clone())
            .scores
            .into_data()
            .iter()
            .collect();
        let both: Vec<f32> = network
            .forward(Tensor::cat(vec![dark, bright], 0))
            .scores
            .into_data()
            .iter()
            .collect();
        assert!(alone.iter().zip(&both).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(
            alone
                .iter()
                .zip(&both[16..])
                .any(|(a, b)| (a - b).abs() > 1e-6)
        );
    }
}
