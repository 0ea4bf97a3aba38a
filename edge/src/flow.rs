//! The flow: source -> detect -> refine -> track -> align | infer -> smooth -> publish.
//!
//! The bar is a thread's end: [`Find`] works on the next frame while [`Read`] reads the faces of
//! the last, and GStreamer decodes ahead of both. Takes a source and the two halves; gives every
//! record, in order, to `output`.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use ::align::View;
use facs::{FrameRecord, GapReason, Record, StageLatency};
use time::OffsetDateTime;

use crate::{
    config::Settings,
    crops::{Align, Crops},
    detect::{Detect, Detection},
    events,
    fault::Fault,
    infer::Infer,
    models::Models,
    publish::{Place, Publish},
    refine::Refine,
    shutdown::Shutdown,
    smooth::Smooth,
    source::{Frame, Next, Source},
    track::Track,
};

/// Frames that wait between the two halves, for files; live sources have none wait.
pub(crate) const FRAMES_BETWEEN: usize = 4;

/// First half: where the faces are.
#[derive(Debug)]
pub struct Find {
    detect: Detect,
    /// Where the bundle has a refiner.
    refine: Option<Refine>,
    track: Track,
    align: Align,
    interval: u64,
    frames_since_search: u64,
}

/// Second half: what they show.
#[derive(Debug)]
pub struct Read {
    infer: Infer,
    smooth: Smooth,
    publish: Publish,
}

/// A frame and the crops of its faces, on the way from one half to the other.
#[derive(Debug)]
struct Found {
    frame: Frame,
    crops: Crops,
    latency: StageLatency,
}

/// What goes from one half to the other.
#[derive(Debug)]
enum Message {
    Found(Box<Found>),
    /// Frames that the source could not deliver.
    Lost {
        first_sequence: u64,
        frames: u64,
    },
}

/// Both halves, built from the settings.
#[must_use]
pub fn stages(source_name: String, run: u64, models: Models, settings: &Settings) -> (Find, Read) {
    let detect = Detect::new(&settings.detect, models.score_threshold, models.finder);
    let threshold = detect.threshold();
    let refine = |model| Refine::new(&settings.detect, threshold, models.refiner_threshold, model);
    let find = Find {
        detect,
        refine: models.refiner.map(refine),
        track: Track::new(&settings.track, threshold),
        align: Align::new(&settings.quality, models.template),
        interval: settings.detect.interval,
        frames_since_search: 0,
    };
    let axes = models.axes.clone();
    let read = Read {
        infer: Infer::new(models.axes, models.affect),
        smooth: Smooth::new(&settings.smooth),
        publish: Publish::new(
            source_name,
            run,
            axes,
            &models.thresholds,
            models.global_graphs.as_ref(),
            &settings.graph,
        ),
    };
    (find, read)
}

impl Find {
    /// The stage whose model finds faces.
    pub const fn detect_mut(&mut self) -> &mut Detect {
        &mut self.detect
    }

    /// The stage whose model looks at found faces, where there is one.
    pub const fn refine_mut(&mut self) -> Option<&mut Refine> {
        self.refine.as_mut()
    }

    /// Detect, refine, track, align.
    fn frame(&mut self, frame: Frame, waited: Duration) -> Result<Found, Fault> {
        let mut clock = Clock::start();
        let mut latency = StageLatency {
            decode_micros: micros(waited),
            ..StageLatency::default()
        };
        let view = frame.view()?;
        self.frames_since_search += 1;
        let search = self.frames_since_search >= self.interval || self.track.wants_search();
        let detections = if search {
            self.frames_since_search = 0;
            Some(self.search(&view, frame.sequence, &mut clock, &mut latency)?)
        } else {
            None
        };
        let faces = self.track.track(detections.as_deref(), frame.pts_nanos);
        latency.track_micros = clock.lap();
        let mut crops = Crops::default();
        self.align.align(&view, &faces, &mut crops);
        latency.align_micros = clock.lap();
        Ok(Found {
            frame,
            crops,
            latency,
        })
    }

    /// Detect, refine.
    fn search(
        &mut self,
        view: &View<'_>,
        sequence: u64,
        clock: &mut Clock,
        latency: &mut StageLatency,
    ) -> Result<Vec<Detection>, Fault> {
        let mut found = Vec::new();
        self.detect.detect(view, &mut found)?;
        latency.detect_micros = clock.lap();
        if let Some(refine) = &mut self.refine
            && !found.is_empty()
        {
            let detections = refine.refine(view, &mut found)?;
            if detections > 0 {
                events::DetectionsDropped {
                    detections,
                    sequence,
                }
                .emit();
            }
            latency.refine_micros = clock.lap();
        }
        Ok(found)
    }

