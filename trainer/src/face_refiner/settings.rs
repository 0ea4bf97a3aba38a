//! The face refiner's part of a recipe.

use serde::{Deserialize, Serialize};

use super::FaceRefinerConfig;
use crate::{data::Augment, layer::BackboneConfig};

/// Side of a patch of pixels that becomes one position of the first map.
const PATCH: usize = 2;

/// `[face_refiner]` of a recipe: the scenes, the network, its losses and what is done to its
/// windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaceRefinerSettings {
    /// Columns of a scene.
    pub width: usize,
    /// Rows of a scene.
    pub height: usize,
    /// Side of the square window in pixels.
    pub size: usize,
    /// Channels per stage; every stage after the first halves the resolution.
    pub widths: Vec<usize>,
    /// Channels of the map that is flattened.
    pub neck: usize,
    /// Length of the embedding.
    pub embedding: usize,
    /// How far the box that a window is cut about is off.
    pub jitter: Jitter,
    /// Weight of the landmarks' distance, in shares of the face's size, beside the score's loss.
    pub landmark_weight: f32,
    /// Augmentation; `shift` is not used, `jitter` moves the window.
    pub augment: Augment,
}

/// How far windows are moved at random: standard deviations, by default a little more than the boxes
/// of the default face finder are off (0.06 and 0.065 of the longer side, 0.105 in size).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jitter {
    /// Of the middle, in shares of the box's longer side, per axis.
    pub shift: f32,
    /// Of the size, as a factor's logarithm.
    pub scale: f32,
    /// Of the head's tilt beyond that of the scenes, in degrees.
    pub tilt_degrees: f32,
}

impl Default for Jitter {
    fn default() -> Self {
        Self {
            shift: 0.07,
            scale: 0.12,
            tilt_degrees: 8.0,
        }
    }
}

impl Default for FaceRefinerSettings {
    fn default() -> Self {
        Self {
            width: 320,
            height: 192,
            size: 64,
            widths: vec![16, 32, 48],
            neck: 24,
            embedding: 96,
            jitter: Jitter::default(),
            landmark_weight: 10.0,
            augment: Augment::default(),
        }
    }
}

impl FaceRefinerSettings {
    /// The network that these settings describe.
    #[must_use]
    pub fn network(&self) -> FaceRefinerConfig {
        let backbone =
            BackboneConfig::new(self.size, self.embedding, self.widths.clone(), 1, self.neck);
        FaceRefinerConfig::new(backbone.with_patch(PATCH))
    }

    /// The field that cannot be what it is, and why.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        if self.width == 0 || self.height == 0 {
            return Some((
                "face_refiner.width, face_refiner.height",
                "must be positive",
            ));
        }
        if self.widths.is_empty()
            || self.widths.contains(&0)
            || self.neck == 0
            || self.embedding == 0
        {
            return Some((
                "face_refiner.widths, face_refiner.neck, face_refiner.embedding",
                "must be positive",
            ));
        }
        let stride = PATCH << (self.widths.len() - 1).min(16);
        if self.size == 0 || !self.size.is_multiple_of(stride) {
            return Some((
                "face_refiner.size",
                "must be a positive multiple of 2, and twice that for each stage after the first",
            ));
        }
        let Jitter {
            shift,
            scale,
            tilt_degrees,
        } = self.jitter;
        let all = [shift, scale, tilt_degrees, self.landmark_weight];
        if all
            .iter()
            .any(|value| !(*value >= 0.0 && value.is_finite()))
        {
            return Some((
                "face_refiner.jitter, face_refiner.landmark_weight",
                "must be numbers of at least 0",
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_field() {
        let problem = |text: &str| {
            let settings: FaceRefinerSettings = toml::from_str(text).unwrap();
            settings.problem().map(|(field, _)| field)
        };
        assert_eq!(problem(""), None);
        assert_eq!(problem("size = 60"), Some("face_refiner.size"));
        assert!(problem("widths = []").is_some_and(|field| field.contains("widths")));
        assert!(problem("[jitter]\nscale = -1.0").is_some_and(|field| field.contains("jitter")));
        assert!(toml::from_str::<FaceRefinerSettings>("sizes = 64").is_err());
    }
}
