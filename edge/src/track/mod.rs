//! Track: detections to faces that keep their number.
//!
//! Takes the detections of a frame, or nothing where the finder did not run, and the frame's time;
//! gives the faces that are believed to be there. A number is never used twice.

mod motion;

use facs::{BoundingBox, Landmarks5};

use crate::{config::TrackSettings, detect::Detection};
use motion::Motion;

/// Longest time that one step believes: a jump of the clock is no movement.
const MAX_STEP_SECS: f32 = 0.5;

/// A face that is followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// Its number.
    pub track: u64,
    /// Where it is, in pixels of the frame.
    pub bounding_box: BoundingBox,
    /// Its landmarks, in pixels of the frame.
    pub landmarks: Landmarks5,
    /// Score of the last detection.
    pub score: f32,
}

/// The stage.
#[derive(Debug)]
pub struct Track {
    settings: TrackSettings,
    /// Least score of a new face.
    threshold: f32,
    tracks: Vec<Following>,
    next_id: u64,
    last_pts_nanos: Option<u64>,
    /// Reused from frame to frame.
    room: Room,
    /// Of the last frame.
    faces: Vec<Face>,
}

/// What one correction works with.
#[derive(Debug, Default)]
struct Room {
    /// Tracks and detections that may be the same face, with their likeness.
    pairs: Vec<(f32, usize, usize)>,
    /// Per detection: whether it is nobody's yet.
    free: Vec<bool>,
    /// Per track: whether it was found.
    seen: Vec<bool>,
}

#[derive(Debug)]
struct Following {
    id: u64,
    motion: Motion,
    score: f32,
    missed_searches: u32,
}

impl Track {
    /// `threshold`: least score of a new face.
    #[must_use]
    pub const fn new(settings: &TrackSettings, threshold: f32) -> Self {
        Self {
            settings: *settings,
            threshold,
            tracks: Vec::new(),
            next_id: 1,
            last_pts_nanos: None,
            room: Room {
                pairs: Vec::new(),
                free: Vec::new(),
                seen: Vec::new(),
            },
            faces: Vec::new(),
        }
    }

    /// Whether the finder should run on the next frame, whatever its interval: nobody is followed,
    /// or somebody was not found.
    #[must_use]
    pub fn wants_search(&self) -> bool {
        self.tracks.is_empty() || self.tracks.iter().any(|track| track.missed_searches > 0)
    }

    /// Follows nobody any more: places in a frame of another size mean nothing.
    pub fn forget(&mut self) {
        self.tracks.clear();
    }

    /// Moves every face on to `pts_nanos` and corrects it by what was found, best detection first. The
    /// faces are there until the next frame.
    pub fn track(&mut self, found: Option<&[Detection]>, pts_nanos: u64) -> &[Face] {
        let elapsed_nanos = pts_nanos.saturating_sub(self.last_pts_nanos.unwrap_or(pts_nanos));
        self.last_pts_nanos = Some(pts_nanos);
        let elapsed_secs = (elapsed_nanos as f32 / 1e9).min(MAX_STEP_SECS);
        for track in &mut self.tracks {
            let found = track.missed_searches == 0;
            track.motion.predict(elapsed_secs, found);
        }
        if let Some(found) = found {
            self.correct(found);
        }
        let reported = self
            .tracks
            .iter()
            .filter(|track| track.missed_searches <= self.settings.coast_searches);
        self.faces.clear();
        self.faces.extend(reported.map(Following::face));
        &self.faces
    }

    fn correct(&mut self, found: &[Detection]) {
        self.pair(found);
        let Room { pairs, free, seen } = &mut self.room;
        free.clear();
        free.resize(found.len(), true);
        seen.clear();
        seen.resize(self.tracks.len(), false);
        for &(_, track, detection) in &*pairs {
            if !seen[track] && free[detection] {
                (seen[track], free[detection]) = (true, false);
                let followed = &mut self.tracks[track];
                followed.motion.correct(&found[detection], &self.settings);
                followed.score = found[detection].score;
            }
        }
        for (track, seen) in self.tracks.iter_mut().zip(seen) {
            track.missed_searches = if *seen { 0 } else { track.missed_searches + 1 };
        }
        self.tracks
            .retain(|track| track.missed_searches <= self.settings.lost_searches);
        for (detection, _) in found.iter().zip(free).filter(|(_, free)| **free) {
            if detection.score >= self.threshold {
                self.tracks.push(Following {
                    id: self.next_id,
                    motion: Motion::new(detection),
                    score: detection.score,
                    missed_searches: 0,
                });
                self.next_id += 1;
            }
        }
    }