    /// Reads the source until it ends, somebody asks to stop, or the other half is gone.
    fn run(
        &mut self,
        mut source: Source,
        shutdown: &Shutdown,
        found: &SyncSender<Message>,
    ) -> Result<(), Fault> {
        let mut last_pts_nanos = 0;
        let mut waiting_since = Instant::now();
        while !shutdown.is_requested() {
            let frame = match source.next_frame() {
                Ok(Next::Frame(frame)) => *frame,
                Ok(Next::Wait) => continue,
                Ok(Next::End) => break,
                Err(error) => {
                    let frames = source.frames_missing(last_pts_nanos);
                    if error.is_midway() && frames > 0 {
                        let first_sequence = source.next_sequence();
                        // If nobody listens any more, their reason is the one that counts.
                        let _ = found.send(Message::Lost {
                            first_sequence,
                            frames,
                        });
                    }
                    return Err(error.into());
                }
            };
            let waited = waiting_since.elapsed();
            last_pts_nanos = frame.pts_nanos;
            let message = Message::Found(Box::new(self.frame(frame, waited)?));
            if found.send(message).is_err() {
                break;
            }
            waiting_since = Instant::now();
        }
        Ok(())
    }
}

impl Read {
    /// The stage whose model reads faces.
    pub const fn infer_mut(&mut self) -> &mut Infer {
        &mut self.infer
    }

    /// Infer, smooth, publish.
    fn found(&mut self, found: &Found) -> Result<FrameRecord, Fault> {
        let Found {
            frame,
            crops,
            latency,
        } = found;
        let mut latency = *latency;
        let mut clock = Clock::start();
        let mut scores = self.infer.infer(crops)?;
        if !crops.faces.is_empty() {
            latency.infer_micros = clock.lap();
        }
        let mut read = Vec::with_capacity(scores.len());
        for (face, scores) in crops.faces.iter().zip(&mut scores) {
            let (track, sequence) = (face.face.track, frame.sequence);
            match scores {
                Some(scores) => read.push((face, scores)),
                None => events::FaceDropped { track, sequence }.emit(),
            }
        }
        let smoothed = read
            .iter_mut()
            .map(|(face, scores)| (face.face.track, &mut **scores));
        self.smooth.smooth(smoothed, frame.pts_nanos);
        latency.smooth_micros = clock.lap();
        let place = Place {
            sequence: frame.sequence,
            pts_nanos: frame.pts_nanos,
            captured_at: frame.captured_at,
            capture_clock: frame.capture_clock,
            size: frame.size(),
        };
        let faces = read.iter().map(|(face, scores)| (*face, &**scores));
        let record = self
            .publish
            .publish(&place, faces, latency, OffsetDateTime::now_utc());
        events::FrameRead { record: &record }.emit();
        Ok(record)
    }

    fn lost(&mut self, first_sequence: u64, frames: u64, reason: GapReason) -> Record {
        let gap = self
            .publish
            .gap(first_sequence, frames, reason, OffsetDateTime::now_utc());
        events::FramesLost { gap: &gap }.emit();
        Record::Gap(gap)
    }

    /// Reads what the other half finds until it ends; everything found before is read.
    fn run(
        &mut self,
        found: &Receiver<Message>,
        mut output: impl FnMut(&Record, Option<&Frame>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for message in found {
            match message {
                Message::Lost {
                    first_sequence,
                    frames,
                } => {
                    output(
                        &self.lost(first_sequence, frames, GapReason::SourceError),
                        None,
                    )?;
                }
                Message::Found(found) => {
                    let Frame {
                        sequence,
                        lost_before,
                        ..
                    } = found.frame;
                    if lost_before > 0 {
                        let first_sequence = sequence - lost_before;
                        output(
                            &self.lost(first_sequence, lost_before, GapReason::Overload),
                            None,
                        )?;
                    }
                    let record = Record::Frame(self.found(&found)?);
                    output(&record, Some(&found.frame))?;
                }
            }
        }
        Ok(())
    }
}

/// Runs both halves until the source ends or somebody asks to stop. Frames that are on the way are
/// read first, then the reason of an early end is given.
///
/// # Errors
/// [`Fault`] of either half.
pub fn run(
    source: Source,
    find: &mut Find,
    read: &mut Read,
    frames_ahead: usize,
    shutdown: &Shutdown,
    output: impl FnMut(&Record, Option<&Frame>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (sender, receiver) = sync_channel(frames_ahead);
    thread::scope(|scope| {
        let finder = thread::Builder::new()
            .name("find".into())
            .spawn_scoped(scope, move || find.run(source, shutdown, &sender))
            .map_err(Fault::Thread)?;
        let read = read.run(&receiver, output);
        // The finder's next message finds nobody, and it ends.
        drop(receiver);
        let found = finder
            .join()
            .map_err(|_panic| Fault::Thread(io::Error::other("the finder's thread panicked")))?;
        read.and(found)
    })
}

/// Microseconds from lap to lap.
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn lap(&mut self) -> u64 {
        let now = Instant::now();
        micros(now - std::mem::replace(&mut self.0, now))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
