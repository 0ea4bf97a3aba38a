//! Track: detections to faces that keep their number.
//!
//! Takes the detections of a frame, or nothing where the finder did not run, and the frame's time;
//! gives the faces that are believed to be there. A number is never used twice. Who is who is told from
//! place, size and motion alone: no face is compared with another by its looks.
//!
//! Association is that of ByteTrack (Zhang et al., 2022): sure detections choose among all tracks first,
//! then unsure ones among the tracks that were seen a moment ago. A face that was lost for longer keeps
//! its number when it comes back close to where it was lost, and nobody else could be meant.

mod motion;

use facs::{BoundingBox, Landmarks5};

use crate::{config::TrackSettings, detect::Detection};
use motion::Motion;

/// Longest time that one step believes: a jump of the clock is no movement.
const MAX_STEP_SECS: f32 = 0.5;
/// A face that comes back has about the size that it had: the larger is so many times the smaller at most.
const RETURN_SIZE_RATIO: f32 = 1.6;
/// Nobody else could be meant: the next nearest is so many times as far.
const RETURN_CLEARANCE: f32 = 1.5;

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
    /// See [`Self::surprise`].
    surprise: f32,
    /// Reused from frame to frame.
    faces: Vec<Face>,
    pairs: Vec<Pair>,
    /// Which detections no track has.
    free: Vec<bool>,
}

#[derive(Debug)]
struct Following {
    id: u64,
    motion: Motion,
    score: f32,
    missed_searches: u32,
    /// Whether the detections of this search have it.
    seen: bool,
    /// When it was seen last.
    seen_nanos: u64,
}

/// A track and a detection that may be the same face.
#[derive(Clone, Copy, Debug)]
struct Pair {
    /// How like they are, or how far from each other.
    measure: f32,
    track: usize,
    detection: usize,
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
            surprise: f32::INFINITY,
            faces: Vec::new(),
            pairs: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Whether the finder should run on the next frame, whatever its interval: nobody is followed,
    /// or somebody was not found.
    #[must_use]
    pub fn wants_search(&self) -> bool {
        let awake = |track: &&Following| track.missed_searches <= self.settings.lost_searches;
        let mut awake = self.tracks.iter().filter(awake).peekable();
        awake.peek().is_none() || awake.any(|track| track.missed_searches > 0)
    }

    /// How far the faces were from where they were expected at the last search, the worst of them, in
    /// units of `full_motion`; infinite when one was new or not found, or when there are none.
    #[must_use]
    pub const fn surprise(&self) -> f32 {
        self.surprise
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
            // Who is away for long may be anywhere: it is remembered where it was.
            if track.missed_searches <= self.settings.lost_searches {
                let found = track.missed_searches == 0;
                track.motion.predict(elapsed_secs, found);
            }
        }
        if let Some(found) = found {
            self.correct(found, pts_nanos);
        }
        let coast = self.settings.coast_searches;
        let reported = self.tracks.iter();
        let reported = reported.filter(|track| track.missed_searches <= coast);
        self.faces.clear();
        self.faces.extend(reported.map(Following::face));
        &self.faces
    }

    fn correct(&mut self, found: &[Detection], pts_nanos: u64) {
        let TrackSettings {
            coast_searches,
            lost_searches,
            return_nanos,
            ..
        } = self.settings;
        let threshold = self.threshold;
        self.free.clear();
        self.free.resize(found.len(), true);
        for track in &mut self.tracks {
            track.seen = false;
        }
        self.surprise = if found.is_empty() { f32::INFINITY } else { 0.0 };
        let sure = |detection: &Detection| detection.score >= threshold;
        self.associate(found, pts_nanos, sure, lost_searches);
        self.associate(
            found,
            pts_nanos,
            |detection| !sure(detection),
            coast_searches,
        );
        self.take_back(found, pts_nanos);
        for track in &mut self.tracks {
            if track.seen {
                track.missed_searches = 0;
            } else {
                track.missed_searches = track.missed_searches.saturating_add(1);
                if track.missed_searches <= lost_searches {
                    self.surprise = f32::INFINITY;
                }
            }
        }
        self.tracks.retain(|track| {
            let away = pts_nanos.saturating_sub(track.seen_nanos);
            track.missed_searches <= lost_searches || away <= return_nanos
        });
        for (detection, _) in found.iter().zip(&self.free).filter(|(_, free)| **free) {
            if sure(detection) {
                self.surprise = f32::INFINITY;
                self.tracks.push(Following {
                    id: self.next_id,
                    motion: Motion::new(detection),
                    score: detection.score,
                    missed_searches: 0,
                    seen: true,
                    seen_nanos: pts_nanos,
                });
                self.next_id += 1;
            }
        }
    }

    /// Leads free detections of a kind to tracks that missed `most_missed` searches at most, the likeliest
    /// pair first.
    fn associate(
        &mut self,
        found: &[Detection],
        pts_nanos: u64,
        kind: impl Fn(&Detection) -> bool,
        most_missed: u32,
    ) {
        self.pairs.clear();
        for (track, followed) in self.tracks.iter().enumerate() {
            if followed.seen || followed.missed_searches > most_missed {
                continue;
            }
            for (detection, seen) in found.iter().enumerate() {
                if self.free[detection] && kind(seen) {
                    let measure = followed.motion.affinity(seen);
                    if measure >= self.settings.min_affinity {
                        self.pairs.push(Pair {
                            measure,
                            track,
                            detection,
                        });
                    }
                }
            }
        }
        self.pairs
            .sort_unstable_by(|a, b| b.measure.total_cmp(&a.measure));
        for index in 0..self.pairs.len() {
            let Pair {
                track, detection, ..
            } = self.pairs[index];
            if !self.tracks[track].seen && self.free[detection] {
                self.free[detection] = false;
                let surprise = self.tracks[track].see(&found[detection], pts_nanos, &self.settings);
                self.surprise = self.surprise.max(surprise);
            }
        }
    }

    /// Gives sure detections that nobody has to tracks that were away for longer, where the pair is by far
    /// the nearest of both.
    fn take_back(&mut self, found: &[Detection], pts_nanos: u64) {
        self.pairs.clear();
        for (track, followed) in self.tracks.iter().enumerate() {
            let away = pts_nanos.saturating_sub(followed.seen_nanos);
            let is_lost = followed.missed_searches > self.settings.lost_searches;
            if followed.seen || !is_lost || away > self.settings.return_nanos {
                continue;
            }
            for (detection, seen) in found.iter().enumerate() {
                if !self.free[detection] || seen.score < self.threshold {
                    continue;
                }
                let (measure, ratio) = followed.motion.apart(seen);
                if measure <= self.settings.return_distance && ratio <= RETURN_SIZE_RATIO {
                    self.pairs.push(Pair {
                        measure,
                        track,
                        detection,
                    });
                }
            }
        }
        for index in 0..self.pairs.len() {
            let pair = self.pairs[index];
            let rival = |other: &Pair| {
                let same = other.track == pair.track && other.detection == pair.detection;
                let meets = other.track == pair.track || other.detection == pair.detection;
                meets && !same && other.measure < pair.measure.max(0.1) * RETURN_CLEARANCE
            };
            if !self.pairs.iter().any(rival) {
                self.free[pair.detection] = false;
                let seen = &found[pair.detection];
                let track = &mut self.tracks[pair.track];
                track.motion = Motion::new(seen);
                track.see(seen, pts_nanos, &self.settings);
                self.surprise = f32::INFINITY;
            }
        }
    }
}

