//! Second half: what the faces show.
//!
//! Takes [`Round`]s; gives records: infer, smooth, publish. A number that is missing in the sequence of
//! a source becomes a gap record here, whatever lost it, so that no gap is silent.

use std::{collections::BTreeMap, sync::Arc};

use facs::{GapReason, RecordRef};
use time::OffsetDateTime;

use super::{
    Clock, Output,
    round::{Entry, Found, Round},
};
use crate::{
    config::{Settings, SourceSpec},
    crops::Crops,
    events,
    fault::Fault,
    infer::{Infer, Scores},
    models::ReadModels,
    publish::{Place, Publish},
    smooth::Smooth,
    source::{SourceId, Word},
};

/// What the faces of all sources show.
#[derive(Debug)]
pub struct Read {
    settings: Settings,
    run: u64,
    models: ReadModels,
    sources: BTreeMap<SourceId, Followed>,
}

/// What is remembered of one source.
#[derive(Debug)]
struct Followed {
    spec: Arc<SourceSpec>,
    smooth: Smooth,
    publish: Publish,
    next_sequence: u64,
}

impl Read {
    /// No source yet.
    #[must_use]
    pub fn new(models: ReadModels, run: u64, settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            run,
            models,
            sources: BTreeMap::new(),
        }
    }

    /// The stage whose model reads faces.
    pub const fn infer_mut(&mut self) -> &mut Infer {
        &mut self.models.infer
    }

    /// Infer, smooth, publish.
    ///
    /// # Errors
    /// [`Fault::Runtime`] when the model fails, and whatever `output` gives.
    pub(super) fn round(
        &mut self,
        round: &mut Round,
        output: &mut impl Output,
    ) -> Result<(), Fault> {
        let swaps = |entry: &Entry| matches!(entry, Entry::Models(_));
        if let Some(index) = round.entries.iter().position(swaps)
            && let Entry::Models(models) = round.entries.remove(index)
        {
            self.swap(*models);
        }
        let mut clock = Clock::start();
        let rows = round.crops.faces.len();
        self.models.infer.infer(&self.models.axes, &round.crops)?;
        let infer_micros = clock.lap();
        for entry in round.entries.drain(..) {
            match entry {
                Entry::Frame(mut found) => {
                    // Its share of the round.
                    let share = found.faces.len() as u64;
                    found.latency.infer_micros = infer_micros * share / rows.max(1) as u64;
                    self.frame(&found, &round.crops, output)?;
                }
                Entry::Word(source, word) => self.word(source, word, output)?,
                Entry::Models(_) => {}
            }
        }
        Ok(())
    }

    fn swap(&mut self, models: ReadModels) {
        self.models = models;
        for followed in self.sources.values_mut() {
            followed.smooth = Smooth::new(&self.settings.smooth);
            followed.publish = publish(&followed.spec, self.run, &self.models, &self.settings);
        }
    }

    fn word(
        &mut self,
        source: SourceId,
        word: Word,
        output: &mut impl Output,
    ) -> Result<(), Fault> {
        if let Word::Opened(spec) = word {
            let followed = Followed {
                smooth: Smooth::new(&self.settings.smooth),
                publish: publish(&spec, self.run, &self.models, &self.settings),
                spec,
                next_sequence: 0,
            };
            self.sources.insert(source, followed);
            return Ok(());
        }
        let Some(followed) = self.sources.get_mut(&source) else {
            return Ok(());
        };
        match word {
            Word::Lost(frames) => followed.gap(frames, GapReason::SourceError, output),
            Word::State(state, reason) => {
                let now = OffsetDateTime::now_utc();
                let status = followed
                    .publish
                    .status(state, reason, followed.next_sequence, now);
                events::SourceChanged { status: &status }.emit();
                output(RecordRef::Status(&status), None)?;
                if state.is_last() {
                    self.sources.remove(&source);
                }
                Ok(())
            }
            Word::Person { .. } | Word::Opened(_) => Ok(()),
        }
    }

    fn frame(
        &mut self,
        found: &Found,
        crops: &Crops,
        output: &mut impl Output,
    ) -> Result<(), Fault> {
        let Some(followed) = self.sources.get_mut(&found.source) else {
            return Ok(());
        };
        let lost = found.sequence - followed.next_sequence;
        let overtaken = lost.min(found.overtaken);
        followed.gap(lost - overtaken, GapReason::ModelError, output)?;
        followed.gap(overtaken, GapReason::Overload, output)?;
        followed.next_sequence = found.sequence + 1;

        let mut clock = Clock::start();
        let faces = &crops.faces[found.faces.clone()];
        let scores = self.models.infer.scores_mut(found.faces.clone());
        for (face, scores) in faces.iter().zip(&*scores) {
            if !scores.sound {
                let (track, sequence) = (face.face.track, found.sequence);
                events::FaceDropped { track, sequence }.emit();
            }
        }
        let sound = |(_, scores): &(_, &mut Scores)| scores.sound;
        let read = faces.iter().zip(&mut *scores).filter(sound);
        let pts_nanos = found.frame.stamp.pts_nanos;
        followed.smooth.smooth(
            read.map(|(face, scores)| (face.face.track, scores)),
            pts_nanos,
        );
        let mut latency = found.latency;
        latency.smooth_micros = clock.lap();
        let place = Place {
            sequence: found.sequence,
            stamp: found.frame.stamp,
            size: found.frame.size(),
        };
        let read = faces
            .iter()
            .zip(&*scores)
            .filter(|(_, scores)| scores.sound);
        let record = followed
            .publish
            .publish(&place, read, latency, OffsetDateTime::now_utc());
        events::FrameRead { record }.emit();
        output(RecordRef::Frame(record), Some(&found.frame))
    }
}

impl Followed {
    fn gap(
        &mut self,
        frames: u64,
        reason: GapReason,
        output: &mut impl Output,
    ) -> Result<(), Fault> {
        if frames == 0 {
            return Ok(());
        }
        let now = OffsetDateTime::now_utc();
        let gap = self.publish.gap(self.next_sequence, frames, reason, now);
        self.next_sequence += frames;
        events::FramesLost { gap: &gap }.emit();
        output(RecordRef::Gap(&gap), None)
    }
}

fn publish(spec: &SourceSpec, run: u64, models: &ReadModels, settings: &Settings) -> Publish {
    Publish::new(
        spec.name.clone(),
        run,
        models.axes.clone(),
        &models.thresholds,
        models.global_graphs.as_ref(),
        &settings.graph,
    )
}
