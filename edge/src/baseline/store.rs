//! Where baselines are kept: one JSON file per source in a folder.
//!
//! Takes stages to load and [`Saved`] to keep; gives stages that go on. What is written appears whole or
//! not at all, for its owner's eyes only. A file that cannot be used is told of and moved aside, and is
//! never a reason to stop.

use std::{
    fmt::Write as _,
    fs,
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tempfile::NamedTempFile;

use super::{Baseline, Saved, SavedError, events};

/// Why baselines cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file is not JSON, or not of this kind.
    #[error("{}: {source}", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// Line and reason.
        source: serde_json::Error,
    },
    /// What a file says does not fit.
    #[error("{}: {source}", path.display())]
    Saved {
        /// Which file.
        path: PathBuf,
        /// The reason.
        source: SavedError,
    },
}

/// A folder of baselines.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    interval: Duration,
    last: Option<Instant>,
}

impl Store {
    /// Makes the folder if it is missing. `interval`: time between two savings.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn open(folder: &Path, interval: Duration) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(at(folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            interval,
            last: None,
        })
    }

    /// The file of a source. Whatever is no letter, digit, `-` or `_` becomes `%` and its bytes, so that
    /// no two sources share a file and none leaves the folder.
    #[must_use]
    pub fn path(&self, source: &str) -> PathBuf {
        let mut name = String::from("baseline-");
        for byte in source.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
                name.push(char::from(byte));
            } else {
                // Writing to a text does not fail.
                let _ = write!(name, "%{byte:02X}");
            }
        }
        self.folder.join(name + ".json")
    }

    /// Lets a stage go on from what was kept; gives how many people there are. A file that cannot be used
    /// is told of and moved aside, and nobody is known then.
    pub fn load(&self, baseline: &mut Baseline) -> usize {
        let path = self.path(&baseline.source);
        match restore(&path, baseline) {
            Ok(None) => 0,
            Ok(Some(people)) => {
                events::Loaded {
                    path: &path,
                    people,
                }
                .emit();
                people
            }
            Err(reason) => {
                let aside = path.with_extension("json.refused");
                let moved = fs::rename(&path, &aside);
                events::Refused {
                    path: &path,
                    reason: &reason,
                    moved: moved.as_ref().map(|()| aside.as_path()),
                }
                .emit();
                0
            }
        }
    }

    /// Whether it is time to keep baselines; the time begins anew then.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let last = *self.last.get_or_insert(now);
        let due = now.saturating_duration_since(last) >= self.interval;
        if due {
            self.last = Some(now);
        }
        due
    }

    /// Keeps the people of a source, in place of what was kept before. Without people nothing is kept. A
    /// fault is told of.
    ///
    /// # Errors
    /// [`StoreError`], for those who asked; the daemon goes on.
    pub fn save(&self, saved: &Saved) -> Result<(), StoreError> {
        let path = self.path(&saved.source);
        let kept = if saved.people.is_empty() {
            remove(&path)
        } else {
            self.write(&path, saved)
        };
        kept.inspect_err(|fault| events::SaveFailed { fault }.emit())
    }

    fn write(&self, path: &Path, saved: &Saved) -> Result<(), StoreError> {
        let json = serde_json::to_vec(saved).map_err(|source| StoreError::Json {
            path: path.to_owned(),
            source,
        })?;
        let mut file = NamedTempFile::new_in(&self.folder).map_err(at(&self.folder))?;
        file.write_all(&json).map_err(at(path))?;
        file.as_file().sync_all().map_err(at(path))?;
        file.persist(path).map_err(|error| at(path)(error.error))?;
        Ok(())
    }
}

fn restore(path: &Path, baseline: &mut Baseline) -> Result<Option<usize>, StoreError> {
    let json = match fs::read(path) {
        Ok(json) => json,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    let saved = serde_json::from_slice(&json).map_err(|source| StoreError::Json {
        path: path.to_owned(),
        source,
    })?;
    let people = baseline
        .restore(saved)
        .map_err(|source| StoreError::Saved {
            path: path.to_owned(),
            source,
        })?;
    Ok(Some(people))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

/// For `map_err`: names the file.
fn at(path: &Path) -> impl Fn(io::Error) -> StoreError + '_ {
    |source| StoreError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests, *};

    fn store(folder: &Path) -> Store {
        Store::open(&folder.join("state"), Duration::from_secs(60)).unwrap()
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder.join("state")).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn people_last_across_restarts_and_the_forgotten_leave_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let ann = tests::with_ann(30);
        store(folder.path()).save(&ann.saved()).unwrap();
        assert_eq!(files(folder.path()), ["baseline-desk.json"]);

        let mut next = tests::stage(Some("Ann"));
        let store = store(folder.path());
        assert_eq!(store.load(&mut next), 1);
        assert_eq!(next.saved(), ann.saved());

        next.forget(&super::super::Who::Person("Ann".into()));
        store.save(&next.saved()).unwrap();
        store.save(&next.saved()).unwrap();
        assert!(files(folder.path()).is_empty());
        assert_eq!(store.load(&mut next), 0);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_moved_aside() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let path = store.path("desk");
        let whole = serde_json::to_string(&tests::with_ann(30).saved()).unwrap();
        let other = whole.replace("\"model\"", "\"modell\"");
        let unfit = whole.replace("mien.baseline/1", "mien.baseline/2");
        for damaged in [&whole[..whole.len() / 2], "", &other, &unfit, "\u{0}\u{0}"] {
            fs::write(&path, damaged).unwrap();
            let mut stage = tests::stage(Some("Ann"));
            assert_eq!(store.load(&mut stage), 0);
            assert!(stage.saved().people.is_empty());
            assert_eq!(files(folder.path()), ["baseline-desk.json.refused"]);
            let aside = fs::read_to_string(path.with_extension("json.refused")).unwrap();
            assert_eq!(aside, damaged);
        }
    }

    #[test]
    fn every_source_has_a_file_of_its_own_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let name = |source: &str| {
            let path = store.path(source);
            assert_eq!(path.parent().unwrap(), folder.path().join("state"));
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(name("desk"), "baseline-desk.json");
        assert_eq!(name("../é"), "baseline-%2E%2E%2F%C3%A9.json");
        assert_ne!(name("a/b"), name("a_b"));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_and_not_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        fs::remove_dir(folder.path().join("state")).unwrap();
        let error = store.save(&tests::with_ann(3).saved()).unwrap_err();
        assert!(error.to_string().contains("state"), "{error}");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Store::open(&file, Duration::from_secs(1)).is_err());
    }

    #[test]
    fn it_is_due_once_per_interval() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        let start = Instant::now();
        let due: Vec<u64> = (0..200)
            .filter(|secs| store.is_due(start + Duration::from_secs(*secs)))
            .collect();
        assert_eq!(due, [60, 120, 180]);
    }
}
