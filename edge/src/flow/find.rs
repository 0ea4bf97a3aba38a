//! First half: where the faces are.
//!
//! Takes what came of each source; gives a [`Round`]: detect, refine, track, align.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use facs::{FrameSize, StageLatency};

use super::{
    Clock, micros,
    pace::Pace,
    round::{Entry, Found, Round},
};
use crate::{
    config::{Settings, SourceSpec},
    crops::Align,
    detect::{Detect, Detection},
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
    /// Next numbers of sources that are gone: one of the same name goes on there, so that a number is
    /// one record's within a run.
    gone: BTreeMap<String, u64>,
    /// Of each frame of the round in which faces were searched for.
    detections: Vec<Vec<Detection>>,
}

/// What is remembered of one source.
#[derive(Debug)]
struct Watched {
    spec: Arc<SourceSpec>,
    track: Track,
    pace: Pace,
    next_sequence: u64,
    /// Of the last frame.
    size: Option<FrameSize>,
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
            gone: BTreeMap::new(),
            detections: Vec::new(),
        }
    }

    /// The models of both stages that have one.
    pub fn models_mut(&mut self) -> [Option<&mut Model>; 2] {
        let refiner = self.refine.as_mut().map(Refine::model_mut);
        [Some(self.detect.model_mut()), refiner]
    }

    /// Whether any source is a live one.
    pub(super) fn has_live_sources(&self) -> bool {
        self.sources.values().any(|watched| watched.spec.is_live())
    }

    /// From this round on other models are used; faces keep their tracks.
    pub(super) fn swap(&mut self, models: Models, round: &mut Round) {
        (self.detect, self.refine, self.align) = stages(models.find, &self.settings);
        round.entries.push(Entry::Models(Box::new(models.read)));
    }

    /// Finds the faces in what was taken: the frames of the round share calls of the models.
    ///
    /// # Errors
    /// [`Fault`] when a model fails.
    pub(super) fn round(
        &mut self,
        taken: &mut Vec<(SourceId, Item<Frame, Word>)>,
        waited: Duration,
        round: &mut Round,
    ) -> Result<(), Fault> {
        for (source, item) in taken.drain(..) {
            match item {
                Item::Word(Word::Opened(spec)) => {
                    let next_sequence = self.open(source, Arc::clone(&spec));
                    round
                        .entries
                        .push(Entry::Opened(source, spec, next_sequence));
                }
                Item::Word(word) => {
                    self.word(source, &word);
                    round.entries.push(Entry::Word(source, word));
                }
                Item::Frame(frame, overtaken) => {
                    let found = self.number(source, frame, overtaken, waited);
                    round.entries.extend(found.map(Entry::Frame));
                }
            }
        }
        self.search(round)?;
        self.follow(round)
    }

    /// From here on the source is watched; gives the number of its first frame.
    fn open(&mut self, source: SourceId, spec: Arc<SourceSpec>) -> u64 {
        let next_sequence = self.gone.remove(&spec.name).unwrap_or(0);
        let watched = Watched {
            track: Track::new(&self.settings.track, self.detect.threshold()),
            pace: Pace::new(&self.settings.detect),
            next_sequence,
            size: None,
            spec,
        };
        self.sources.insert(source, watched);
        next_sequence
    }

    fn word(&mut self, source: SourceId, word: &Word) {
        match word {
            Word::Lost(frames) => {
                if let Some(watched) = self.sources.get_mut(&source) {
                    watched.next_sequence += frames;
                }
            }
            Word::State(state, _) if state.is_last() => {
                if let Some(watched) = self.sources.remove(&source) {
                    let name = watched.spec.name.clone();
                    self.gone.insert(name, watched.next_sequence);
                }
            }
            Word::Opened(_) | Word::State(..) | Word::Person { .. } => {}
        }
    }

    /// A frame with its number; none of a source that is not known any more.
    fn number(
        &mut self,
        source: SourceId,
        frame: Frame,
        overtaken: u64,
        waited: Duration,
    ) -> Option<Found> {
        let watched = self.sources.get_mut(&source)?;
        let sequence = watched.next_sequence + overtaken;
        watched.next_sequence = sequence + 1;
        Some(Found {
            source,
            frame,
            sequence,
            overtaken,
            search: None,
            faces: 0..0,
            halves: 0..0,
            latency: StageLatency {
                decode_micros: micros(waited),
                ..StageLatency::default()
            },
        })
    }

    /// Detect and refine, in the frames whose turn it is.
    fn search(&mut self, round: &mut Round) -> Result<(), Fault> {
        let mut clock = Clock::start();
        for found in round.frames() {
            let Some(watched) = self.sources.get_mut(&found.source) else {
                continue;
            };
            let size = found.frame.size();
            if watched.size.replace(size).is_some_and(|last| last != size) {
                watched.track.forget();
            }
            let due = watched.pace.is_due(found.frame.stamp.pts_nanos);
            if due || watched.track.wants_search() {
                watched.pace.searched(found.frame.stamp.pts_nanos);
                found.search = Some(self.detect.add(&found.frame.view()?));
            }
        }
        self.detect.detect(&mut self.detections)?;
        let detect_micros = clock.lap();
        let mut searched = 0;
        for found in round.frames() {
            let (Some(search), Some(watched)) = (found.search, self.sources.get(&found.source))
            else {
                continue;
            };
            let detections = &mut self.detections[search];
            if let Some(region) = watched.spec.region {
                let FrameSize { width, height } = found.frame.size();
                let size = [width as f32, height as f32];
                detections.retain(|seen| region.contains(seen.bounding_box.center(), size));
            }
            if let Some(refine) = &mut self.refine {
                refine.add(&found.frame.view()?, detections);
            }
            searched += 1;
        }
        if let Some(refine) = &mut self.refine {
            let dropped = refine.refine(self.detections[..searched].iter_mut())?;
            if dropped > 0 {
                events::DetectionsDropped {
                    detections: dropped,
                }
                .emit();
            }
        }
        let refine_micros = clock.lap();
        for found in round.frames().filter(|found| found.search.is_some()) {
            // Its share of the round.
            found.latency.detect_micros = detect_micros / searched as u64;
            if self.refine.is_some() {
                found.latency.refine_micros = refine_micros / searched as u64;
            }
        }
        Ok(())
    }

    /// Track and align.
    fn follow(&mut self, round: &mut Round) -> Result<(), Fault> {
        let Round { entries, crops } = round;
        for entry in entries {
            let Entry::Frame(found) = entry else { continue };
            let Some(watched) = self.sources.get_mut(&found.source) else {
                continue;
            };
            let mut clock = Clock::start();
            let detections = found.search.map(|search| &*self.detections[search]);
            let pts_nanos = found.frame.stamp.pts_nanos;
            let faces = watched.track.track(detections, pts_nanos);
            found.latency.track_micros = clock.lap();
            let first = crops.faces.len();
            self.align.align(&found.frame.view()?, faces, crops);
            if found.search.is_some() {
                let surprise = watched.track.surprise();
                watched.pace.adapt(surprise, found.overtaken > 0);
            }
            found.faces = first..crops.faces.len();
            found.latency.align_micros = clock.lap();
        }
        Ok(())
    }
}

fn stages(models: FindModels, settings: &Settings) -> (Detect, Option<Refine>, Align) {
    let detect = Detect::new(&settings.detect, models.score_threshold, models.finder);
    let threshold = detect.threshold();
    let refine = models
        .refiner
        .map(|model| Refine::new(&settings.detect, threshold, models.refiner_threshold, model));
    let quality = settings.quality.within(&models.quality);
    let align = Align::new(&quality, models.template);
    (detect, refine, align)
}
