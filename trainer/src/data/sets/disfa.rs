//! DISFA: one file of intensities per subject and unit, stereo videos.

use std::path::{Path, PathBuf};

use facs::{ActionUnit, AuLabel};

use super::{
    About, Contents, Loader, Options, SetError,
    files::{EXTRACTED, Frames, first_folder, names, video},
    folds,
    report::{Problem, Report},
    row::{Media, Row},
    table::{each_line, field, intensity, whole},
};

/// From this intensity on, the field calls a unit of DISFA active.
const ACTIVE: f32 = 2.0;
const LABELS: &str = "ActionUnit_Labels";
const UNITS: [ActionUnit; 12] = [
    ActionUnit::Au01,
    ActionUnit::Au02,
    ActionUnit::Au04,
    ActionUnit::Au05,
    ActionUnit::Au06,
    ActionUnit::Au09,
    ActionUnit::Au12,
    ActionUnit::Au15,
    ActionUnit::Au17,
    ActionUnit::Au20,
    ActionUnit::Au25,
    ActionUnit::Au26,
];
/// Folders of a camera, and how its videos are called.
const CAMERAS: [(&[&str], &str); 2] = [
    (&["Videos_LeftCamera", "Video_LeftCamera"], "LeftVideo"),
    (&["Videos_RightCamera", "Video_RightCamera"], "RightVideo"),
];

/// DISFA.
pub(super) struct Disfa;

static ABOUT: About = About {
    title: "DISFA",
    folds: 3,
    names_subjects: true,
    gaps_are_normal: false,
    layout:
        "  ActionUnit_Labels/SN001/SN001_au1.txt        frame, intensity 0 to 5; one file per unit
  Videos_LeftCamera/LeftVideoSN001_comp.avi    the video, frame 1 first
  frames/LeftVideoSN001_comp/00001.jpg         its frames once they are extracted",
    licence: "non-commercial research, by agreement with the University of Denver",
    ask: "http://mohammadmahoor.com/disfa-contact-form/",
};

impl Loader for Disfa {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        let subjects = names(&root.join(LABELS)).unwrap_or_default();
        let known = subjects.iter().any(|name| name.starts_with("SN"));
        (!known).then_some("ActionUnit_Labels/SN001/")
    }

    fn read(&self, root: &Path, options: Options, contents: &mut Contents) -> Result<(), SetError> {
        let labels = root.join(LABELS);
        for subject in names(&labels)? {
            let folder = labels.join(&subject);
            if !folder.is_dir() {
                continue;
            }
            let part = folds::part_of(&folds::DISFA, &subject);
            if part.is_none() {
                let subject = subject.clone();
                contents
                    .report
                    .fault(&folder, None, Problem::Subject { subject });
            }
            let levels = levels(&folder, &subject, &mut contents.report);
            let film = Film::find(root, &subject, &mut contents.report);
            add_rows(&subject, part, &levels, &film, options, contents);
        }
        Ok(())
    }
}

/// The intensities of one unit, by frame less 1; none where the line was no label.
type Levels = Vec<Option<f32>>;

fn levels(folder: &Path, subject: &str, report: &mut Report) -> Vec<(ActionUnit, Levels)> {
    let mut all: Vec<(ActionUnit, Levels)> = Vec::new();
    for unit in UNITS {
        let path = folder.join(format!("{subject}_au{}.txt", unit.number()));
        if !path.is_file() {
            let way_out = format!("{unit} of {subject} is not labelled without it");
            report.fault(&path, None, Problem::Absent { way_out });
            continue;
        }
        let mut levels = Levels::new();
        each_line(&path, b',', report, |_, record, _| {
            let expected = "frame and intensity";
            let frame = whole(field(record, 0, expected)?, "the frame", "a whole number")?;
            // A line that is no label still counts as a frame.
            levels.push(None);
            let next = levels.len();
            if usize::try_from(frame) != Ok(next) {
                let expected = format!("{next}: frames follow each other from 1");
                return Err(super::table::bad_value(
                    "the frame",
                    &frame.to_string(),
                    &expected,
                ));
            }
            levels[next - 1] = intensity(field(record, 1, expected)?, unit.code(), &[])?;
            Ok(())
        });
        if let Some((first, others)) = all.first()
            && others.len() != levels.len()
        {
            let problem = Problem::Length {
                found: levels.len(),
                other: format!("{subject}_au{}.txt", first.number()),
                expected: others.len(),
            };
            report.fault(&path, None, problem);
        }
        all.push((unit, levels));
    }
    all
}

/// The pictures of a subject.
enum Film {
    Frames(Frames),
    Video(PathBuf),
    Absent(PathBuf),
}

impl Film {
    /// Extracted frames before videos, the left camera before the right.
    fn find(root: &Path, subject: &str, report: &mut Report) -> Self {
        let stems = CAMERAS.map(|(_, name)| format!("{name}{subject}_comp"));
        for stem in &stems {
            if let Some(frames) = Frames::list(&root.join(EXTRACTED).join(stem)) {
                return Self::Frames(frames);
            }
        }
        for ((folders, _), stem) in CAMERAS.iter().zip(&stems) {
            let folder = first_folder(root, folders);
            if let Some(path) = folder.and_then(|folder| video(&folder, stem)) {
                return Self::Video(path);
            }
        }
        let path = root.join(format!("{}/{}.avi", CAMERAS[0].0[0], stems[0]));
        let way_out = format!("the video of {subject}; its labels are of no use without it");
        report.fault(&path, None, Problem::Absent { way_out });
        Self::Absent(path)
    }
}

fn add_rows(
    subject: &str,
    part: Option<u8>,
    levels: &[(ActionUnit, Levels)],
    film: &Film,
    options: Options,
    contents: &mut Contents,
) {
    let set = contents.set;
    let count = levels
        .iter()
        .map(|(_, levels)| levels.len())
        .max()
        .unwrap_or(0);
    for frame in (1..=count as u32).filter(|frame| frame.is_multiple_of(options.every)) {
        let labels = levels.iter().filter_map(|(unit, levels)| {
            let level = levels.get(frame as usize - 1).copied().flatten()?;
            Some((*unit, label(level)))
        });
        let action_units: std::collections::BTreeMap<_, _> = labels.collect();
        if action_units.is_empty() {
            contents.report.leave_out("no unit coded");
            continue;
        }
        let media = match film {
            Film::Frames(frames) => match frames.get(frame) {
                Some(path) => Media::Image(path),
                None => {
                    let number = format!("{EXTRACTED}/{subject}, frame {frame}");
                    contents.report.missing(|| number.into());
                    continue;
                }
            },
            Film::Video(video) => Media::VideoFrame {
                video: video.clone(),
                frame,
            },
            Film::Absent(path) => {
                contents.report.missing(|| path.clone());
                continue;
            }
        };
        let split = folds::split_of(part, options.fold);
        contents.rows.push(Row {
            video: Some(subject.to_owned()),
            fold: part,
            action_units,
            ..Row::new(media, format!("{set}-{subject}"), split)
        });
    }
}

const fn label(level: f32) -> AuLabel {
    AuLabel {
        on: level >= ACTIVE,
        intensity: Some(level),
        left: None,
        right: None,
    }
}
