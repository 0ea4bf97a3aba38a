//! JSON lines to a file that is rotated.
//!
//! Takes messages; appends one line each, makes them durable where told to, and then counts them as
//! delivered. A file that is large or old enough is renamed as a whole to `NAME-TIME.EXT`, and the oldest of
//! those are removed beyond a number or a size. A line that a crash left without its end is cut away: its
//! record was not acknowledged, and comes again.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use time::OffsetDateTime;

use super::link::{Link, LinkError, Message, Peer, Sending};

const BUFFER: usize = 64 << 10;

/// Checked keys of a `file` sink. Zero means never, or no bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSettings {
    /// The file that grows.
    pub path: PathBuf,
    /// First line of every file.
    pub header: Option<String>,
    /// Size at which it is finished.
    pub rotate_bytes: u64,
    /// Age at which it is finished.
    pub rotate_after: Duration,
    /// Most finished files.
    pub keep_files: usize,
    /// Most bytes of finished files.
    pub keep_bytes: u64,
    /// Whether lines must survive a loss of power before they count as delivered.
    pub sync: bool,
}

impl FileSettings {
    fn failed(&self, what: &'static str) -> impl FnOnce(io::Error) -> LinkError + use<> {
        let peer = self.path.display().to_string();
        move |source| LinkError::Io { what, peer, source }
    }

    fn open(&self) -> io::Result<FileLink> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = File::options();
        options.read(true).append(true).create(true);
        let mut file = options.open(&self.path)?;
        let mut len = cut_torn_line(&mut file)?;
        if let Some(header) = &self.header {
            len = begin(&mut file, len, header)?;
        }
        // A file that was begun in an earlier run is as old as it is.
        let begun = file
            .metadata()?
            .created()
            .unwrap_or_else(|_| SystemTime::now());
        Ok(FileLink {
            settings: self.clone(),
            file,
            buffer: Vec::with_capacity(BUFFER),
            len,
            begun,
            last: None,
        })
    }

    /// Finished files, oldest first, with their sizes.
    fn finished(&self) -> io::Result<Vec<(PathBuf, u64)>> {
        let (folder, stem, extension) = self.parts();
        let prefix = format!("{stem}-");
        let mut finished = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let stamp = name
                .strip_prefix(&prefix)
                .and_then(|rest| rest.strip_suffix(&extension));
            if stamp.is_some_and(is_stamp) {
                finished.push((entry.path(), entry.metadata()?.len()));
            }
        }
        finished.sort();
        Ok(finished)
    }

    fn parts(&self) -> (&Path, String, String) {
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let part = |part: Option<&std::ffi::OsStr>| {
            part.map(|part| part.to_string_lossy().into_owned())
                .unwrap_or_default()
        };
        let extension = part(self.path.extension());
        let extension = if extension.is_empty() {
            extension
        } else {
            format!(".{extension}")
        };
        (
            folder.unwrap_or(Path::new(".")),
            part(self.path.file_stem()),
            extension,
        )
    }

    /// A name for a finished file, after those of all others.
    fn finished_name(&self) -> io::Result<PathBuf> {
        let (folder, stem, extension) = self.parts();
        let prefix = format!("{stem}-{}-", stamp(OffsetDateTime::now_utc()));
        let last = self.finished()?.pop().and_then(|(path, _)| {
            let name = path.file_name()?.to_str()?.to_owned();
            name.strip_prefix(&prefix)?
                .strip_suffix(&extension)?
                .parse::<u64>()
                .ok()
        });
        let number = last.map_or(0, |last| last + 1);
        Ok(folder.join(format!("{prefix}{number:06}{extension}")))
    }

    /// Removes the oldest finished files beyond the bounds.
    fn clear(&self) -> io::Result<()> {
        let finished = self.finished()?;
        let mut count = finished.len();
        let mut bytes: u64 = finished.iter().map(|(_, bytes)| bytes).sum();
        for (path, size) in finished {
            let many = self.keep_files > 0 && count > self.keep_files;
            let large = self.keep_bytes > 0 && bytes > self.keep_bytes;
            if !many && !large {
                break;
            }
            fs::remove_file(path)?;
            count -= 1;
            bytes -= size;
        }
        Ok(())
    }
}

