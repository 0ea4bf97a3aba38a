//! Second half: what the faces show.
//!
//! Takes [`Round`]s; gives records: infer, fuse, smooth, publish. A number that is missing in the sequence of
//! a source becomes a gap record here, whatever lost it, so that no gap is silent.

use std::{collections::BTreeMap, sync::Arc};

use facs::{GapReason, RecordRef};
use time::OffsetDateTime;

use super::{
    Clock, Output,
    round::{Entry, Found, Round},
};
use crate::{
    baseline::{Archive, Baseline, Who},
    config::{Settings, SourceSpec},
    crops::{AlignedFace, Crops},
    events,
    fault::Fault,
    fuse::Fuse,
    infer::{Infer, Scores},
    models::ReadModels,
    publish::{Place, Publish, Seen},
    sides::Sides,
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
    /// Where people's baselines are kept.
    archive: Option<Archive>,
}

/// What is remembered of one source.
#[derive(Debug)]
struct Followed {
    spec: Arc<SourceSpec>,
    sides: Sides,
    fuse: Fuse,
    smooth: Smooth,
    baseline: Baseline,
    publish: Publish,
    next_sequence: u64,
}

impl Read {
    /// No source yet.
    ///
    /// # Errors
    /// [`Fault::Baseline`] when baselines cannot be kept where the settings say.
    pub fn new(models: ReadModels, run: u64, settings: &Settings) -> Result<Self, Fault> {
        Ok(Self {
            archive: Archive::open(&settings.baseline)?,
            settings: settings.clone(),
            run,
            models,
            sources: BTreeMap::new(),
        })
    }

    /// The stage whose model reads faces.
    pub const fn infer_mut(&mut self) -> &mut Infer {
        &mut self.models.infer
    }

    /// Infer, fuse, smooth, publish.
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
        self.open(round);
        let mut clock = Clock::start();
        self.halves(round);
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
                Entry::Opened(..) | Entry::Models(_) => {}
            }
        }
        if let Some(archive) = &mut self.archive
            && archive.is_due()
        {
            for followed in self.sources.values() {
                archive.save(&followed.baseline);
            }
        }
        Ok(())
    }

    /// Sources that begin in this round, before any of its frames is looked at.
    fn open(&mut self, round: &Round) {
        for entry in &round.entries {
            if let Entry::Opened(source, spec, next_sequence) = entry {
                let followed = self.follow(Arc::clone(spec), *next_sequence);
                self.sources.insert(*source, followed);
            }
        }
    }

    /// Adds the halves of the faces whose turn it is to the batch.
    fn halves(&mut self, round: &mut Round) {
        let Round { entries, crops } = round;
        for entry in entries {
            let Entry::Frame(found) = entry else { continue };
            if let Some(followed) = self.sources.get_mut(&found.source) {
                let pts_nanos = found.frame.stamp.pts_nanos;
                found.halves = followed.sides.extend(crops, found.faces.clone(), pts_nanos);
            }
        }
    }

    fn swap(&mut self, models: ReadModels) {
        self.models = models;
        for (id, followed) in std::mem::take(&mut self.sources) {
            if let Some(archive) = &self.archive {
                archive.save(&followed.baseline);
            }
            // What one model calls neutral another does not.
            let new = self.follow(followed.spec, followed.next_sequence);
            self.sources.insert(id, new);
        }
    }

    /// A source of which nothing is remembered yet, but who its people are.
    fn follow(&self, spec: Arc<SourceSpec>, next_sequence: u64) -> Followed {
        let (models, settings) = (&self.models, &self.settings);
        let resident = settings.baseline.residents.get(&spec.name);
        let mut baseline = Baseline::new(
            &settings.baseline,
            &spec.name,
            resident.map(String::as_str),
            &models.fingerprint,
            &models.axes,
        );
        if let Some(archive) = &self.archive {
            archive.load(&mut baseline);
        }
        Followed {
            sides: Sides::new(&settings.sides, &models.axes, models.size),
            fuse: Fuse::new(models.expression_fusion, &models.axes),
            smooth: Smooth::new(&settings.smooth),
            baseline,
            publish: Publish::new(
                spec.name.clone(),
                self.run,
                models.axes.clone(),
                &models.limits,
                models.global_graphs.as_ref(),
                &settings.graph,
            ),
            spec,
            next_sequence,
        }
    }

    fn word(
        &mut self,
        source: SourceId,
        word: Word,
        output: &mut impl Output,
    ) -> Result<(), Fault> {
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
                    if let Some(archive) = &self.archive {
                        archive.save(&followed.baseline);
                    }
                    self.sources.remove(&source);
                }
                Ok(())
            }
            Word::Person { track, name } => {
                followed.person(track, name.as_deref());
                if let Some(archive) = &self.archive {
                    archive.save(&followed.baseline);
                }
                Ok(())
            }
            Word::Opened(_) => Ok(()),
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
        let pts_nanos = found.frame.stamp.pts_nanos;
        let infer = &mut self.models.infer;
        let (scores, halves) = infer.scores(found.faces.clone(), found.halves.clone());
        let faces = &crops.faces[found.faces.clone()];
        for (face, scores) in faces.iter().zip(&*scores) {
            if !scores.sound {
                let (track, sequence) = (face.face.track, found.sequence);
                events::FaceDropped { track, sequence }.emit();
            }
        }
        let due = followed.sides.due();
        followed
            .fuse
            .fuse(tracks(faces, scores), due, halves, pts_nanos);
        let units = halves.iter();
        let units = units.map(|scores| scores.sound.then_some(&*scores.action_units));
        followed.sides.read(units, pts_nanos);
        followed.smooth.smooth(tracks(faces, scores), pts_nanos);
        let read = || {
            faces
                .iter()
                .zip(&*scores)
                .filter(|(_, scores)| scores.sound)
        };
        let units = read().map(|(face, scores)| (face, &*scores.action_units));
        let captured_secs = found.frame.stamp.captured_at.unix_timestamp();
        followed.baseline.observe(units, pts_nanos, captured_secs);
        let mut latency = found.latency;
        latency.smooth_micros = clock.lap();
        let place = Place {
            sequence: found.sequence,
            stamp: found.frame.stamp,
            size: found.frame.size(),
        };
        let seen = read().map(|(aligned, scores)| Seen {
            aligned,
            scores,
            sides: followed.sides.of(aligned.face.track, pts_nanos),
            known: followed.baseline.of(aligned.face.track),
        });
        let record = followed
            .publish
            .publish(&place, seen, latency, OffsetDateTime::now_utc());
        events::FrameRead { record }.emit();
        output(RecordRef::Frame(record), Some(&found.frame))
    }
}

/// Scores that mean something, each with its track.
fn tracks<'a>(
    faces: &'a [AlignedFace],
    scores: &'a mut [Scores],
) -> impl Iterator<Item = (u64, &'a mut Scores)> {
    let read = faces.iter().zip(scores);
    let read = read.filter(|(_, scores)| scores.sound);
    read.map(|(face, scores)| (face.face.track, scores))
}

impl Followed {
    /// Names a face, or forgets who it is and how they are at rest.
    fn person(&mut self, track: u64, name: Option<&str>) {
        match name {
            Some(name) => {
                let enrolled = self.baseline.enrol(track, name);
                if let Err(error) = enrolled {
                    let source = &self.spec.name;
                    events::PersonRefused { source, error }.emit();
                }
            }
            None => {
                let person = self.baseline.of(track).person.map(str::to_owned);
                let who = person.map_or(Who::Track(track), Who::Person);
                self.baseline.forget(&who);
            }
        }
    }

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
