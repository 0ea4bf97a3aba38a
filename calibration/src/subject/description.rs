//! What an ONNX classifier takes and gives, in a small TOML file beside it.
//!
//! ```toml
//! model = "fer.onnx"          # beside this file
//!
//! [input]
//! size = 48                   # side of the square crop in pixels
//! layout = "nchw"             # or "nhwc"
//! colour = "grey"             # or "rgb", "bgr"
//! type = "float32"            # or "uint8": bytes, without what follows
//! scale = 0.00392156862745098 # what bytes are multiplied with first
//! mean = [0.5]                # taken off each channel, in its order
//! std = [0.5]                 # and what it is divided by then
//!
//! [crop]                      # without it: as Mien's own models
//! eyes = 0.35                 # height of the eyes from the top, in sides of the crop
//! distance = 0.42             # between the eyes, in sides of the crop
//!
//! [output]
//! activation = "logits"       # or "probabilities"
//! labels = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]
//! ```

use std::path::Path;

use facs::{CropTemplate, Expression, FileError, Landmarks5};
use serde::Deserialize;

use super::SubjectError;

/// The class of no expression that is audited.
const OTHER: &str = "other";

/// See the module.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The file of the model, relative to the description.
    pub model: String,
    /// What it takes.
    pub input: Input,
    /// Where the face lies in it.
    #[serde(default)]
    pub crop: Crop,
    /// What it gives.
    pub output: Output,
}

/// The tensor that a classifier takes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Side of the square crop in pixels.
    pub size: usize,
    /// Order of the axes.
    #[serde(default)]
    pub layout: Layout,
    /// Channels.
    #[serde(default)]
    pub colour: Colour,
    /// Of the elements.
    #[serde(default, rename = "type")]
    pub element: ElementType,
    /// What bytes are multiplied with.
    #[serde(default = "Input::unit_scale")]
    pub scale: f32,
    /// Taken off then, per channel.
    #[serde(default)]
    pub mean: Vec<f32>,
    /// Divided by then, per channel.
    #[serde(default)]
    pub std: Vec<f32>,
}

/// Order of the axes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Image, channel, row, column.
    #[default]
    Nchw,
    /// Image, row, column, channel.
    Nhwc,
}

/// Channels of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// One channel, luma of BT.601.
    Grey,
}

/// Type of the elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementType {
    /// 32-bit floats.
    #[default]
    Float32,
    /// Bytes as they are.
    Uint8,
}

/// Where the face lies in a crop; without either field as in Mien's own crops ([`align::template`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// The five landmarks in pixels, where they are known.
    pub landmarks: Option<[[f32; 2]; 5]>,
    /// Height of the eyes from the top, in sides of the crop.
    pub eyes: Option<f32>,
    /// Distance between the eyes, in sides of the crop.
    pub distance: Option<f32>,
}

/// The output with the classes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its name; the first output by default.
    pub name: Option<String>,
    /// What its numbers are.
    pub activation: Activation,
    /// Expressions in the order of the output; "other" for a class that is none.
    pub labels: Vec<String>,
}

/// What the numbers of an output are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Softmax makes probabilities of them.
    Logits,
    /// They sum to 1.
    Probabilities,
}

impl Input {
    fn unit_scale() -> f32 {
        1.0 / 255.0
    }

    /// How many channels.
    #[must_use]
    pub const fn channels(&self) -> usize {
        match self.colour {
            Colour::Rgb | Colour::Bgr => 3,
            Colour::Grey => 1,
        }
    }
}

impl Crop {
    /// The landmarks in a crop of `size` pixels.
    #[must_use]
    pub fn template(&self, size: usize) -> CropTemplate {
        let ours = align::template(size);
        if let Some(landmarks) = self.landmarks {
            let landmarks = Landmarks5::from_array(landmarks);
            return CropTemplate { size, landmarks };
        }
        let side = size as f32;
        let [right, left, ..] = ours.landmarks.to_array();
        let eyes = self.eyes.map_or(right[1], |share| share * side);
        let distance = self
            .distance
            .map_or(left[0] - right[0], |share| share * side);
        let zoom = distance / (left[0] - right[0]);
        let landmarks = ours.landmarks.map(|[x, y]| {
            let middle = side / 2.0;
            [middle + (x - middle) * zoom, eyes + (y - right[1]) * zoom]
        });
        CropTemplate { size, landmarks }
    }
}

