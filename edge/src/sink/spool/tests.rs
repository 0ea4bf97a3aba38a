//! A spool against a model, against crashes and against damage.

use std::{collections::BTreeSet, fs};

use facs::{GapReason, Record};
use proptest::prelude::*;

use super::{segment::HEADER, *};
use crate::sink::{key::Kind, queue::Item};

const SETTINGS: SpoolSettings = SpoolSettings {
    max_bytes: 1 << 20,
    max_age: None,
    segment_bytes: 1 << 10,
    sync: Sync::Never,
};

fn item(sequence: u64) -> Item {
    let (kind, source) = (Kind::Frame, "door".into());
    let key = Key {
        kind,
        source,
        run: 1,
        first: sequence,
        frames: 1,
    };
    let json = format!("{{\"sequence\":{sequence}}}").into_bytes();
    Item { key, json }
}

fn append(spool: &mut Spool, sequences: std::ops::Range<u64>) {
    let mut items: VecDeque<Item> = sequences.map(item).collect();
    spool.append(&mut items, true, drop).unwrap();
    assert!(items.is_empty());
}

/// All that is left, acknowledged; gap records as the frames that they account for.
fn drain(spool: &mut Spool) -> Vec<(Kind, u64, u64)> {
    let mut drained = Vec::new();
    while let Some(delivery) = spool.next().unwrap() {
        let Key {
            kind,
            first,
            frames,
            ..
        } = delivery.key;
        if kind == Kind::Gap {
            let record: Record = serde_json::from_slice(&delivery.body).unwrap();
            assert_eq!(Key::from(record.as_ref()), delivery.key);
        } else {
            assert_eq!(delivery.body, item(first).json);
        }
        drained.push((kind, first, frames));
        spool.acknowledge(delivery.number).unwrap();
    }
    assert!(spool.is_drained(), "{spool:?}");
    drained
}

/// The frames that records and gaps account for.
fn accounted(drained: &[(Kind, u64, u64)]) -> BTreeSet<u64> {
    drained
        .iter()
        .flat_map(|(_, first, frames)| *first..first + frames)
        .collect()
}

#[test]
fn what_is_not_acknowledged_comes_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), SETTINGS).unwrap();
    append(&mut spool, 0..100);
    for _ in 0..40 {
        let number = spool.next().unwrap().unwrap().number;
        spool.acknowledge(number).unwrap();
    }
    assert_eq!(spool.next().unwrap().unwrap().key.first, 40);
    spool.rewind();
    assert_eq!(spool.next().unwrap().unwrap().key.first, 40);
    assert_eq!(spool.level().records, 60);
    spool.close().unwrap();
    let mut spool = Spool::open(folder.path(), SETTINGS).unwrap();
    append(&mut spool, 100..120);
    let drained = drain(&mut spool);
    assert_eq!(drained.len(), 80);
    assert_eq!(accounted(&drained), (40..120).collect());
    spool.close().unwrap();
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 2, "the cursor and the lock");
    let mut spool = Spool::open(folder.path(), SETTINGS).unwrap();
    append(&mut spool, 120..121);
    assert_eq!(spool.next().unwrap().unwrap().number, 120);
}

#[test]
fn two_daemons_cannot_share_a_spool() {
    let folder = tempfile::tempdir().unwrap();
    let first = Spool::open(folder.path(), SETTINGS).unwrap();
    let second = Spool::open(folder.path(), SETTINGS);
    assert!(matches!(second, Err(SpoolError::Locked { .. })));
    drop(first);
    Spool::open(folder.path(), SETTINGS).unwrap();
}

#[test]
fn a_full_spool_drops_the_oldest_and_accounts_for_every_frame() {
    let settings = SpoolSettings {
        max_bytes: 8 << 10,
        ..SETTINGS
    };
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), settings).unwrap();
    for start in 0..100 {
        append(&mut spool, start * 10..start * 10 + 10);
        assert!(
            spool.level().bytes <= settings.max_bytes,
            "{}",
            spool.level().bytes
        );
    }
    let (lost, damaged) = spool.take_losses();
    assert_eq!(damaged, 0);
    let mut spool = if lost % 2 == 0 {
        spool
    } else {
        spool.close().unwrap();
        Spool::open(folder.path(), settings).unwrap()
    };
    let drained = drain(&mut spool);
    assert_eq!(drained[0], (Kind::Gap, 0, lost));
    assert_eq!(drained.len() as u64, 1 + 1000 - lost);
    assert_eq!(accounted(&drained), (0..1000).collect());
}

#[test]
fn what_is_on_its_way_is_not_dropped() {
    let settings = SpoolSettings {
        max_bytes: 8 << 10,
        ..SETTINGS
    };
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), settings).unwrap();
    append(&mut spool, 0..20);
    let first: Vec<_> = (0..5).map(|_| spool.next().unwrap().unwrap()).collect();
    append(&mut spool, 20..1000);
    spool.acknowledge(first[4].number).unwrap();
    let mut drained: Vec<_> = first.iter().map(|d| (d.key.kind, d.key.first, 1)).collect();
    drained.extend(drain(&mut spool));
    assert_eq!(accounted(&drained), (0..1000).collect());
    let gaps = drained.iter().filter(|(kind, ..)| *kind == Kind::Gap);
    assert_eq!(gaps.count(), 1);
    let frames: Vec<u64> = drained.iter().map(|(_, first, _)| *first).collect();
    assert!(frames.is_sorted());
}

