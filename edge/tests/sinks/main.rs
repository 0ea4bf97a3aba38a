//! Delivery through outages: brokers that are killed, peers that stall, spools that overflow, daemons that
//! are killed. Brokers that are not installed are skipped.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[path = "../common/mod.rs"]
mod common;

mod files;
mod kills;
mod mqtt;
mod nats;
mod tcp;

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use edge::{
    shutdown::Shutdown,
    sink::{self, Context, RawSink, SinkSettings, SinkStatus, Sinks, WhenFull},
};
use facs::{GapReason, Record};

const RUN: u64 = 1_795_250_000_000;

fn settings(toml: &str) -> Vec<SinkSettings> {
    #[derive(serde::Deserialize)]
    struct Raw {
        sinks: Vec<RawSink>,
    }
    let raw: Raw = toml::from_str(toml).unwrap();
    sink::check(&raw.sinks).unwrap()
}

fn open(settings: &[SinkSettings], folder: &Path) -> Sinks {
    let context = Context {
        spool: folder.join("spool"),
        when_full: WhenFull::Lose,
        shutdown: Shutdown::default(),
    };
    Sinks::open(settings, &context).unwrap()
}

/// A frame of the source `door`.
fn frame(sequence: u64) -> Record {
    let golden = include_str!("../../../facs/tests/golden/frame.json");
    let Record::Frame(mut frame) = serde_json::from_str(golden).unwrap() else {
        panic!("a frame")
    };
    frame.source = "door".into();
    frame.run = RUN;
    frame.sequence = sequence;
    Record::Frame(frame)
}

fn offer(sinks: &mut Sinks, sequences: std::ops::Range<u64>) {
    let mut record = frame(0);
    for sequence in sequences {
        let Record::Frame(frame) = &mut record else {
            panic!("a frame")
        };
        frame.sequence = sequence;
        let json = serde_json::to_vec(&record).unwrap();
        sinks.offer(record.as_ref(), &json);
        if sequence % 16 == 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// What a peer got, line by line.
#[derive(Clone, Debug, Default)]
struct Received(Arc<Mutex<Vec<Record>>>);

impl Received {
    fn push(&self, line: &str) {
        let record = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.0.lock().unwrap().push(record);
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The frames in the order of their first arrival.
    fn frames(&self) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let records = self.0.lock().unwrap();
        let sequences = records.iter().filter_map(|record| match record {
            Record::Frame(frame) => Some(frame.sequence),
            _ => None,
        });
        sequences
            .filter(|sequence| seen.insert(*sequence))
            .collect()
    }

    /// The frames that gap records account for, all for the same reason.
    fn missing(&self, reason: GapReason) -> BTreeSet<u64> {
        let records = self.0.lock().unwrap();
        let gaps = records.iter().filter_map(|record| match record {
            Record::Gap(gap) => {
                assert_eq!((gap.source.as_str(), gap.run), ("door", RUN));
                assert_eq!(gap.reason, reason);
                Some(gap.first_sequence..gap.first_sequence + gap.frames)
            }
            _ => None,
        });
        gaps.flatten().collect()
    }
}

/// Offers ten frames, the fourth of them larger than its peers take.
fn offer_one_that_is_large(sinks: &mut Sinks) {
    for sequence in 0..10 {
        let record = frame(sequence);
        let mut json = serde_json::to_vec(&record).unwrap();
        if sequence == 3 {
            json.truncate(json.len() - 1);
            json.extend(format!(",\"filler\":\"{}\"}}", "x".repeat(16 << 10)).bytes());
        }
        sinks.offer(record.as_ref(), &json);
    }
}

/// All but the large one have arrived, and a gap record in its place.
fn tells_what_was_refused(received: &Received, status: &SinkStatus) {
    assert_eq!((status.lost, status.spooled_records), (1, 0), "{status:?}");
    assert_eq!(received.frames(), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    assert_eq!(received.missing(GapReason::Refused), BTreeSet::from([3]));
    let fourth = received.0.lock().unwrap()[3].clone();
    assert!(matches!(fourth, Record::Gap(_)), "{fourth:?}");
}

/// A TCP peer that keeps and counts lines, for one connection after the other.
fn tcp_peer(listener: TcpListener, answers: bool) -> Received {
    let received = Received::default();
    let kept = received.clone();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            let mut count = 0;
            while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                if !line.ends_with('\n') {
                    break;
                }
                kept.push(&line);
                count += 1;
                if answers
                    && (&stream)
                        .write_all(format!("{count}\n").as_bytes())
                        .is_err()
                {
                    break;
                }
                line.clear();
            }
        }
    });
    received
}
