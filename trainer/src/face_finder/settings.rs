//! The face finder's part of a recipe.

use serde::{Deserialize, Serialize};

use crate::data::Augment;

use super::{FaceFinderConfig, Grid};

/// `[face_finder]` of a recipe: the network, its losses and what is done to its pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaceFinderSettings {
    /// Columns of a scene; a multiple of 8.
    pub width: usize,
    /// Rows of a scene; a multiple of 8.
    pub height: usize,
    /// Channels at strides 4, 8, 16 and 32.
    pub widths: [usize; 4],
    /// Channels of the last hidden map.
    pub head: usize,
    /// Least and greatest magnification of a scene in training.
    pub zoom: [f32; 2],
    /// Weights of the losses.
    pub loss: FaceFinderLossWeights,
    /// Augmentation; `shift` is not used, `zoom` moves the scene too.
    pub augment: Augment,
}

/// How much each loss counts beside the score's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaceFinderLossWeights {
    /// Weight of the boxes' generalised intersection over union.
    #[serde(rename = "box")]
    pub bounding_box: f32,
    /// Weight of the landmarks' distance.
    pub landmarks: f32,
}

impl Default for FaceFinderSettings {
    fn default() -> Self {
        Self {
            width: 192,
            height: 112,
            widths: [16, 32, 64, 64],
            head: 48,
            zoom: [0.6, 1.8],
            loss: FaceFinderLossWeights::default(),
            augment: Augment::default(),
        }
    }
}

impl Default for FaceFinderLossWeights {
    fn default() -> Self {
        Self {
            bounding_box: 2.0,
            landmarks: 5.0,
        }
    }
}

impl FaceFinderSettings {
    /// The network that these settings describe.
    #[must_use]
    pub fn network(&self) -> FaceFinderConfig {
        FaceFinderConfig::new(self.widths, self.head)
    }

    /// The cells that answer.
    #[must_use]
    pub const fn grid(&self) -> Grid {
        Grid::over(self.width, self.height)
    }

    /// The field that cannot be what it is, and why.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        if [self.width, self.height]
            .iter()
            .any(|&side| side == 0 || side % Grid::STRIDE != 0)
        {
            return Some((
                "face_finder.width, face_finder.height",
                "must be positive multiples of 8",
            ));
        }
        if self.widths.contains(&0) || self.head == 0 {
            return Some(("face_finder.widths, face_finder.head", "must be positive"));
        }
        let [least, greatest] = self.zoom;
        if !(least > 0.0 && least <= greatest && greatest.is_finite()) {
            return Some(("face_finder.zoom", "must be two positive numbers in order"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_field() {
        let settings = FaceFinderSettings::default();
        assert_eq!(settings.problem(), None);
        let odd = FaceFinderSettings {
            width: 100,
            ..settings.clone()
        };
        assert!(
            odd.problem()
                .is_some_and(|(field, _)| field.contains("width"))
        );
        let reversed = FaceFinderSettings {
            zoom: [2.0, 1.0],
            ..settings
        };
        assert!(
            reversed
                .problem()
                .is_some_and(|(field, _)| field.contains("zoom"))
        );
    }

    #[test]
    fn every_field_has_a_default() {
        let settings: FaceFinderSettings = toml::from_str("head = 24\n[loss]\nbox = 1.0").unwrap();
        assert_eq!(settings.head, 24);
        assert_eq!(
            settings.loss,
            FaceFinderLossWeights {
                bounding_box: 1.0,
                landmarks: 5.0
            }
        );
        assert!(toml::from_str::<FaceFinderSettings>("heads = 24").is_err());
    }
}
