//! When a frame is to be shown, and when it was captured.
//!
//! Takes samples; gives presentation times that go on growing when a source is opened anew, and the
//! wall clock of the capture, as early as it can be told.

use facs::CaptureClock;
use gstreamer::{self as gst, prelude::*};
use time::{Duration, OffsetDateTime};

/// Seconds from the start of NTP's time (1900) to the start of Unix time.
const NTP_TO_UNIX_SECS: i64 = 2_208_988_800;
/// A capture that is older than this, or lies so far ahead, is not believed.
const MAX_DISTANCE: Duration = Duration::hours(1);

/// The times of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Presentation time within the source.
    pub pts_nanos: u64,
    /// Wall clock of the capture.
    pub captured_at: OffsetDateTime,
    /// What that was read from.
    pub capture_clock: CaptureClock,
    /// When the decoded frame reached us.
    pub arrived: std::time::Instant,
}

/// Reads the times of one pipeline's samples.
#[derive(Debug)]
pub(super) struct Stamps {
    pipeline: gst::glib::WeakRef<gst::Pipeline>,
    live: bool,
    pts_offset_nanos: u64,
}

impl Stamps {
    pub(super) fn new(pipeline: &gst::Pipeline, live: bool, pts_offset_nanos: u64) -> Self {
        Self {
            // Not a strong one: the pipeline owns the sink that owns the callback that owns this.
            pipeline: pipeline.downgrade(),
            live,
            pts_offset_nanos,
        }
    }

    pub(super) fn stamp(&self, sample: &gst::Sample) -> Stamp {
        let now = OffsetDateTime::now_utc();
        let (captured_at, capture_clock) = self
            .sender(sample, now)
            .map(|at| (at, CaptureClock::Sender))
            .or_else(|| Some((now - self.age(sample)?, CaptureClock::Pipeline)))
            .unwrap_or((now, CaptureClock::Arrival));
        Stamp {
            pts_nanos: self.pts_offset_nanos + presentation_time(sample),
            captured_at,
            capture_clock,
            arrived: std::time::Instant::now(),
        }
    }

    /// The camera's own clock, where RTCP sender reports told it.
    fn sender(&self, sample: &gst::Sample, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let buffer = sample.buffer()?;
        let ntp = buffer
            .iter_meta::<gst::ReferenceTimestampMeta>()
            .find(|meta| {
                let reference = meta.reference().structure(0);
                reference.is_some_and(|structure| structure.name() == "timestamp/x-ntp")
            })?
            .timestamp();
        let unix_nanos = i128::from(ntp.nseconds()) - i128::from(NTP_TO_UNIX_SECS) * 1_000_000_000;
        let at = OffsetDateTime::from_unix_timestamp_nanos(unix_nanos).ok()?;
        ((now - at).abs() < MAX_DISTANCE).then_some(at)
    }

    /// Time since a live source handed the frame to the pipeline.
    fn age(&self, sample: &gst::Sample) -> Option<Duration> {
        if !self.live {
            return None;
        }
        let now = self.pipeline.upgrade()?.current_running_time()?;
        let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
        let captured = segment.to_running_time(sample.buffer()?.pts())?;
        let age = now.checked_sub(captured)?.nseconds();
        let age = Duration::nanoseconds(i64::try_from(age).ok()?);
        (age < MAX_DISTANCE).then_some(age)
    }
}

/// Time within the stream, which starts at 0 for a whole file; 0 where there is none.
fn presentation_time(sample: &gst::Sample) -> u64 {
    let pts = sample.buffer().and_then(gst::BufferRef::pts);
    sample
        .segment()
        .and_then(|segment| segment.downcast_ref::<gst::ClockTime>())
        .and_then(|segment| segment.to_stream_time(pts))
        .or(pts)
        .map_or(0, gst::ClockTime::nseconds)
}
