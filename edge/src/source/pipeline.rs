//! A running GStreamer pipeline that ends in our appsink.
//!
//! Takes a [`SourceSpec`] and a function for its frames, which is called on GStreamer's own thread
//! and may hold it back; gives word of how it goes, and in the end the reason why there are no more.

use std::{
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSinkCallbacks};

use super::{Frame, Input, SourceError, container::missing_bytes, redacted, stamp::Stamps};
use crate::config::{SourceSettings, SourceSpec};

/// The name of the appsink in every launch line.
const SINK: &str = "frames";

/// One opening of one source.
#[derive(Debug)]
pub struct Pipeline {
    pipeline: gst::Pipeline,
    feed: Arc<Feed>,
    input: Input,
    /// Bytes that the file lacks at its end.
    missing_bytes: u64,
}

/// How far a pipeline is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Frames delivered.
    pub frames: u64,
    /// When the last one came.
    pub last_frame: Option<Instant>,
    /// Its presentation time.
    pub last_pts_nanos: u64,
    /// Whether the stream is over, and GStreamer's reason where it failed.
    end: Option<Result<(), String>>,
}

/// What GStreamer's threads and the keeper of the source share.
#[derive(Debug, Default)]
struct Feed {
    progress: Mutex<Progress>,
    changed: Condvar,
}

impl Feed {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        // A panic elsewhere leaves the progress whole: every change is one step.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first word counts.
    fn end(&self, outcome: Result<(), String>) {
        self.lock().end.get_or_insert(outcome);
        self.changed.notify_all();
    }

    fn delivered(&self, pts_nanos: u64) {
        let mut progress = self.lock();
        progress.frames += 1;
        progress.last_frame = Some(Instant::now());
        progress.last_pts_nanos = pts_nanos;
    }
}

impl Pipeline {
    /// Starts to decode. Presentation times count from `pts_offset_nanos`; `deliver` says whether it
    /// wants more.
    ///
    /// # Errors
    /// [`SourceError::Missing`] and [`SourceError::Pipeline`].
    pub fn open(
        spec: &SourceSpec,
        settings: &SourceSettings,
        pts_offset_nanos: u64,
        deliver: impl Fn(Frame) -> bool + Send + Sync + 'static,
    ) -> Result<Self, SourceError> {
        let missing_bytes = match &spec.input {
            Input::File(path) => readable(path)?,
            Input::Camera(path) => std::fs::metadata(path)
                .map(|_| 0)
                .map_err(|source| missing(path, source))?,
            Input::Rtsp(_) | Input::Csi(_) | Input::Launch(_) | Input::Test(_) => 0,
        };
        gst::init().map_err(|error| SourceError::Pipeline {
            reason: error.to_string(),
            line: String::new(),
        })?;
        let line = spec.launch_line(settings)?;
        let refused = |reason: String| SourceError::Pipeline {
            reason: redacted(&reason),
            line: redacted(&line),
        };
        let pipeline = gst::parse::launch(&line)
            .map_err(|error| refused(error.to_string()))?
            .downcast::<gst::Pipeline>()
            .map_err(|_element| refused("it is a single element".into()))?;
        let sink = pipeline
            .by_name(SINK)
            .and_then(|element| element.downcast::<AppSink>().ok())
            .ok_or_else(|| refused(format!("it has no `appsink name={SINK}`")))?;
        if settings.max_width > 0 {
            sink.set_caps(Some(&narrow(settings.max_width)));
        }
        authenticate(&pipeline, spec);
        let feed = Arc::new(Feed::default());
        let stamps = Stamps::new(&pipeline, spec.input.is_live(), pts_offset_nanos);
        connect(&pipeline, &sink, spec.paced, stamps, &feed, deliver);
        let source = Self {
            pipeline,
            feed,
            input: spec.input.clone(),
            missing_bytes,
        };
        // A failure here also comes as a message on the bus, with its reason.
        if let Err(error) = source.pipeline.set_state(gst::State::Playing) {
            source.feed.end(Err(error.to_string()));
        }
        Ok(source)
    }