/// As in `20260131T120000Z`.
fn stamp(at: OffsetDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    let month = u8::from(month);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// What [`FileSettings::finished_name`] puts between a name and its extension.
fn is_stamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 18
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 => *byte == b'T',
            15 => *byte == b'Z',
            16 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Cuts what lies behind the last end of a line; gives the length that is left.
fn cut_torn_line(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut chunk = [0; 4096];
    while end > 0 {
        let start = end.saturating_sub(chunk.len() as u64);
        let part = &mut chunk[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            end = start + at as u64 + 1;
            break;
        }
        end = start;
    }
    if end < file.metadata()?.len() {
        file.set_len(end)?;
    }
    Ok(end)
}

/// Makes sure that the header is the first line; gives the length of the file.
fn begin(file: &mut File, len: u64, header: &str) -> io::Result<u64> {
    let line = format!("{header}\n").into_bytes();
    if len == 0 {
        file.write_all(&line)?;
        return Ok(line.len() as u64);
    }
    let mut first = vec![0; line.len()];
    file.seek(SeekFrom::Start(0))?;
    let same = len >= line.len() as u64 && {
        file.read_exact(&mut first)?;
        first == line
    };
    if same {
        Ok(len)
    } else {
        let problem =
            "its first line is not that of this format; move it away or name another path";
        Err(io::Error::other(problem))
    }
}

impl Peer for FileSettings {
    type Link = FileLink;

    async fn connect(&mut self) -> Result<FileLink, LinkError> {
        self.open().map_err(self.failed("open"))
    }
}

/// A file that grows.
#[derive(Debug)]
pub(super) struct FileLink {
    settings: FileSettings,
    file: File,
    buffer: Vec<u8>,
    /// Bytes in the file.
    len: u64,
    begun: SystemTime,
    /// The last message in the buffer or the file that is not acknowledged.
    last: Option<u64>,
}

impl FileLink {
    fn write(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.len += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Whether it is large or old enough.
    fn is_complete(&self) -> bool {
        let FileSettings {
            rotate_bytes,
            rotate_after,
            ..
        } = self.settings;
        let large = rotate_bytes > 0 && self.len >= rotate_bytes;
        let age = self.begun.elapsed().unwrap_or_default();
        let old = !rotate_after.is_zero() && age >= rotate_after;
        let header = self.settings.header.as_ref();
        let empty = header.map_or(0, |header| header.len() as u64 + 1);
        self.len > empty && (large || old)
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.settings.path, self.settings.finished_name()?)?;
        let fresh = self.settings.open()?;
        self.file = fresh.file;
        self.len = fresh.len;
        self.begun = SystemTime::now();
        self.settings.clear()
    }
}

impl Link for FileLink {
    async fn send(&mut self, message: Message) -> Result<Sending, LinkError> {
        self.buffer.extend_from_slice(&message.body);
        self.buffer.push(b'\n');
        self.last = Some(message.number);
        let full = self.len + self.buffer.len() as u64 >= self.settings.rotate_bytes
            && self.settings.rotate_bytes > 0;
        if full || self.buffer.len() >= BUFFER {
            self.write().map_err(self.settings.failed("write to"))?;
        }
        if self.is_complete() {
            self.rotate().map_err(self.settings.failed("rotate"))?;
        }
        Ok(Sending::Sent)
    }

    async fn acknowledged(&mut self) -> Result<u64, LinkError> {
        let Some(number) = self.last.take() else {
            return std::future::pending().await;
        };
        self.write().map_err(self.settings.failed("write to"))?;
        if self.settings.sync {
            self.file
                .sync_data()
                .map_err(self.settings.failed("sync"))?;
        }
        if self.is_complete() {
            self.rotate().map_err(self.settings.failed("rotate"))?;
        }
        Ok(number)
    }

    async fn close(self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::key::Key;

    fn settings(folder: &Path) -> FileSettings {
        FileSettings {
            path: folder.join("records.jsonl"),
            header: None,
            rotate_bytes: 0,
            rotate_after: Duration::ZERO,
            keep_files: 0,
            keep_bytes: 0,
            sync: true,
        }
    }

    fn write(settings: &FileSettings, numbers: std::ops::Range<u64>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut link = settings.clone().connect().await.unwrap();
            for number in numbers.clone() {
                let body = format!("{{\"n\":{number:04}}}").into_bytes();
                let key = Key::default();
                link.send(Message { number, key, body }).await.unwrap();
            }
            assert_eq!(link.acknowledged().await.unwrap(), numbers.end - 1);
        });
    }

    #[test]
    fn a_torn_line_is_cut_and_whole_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        write(&settings, 0..2);
        let good = fs::read_to_string(&settings.path).unwrap();
        assert_eq!(good, "{\"n\":0000}\n{\"n\":0001}\n");
        for torn in ["{\"n\":", &"x".repeat(10_000)] {
            fs::write(&settings.path, format!("{good}{torn}")).unwrap();
            write(&settings, 2..3);
            let text = fs::read_to_string(&settings.path).unwrap();
            assert_eq!(text, format!("{good}{{\"n\":0002}}\n"));
        }
        fs::write(&settings.path, "never ended").unwrap();
        write(&settings, 3..4);
        assert_eq!(
            fs::read_to_string(&settings.path).unwrap(),
            "{\"n\":0003}\n"
        );
    }

    #[test]
    fn files_are_finished_by_size_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let settings = FileSettings {
            rotate_bytes: 22,
            keep_files: 3,
            ..settings(folder.path())
        };
        fs::write(folder.path().join("records-mine.jsonl"), "not ours").unwrap();
        write(&settings, 0..11);
        let finished = settings.finished().unwrap();
        let texts: Vec<String> = finished
            .iter()
            .map(|(path, _)| fs::read_to_string(path).unwrap())
            .collect();
        assert_eq!(
            texts,
            [
                "{\"n\":0004}\n{\"n\":0005}\n",
                "{\"n\":0006}\n{\"n\":0007}\n",
                "{\"n\":0008}\n{\"n\":0009}\n"
            ]
        );
        assert_eq!(
            fs::read_to_string(&settings.path).unwrap(),
            "{\"n\":0010}\n"
        );
        assert!(folder.path().join("records-mine.jsonl").exists());
        let bytes = FileSettings {
            keep_files: 0,
            keep_bytes: 30,
            ..settings
        };
        write(&bytes, 11..12);
        assert_eq!(bytes.finished().unwrap().len(), 1);
    }

    #[test]
    fn every_file_begins_with_the_header_once() {
        let folder = tempfile::tempdir().unwrap();
        let settings = FileSettings {
            header: Some("n".into()),
            rotate_bytes: 24,
            ..settings(folder.path())
        };
        write(&settings, 0..1);
        write(&settings, 1..4);
        let (finished, _) = settings.finished().unwrap().remove(0);
        let finished = fs::read_to_string(finished).unwrap();
        assert_eq!(finished, "n\n{\"n\":0000}\n{\"n\":0001}\n");
        // A header that a crash cut is written anew.
        fs::write(&settings.path, "n").unwrap();
        write(&settings, 4..5);
        let text = fs::read_to_string(&settings.path).unwrap();
        assert_eq!(text, "n\n{\"n\":0004}\n");
        fs::write(&settings.path, "other\n").unwrap();
        let error = settings.open().unwrap_err();
        assert!(error.to_string().contains("first line"), "{error}");
    }

    #[test]
    fn names_of_finished_files_sort_by_time() {
        let noon = stamp(OffsetDateTime::from_unix_timestamp(1_769_860_800).unwrap());
        assert_eq!(noon, "20260131T120000Z");
        assert!(is_stamp(&format!("{noon}-000000")));
        assert!(!is_stamp("mine") && !is_stamp(&noon));
    }

    #[test]
    fn files_are_finished_by_age() {
        let folder = tempfile::tempdir().unwrap();
        let rotate_after = Duration::from_millis(1);
        let settings = FileSettings {
            rotate_after,
            ..settings(folder.path())
        };
        write(&settings, 0..1);
        std::thread::sleep(Duration::from_millis(5));
        write(&settings, 1..2);
        assert!(!settings.finished().unwrap().is_empty());
    }
}
