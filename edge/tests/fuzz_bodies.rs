//! Every parser of what comes from outside, on bytes that nobody meant: none may panic, hang or take memory
//! without bound, and what is refused has a reason.
//!
//! Each body takes bytes. The targets of `fuzz/` call them with libFuzzer; the tests here with random bytes
//! and with spoilt good input, for a few seconds.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]
#![cfg_attr(
    not(test),
    allow(dead_code, reason = "a fuzz target calls one of them")
)]

use std::{
    fmt::Display,
    fs,
    io::BufRead,
    path::{Path, PathBuf},
    time::Duration,
};

use edge::{
    baseline::{Baseline, Saved},
    config::{RawSourceEntry, Settings, SourceSpec},
    infer::Axes,
    shutdown::Shutdown,
    sink::{self, Context, RawSink, Sinks, WhenFull},
    source::{Input, launch_line, missing_bytes},
    summary::{Summary, Truth},
};
use facs::{ActionUnit, Bundle, Expression, Record};

/// A file with these bytes, gone at the end.
fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    file
}

/// What is refused says why.
fn told<T, E: Display>(result: Result<T, E>) -> Option<T> {
    result
        .map_err(|error| assert!(!error.to_string().is_empty()))
        .ok()
}

/// The configuration, as `--config` and SIGHUP read it.
pub fn configuration(bytes: &[u8]) {
    let file = file(bytes);
    if let Some(settings) = told(Settings::load(Some(file.path()))) {
        assert!(settings.source.backoff[0] <= settings.source.backoff[1]);
    }
}

/// `bundle.json`.
pub fn bundle(bytes: &[u8]) {
    told(Bundle::parse(bytes, Path::new("bundle.json")));
}

/// Records, as `summarise` reads them: one per line.
pub fn records(bytes: &[u8]) {
    let mut summary = Summary::new(8.0, &[]);
    for line in bytes.lines().map_while(Result::ok) {
        if let Some(record) = told(serde_json::from_str::<Record>(&line)) {
            summary.add(record.as_ref());
        }
    }
    assert!(!summary.table(None).is_empty());
}

/// A segment of a sink's spool, and the cursor beside it: what is whole in it is delivered.
pub fn spool(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("file");
    fs::create_dir(&spool).unwrap();
    let half = bytes.len() / 2;
    fs::write(spool.join("00000000000000000000.seg"), bytes).unwrap();
    fs::write(spool.join(format!("{half:020}.seg")), &bytes[half..]).unwrap();
    fs::write(spool.join("cursor"), &bytes[..half.min(20)]).unwrap();
    let sinks = file_sink(folder.path());
    let context = Context {
        spool: folder.path().into(),
        when_full: WhenFull::Lose,
        shutdown: Shutdown::default(),
    };
    if let Some(mut sinks) = told(Sinks::open(&sinks, &context)) {
        let status = sinks.finish(Duration::from_secs(5));
        assert_eq!(status[0].spooled_records, 0, "{status:?}");
    }
}

fn file_sink(folder: &Path) -> Vec<sink::SinkSettings> {
    let path: PathBuf = folder.join("records.jsonl");
    let text = format!(
        "name = 'file'\nkind = 'file'\npath = '{}'\nsync = false\nspool.sync = 'never'",
        path.display()
    );
    let raw: RawSink = toml::from_str(&text).unwrap();
    sink::check(&[raw]).unwrap()
}

/// A source as it is added over HTTP.
pub fn source_entry(bytes: &[u8]) {
    let settings = Settings::load(None).unwrap().source;
    if let Some(entry) = told(serde_json::from_slice::<RawSourceEntry>(bytes)) {
        // Never a file of the machine that runs this.
        let entry = RawSourceEntry {
            password_file: String::new(),
            user: String::new(),
            ..entry
        };
        if let Some(spec) = told(SourceSpec::check(&entry, &settings)) {
            assert!(spec.name.len() <= 120 && !spec.name.contains('/'));
        }
    }
}

/// A launch file: the location is one quoted value in it, whatever both are.
pub fn launch(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let half = text.char_indices().nth(text.chars().count() / 2);
    let (text, location) = text.split_at(half.map_or(0, |(at, _)| at));
    let line = launch_line(text, &[("location", location)]);
    // What is left of the placeholder is the value's own.
    let own = location.matches("{location}").count() * text.matches("{location}").count();
    assert!(line.matches("{location}").count() <= own, "{line}");
    let Ok(input) = location.parse::<Input>();
    assert!(!input.to_string().is_empty() || location.is_empty());
    let _ = input.name();
}

