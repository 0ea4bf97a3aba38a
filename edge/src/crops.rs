//! Align: faces to upright crops of one size, and whether their picture is good enough.
//!
//! Takes a frame and the faces followed in it; gives one batch of crops and, per face, head pose,
//! quality and the reason to abstain, if any.

use align::{Similarity, View, head_pose, sharpness, warp};
use facs::{Abstain, BoundingBox, CropTemplate, HeadPose, Quality};

use crate::{config::QualitySettings, track::Face};

/// The crops of a round of frames, in the order of the frames and of their faces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crops {
    /// Whose crops.
    pub faces: Vec<AlignedFace>,
    /// Their pixels, `[faces, size, size, 3]`.
    pub pixels: Vec<u8>,
}

/// A face and what its crop shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlignedFace {
    /// The face.
    pub face: Face,
    /// Where the head points.
    pub pose: Option<HeadPose>,
    /// How good the picture is.
    pub quality: Quality,
    /// Why its scores should not be used.
    pub abstain: Option<Abstain>,
}

/// The stage.
#[derive(Clone, Debug)]
pub struct Align {
    settings: QualitySettings,
    template: CropTemplate,
}

impl Align {
    /// `template`: what the affect model was trained on.
    #[must_use]
    pub const fn new(settings: &QualitySettings, template: CropTemplate) -> Self {
        Self {
            settings: *settings,
            template,
        }
    }

    /// Crops every face and adds it to `crops`. A face whose landmarks coincide has no crop and is left
    /// out.
    pub fn align(&mut self, frame: &View<'_>, faces: &[Face], crops: &mut Crops) {
        let size = self.template.size;
        let bytes = size * size * 3;
        let most = crops.faces.len() + faces.len();
        crops.pixels.resize(most * bytes, 0);
        for face in faces {
            let Some(crop_from_frame) =
                Similarity::estimate(&face.landmarks, &self.template.landmarks)
            else {
                continue;
            };
            let start = crops.faces.len() * bytes;
            let crop = &mut crops.pixels[start..start + bytes];
            warp(frame, &crop_from_frame, size, crop);
            let BoundingBox { width, height, .. } = face.bounding_box;
            let quality = Quality {
                size: (width.max(0.0) * height.max(0.0)).sqrt(),
                sharpness: sharpness(crop, size),
            };
            let pose = head_pose(&face.landmarks);
            crops.faces.push(AlignedFace {
                face: *face,
                pose,
                quality,
                abstain: self.abstain(frame, &face.bounding_box, pose, quality),
            });
        }
        crops.pixels.truncate(crops.faces.len() * bytes);
    }

    fn abstain(
        &self,
        frame: &View<'_>,
        bounding_box: &BoundingBox,
        pose: Option<HeadPose>,
        quality: Quality,
    ) -> Option<Abstain> {
        let settings = &self.settings;
        let turned = pose.is_none_or(|pose| {
            pose.yaw.abs() > settings.max_yaw_degrees
                || pose.pitch.abs() > settings.max_pitch_degrees
        });
        if share_inside(frame, bounding_box) < settings.min_inside {
            Some(Abstain::OutOfFrame)
        } else if quality.size < settings.min_size {
            Some(Abstain::TooSmall)
        } else if turned {
            Some(Abstain::TurnedAway)
        } else if quality.sharpness < settings.min_sharpness {
            Some(Abstain::TooBlurred)
        } else {
            None
        }
    }
}

/// How much of a box lies inside the frame.
fn share_inside(frame: &View<'_>, bounding_box: &BoundingBox) -> f32 {
    let BoundingBox {
        x,
        y,
        width,
        height,
    } = *bounding_box;
    let inside = |start: f32, length: f32, most: usize| {
        ((start + length).min(most as f32) - start.max(0.0)).max(0.0)
    };
    let area = width * height;
    if area <= 0.0 {
        return 0.0;
    }
    inside(x, width, frame.width()) * inside(y, height, frame.height()) / area
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use align::RgbView;
    use facs::Landmarks5;

    fn face(x: f32, y: f32, size: f32) -> Face {
        let template = align::template(100).landmarks;
        Face {
            track: 1,
            bounding_box: BoundingBox {
                x,
                y,
                width: size,
                height: size,
            },
            landmarks: template.map(|[px, py]| [x + px * size / 100.0, y + py * size / 100.0]),
            score: 0.9,
        }
    }

    fn noise() -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..320 * 240 * 3).map(|_| next()).collect()
    }

    fn aligned(stage: &mut Align, pixels: &[u8], faces: &[Face]) -> Crops {
        let frame = RgbView::new(pixels, 320, 240, 960).unwrap();
        let mut crops = Crops::default();
        stage.align(&frame.into(), faces, &mut crops);
        crops
    }

    fn abstains(pixels: &[u8], face: &Face) -> Option<Abstain> {
        let mut stage = Align::new(&Settings::load(None).unwrap().quality, align::template(112));
        aligned(&mut stage, pixels, &[*face]).faces[0].abstain
    }

    #[test]
    fn each_reason_to_abstain_is_told() {
        let pixels = noise();
        assert_eq!(abstains(&pixels, &face(50.0, 50.0, 120.0)), None);
        assert_eq!(
            abstains(&pixels, &face(250.0, 50.0, 120.0)),
            Some(Abstain::OutOfFrame)
        );
        assert_eq!(
            abstains(&pixels, &face(50.0, 50.0, 20.0)),
            Some(Abstain::TooSmall)
        );
        assert_eq!(
            abstains(&[90; 320 * 240 * 3], &face(50.0, 50.0, 120.0)),
            Some(Abstain::TooBlurred)
        );
        let mut profile = face(50.0, 50.0, 120.0);
        for point in [
            &mut profile.landmarks.nose,
            &mut profile.landmarks.left_eye,
            &mut profile.landmarks.mouth_left,
        ] {
            point[0] = 86.0 + (point[0] - 86.0) * 0.05;
        }
        profile.landmarks.nose[0] += 20.0;
        assert_eq!(abstains(&pixels, &profile), Some(Abstain::TurnedAway));
    }

    #[test]
    fn a_face_without_extent_is_left_out_of_the_batch() {
        let mut stage = Align::new(&Settings::load(None).unwrap().quality, align::template(32));
        let pixels = noise();
        let point = Face {
            landmarks: Landmarks5::from_array([[5.0, 5.0]; 5]),
            ..face(0.0, 0.0, 50.0)
        };
        let good = face(50.0, 50.0, 120.0);
        let crops = aligned(&mut stage, &pixels, &[point, good]);
        assert_eq!((crops.faces.len(), crops.pixels.len()), (1, 32 * 32 * 3));
        assert_eq!(crops, aligned(&mut stage, &pixels, &[good]));
        // Another frame's come behind them.
        let mut both = crops.clone();
        let frame = RgbView::new(&pixels, 320, 240, 960).unwrap();
        stage.align(&frame.into(), &[point, good], &mut both);
        assert_eq!(both.pixels, [&*crops.pixels, &*crops.pixels].concat());
    }
}