#[test]
fn a_flow_that_waits_is_told_that_the_spool_is_full() {
    let settings = SpoolSettings {
        max_bytes: 4 << 10,
        ..SETTINGS
    };
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), settings).unwrap();
    let mut items: VecDeque<Item> = (0..200).map(item).collect();
    let full = spool.append(&mut items, false, drop);
    assert!(matches!(full, Err(SpoolError::Full { .. })));
    let kept = 200 - items.len() as u64;
    assert_eq!(accounted(&drain(&mut spool)), (0..kept).collect());
    spool.append(&mut items, false, drop).unwrap_err();
    assert!(items.len() < 200 - kept as usize);
}

#[test]
fn what_is_too_old_is_dropped() {
    let max_age = Some(Duration::from_millis(30));
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(
        folder.path(),
        SpoolSettings {
            max_age,
            ..SETTINGS
        },
    )
    .unwrap();
    append(&mut spool, 0..50);
    std::thread::sleep(Duration::from_millis(50));
    append(&mut spool, 50..52);
    spool.tend().unwrap();
    let drained = drain(&mut spool);
    assert!(matches!(drained[0], (Kind::Gap, 0, 30..50)), "{drained:?}");
    assert_eq!(accounted(&drained), (0..52).collect());
}

#[test]
fn a_missing_segment_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), SETTINGS).unwrap();
    append(&mut spool, 0..100);
    let second = spool.segments[1].clone();
    spool.close().unwrap();
    fs::remove_file(second.path(folder.path())).unwrap();
    let mut spool = Spool::open(folder.path(), SETTINGS).unwrap();
    let drained = drain(&mut spool);
    let frames = second.end - second.base;
    assert!(
        drained.contains(&(Kind::Gap, second.base, frames)),
        "{drained:?}"
    );
    assert_eq!(accounted(&drained), (0..100).collect());
    assert_eq!(spool.take_losses(), (0, frames));
}

/// A disk that is full for a while: nothing is lost but the time.
#[test]
fn a_write_that_fails_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), SETTINGS).unwrap();
    append(&mut spool, 0..3);
    let good = spool
        .active
        .replace(File::options().write(true).open("/dev/full").unwrap());
    let mut items: VecDeque<Item> = (3..9).map(item).collect();
    let refused = spool.append(&mut items, true, drop).unwrap_err();
    assert!(refused.to_string().contains("No space left"), "{refused}");
    assert_eq!(items.len(), 6);
    spool.active = good;
    spool.append(&mut items, true, drop).unwrap();
    assert_eq!(accounted(&drain(&mut spool)), (0..9).collect());
}

/// The files of a spool of 60 records in several segments, 10 of them acknowledged.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), SETTINGS).unwrap();
    append(&mut spool, 0..60);
    for _ in 0..10 {
        let number = spool.next().unwrap().unwrap().number;
        spool.acknowledge(number).unwrap();
    }
    spool.close().unwrap();
    let mut files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn opened(files: &[(String, Vec<u8>)]) -> (tempfile::TempDir, Spool) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let spool = Spool::open(folder.path(), SETTINGS).unwrap();
    (folder, spool)
}