/// A table of what is known of a video.
pub fn truth(bytes: &[u8]) {
    let file = file(bytes);
    if let Some(truth) = told(Truth::load(file.path())) {
        let _ = truth.table();
    }
}

/// A video file, as to the size that its container states.
pub fn container(bytes: &[u8]) {
    let file = file(bytes);
    missing_bytes(file.path()).unwrap();
}

/// A file of saved baselines, and one frame more.
pub fn baselines(bytes: &[u8]) {
    let Some(saved) = told(serde_json::from_slice::<Saved>(bytes)) else {
        return;
    };
    let mut baseline = rested();
    let name = saved.people.keys().next().cloned();
    if told(baseline.restore(saved)).is_some() {
        assert!(serde_json::to_vec(&baseline.saved()).is_ok());
        if let Some(name) = name {
            assert!(edge::baseline::check_name(&name).is_ok());
        }
    }
}

/// A stage that nobody was seen by.
fn rested() -> Baseline {
    let axes = Axes {
        action_units: vec![ActionUnit::Au06, ActionUnit::Au12],
        expressions: vec![Expression::Neutral, Expression::Happiness],
    };
    let settings = Settings::load(None).unwrap().baseline;
    Baseline::new(&settings, "door", None, "model", &axes)
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use proptest::prelude::*;

    use super::*;

    /// What happens to bytes on their way.
    #[derive(Clone, Debug)]
    enum Spoil {
        Set(prop::sample::Index, u8),
        Flip(prop::sample::Index, u8),
        Cut(prop::sample::Index),
        Remove(prop::sample::Index, usize),
        Repeat(prop::sample::Index, usize),
        Insert(prop::sample::Index, &'static str),
    }

    /// What parsers stumble over.
    const TOKENS: [&str; 14] = [
        "-1",
        "1e999",
        "NaN",
        "18446744073709551615",
        "0",
        "\u{0}",
        "\"",
        "{",
        "]",
        "\n",
        "\u{fffd}",
        "null",
        "'''",
        "-9223372036854775808",
    ];

    fn spoil() -> impl Strategy<Value = Spoil> {
        let at = any::<prop::sample::Index>;
        prop_oneof![
            (at(), any::<u8>()).prop_map(|(at, byte)| Spoil::Set(at, byte)),
            (at(), 0..8_u8).prop_map(|(at, bit)| Spoil::Flip(at, bit)),
            at().prop_map(Spoil::Cut),
            (at(), 1..40_usize).prop_map(|(at, count)| Spoil::Remove(at, count)),
            (at(), 1..200_usize).prop_map(|(at, count)| Spoil::Repeat(at, count)),
            (at(), prop::sample::select(&TOKENS[..]))
                .prop_map(|(at, token)| Spoil::Insert(at, token)),
        ]
    }

    fn spoilt(good: &[u8], how: &[Spoil]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        for spoil in how {
            if bytes.is_empty() {
                break;
            }
            let length = bytes.len();
            match spoil {
                Spoil::Set(at, byte) => bytes[at.index(length)] = *byte,
                Spoil::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
                Spoil::Cut(at) => bytes.truncate(at.index(length)),
                Spoil::Remove(at, count) => {
                    let at = at.index(length);
                    bytes.drain(at..(at + count).min(length));
                }
                Spoil::Repeat(at, count) => {
                    let at = at.index(length);
                    let part = bytes[at..(at + count).min(length)].to_vec();
                    bytes.splice(at..at, part);
                }
                Spoil::Insert(at, token) => {
                    let at = at.index(length);
                    bytes.splice(at..at, token.bytes());
                }
            }
        }
        bytes
    }

    /// Random bytes, and good ones of which little or much is spoilt.
    fn input(good: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let good = prop::sample::select(good);
        let spoilt = (good, prop::collection::vec(spoil(), 0..6))
            .prop_map(|(good, how)| spoilt(&good, &how));
        prop_oneof![
            1 => prop::collection::vec(any::<u8>(), 0..600),
            6 => spoilt,
        ]
    }

    fn golden() -> Vec<Vec<u8>> {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../facs/tests/golden");
        let files = fs::read_dir(golden).unwrap();
        let files = files.map(|file| fs::read(file.unwrap().path()).unwrap());
        // One record per line.
        let lines = files.filter_map(|bytes| {
            let record: Record = serde_json::from_slice(&bytes).ok()?;
            let mut line = serde_json::to_vec(&record).unwrap();
            line.push(b'\n');
            Some(line)
        });
        let lines: Vec<_> = lines.collect();
        let all = lines.concat();
        lines.into_iter().chain([all]).collect()
    }

    /// A segment with records, as a sink that could not deliver leaves it.
    fn segment() -> Vec<u8> {
        static SEGMENT: OnceLock<Vec<u8>> = OnceLock::new();
        let make = || {
            let folder = tempfile::tempdir().unwrap();
            let raw: RawSink = toml::from_str(
                "name = 'away'\nkind = 'tcp'\naddress = '127.0.0.1:9'\nacknowledge = true",
            )
            .unwrap();
            let context = Context {
                spool: folder.path().into(),
                when_full: WhenFull::Lose,
                shutdown: Shutdown::default(),
            };
            let mut sinks = Sinks::open(&sink::check(&[raw]).unwrap(), &context).unwrap();
            for json in golden() {
                if let Ok(record) = serde_json::from_slice::<Record>(&json) {
                    sinks.offer(record.as_ref(), json.trim_ascii_end());
                }
            }
            sinks.finish(Duration::ZERO);
            let files = fs::read_dir(folder.path().join("away")).unwrap();
            let mut files = files.map(|file| file.unwrap().path());
            let is_segment = |path: &PathBuf| path.extension().is_some_and(|end| end == "seg");
            fs::read(files.find(is_segment).unwrap()).unwrap()
        };
        SEGMENT.get_or_init(make).clone()
    }

    fn saved() -> Vec<u8> {
        let mut saved = rested().saved();
        let counts = [
            (ActionUnit::Au06, vec![9; 32]),
            (ActionUnit::Au12, vec![7; 32]),
        ];
        let person = edge::baseline::SavedPerson {
            samples: 288,
            changed_secs: 1_795_250_000,
            counts: counts.into(),
        };
        saved.people.insert("ann".into(), person);
        serde_json::to_vec(&saved).unwrap()
    }

    #[test]
    fn what_is_spoilt_here_is_good_before() {
        assert!(golden().iter().all(|lines| lines.len() > 500));
        assert!(segment().len() > 1000);
        let saved: Saved = serde_json::from_slice(&saved()).unwrap();
        assert_eq!(rested().restore(saved).unwrap(), 1);
        let file = file(include_bytes!("../config/edge.toml"));
        assert!(Settings::load(Some(file.path())).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn configuration(bytes in input(vec![
            include_bytes!("../config/edge.toml").to_vec(),
            b"[[sources]]\ninput = 'rtsp://u:p@h/1'\nregion = [0.1, 0.1, 0.5, 0.5]\n[[sinks]]\nname = 'b'\nkind = 'mqtt'\naddress = 'h:1'\n[[people]]\nsource = 'h'\nname = 'ann'\n".to_vec(),
        ])) {
            super::configuration(&bytes);
        }

        #[test]
        fn bundle(bytes in input(vec![include_bytes!("fixtures/bundle/bundle.json").to_vec()])) {
            super::bundle(&bytes);
        }

        #[test]
        fn records(bytes in input(golden())) {
            super::records(&bytes);
        }

        #[test]
        fn source_entry(bytes in input(vec![
            br#"{"input":"rtsp://u:p@cam/1","name":"door","transport":"udp","region":[0.0,0.1,0.9,0.8]}"#.to_vec(),
            br#"{"input":"film.mp4","repeat":true,"paced":true}"#.to_vec(),
        ])) {
            super::source_entry(&bytes);
        }

        #[test]
        fn launch(bytes in input(vec![
            b"# A file.\nfilesrc location={location} ! appsink name=frames a \"b\" {x}.mp4 rtsp://u:p@h".to_vec(),
        ])) {
            super::launch(&bytes);
        }

        #[test]
        fn truth(bytes in input(vec![
            b"start_secs,end_secs,face_visible,AU06+AU12,expression\n0,4.5,1,1,happiness\n4.5,9,0,,\n".to_vec(),
        ])) {
            super::truth(&bytes);
        }

        #[test]
        fn container(bytes in input(vec![
            b"\0\0\0\x0cftypmp42\0\0\0\x10mdat12345678\0\0\0\x01moov\0\0\0\0\0\0\0\x14abcd".to_vec(),
            b"\x1a\x45\xdf\xa3\x82ab\x18\x53\x80\x67\x84wxyz".to_vec(),
            b"RIFF\x08\0\0\0AVI abcd".to_vec(),
        ])) {
            super::container(&bytes);
        }

        #[test]
        fn baselines(bytes in input(vec![saved()])) {
            super::baselines(&bytes);
        }
    }

    proptest! {
        // Each opens a sink with its thread.
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        #[test]
        fn spool(bytes in input(vec![segment()])) {
            super::spool(&bytes);
        }
    }
}