    /// How far it is now.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.feed.lock().clone()
    }

    /// Waits for the end, for at most `patience`; none if it goes on.
    pub fn wait(&self, patience: Duration) -> Option<Result<(), SourceError>> {
        let going_on = |progress: &mut Progress| progress.end.is_none();
        let (progress, _) = self
            .feed
            .changed
            .wait_timeout_while(self.feed.lock(), patience, going_on)
            .unwrap_or_else(PoisonError::into_inner);
        let reason = progress.end.clone()?.err();
        let frames = progress.frames;
        Some(self.ended(frames, reason))
    }

    fn ended(&self, frames: u64, reason: Option<String>) -> Result<(), SourceError> {
        let input = self.input.to_string();
        match reason {
            reason if frames == 0 => Err(SourceError::NotVideo {
                input,
                reason: reason.unwrap_or_else(|| "the stream is empty".into()),
            }),
            _ if self.missing_bytes > 0 => Err(SourceError::CutShort {
                input,
                bytes: self.missing_bytes,
                frames,
            }),
            Some(reason) => Err(SourceError::Broken { reason }),
            None => Ok(()),
        }
    }

    /// How many frames the file should still have had, by its stated length and rate of frames.
    #[must_use]
    pub fn frames_missing(&self) -> u64 {
        let progress = self.progress();
        let length = self
            .pipeline
            .query_duration::<gst::ClockTime>()
            .map_or(0, gst::ClockTime::nseconds);
        let left = length.saturating_sub(progress.last_pts_nanos) as f64;
        let intervals = progress.frames.saturating_sub(1).max(1);
        let frame = progress.last_pts_nanos as f64 / intervals as f64;
        if progress.frames < 2 || frame <= 0.0 {
            return 0;
        }
        ((left / frame).round() as u64).saturating_sub(1)
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
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

impl SourceSpec {
    /// The launch line: of the user's launch file, where there is one, or else the built-in one.
    fn launch_line(&self, settings: &SourceSettings) -> Result<String, SourceError> {
        let own = self.pipeline.as_ref().map(|path| {
            let read = std::fs::read_to_string(path);
            read.map_err(|source| missing(&path.display().to_string(), source))
        });
        let options = super::input::Options {
            transport: self.transport.name(),
            latency_millis: settings.latency.as_millis(),
            device_converter: gst::ElementFactory::find("nvvidconv").is_some(),
        };
        Ok(self
            .input
            .launch_line(own.transpose()?.as_deref(), &options))
    }
}

/// Frames that are no wider, of square pixels.
fn narrow(max_width: u32) -> gst::Caps {
    let most = i32::try_from(max_width).unwrap_or(i32::MAX);
    gst::Caps::builder("video/x-raw")
        .field("width", gst::IntRange::new(1, most))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build()
}

/// Tells RTSP sources who we are: not in the launch line, which is printed in errors.
fn authenticate(pipeline: &gst::Pipeline, spec: &SourceSpec) {
    let Some(credentials) = &spec.credentials else {
        return;
    };
    for element in pipeline.iterate_recurse().into_iter().flatten() {
        if element
            .factory()
            .is_some_and(|factory| factory.name() == "rtspsrc")
        {
            element.set_property("user-id", &credentials.user);
            element.set_property("user-pw", &credentials.password);
        }
    }
}

/// Leads the appsink's frames, the end of the stream and errors to those who want to know.
fn connect(
    pipeline: &gst::Pipeline,
    sink: &AppSink,
    paced: bool,
    stamps: Stamps,
    feed: &Arc<Feed>,
    deliver: impl Fn(Frame) -> bool + Send + Sync + 'static,
) {
    // One buffer inside the sink at most: what waits, waits in the inbox.
    sink.set_max_buffers(1);
    sink.set_sync(paced);
    let frames = Arc::clone(feed);
    let end = Arc::clone(feed);
    sink.set_callbacks(
        AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let Ok(sample) = sink.pull_sample() else {
                    return Err(gst::FlowError::Eos);
                };
                let frame = match Frame::new(&sample, stamps.stamp(&sample)) {
                    Ok(frame) => frame,
                    Err(reason) => {
                        frames.end(Err(reason.into()));
                        return Err(gst::FlowError::Error);
                    }
                };
                let pts_nanos = frame.stamp.pts_nanos;
                if deliver(frame) {
                    frames.delivered(pts_nanos);
                    Ok(gst::FlowSuccess::Ok)
                } else {
                    Err(gst::FlowError::Eos)
                }
            })
            .eos(move |_| end.end(Ok(())))
            .build(),
    );
    let Some(bus) = pipeline.bus() else { return };
    let end = Arc::clone(feed);
    bus.set_sync_handler(move |_, message| {
        match message.view() {
            gst::MessageView::Error(error) => end.end(Err(redacted(&reason(error)))),
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