    /// Collects tracks and detections that may be the same face, likeliest first.
    fn pair(&mut self, found: &[Detection]) {
        let pairs = &mut self.room.pairs;
        pairs.clear();
        for (track, followed) in self.tracks.iter().enumerate() {
            for (detection, seen) in found.iter().enumerate() {
                let affinity = followed.motion.affinity(seen);
                if affinity >= self.settings.min_affinity {
                    pairs.push((affinity, track, detection));
                }
            }
        }
        // Among equals the earlier track and the better detection.
        pairs.sort_unstable_by(|a, b| {
            let likeness = b.0.total_cmp(&a.0);
            likeness.then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
        });
    }
}

impl Following {
    fn face(&self) -> Face {
        Face {
            track: self.id,
            bounding_box: self.motion.bounding_box(),
            landmarks: self.motion.landmarks(),
            score: self.score,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    const FRAME_NANOS: u64 = 40_000_000;

    fn face(x: f32, y: f32, score: f32) -> Detection {
        let points = [
            [30.0, 40.0],
            [70.0, 40.0],
            [50.0, 60.0],
            [35.0, 80.0],
            [65.0, 80.0],
        ];
        Detection {
            bounding_box: BoundingBox {
                x,
                y,
                width: 100.0,
                height: 100.0,
            },
            landmarks: Landmarks5::from_array(points).map(|[px, py]| [px + x, py + y]),
            score,
        }
    }

    fn stage() -> Track {
        Track::new(&Settings::load(None).unwrap().track, 0.5)
    }

    #[test]
    fn faces_keep_their_numbers_when_they_move_and_pass() {
        let mut stage = stage();
        for frame in 0..60_u64 {
            let x = frame as f32 * 6.0;
            // Two faces cross at different heights; the order of the detections changes.
            let mut found = vec![face(x, 0.0, 0.9), face(354.0 - x, 130.0, 0.8)];
            if frame % 2 == 1 {
                found.reverse();
            }
            let faces = stage.track(Some(&found), frame * FRAME_NANOS);
            assert_eq!(
                faces.iter().map(|face| face.track).collect::<Vec<_>>(),
                [1, 2]
            );
            assert!(faces[0].bounding_box.y < 60.0 && faces[1].bounding_box.y > 60.0);
        }
    }

    #[test]
    fn between_searches_a_face_moves_on_as_it_moved() {
        let mut stage = stage();
        for frame in 0..40_u64 {
            let found = [face(frame as f32 * 5.0, 50.0, 0.9)];
            let found = (frame % 3 == 0).then_some(&found[..]);
            let faces = stage.track(found, frame * FRAME_NANOS);
            if frame > 15 {
                let off = faces[0].landmarks.nose[0] - (frame as f32 * 5.0 + 50.0);
                assert!(
                    off.abs() < 3.5,
                    "frame {frame}: {off} px off at 5 px per frame"
                );
            }
        }
    }

    #[test]
    fn jitter_at_rest_is_damped() {
        let mut stage = stage();
        let jitter = |frame: u64| if frame.is_multiple_of(2) { 1.5 } else { -1.5 };
        let mut largest = 0.0_f32;
        for frame in 0..60 {
            let found = [face(100.0 + jitter(frame), 50.0, 0.9)];
            let faces = stage.track(Some(&found), frame * FRAME_NANOS);
            if frame > 20 {
                largest = largest.max((faces[0].landmarks.nose[0] - 150.0).abs());
            }
        }
        assert!(largest < 1.0, "{largest} px of 1.5 px are left");
    }

    #[test]
    fn a_lost_face_is_searched_for_reported_for_a_while_and_never_reborn() {
        let mut stage = stage();
        let settings = stage.settings;
        let seen = [face(100.0, 50.0, 0.9)];
        assert!(stage.wants_search());
        assert_eq!(stage.track(Some(&seen), 0).len(), 1);
        assert!(!stage.wants_search());
        for search in 1..=settings.lost_searches + 1 {
            let faces = stage.track(Some(&[]), u64::from(search) * FRAME_NANOS);
            assert_eq!(faces.len(), usize::from(search <= settings.coast_searches));
            assert!(stage.wants_search());
        }
        let faces = stage.track(Some(&seen), 100 * FRAME_NANOS);
        assert_eq!(faces[0].track, 2);
    }

    #[test]
    fn a_weak_detection_keeps_a_face_but_starts_none() {
        let mut stage = stage();
        assert!(stage.track(Some(&[face(0.0, 0.0, 0.4)]), 0).is_empty());
        stage.track(Some(&[face(0.0, 0.0, 0.6)]), FRAME_NANOS);
        let faces = stage.track(Some(&[face(0.0, 0.0, 0.4)]), 2 * FRAME_NANOS);
        assert_eq!((faces.len(), faces[0].score), (1, 0.4));
    }
}