impl Following {
    /// Gives way to what was seen; gives the surprise: see [`Track::surprise`].
    fn see(&mut self, seen: &Detection, pts_nanos: u64, settings: &TrackSettings) -> f32 {
        self.seen = true;
        self.seen_nanos = pts_nanos;
        self.score = seen.score;
        self.motion.correct(seen, settings)
    }

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
    fn a_lost_face_is_searched_for_and_reported_for_a_while() {
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
        let later = settings.return_nanos + FRAME_NANOS;
        assert_eq!(stage.track(Some(&seen), later)[0].track, 2);
    }

    /// The numbers of those who come, `away` frames after somebody at (100, 50) and, if `two`, somebody
    /// at (260, 50) were seen last.
    fn coming(two: bool, away: u64, come: &[Detection]) -> Vec<u64> {
        let mut stage = stage();
        let mut there = vec![face(100.0, 50.0, 0.9)];
        there.extend(two.then(|| face(260.0, 50.0, 0.9)));
        stage.track(Some(&there), 0);
        for frame in 1..away {
            stage.track(Some(&[]), frame * FRAME_NANOS);
        }
        let faces = stage.track(Some(come), away * FRAME_NANOS);
        faces.iter().map(|face| face.track).collect()
    }

    #[test]
    fn who_comes_back_close_by_and_soon_keeps_the_number() {
        let near = [face(180.0, 60.0, 0.9)];
        assert_eq!(coming(false, 40, &near), [1]);
        assert_eq!(coming(false, 4000, &near), [2], "too late");
        assert_eq!(coming(false, 40, &[face(500.0, 60.0, 0.9)]), [2], "too far");
        assert!(coming(false, 40, &[face(180.0, 60.0, 0.4)]).is_empty());
        let mut small = face(180.0, 60.0, 0.9);
        (small.bounding_box.width, small.bounding_box.height) = (40.0, 40.0);
        assert_eq!(coming(false, 40, &[small]), [2], "of another size");
        assert_eq!(coming(true, 40, &near), [3], "it could be either");
        assert_eq!(
            coming(true, 40, &[face(105.0, 50.0, 0.9)]),
            [1],
            "it could not"
        );
    }

    #[test]
    fn sure_detections_choose_before_unsure_ones() {
        let mut stage = stage();
        stage.track(Some(&[face(100.0, 50.0, 0.9)]), 0);
        // The unsure one is nearer.
        let found = [face(120.0, 50.0, 0.8), face(101.0, 50.0, 0.4)];
        let faces = stage.track(Some(&found), FRAME_NANOS);
        assert_eq!((faces.len(), faces[0].track), (1, 1));
        assert_eq!(faces[0].score, 0.8);
    }

    #[test]
    fn surprise_tells_who_stays_from_who_moves_or_comes() {
        let mut stage = stage();
        assert_eq!(stage.surprise(), f32::INFINITY);
        let mut see = |x: f32, frame: u64| {
            stage.track(Some(&[face(x, 50.0, 0.9)]), frame * FRAME_NANOS);
            stage.surprise()
        };
        assert_eq!(see(100.0, 0), f32::INFINITY);
        assert!(see(100.0, 1) < 0.05);
        assert!(see(104.0, 2) > 0.3);
        stage.track(Some(&[]), 3 * FRAME_NANOS);
        assert_eq!(stage.surprise(), f32::INFINITY);
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
