//! Where a renderer's time goes.
//!
//! Takes the end of every phase; gives [`Times`]. A picture has seven phases: what is measured
//! costs less than a microsecond of a millisecond.

use std::{
    ops::AddAssign,
    time::{Duration, Instant},
};

/// What a renderer does one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Heads are morphed, folded, dressed and put into the scene.
    Pose,
    /// Vertices are projected.
    Project,
    /// Triangles go through the z-buffer.
    Draw,
    /// Lights look at the scene.
    Shadow,
    /// What is behind everything.
    Backdrop,
    /// Pixels get their light.
    Shade,
    /// Lens, sensor, codec.
    Film,
}

impl Phase {
    /// All, in the order of the work.
    pub const ALL: [Self; 7] = [
        Self::Pose,
        Self::Project,
        Self::Draw,
        Self::Shadow,
        Self::Backdrop,
        Self::Shade,
        Self::Film,
    ];
}

/// Time per phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times([Duration; Phase::ALL.len()]);

impl Times {
    /// The time of one phase.
    #[must_use]
    pub const fn of(&self, phase: Phase) -> Duration {
        self.0[phase as usize]
    }

    /// The time of all phases.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.0.iter().sum()
    }
}

impl AddAssign for Times {
    fn add_assign(&mut self, other: Self) {
        for (sum, time) in self.0.iter_mut().zip(other.0) {
            *sum += time;
        }
    }
}

/// Runs from the start of a picture.
pub(super) struct Watch(Instant);

impl Watch {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// What has passed since the last end of a phase was spent on this one.
    pub(super) fn end(&mut self, phase: Phase, times: &mut Times) {
        let now = Instant::now();
        times.0[phase as usize] += now - self.0;
        self.0 = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_add_up() {
        let (mut times, mut watch) = (Times::default(), Watch::start());
        std::thread::sleep(Duration::from_millis(2));
        watch.end(Phase::Draw, &mut times);
        watch.end(Phase::Film, &mut times);
        assert!(times.of(Phase::Draw) >= Duration::from_millis(2));
        assert_eq!(times.of(Phase::Pose), Duration::ZERO);
        let once = times;
        times += once;
        assert_eq!(times.total(), once.total() * 2);
    }
}
