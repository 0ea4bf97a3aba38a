//! A classifier with a planted bias fails the policy, one without passes.
//!
//! Both read the subject's right half and its mirror image, with Mien's own model, so that neither
//! can see what the left half does; then one multiplies its happy logit by the symmetry of the
//! mouth, which it takes from the whole picture.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[path = "common/mouth.rs"]
mod mouth;

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use align::{Side, chimera};
use calibration::{
    audit::{self, Apexes, AuditError, Design, Figures, Outcome, Policy, Scores, Testing, Verdict},
    correction::{Correction, compare, fused},
    subject::{Classify, Fused, Fusion, Identity, Look, Looks, OnnxSubject, Subject, SubjectError},
};
use facs::{CropTemplate, Expression};
use mouth::{mouth_symmetry, noise};
use synth::{dataset::Cast, head::Region};

struct Planted {
    inner: OnnxSubject,
    biased: bool,
}

struct AtWork {
    inner: Box<dyn Classify>,
    classes: Vec<Option<Expression>>,
    size: usize,
    biased: bool,
}

impl Planted {
    fn new(biased: bool) -> Self {
        let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/default");
        let inner = OnnxSubject::open(&bundle).unwrap();
        Self { inner, biased }
    }
}

impl Subject for Planted {
    fn identity(&self) -> Identity {
        Identity {
            name: format!("planted, biased: {}", self.biased),
            sha256: format!("{} {}", self.inner.identity().sha256, self.biased),
        }
    }

    fn classes(&self) -> &[Option<Expression>] {
        self.inner.classes()
    }

    fn window(&self) -> CropTemplate {
        self.inner.window()
    }

    fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError> {
        Ok(Box::new(AtWork {
            inner: self.inner.classifier()?,
            classes: self.classes().to_vec(),
            size: self.window().size,
            biased: self.biased,
        }))
    }
}

impl Classify for AtWork {
    fn classify(&mut self, crops: &[u8], probabilities: &mut Vec<f32>) -> Result<(), SubjectError> {
        let (size, first) = (self.size, probabilities.len());
        let mut halves = vec![0; crops.len()];
        let each = || crops.chunks_exact(size * size * 3);
        for (crop, half) in each().zip(halves.chunks_exact_mut(size * size * 3)) {
            chimera(crop, size, Side::Right, half);
        }
        self.inner.classify(&halves, probabilities)?;
        let is_happy = |class: &Option<Expression>| *class == Some(Expression::Happiness);
        let happy = self.classes.iter().position(is_happy).unwrap();
        let answers = probabilities[first..].chunks_exact_mut(self.classes.len());
        for (crop, answer) in each().zip(answers) {
            // Logits, of which the least is 0.
            let least = answer.iter().copied().fold(1.0, f32::min);
            answer.iter_mut().for_each(|p| *p = (*p / least).ln());
            // Noise that follows from the picture: an ideal classifier is not a constant one.
            answer[happy] += noise(crop);
            if self.biased {
                answer[happy] *= mouth_symmetry(crop, size);
            }
            let sum: f32 = answer.iter().map(|logit| logit.exp()).sum();
            answer
                .iter_mut()
                .for_each(|logit| *logit = logit.exp() / sum);
        }
        Ok(())
    }
}

fn design() -> Design {
    Design {
        seed: 5,
        heads: vec!["built-in".to_owned()],
        identities: 6,
        symmetries: 5,
        times: 12,
        apexes: Apexes::prototypes(&[Expression::Happiness], 4.0).unwrap(),
        side: Side::Left,
        region: Region::Face,
        varied: false,
    }
}

fn cast(design: &Design) -> Cast {
    let heads = vec![Cast::head_named("built-in").unwrap()];
    Cast::new(heads, design.identities, design.seed).unwrap()
}

fn audit(biased: bool, folder: &Path, stop: &AtomicBool) -> Result<Outcome, AuditError> {
    audit_of(&Planted::new(biased), folder, stop)
}

fn audit_of(
    subject: &dyn Subject,
    folder: &Path,
    stop: &AtomicBool,
) -> Result<Outcome, AuditError> {
    let (design, threads) = (design(), NonZeroUsize::new(2).unwrap());
    let cast = cast(&design);
    audit::run(&design, &cast, subject, folder, threads, &|_| (), stop)
}

fn scores_of(subject: &dyn Subject) -> Scores {
    let folder = tempfile::tempdir().unwrap();
    match audit_of(subject, folder.path(), &AtomicBool::default()).unwrap() {
        Outcome::Done(scores) => *scores,
        Outcome::Stopped => panic!("nobody stopped it"),
    }
}

