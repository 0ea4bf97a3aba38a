//! The daemon itself is killed, at any moment.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use facs::Record;

use crate::{
    STEADY,
    common::{
        brokers::{mosquitto, subscribe},
        ledger::Ledger,
        process::{Place, free_port, wait_until},
    },
};

const KILLS: u32 = 10;

fn run_of(record: &Record) -> u64 {
    match record {
        Record::Frame(frame) => frame.run,
        Record::Gap(gap) => gap.run,
        Record::Status(status) => status.run,
    }
}

/// The records of each run, in their order.
fn by_run(records: Vec<Record>) -> BTreeMap<u64, Vec<Record>> {
    let mut runs: BTreeMap<u64, Vec<Record>> = BTreeMap::new();
    for record in records {
        runs.entry(run_of(&record)).or_default().push(record);
    }
    runs
}

/// Starts the daemon and kills it, again and again. How many records each sink said were acknowledged,
/// those carried over from earlier lives among them.
fn live_and_die(place: &Place, random: &mut u32) -> [u64; 2] {
    let mut acknowledged = [0_u64; 2];
    for kill in 0..KILLS {
        *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let moment = Duration::from_millis(u64::from(*random >> 16) % 1200);
        let mut daemon = place.start();
        let start = Instant::now();
        let mut told = [0; 2];
        let mut up = None;
        // The moment counts from the first answer; every third kill comes before it, at the start.
        let early = kill % 3 == 2;
        while up.map_or(!early, |up: Instant| up.elapsed() < moment)
            || (early && start.elapsed() < moment)
        {
            if let Some(status) = daemon.try_status() {
                up.get_or_insert_with(Instant::now);
                for (sink, told) in told.iter_mut().enumerate() {
                    let delivered = &status["sinks"][sink]["delivered"];
                    *told = delivered.as_u64().unwrap_or(*told);
                }
            }
            thread::sleep(Duration::from_millis(5));
        }
        daemon.process.kill();
        for (sum, told) in acknowledged.iter_mut().zip(told) {
            *sum += told;
        }
    }
    acknowledged
}

/// The records of the file sink and of its finished parts, whose names sort by time; every line is whole.
fn filed(place: &Place) -> Vec<Record> {
    let mut parts: Vec<_> = fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .filter(|path| *path != place.records_path())
        .collect();
    parts.sort();
    parts.push(place.records_path());
    let mut records = Vec::new();
    for part in &parts {
        let text = fs::read_to_string(part).unwrap();
        assert!(
            text.is_empty() || text.ends_with('\n'),
            "{}",
            part.display()
        );
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        records.extend(lines);
    }
    records
}

#[test]
fn a_daemon_that_is_killed_again_and_again_loses_nothing_that_was_acknowledged() {
    let place = Place::new();
    let port = free_port();
    let broker = mosquitto(place.path(), port, "allow_anonymous true");
    let received: Arc<Mutex<Vec<Record>>> = Arc::default();
    let kept = Arc::clone(&received);
    let subscriber = broker.as_ref().and_then(|_| {
        subscribe(port, move |_, payload| {
            if payload.starts_with('{') {
                kept.lock()
                    .unwrap()
                    .push(serde_json::from_str(payload).unwrap());
            }
        })
    });
    let mut rest = format!("{STEADY}{}rotate_bytes = 100000\n", place.file_sink());
    if subscriber.is_some() {
        rest += &format!(
            "[[sinks]]\nname = 'broker'\nkind = 'mqtt'\naddress = '127.0.0.1:{port}'\n\
             spool.segment_bytes = 20000\n"
        );
    }
    place.configure(&rest);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut random = now.subsec_nanos();
    eprintln!("the moments follow from {random}");
    let acknowledged = live_and_die(&place, &mut random);
    let daemon = place.start();
    wait_until("the daemon answers", || daemon.try_status().is_some());
    daemon.wait_for_frames("steady", 10);
    wait_until("the spools are delivered", || {
        let status = daemon.status();
        let sinks = status["sinks"].as_array().unwrap();
        sinks
            .iter()
            .all(|sink| sink["spooled_records"].as_u64() < Some(10))
    });
    for sink in daemon.status()["sinks"].as_array().unwrap() {
        assert_eq!(sink["lost"], 0, "{sink}");
    }
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");

    let mut all = vec![("file", filed(&place), acknowledged[0])];
    if subscriber.is_some() {
        let last =
            |record: &Record| matches!(record, Record::Status(status) if status.state.is_last());
        wait_until("the last has arrived", || {
            received.lock().unwrap().last().is_some_and(last)
        });
        let received = received.lock().unwrap().clone();
        all.push(("broker", received, acknowledged[1]));
    }
    for (name, records, acknowledged) in all {
        assert!(
            records.len() as u64 >= acknowledged,
            "{name}: {acknowledged}"
        );
        let runs = by_run(records);
        assert!(runs.len() >= 2, "{name}: {:?}", runs.keys());
        let mut distinct = 0;
        for (run, records) in &runs {
            let ledger = Ledger::of(records, "steady");
            assert_eq!(ledger.undeclared(), [0_u64; 0], "{name}, run {run}");
            ledger.check(true);
            distinct += ledger.present().len();
        }
        assert!(distinct > 30, "{name}: {distinct}");
    }
    drop((broker, subscriber));
}
