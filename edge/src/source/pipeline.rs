//! A running GStreamer pipeline that ends in our appsink.
//!
//! Takes an [`Input`]; gives one frame per call of [`Source::next_frame`], and in the end the reason why
//! there are no more.

use std::{num::NonZeroUsize, path::Path, sync::Arc, time::Duration};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use time::OffsetDateTime;

use super::{
    Frame, Input, Popped, Queue, SourceError, WhenFull, container::missing_bytes, frame::Arrival,
};
use crate::config::SourceSettings;

/// The name of the appsink in every launch line.
const SINK: &str = "frames";
/// How long [`Source::next_frame`] waits before it lets its caller look around.
const PATIENCE: Duration = Duration::from_millis(100);

type Arrivals = Arc<Queue<Arrival, String>>;

/// Frames of one input.
#[derive(Debug)]
pub struct Source {
    pipeline: gst::Pipeline,
    arrivals: Arrivals,
    input: Input,
    next_sequence: u64,
    read: u64,
    /// Bytes that the file lacks at its end.
    missing_bytes: u64,
}

/// What [`Source::next_frame`] gives.
#[derive(Debug)]
pub enum Next {
    /// A frame.
    Frame(Box<Frame>),
    /// None came for a while; ask again.
    Wait,
    /// The stream has ended.
    End,
}

impl Source {
    /// Starts to decode.
    ///
    /// # Errors
    /// [`SourceError::Missing`] and [`SourceError::Pipeline`].
    pub fn open(input: Input, settings: &SourceSettings) -> Result<Self, SourceError> {
        let missing_bytes = match &input {
            Input::File(path) => readable(path)?,
            Input::Camera(path) => std::fs::metadata(path)
                .map(|_| 0)
                .map_err(|source| missing(path, source))?,
            Input::Rtsp(_) | Input::Test(_) => 0,
        };
        let own = settings.pipeline.as_ref().map(|path| {
            let read = std::fs::read_to_string(path);
            read.map_err(|source| missing(&path.display().to_string(), source))
        });
        let line = input.launch_line(own.transpose()?.as_deref());
        let refused = |reason: String| SourceError::Pipeline {
            reason,
            line: line.clone(),
        };
        gst::init().map_err(|error| refused(error.to_string()))?;
        let pipeline = gst::parse::launch(&line)
            .map_err(|error| refused(error.to_string()))?
            .downcast::<gst::Pipeline>()
            .map_err(|_element| refused("it is a single element".into()))?;
        let sink = pipeline
            .by_name(SINK)
            .and_then(|element| element.downcast::<AppSink>().ok())
            .ok_or_else(|| refused(format!("it has no `appsink name={SINK}`")))?;
        let (capacity, when_full) = if input.is_live() {
            (NonZeroUsize::MIN, WhenFull::DropOldest)
        } else {
            (settings.queue_frames, WhenFull::Wait)
        };
        let arrivals = Arc::new(Queue::new(capacity, when_full));
        connect(&pipeline, &sink, &arrivals);
        let source = Self {
            pipeline,
            arrivals,
            input,
            next_sequence: 0,
            read: 0,
            missing_bytes,
        };
        // A failure here also comes as a message on the bus, with its reason: see `next_frame`.
        if let Err(error) = source.pipeline.set_state(gst::State::Playing) {
            source.arrivals.end(Err(error.to_string()));
        }
        Ok(source)
    }

    /// The next frame.
    ///
    /// # Errors
    /// [`SourceError::NotVideo`] when there never was a frame, otherwise
    /// [`SourceError::Broken`] or [`SourceError::CutShort`].
    pub fn next_frame(&mut self) -> Result<Next, SourceError> {
        match self.arrivals.pop(PATIENCE) {
            Popped::Nothing => Ok(Next::Wait),
            Popped::Item(arrival, lost) => {
                let frame = Frame::new(&arrival, self.next_sequence + lost, lost)?;
                self.next_sequence = frame.sequence + 1;
                self.read += 1;
                Ok(Next::Frame(Box::new(frame)))
            }
            Popped::End(outcome) => self.ended(outcome.err()).map(|()| Next::End),
        }
    }

    fn ended(&self, reason: Option<String>) -> Result<(), SourceError> {
        let input = self.input.to_string();
        match reason {
            reason if self.read == 0 => Err(SourceError::NotVideo {
                input,
                reason: reason.unwrap_or_else(|| "the stream is empty".into()),
            }),
            _ if self.missing_bytes > 0 => Err(SourceError::CutShort {
                input,
                bytes: self.missing_bytes,
                frames: self.read,
            }),
            Some(reason) => Err(SourceError::Broken { reason }),
            None => Ok(()),
        }
    }

    /// How many frames the file should still have had, by its stated length and rate of frames.
    #[must_use]
    pub fn frames_missing(&self, last_pts_nanos: u64) -> u64 {
        let length = self
            .pipeline
            .query_duration::<gst::ClockTime>()
            .map_or(0, gst::ClockTime::nseconds);
        let left = length.saturating_sub(last_pts_nanos) as f64;
        let frame = last_pts_nanos as f64 / self.read.saturating_sub(1).max(1) as f64;
        if self.read < 2 || frame <= 0.0 {
            return 0;
        }
        ((left / frame).round() as u64).saturating_sub(1)
    }

    /// Number of the frame that would come next.
    #[must_use]
    pub const fn next_sequence(&self) -> u64 {
        self.next_sequence
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.arrivals.abandon();
        // Nothing is left to lose: a pipeline that will not stop ends with the process.
        let _ = self.pipeline.set_state(gst::State::Null);
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

fn missing(input: &str, source: std::io::Error) -> SourceError {
    SourceError::Missing {
        input: input.to_owned(),
        source,
    }
}

/// Bytes that a file lacks; an error when it cannot be read at all.
fn readable(path: &str) -> Result<u64, SourceError> {
    let metadata = std::fs::metadata(path).map_err(|source| missing(path, source))?;
    if metadata.is_dir() {
        return Err(missing(path, std::io::ErrorKind::IsADirectory.into()));
    }
    missing_bytes(Path::new(path)).map_err(|source| missing(path, source))
}

/// Leads the appsink's frames, the end of the stream and errors into the queue.
fn connect(pipeline: &gst::Pipeline, sink: &AppSink, arrivals: &Arrivals) {
    // One buffer inside the sink at most: the queue is ours.
    sink.set_max_buffers(1);
    sink.set_sync(false);
    let frames = Arc::clone(arrivals);
    let end = Arc::clone(arrivals);
    sink.set_callbacks(
        AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let Ok(sample) = sink.pull_sample() else {
                    return Err(gst::FlowError::Eos);
                };
                let arrival = Arrival {
                    sample,
                    captured_at: OffsetDateTime::now_utc(),
                };
                if frames.push(arrival) {
                    Ok(gst::FlowSuccess::Ok)
                } else {
                    Err(gst::FlowError::Eos)
                }
            })
            .eos(move |_| end.end(Ok(())))
            .build(),
    );
    let Some(bus) = pipeline.bus() else { return };
    let end = Arc::clone(arrivals);
    bus.set_sync_handler(move |_, message| {
        match message.view() {
            gst::MessageView::Error(error) => end.end(Err(reason(error))),
            gst::MessageView::Eos(_) => end.end(Ok(())),
            _ => {}
        }
        gst::BusSyncReply::Drop
    });
}

/// GStreamer's reason in one line, with the element that says it.
fn reason(error: &gst::message::Error) -> String {
    let element = error
        .src()
        .map_or_else(String::new, |element| format!("{}: ", element.name()));
    format!("{element}{}", error.error())
}
