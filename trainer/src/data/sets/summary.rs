//! A data set in one table: how many rows, of whom, with which labels.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use facs::{ActionUnit, Expression, Split};
use indicatif::HumanCount;

use super::{Contents, Media, Set};

/// Counts over the rows of a set; shown as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    set: Set,
    rows: u64,
    videos: u64,
    media: BTreeMap<&'static str, u64>,
    /// Rows and subjects of each part.
    parts: BTreeMap<Split, (u64, u64)>,
    subjects: u64,
    /// Rows with the unit labelled, and of these with the unit active.
    units: BTreeMap<ActionUnit, (u64, u64)>,
    expressions: BTreeMap<Expression, u64>,
    with_landmarks: u64,
    left_out: BTreeMap<&'static str, usize>,
    missing: u64,
    faults: u64,
}

impl Summary {
    /// Counts.
    #[must_use]
    pub fn of(contents: &Contents) -> Self {
        let rows = &contents.rows;
        let mut media = BTreeMap::new();
        let mut subjects: BTreeMap<Split, BTreeSet<&str>> = BTreeMap::new();
        let mut parts: BTreeMap<Split, (u64, u64)> = BTreeMap::new();
        let mut units: BTreeMap<ActionUnit, (u64, u64)> = BTreeMap::new();
        let mut expressions = BTreeMap::new();
        for row in rows {
            *media.entry(kind(&row.media)).or_default() += 1;
            parts.entry(row.split).or_default().0 += 1;
            subjects.entry(row.split).or_default().insert(&row.subject);
            for (unit, label) in &row.action_units {
                let (labelled, active) = units.entry(*unit).or_default();
                *labelled += 1;
                *active += u64::from(label.on);
            }
            if let Some(expression) = row.expression {
                *expressions.entry(expression).or_default() += 1;
            }
        }
        for (split, names) in &subjects {
            parts.entry(*split).or_default().1 = names.len() as u64;
        }
        let all: BTreeSet<&str> = subjects.into_values().flatten().collect();
        let videos: BTreeSet<&str> = rows.iter().filter_map(|row| row.video.as_deref()).collect();
        Self {
            set: contents.set,
            rows: rows.len() as u64,
            videos: videos.len() as u64,
            media,
            parts,
            subjects: all.len() as u64,
            units,
            expressions,
            with_landmarks: rows.iter().filter(|row| row.landmarks.is_some()).count() as u64,
            left_out: contents.report.left_out.clone(),
            missing: contents.report.missing as u64,
            faults: contents.report.fault_count as u64,
        }
    }

    fn labels(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.units.is_empty() {
            writeln!(
                f,
                "\n{:<14}{:>12}{:>12}{:>9}",
                "unit", "labelled", "active", "rate"
            )?;
        }
        for (unit, &(labelled, active)) in &self.units {
            let rate = 100.0 * active as f64 / labelled as f64;
            let [labelled, active] = [labelled, active].map(count);
            writeln!(
                f,
                "{:<14}{labelled:>12}{active:>12}{rate:>7.1} %",
                unit.code()
            )?;
        }
        if !self.expressions.is_empty() {
            writeln!(f, "\n{:<14}{:>12}{:>21}", "expression", "rows", "share")?;
        }
        for (expression, &rows) in &self.expressions {
            let share = 100.0 * rows as f64 / self.rows as f64;
            writeln!(
                f,
                "{:<14}{:>12}{share:>19.1} %",
                expression.name(),
                count(rows)
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = self.set.about();
        let mut line = |name: &str, value: u64, rest: &str| {
            writeln!(f, "{name:<14}{:>12}{rest}", count(value))
        };
        let kinds: Vec<String> = self
            .media
            .iter()
            .map(|(kind, rows)| format!("{} {kind}", count(*rows)))
            .collect();
        line("rows", self.rows, &format!("   {}", kinds.join(", ")))?;
        if self.videos > 0 {
            line("recordings", self.videos, "")?;
        }
        if about.names_subjects {
            line("subjects", self.subjects, "")?;
        }
        for (split, &(rows, subjects)) in &self.parts {
            let name = match split {
                Split::Train => "training",
                Split::Validation => "validation",
                Split::Test => "test",
            };
            let of = match about.names_subjects {
                true => format!("   of {} subjects", count(subjects)),
                false => String::new(),
            };
            line(name, rows, &of)?;
        }
        line(
            "landmarks",
            self.with_landmarks,
            "   rows have landmarks of the set's own",
        )?;
        line("not on disk", self.missing, "")?;
        for (reason, rows) in &self.left_out {
            line("left out", *rows as u64, &format!("   {reason}"))?;
        }
        line("faults", self.faults, "")?;
        self.labels(f)
    }
}

fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

const fn kind(media: &Media) -> &'static str {
    match media {
        Media::Image(_) => "pictures",
        Media::VideoFrame { .. } => "frames of video files",
        Media::Frames { .. } => "clips as frames",
        Media::Video(_) => "clips as video files",
    }
}
