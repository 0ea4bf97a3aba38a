//! Real data sets as their makers lay them out on disk, as one list of labelled rows.
//!
//! Takes the folder of a data set that the user asked for; gives [`Contents`]: [`Row`]s with
//! official folds or splits, subjects, action units and expressions in Mien's vocabulary, and a
//! [`Report`] of what is wrong, with file and line. `docs/datasets.md` says for each set what it
//! is, where to ask for it and where each fact about its layout comes from.
//!
//! ```text
//! Set::detect ─▶ Set::read ─▶ Contents ─▶ Summary       (trainer data check)
//!                                     └─▶ import        (trainer data import)
//! ```
//!
//! Nothing here decodes pictures. A new set is one file with a `Loader` and a line in [`Set`].

mod aff_wild2;
mod affectnet;
mod bp4d;
mod clips;
mod dfew;
mod disfa;
mod emotionet;
mod error;
mod ferv39k;
mod files;
mod folds;
mod gft;
mod landmarks;
mod mafw;
mod npy;
mod raf_db;
mod report;
mod row;
mod summary;
mod table;
#[cfg(test)]
pub(super) mod tests;

use std::{collections::BTreeSet, fmt, path::Path, str::FromStr};

use facs::Split;

pub use error::SetError;
pub(crate) use files::frames_in;
pub use report::{Fault, Problem, Report};
pub use row::{Media, Row};
pub use summary::Summary;

macro_rules! sets {
    ($($variant:ident $name:literal $title:literal $loader:expr;)+) => {
        /// A data set that can be read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Set {
            $(#[doc = $title] $variant,)+
        }

        impl Set {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// Its name on the command line and in data set folders.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name),+ } }

            fn loader(self) -> &'static dyn Loader { match self { $(Self::$variant => &$loader),+ } }
        }
    };
}

sets! {
    Bp4d "bp4d" "BP4D: 41 people, 8 tasks" bp4d::Bp4d;
    Bp4dPlus "bp4d-plus" "BP4D+: 140 people, 4 coded tasks" bp4d::Bp4dPlus;
    Disfa "disfa" "DISFA: 27 people, 12 unit intensities" disfa::Disfa;
    Gft "gft" "GFT: 96 people in groups of three" gft::Gft;
    EmotioNet "emotionet" "EmotioNet: pictures from the web" emotionet::EmotioNet;
    AffWild2Au "aff-wild2-au" "Aff-Wild2, action unit track" aff_wild2::ActionUnits;
    AffWild2Expression "aff-wild2-expression" "Aff-Wild2, expression track" aff_wild2::Expressions;
    RafDb "raf-db" "RAF-DB, basic expressions" raf_db::RafDb;
    AffectNet "affectnet" "AffectNet, manually annotated" affectnet::AffectNet;
    Dfew "dfew" "DFEW: clips from films" dfew::Dfew;
    Ferv39k "ferv39k" "FERV39k: clips of 22 scenes" ferv39k::Ferv39k;
    Mafw "mafw" "MAFW: clips of 11 expressions" mafw::Mafw;
}

/// What one ought to know about a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The set's own name.
    pub title: &'static str,
    /// Number of folds; 0 for one official division.
    pub folds: u8,
    /// Whether the set tells who is shown.
    pub names_subjects: bool,
    /// Whether pictures are missing in a sound copy: no face was found, or the web has forgotten.
    pub gaps_are_normal: bool,
    /// Files and folders that are read, as a listing.
    pub layout: &'static str,
    /// Terms of use in a few words.
    pub licence: &'static str,
    /// Where to ask for it.
    pub ask: &'static str,
}

/// What to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which fold is tested, from 1, for sets that have folds.
    pub fold: u8,
    /// Every how many frames of a video one is read, from 1.
    pub every: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { fold: 1, every: 1 }
    }
}

/// Everything that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// Which set.
    pub set: Set,
    /// The rows, in the order of the set's files.
    pub rows: Vec<Row>,
    /// What is wrong.
    pub report: Report,
}

/// How one set is recognised and read.
trait Loader: Sync {
    /// What one ought to know about it.
    fn about(&self) -> &'static About;

