//! Interventions: one person, one expression, and every step of symmetry and time.
//!
//! Takes a unit of the design; gives what the classifier says of every picture.

use std::sync::atomic::{AtomicBool, Ordering};

use facs::CropTemplate;
use synth::{
    dataset::{Cast, Sitting},
    look::Renderer,
};

use super::{
    AuditError,
    apexes::Shown,
    design::{Design, HALF, Unit},
};
use crate::subject::{BATCH, Classify, Subject};

/// What one thread needs to intervene.
pub(super) struct Interventions<'a> {
    design: &'a Design,
    cast: &'a Cast,
    shown: Vec<&'a Shown>,
    window: CropTemplate,
    symmetries: Vec<f64>,
    times: Vec<f64>,
    classifier: Box<dyn Classify>,
    renderer: Renderer,
    /// The last person, who is dear to paint.
    sitting: Option<Sitting>,
    batch: Vec<u8>,
}

impl<'a> Interventions<'a> {
    pub(super) fn new(
        design: &'a Design,
        cast: &'a Cast,
        subject: &dyn Subject,
    ) -> Result<Self, AuditError> {
        Ok(Self {
            design,
            cast,
            shown: design.apexes.shown.values().collect(),
            window: subject.window(),
            symmetries: design.symmetry_steps(),
            times: design.time_steps(),
            classifier: subject.classifier()?,
            renderer: Renderer::new(),
            sitting: None,
            batch: Vec::new(),
        })
    }

    /// Probabilities, `[images_per_unit, classes]`: the grid, symmetries slowest, then the apex with
    /// a symmetry of a half. None when stopped. `said` hears of every batch.
    pub(super) fn unit(
        &mut self,
        unit: Unit,
        said: impl Fn(usize),
        stop: &AtomicBool,
    ) -> Result<Option<Vec<f32>>, AuditError> {
        let before = self.sitting.take();
        let sitting = before
            .filter(|sitting| sitting.index() == unit.person)
            .unwrap_or_else(|| {
                let Self { cast, window, .. } = self;
                let varied = self.design.varied;
                Sitting::new(cast, unit.person, varied, window, &mut self.renderer)
            });
        let design = self.design;
        let apex = self.shown[unit.expression].of_person(unit.person);
        let grid = self.symmetries.iter().flat_map(|symmetry| {
            let times = self.times.iter();
            times.map(|time| (*symmetry, *time))
        });
        let all = grid.chain([(HALF, 1.0)]);
        let (mut probabilities, mut waiting) = (Vec::new(), 0);
        self.batch.clear();
        let images = design.images_per_unit();
        for (index, (symmetry, time)) in all.enumerate() {
            let actions = design.actions(apex, symmetry, time);
            let crop = sitting.show(&mut self.renderer, self.cast.studio(), &actions);
            self.batch.extend_from_slice(&crop.pixels);
            waiting += 1;
            if waiting == BATCH || index + 1 == images {
                self.classifier.classify(&self.batch, &mut probabilities)?;
                self.batch.clear();
                said(waiting);
                waiting = 0;
                if stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
            }
        }
        self.sitting = Some(sitting);
        Ok(Some(probabilities))
    }
}