/// Killed at any byte of the last segment: all whole records come, no others, and it goes on.
#[test]
fn a_torn_end_is_cut_at_every_byte() {
    let files = files();
    let at = files
        .iter()
        .rposition(|(name, _)| name.ends_with(".seg"))
        .unwrap();
    let base: u64 = files[at].0[..20].parse().unwrap();
    for cut in (0..files[at].1.len()).rev() {
        let mut torn = files.clone();
        torn[at].1.truncate(cut);
        let (_folder, mut spool) = opened(&torn);
        let next = spool.next;
        assert!((base..60).contains(&next));
        append(&mut spool, next..next + 3);
        let drained = drain(&mut spool);
        assert!(
            drained.iter().all(|(kind, ..)| *kind == Kind::Frame),
            "{cut} {drained:?}"
        );
        assert_eq!(accounted(&drained), (10..next + 3).collect(), "{cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Any flipped bit of any file: nothing false is delivered, and all frames that were not acknowledged
    /// are accounted for, but for a damaged last record of the last segment, which is a torn one.
    #[test]
    fn a_flipped_bit_is_told(file in 0_usize..8, place in 0_usize..2048, bit in 0_u8..8) {
        let mut files = files();
        files.retain(|(name, _)| name != "lock");
        let count = files.len();
        let last = files.iter().rposition(|(name, _)| name.ends_with(".seg")).unwrap();
        let (name, bytes) = &mut files[file % count];
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        let name = name.clone();
        let torn = name == files[last].0;
        let (_folder, mut spool) = opened(&files);
        let next = spool.next;
        append(&mut spool, next..next + 3);
        let drained = drain(&mut spool);
        let accounted = accounted(&drained);
        let missing: Vec<u64> = (10..next + 3).filter(|frame| !accounted.contains(frame)).collect();
        prop_assert!(missing.is_empty(), "{name} {place}: {missing:?} of {drained:?}");
        prop_assert!(next == 60 || (torn && next == 59), "{name} {place}: {next}");
        let frames = drained.iter().filter(|(kind, ..)| *kind == Kind::Frame);
        prop_assert!(frames.map(|(_, first, _)| *first).is_sorted());
    }

    /// Rubbish in place of a file: what it held is told, where it was not the end, whether or not more
    /// comes.
    #[test]
    fn rubbish_is_told(
        which in 0_usize..8,
        rubbish in proptest::collection::vec(any::<u8>(), 0..3000),
        more in 0_u64..3,
    ) {
        let mut files = files();
        let count = files.len();
        files[which % count].1 = rubbish;
        let name = files[which % count].0.clone();
        let (_folder, mut spool) = opened(&files);
        let next = spool.next;
        append(&mut spool, next..next + more);
        let accounted = accounted(&drain(&mut spool));
        let missing: Vec<u64> = (10..next + more).filter(|frame| !accounted.contains(frame)).collect();
        prop_assert!(missing.is_empty(), "{name}: {missing:?}");
    }

    /// The end is damaged, the segment behind it is empty, as a crash leaves it, and nothing comes: all is
    /// told, and it ends.
    #[test]
    fn a_damaged_end_ends(cut in 0_usize..400, byte in any::<u8>()) {
        let mut files = files();
        let last = files.iter().rposition(|(name, _)| name.ends_with(".seg")).unwrap();
        files[last].1.truncate(HEADER);
        let before = &mut files[last - 1].1;
        let from = before.len() - cut.min(before.len());
        before[from..].fill(byte);
        let end: u64 = files[last].0[..20].parse().unwrap();
        let (_folder, mut spool) = opened(&files);
        prop_assert_eq!(spool.next, end);
        let accounted = accounted(&drain(&mut spool));
        let missing: Vec<u64> = (10..end).filter(|frame| !accounted.contains(frame)).collect();
        prop_assert!(missing.is_empty(), "{missing:?}");
    }
}

/// What can happen to a spool.
#[derive(Clone, Debug)]
enum Step {
    Append(u64),
    Send(usize),
    Acknowledge(usize),
    Rewind,
    Restart { clean: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1_u64..40).prop_map(Step::Append),
        (1_usize..30).prop_map(Step::Send),
        (0_usize..30).prop_map(Step::Acknowledge),
        Just(Step::Rewind),
        any::<bool>().prop_map(|clean| Step::Restart { clean }),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Against a model: in order, every frame acknowledged, told or left, whatever happens.
    #[test]
    fn it_behaves_like_its_model(steps in steps(), small: bool) {
        let max_bytes = if small { 6 << 10 } else { 1 << 20 };
        let settings = SpoolSettings { max_bytes, ..SETTINGS };
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(folder.path(), settings).unwrap();
        let (mut appended, mut told) = (0, BTreeSet::new());
        let mut sent: VecDeque<Delivery> = VecDeque::new();
        for step in steps {
            match step {
                Step::Append(count) => {
                    append(&mut spool, appended..appended + count);
                    appended += count;
                }
                Step::Send(count) => {
                    // As the sink's thread does: no more on the way than a segment.
                    while sent.len() < count && spool.in_flight().1 < 200 {
                        let Some(next) = spool.next().unwrap() else { break };
                        if let Some(before) = sent.back() {
                            prop_assert!(next.number > before.number);
                            prop_assert_eq!(next.key.first, before.key.end());
                        }
                        sent.push_back(next);
                    }
                }
                Step::Acknowledge(count) => {
                    for delivery in sent.drain(..count.min(sent.len())) {
                        spool.acknowledge(delivery.number).unwrap();
                        told.extend(delivery.key.first..delivery.key.end());
                    }
                }
                Step::Rewind => {
                    sent.clear();
                    spool.rewind();
                }
                Step::Restart { clean } => {
                    sent.clear();
                    if clean { spool.close().unwrap() } else { drop(spool) }
                    spool = Spool::open(folder.path(), settings).unwrap();
                }
            }
            prop_assert!(spool.level().bytes <= max_bytes);
        }
        spool.rewind();
        told.extend(accounted(&drain(&mut spool)));
        prop_assert_eq!(told, (0..appended).collect());
    }
}

#[test]
fn reasons_are_told() {
    let mut losses = crate::sink::losses::Losses::default();
    losses.add(&item(3).key);
    let gaps = reader::gaps(losses, GapReason::SpoolFull, 7, 9).unwrap();
    assert_eq!(gaps[0].number, 8);
    let text = String::from_utf8(gaps[0].body.clone()).unwrap();
    assert!(
        text.contains(r#""kind":"gap""#) && text.contains("spool_full"),
        "{text}"
    );
}