    /// What of the layout is missing in `root`; none where the set is there.
    fn missing(&self, root: &Path) -> Option<&'static str>;

    /// Adds rows and faults to `contents`.
    ///
    /// # Errors
    /// [`SetError::Io`] when a folder that must be listed cannot be.
    fn read(&self, root: &Path, options: Options, contents: &mut Contents) -> Result<(), SetError>;
}

impl Set {
    /// What one ought to know about it.
    #[must_use]
    pub fn about(self) -> &'static About {
        self.loader().about()
    }

    /// Names of all sets, for messages.
    #[must_use]
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The set that lies in `root`, by its layout.
    ///
    /// # Errors
    /// [`SetError::Unknown`], [`SetError::Several`] or [`SetError::NoFolder`].
    pub fn detect(root: &Path) -> Result<Self, SetError> {
        let root = existing(root)?;
        let mut sets = Self::ALL.to_vec();
        sets.retain(|set| set.loader().missing(root).is_none());
        match sets[..] {
            [set] => Ok(set),
            [] => Err(SetError::Unknown {
                root: root.to_owned(),
            }),
            _ => Err(SetError::Several {
                root: root.to_owned(),
                sets,
            }),
        }
    }

    /// Reads the set in `root`.
    ///
    /// # Errors
    /// [`SetError::NotThisSet`] with what is missing and where to ask for the set,
    /// [`SetError::NoFold`], and [`SetError::Nothing`] with all faults when no row is left.
    pub fn read(self, root: &Path, options: Options) -> Result<Contents, SetError> {
        let root = existing(root)?;
        if let Some(missing) = self.loader().missing(root) {
            return Err(SetError::NotThisSet {
                set: self,
                root: root.to_owned(),
                missing,
            });
        }
        let folds = self.about().folds;
        if folds > 0 && !(1..=folds).contains(&options.fold) {
            return Err(SetError::NoFold {
                set: self,
                fold: options.fold,
            });
        }
        let mut contents = Contents {
            set: self,
            rows: Vec::new(),
            report: Report::default(),
        };
        let options = Options {
            every: options.every.max(1),
            ..options
        };
        self.loader().read(root, options, &mut contents)?;
        if contents.rows.is_empty() {
            return Err(SetError::Nothing {
                set: self,
                root: root.to_owned(),
                report: Box::new(contents.report),
            });
        }
        Ok(contents)
    }
}

fn existing(root: &Path) -> Result<&Path, SetError> {
    root.is_dir().then_some(root).ok_or(SetError::NoFolder {
        root: root.to_owned(),
    })
}

impl Contents {
    /// Whether something is wrong that a sound copy of the set does not have.
    #[must_use]
    pub fn is_faulty(&self) -> bool {
        let gaps_count = !self.set.about().gaps_are_normal;
        self.report.fault_count > 0 || (gaps_count && self.report.missing > 0)
    }

    /// Moves a share of the training subjects, all their rows, to the validation part. Who goes is
    /// decided by the hash of the name, so that it is the same on every machine; somebody stays.
    pub fn hold_out(&mut self, share: f64) {
        let training = self.rows.iter().filter(|row| row.split == Split::Train);
        let names: BTreeSet<&str> = training.map(|row| row.subject.as_str()).collect();
        let count = (names.len() as f64 * share).ceil() as usize;
        let count = count.min(names.len().saturating_sub(1));
        let mut by_hash: Vec<(String, &str)> = names
            .into_iter()
            .map(|name| (facs::sha256_hex(name.as_bytes()), name))
            .collect();
        by_hash.sort_unstable();
        let held: BTreeSet<String> = by_hash
            .into_iter()
            .take(count)
            .map(|(_, name)| name.to_owned())
            .collect();
        for row in &mut self.rows {
            if row.split == Split::Train && held.contains(&row.subject) {
                row.split = Split::Validation;
            }
        }
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no data set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown data set {found:?}: expected one of {}", Set::names())]
pub struct UnknownSet {
    /// The text.
    pub found: String,
}

impl FromStr for Set {
    type Err = UnknownSet;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|set| set.name() == text)
            .ok_or_else(|| UnknownSet {
                found: text.to_owned(),
            })
    }
}
