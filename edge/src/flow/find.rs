//! First half: where the faces are.
//!
//! Takes what came of each source; gives a [`Round`]: detect, refine, track, align.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use facs::StageLatency;

use super::{
    Clock, micros,
    round::{Entry, Found, Round},
};
use crate::{
    config::{Settings, SourceSpec},
    crops::Align,
    detect::Detect,
    events,
    fault::Fault,
    models::{FindModels, Models},
    onnx::Model,
    refine::Refine,
    source::{Frame, Item, SourceId, Word},
    track::Track,
};

/// Where the faces are, in the frames of all sources.
#[derive(Debug)]
pub struct Find {
    settings: Settings,
    detect: Detect,
    /// Where the bundle has a refiner.
    refine: Option<Refine>,
    align: Align,
    sources: BTreeMap<SourceId, Watched>,
}

/// What is remembered of one source.
#[derive(Debug)]
struct Watched {
    spec: Arc<SourceSpec>,
    track: Track,
    frames_since_search: u64,
    next_sequence: u64,
}

impl Find {
    /// No source yet.
    #[must_use]
    pub fn new(models: FindModels, settings: &Settings) -> Self {
        let (detect, refine, align) = stages(models, settings);
        Self {
            settings: settings.clone(),
            detect,
            refine,
            align,
            sources: BTreeMap::new(),
        }
    }

    /// The models of both stages that have one.
    pub fn models_mut(&mut self) -> [Option<&mut Model>; 2] {
        let refiner = self.refine.as_mut().map(Refine::model_mut);
        [Some(self.detect.model_mut()), refiner]
    }

    /// From this round on other models are used; faces keep their tracks.
    pub(super) fn swap(&mut self, models: Models, round: &mut Round) {
        (self.detect, self.refine, self.align) = stages(models.find, &self.settings);
        round.entries.push(Entry::Models(Box::new(models.read)));
    }

    /// Finds the faces in what was taken.
    ///
    /// # Errors
    /// [`Fault::Runtime`] when a model fails.
    pub(super) fn round(
        &mut self,
        taken: &mut Vec<(SourceId, Item<Frame, Word>)>,
        waited: Duration,
        round: &mut Round,
    ) -> Result<(), Fault> {
        for (source, item) in taken.drain(..) {
            match item {
                Item::Word(word) => {
                    self.word(source, &word);
                    round.entries.push(Entry::Word(source, word));
                }
                Item::Frame(frame, overtaken) => {
                    let found = self.frame(source, frame, overtaken, waited, round)?;
                    round.entries.extend(found.map(Entry::Frame));
                }
            }
        }
        Ok(())
    }

    fn word(&mut self, source: SourceId, word: &Word) {
        match word {
            Word::Opened(spec) => {
                let watched = Watched {
                    spec: Arc::clone(spec),
                    track: Track::new(&self.settings.track, self.detect.threshold()),
                    frames_since_search: 0,
                    next_sequence: 0,
                };
                self.sources.insert(source, watched);
            }
            Word::Lost(frames) => {
                if let Some(watched) = self.sources.get_mut(&source) {
                    watched.next_sequence += frames;
                }
            }
            Word::State(state, _) if state.is_last() => {
                self.sources.remove(&source);
            }
            Word::State(..) | Word::Person { .. } => {}
        }
    }

    /// Detect, refine, track, align. None of a source that is not known any more.
    fn frame(
        &mut self,
        source: SourceId,
        frame: Frame,
        overtaken: u64,
        waited: Duration,
        round: &mut Round,
    ) -> Result<Option<Found>, Fault> {
        let Some(watched) = self.sources.get_mut(&source) else {
            return Ok(None);
        };
        let sequence = watched.next_sequence + overtaken;
        watched.next_sequence = sequence + 1;
        let mut clock = Clock::start();
        let mut latency = StageLatency {
            decode_micros: micros(waited),
            ..StageLatency::default()
        };
        let view = frame.view()?;
        watched.frames_since_search += 1;
        let due = watched.frames_since_search >= self.settings.detect.interval;
        let mut found = Vec::new();
        let searched = due || watched.track.wants_search();
        if searched {
            watched.frames_since_search = 0;
            found = self.detect.detect(&view)?;
            latency.detect_micros = clock.lap();
            if let Some(region) = watched.spec.region {
                let size = frame.size();
                let size = [size.width as f32, size.height as f32];
                found.retain(|seen| region.contains(seen.bounding_box.center(), size));
            }
            if let Some(refine) = &mut self.refine
                && !found.is_empty()
            {
                let detections = refine.refine(&view, &mut found)?;
                if detections > 0 {
                    events::DetectionsDropped {
                        detections,
                        sequence,
                    }
                    .emit();
                }
                latency.refine_micros = clock.lap();
            }
        }
        let pts_nanos = frame.stamp.pts_nanos;
        let faces = watched.track.track(searched.then_some(&*found), pts_nanos);
        latency.track_micros = clock.lap();
        let first = round.crops.faces.len();
        let crops = self.align.align(&view, &faces);
        round.crops.faces.extend_from_slice(&crops.faces);
        round.crops.pixels.extend_from_slice(&crops.pixels);
        latency.align_micros = clock.lap();
        Ok(Some(Found {
            source,
            frame,
            sequence,
            overtaken,
            faces: first..round.crops.faces.len(),
            latency,
        }))
    }
}

fn stages(models: FindModels, settings: &Settings) -> (Detect, Option<Refine>, Align) {
    let detect = Detect::new(&settings.detect, models.score_threshold, models.finder);
    let threshold = detect.threshold();
    let refine = models
        .refiner
        .map(|model| Refine::new(&settings.detect, threshold, models.refiner_threshold, model));
    let align = Align::new(&settings.quality, models.template);
    (detect, refine, align)
}