fn verdict(biased: bool) -> (Figures, Verdict) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("policy.toml");
    let limits = "max_score = 0.1\nmax_significant = 0.2\nmin_accuracy_at_0 = 0.8\n";
    std::fs::write(&path, limits).unwrap();
    let policy = Policy::load(&path).unwrap();
    let Outcome::Done(scores) = audit(biased, folder.path(), &AtomicBool::default()).unwrap()
    else {
        panic!("nobody stopped it");
    };
    let testing = Testing {
        permutations: 2000,
        ..Testing::default()
    };
    let figures = Figures::new(&scores, &testing).unwrap();
    let verdict = policy.judge(&figures);
    (figures, verdict)
}

#[test]
fn a_planted_bias_breaks_the_policy_and_no_bias_does_not() {
    let (figures, verdict) = verdict(false);
    let happiness = &figures.expressions[0];
    assert!(verdict.passed, "{verdict:?}");
    assert!(happiness.score.abs() < 0.05, "{}", happiness.score);

    let (figures, verdict) = self::verdict(true);
    let happiness = &figures.expressions[0];
    let broken: Vec<_> = verdict
        .breaches
        .iter()
        .map(|breach| &*breach.limit)
        .collect();
    assert!(broken.contains(&"max_score"), "{verdict:?}");
    assert!(broken.contains(&"max_significant"), "{verdict:?}");
    assert!(happiness.score > 0.15, "{}", happiness.score);
}

#[test]
fn a_stopped_audit_goes_on_and_ends_as_one_that_was_not() {
    let whole = tempfile::tempdir().unwrap();
    let Outcome::Done(wanted) = audit(true, whole.path(), &AtomicBool::default()).unwrap() else {
        panic!("nobody stopped it");
    };
    let parts = tempfile::tempdir().unwrap();
    let stopped = audit(true, parts.path(), &AtomicBool::new(true)).unwrap();
    assert!(matches!(stopped, Outcome::Stopped));
    // Half of it as a run that was stopped left it, and one file cut short.
    let files = std::fs::read_dir(whole.path().join("scores")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for (index, file) in files.iter().take(3).enumerate() {
        let bytes = std::fs::read(file).unwrap();
        let kept = if index == 0 { &bytes[..100] } else { &bytes };
        let copy = parts.path().join("scores").join(file.file_name().unwrap());
        std::fs::write(copy, kept).unwrap();
    }
    let Outcome::Done(found) = audit(true, parts.path(), &AtomicBool::default()).unwrap() else {
        panic!("nobody stopped it");
    };
    let testing = Testing {
        permutations: 100,
        ..Testing::default()
    };
    let figures = |scores| Figures::new(&scores, &testing).unwrap();
    assert_eq!(figures(*found), figures(*wanted));

    let refused = audit(false, parts.path(), &AtomicBool::default()).unwrap_err();
    assert!(
        matches!(refused, AuditError::OtherAudit { .. }),
        "{refused}"
    );
}

#[test]
fn hearing_both_halves_lowers_a_planted_bias() {
    let planted = Planted::new(true);
    let scores = scores_of(&Looks::new(&planted, &Look::ALL));
    let testing = Testing {
        permutations: 99,
        ..Testing::default()
    };
    let rows = compare(&scores, planted.classes(), &testing).unwrap();
    let score = |wanted: Correction| {
        let row = rows.iter().find(|row| row.correction == wanted).unwrap();
        // Every other person was fitted to.
        assert_eq!(row.figures.design.identities, 3);
        row.figures.expressions[0].score
    };
    let none = score(Correction::Fusion(Fusion::None));
    assert!(none > 0.15, "{none}");
    for fusion in [Fusion::Stronger, Fusion::Agreement] {
        let left = score(Correction::Fusion(fusion));
        assert!(left.abs() < 0.5 * none, "{fusion:?}: {left} of {none}");
    }
    // As far as the classifier is sure of rest, and as far as a line fits.
    for correction in [Correction::Fusion(Fusion::Rest), Correction::Lift] {
        let left = score(correction);
        assert!(left < 0.95 * none, "{correction:?}: {left} of {none}");
    }

    // What arithmetic makes of all looks is what a subject says that looks so.
    let wanted = scores_of(&Fused::new(&planted, Fusion::Rest));
    let found = fused(
        &scores,
        &Look::ALL,
        Fusion::Rest,
        &[0, 1, 2, 3, 4, 5],
        planted.classes(),
    );
    let figures = |scores: &Scores| Figures::new(scores, &testing).unwrap().expressions;
    assert_eq!(figures(&found), figures(&wanted));
}
