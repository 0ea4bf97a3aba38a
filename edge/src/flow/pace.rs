//! How often the face finder looks at a source.
//!
//! Takes how much each search surprised the tracker, and whether frames are being lost; says whether it
//! is time for the next. While faces rest, searches become rarer, one frame each time; a surprise brings
//! them back at once.

use crate::config::DetectSettings;

/// A smaller surprise than this is rest: a third of the movement that the tracker believes in full.
const REST: f32 = 0.3;
/// And this, when frames are lost for want of time: faces move, but no further than the tracker follows.
const REST_UNDER_LOAD: f32 = 1.0;

/// The pace of one source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    least: u64,
    most: u64,
    max_wait_nanos: u64,
    interval: u64,
    frames: u64,
    searched_nanos: u64,
}

impl Pace {
    pub(super) const fn new(settings: &DetectSettings) -> Self {
        Self {
            least: settings.interval,
            most: settings.max_interval,
            max_wait_nanos: settings.max_wait_nanos,
            interval: settings.interval,
            frames: 0,
            searched_nanos: 0,
        }
    }

    /// Whether the frame at `pts_nanos`, one more, is to be searched.
    pub(super) const fn is_due(&mut self, pts_nanos: u64) -> bool {
        self.frames += 1;
        let waited = pts_nanos.saturating_sub(self.searched_nanos);
        self.frames >= self.interval || waited >= self.max_wait_nanos
    }

    /// It is searched.
    pub(super) const fn searched(&mut self, pts_nanos: u64) {
        self.frames = 0;
        self.searched_nanos = pts_nanos;
    }

    /// What the search gave: see [`crate::track::Track::surprise`].
    pub(super) fn adapt(&mut self, surprise: f32, frames_lost: bool) {
        let rest = if frames_lost { REST_UNDER_LOAD } else { REST };
        self.interval = if surprise < rest {
            (self.interval + 1).min(self.most)
        } else {
            self.least
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    const FRAME_NANOS: u64 = 40_000_000;

    /// Which of the frames are searched, when every search surprises by `surprise`.
    fn searches(surprise: f32, frames_lost: bool, frame_nanos: u64) -> Vec<u64> {
        let mut pace = Pace::new(&Settings::load(None).unwrap().detect);
        let search = |frame: &u64| {
            let pts_nanos = frame * frame_nanos;
            let due = pace.is_due(pts_nanos);
            if due {
                pace.searched(pts_nanos);
                pace.adapt(surprise, frames_lost);
            }
            due
        };
        (1..=14).filter(search).collect()
    }

    #[test]
    fn searches_become_rarer_at_rest_and_under_load() {
        assert_eq!(searches(0.1, false, FRAME_NANOS), [2, 5, 9, 13]);
        assert_eq!(searches(0.5, false, FRAME_NANOS), [2, 4, 6, 8, 10, 12, 14]);
        assert_eq!(searches(0.5, true, FRAME_NANOS), [2, 5, 9, 13]);
        assert_eq!(searches(2.0, true, FRAME_NANOS), [2, 4, 6, 8, 10, 12, 14]);
    }

    #[test]
    fn a_slow_camera_is_searched_in_time() {
        let slow = searches(0.1, false, 300_000_000);
        assert_eq!(slow, [2, 4, 6, 8, 10, 12, 14]);
    }
}