impl Description {
    /// Reads and checks a description.
    ///
    /// # Errors
    /// [`SubjectError`], naming the file and the field.
    pub fn load(path: &Path) -> Result<Self, SubjectError> {
        let text = std::fs::read_to_string(path).map_err(FileError::io(path))?;
        let description: Self =
            toml::from_str(&text).map_err(|source| SubjectError::Description {
                path: path.to_owned(),
                source: source.into(),
            })?;
        match description.problem() {
            None => Ok(description),
            Some((field, problem)) => Err(SubjectError::Field {
                path: path.to_owned(),
                field,
                problem,
            }),
        }
    }

    /// An affect model of a bundle: bytes in, probabilities out.
    pub(super) fn of_ours(crop: CropTemplate) -> Self {
        Self {
            model: String::new(),
            input: Input {
                size: crop.size,
                layout: Layout::Nhwc,
                colour: Colour::Rgb,
                element: ElementType::Uint8,
                scale: 1.0,
                mean: Vec::new(),
                std: Vec::new(),
            },
            crop: Crop {
                landmarks: Some(crop.landmarks.to_array()),
                ..Crop::default()
            },
            output: Output {
                name: Some("expression_prob".to_owned()),
                activation: Activation::Probabilities,
                labels: Vec::new(),
            },
        }
    }

    fn problem(&self) -> Option<(&'static str, String)> {
        let input = &self.input;
        if !(8..=1024).contains(&input.size) {
            return Some(("input.size", format!("{} is not in 8..=1024", input.size)));
        }
        if !(input.scale.is_finite() && input.scale > 0.0) {
            return Some(("input.scale", format!("{} is not positive", input.scale)));
        }
        for (field, values) in [("input.mean", &input.mean), ("input.std", &input.std)] {
            let fits = values.is_empty() || values.len() == input.channels();
            if !(fits && values.iter().all(|value| value.is_finite())) {
                let channels = input.channels();
                let problem = format!("{values:?}, expected {channels} numbers, one per channel");
                return Some((field, problem));
            }
        }
        if input.std.iter().any(|std| *std <= 0.0) {
            return Some(("input.std", format!("{:?} are not all positive", input.std)));
        }
        let shares = [
            ("crop.eyes", self.crop.eyes),
            ("crop.distance", self.crop.distance),
        ];
        for (field, share) in shares {
            if let Some(share) = share.filter(|share| !(0.05..=0.95).contains(share)) {
                return Some((field, format!("{share} is not in 0.05..=0.95")));
            }
        }
        None
    }

    /// The expression of every class.
    ///
    /// # Errors
    /// [`SubjectError::Field`] when a label is unknown or there twice.
    pub fn classes(&self, path: &Path) -> Result<Vec<Option<Expression>>, SubjectError> {
        let refuse = |problem: String| SubjectError::Field {
            path: path.to_owned(),
            field: "output.labels",
            problem,
        };
        let mut classes = Vec::with_capacity(self.output.labels.len());
        for label in &self.output.labels {
            let class = match label.as_str() {
                OTHER => None,
                name => Some(name.parse::<Expression>().map_err(|error| {
                    refuse(format!("{error}; \"{OTHER}\" for what is none of them"))
                })?),
            };
            if class.is_some() && classes.contains(&class) {
                return Err(refuse(format!("{label:?} is there twice")));
            }
            classes.push(class);
        }
        if classes.len() < 2 {
            return Err(refuse("a classifier has two classes or more".to_owned()));
        }
        Ok(classes)
    }
}
