//! TCP peers that stall or are slow, and spools that overflow meanwhile.

use std::{
    collections::BTreeSet,
    fs,
    net::{Ipv4Addr, TcpListener},
    thread,
    time::{Duration, Instant},
};

use edge::{
    shutdown::Shutdown,
    sink::{Context, SinkStatus, Sinks, WhenFull},
};
use facs::{GapReason, Record};

use crate::{
    common::process::{PATIENCE, free_port, wait_until},
    frame, offer, open, settings, tcp_peer,
};

#[test]
fn a_peer_that_stalls_slows_neither_the_flow_nor_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let path = folder.path().join("records.jsonl");
    let settings = settings(&format!(
        "[[sinks]]\nname = 'stalled'\nkind = 'tcp'\naddress = '{}'\ntimeout_secs = 600.0\n\
         [[sinks]]\nname = 'file'\nkind = 'file'\npath = '{}'\nsync = false",
        listener.local_addr().unwrap(),
        path.display()
    ));
    let mut sinks = open(&settings, folder.path());
    // Accepted by the system, and never read.
    let stalled = thread::spawn(move || (listener.accept().unwrap(), listener));
    let record = frame(0);
    let mut json = serde_json::to_vec(&record).unwrap();
    json.truncate(json.len() - 1);
    json.extend(format!(",\"filler\":\"{}\"}}", "x".repeat(8 << 10)).bytes());
    let mut slowest = Duration::ZERO;
    for _ in 0..1500 {
        let start = Instant::now();
        sinks.offer(record.as_ref(), &json);
        slowest = slowest.max(start.elapsed());
        thread::sleep(Duration::from_micros(200));
    }
    wait_until("the file has all", || sinks.status()[1].delivered == 1500);
    let status = sinks.status();
    assert!(
        status[0].connected && status[0].delivered < 1500,
        "{status:?}"
    );
    assert_eq!((status[0].lost, status[1].lost), (0, 0), "{status:?}");
    // An offer is a copy into memory. One that waited for the peer would wait for minutes; the bound leaves
    // room for a busy machine.
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    let status = sinks.finish(Duration::ZERO);
    assert_eq!(
        status[0].delivered + status[0].spooled_records,
        1500,
        "{status:?}"
    );
    assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 1500);
    drop(stalled.join());
}

#[test]
fn what_a_spool_cannot_hold_is_accounted_for_frame_by_frame() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let settings = settings(&format!(
        "[[sinks]]\nname = 'away'\nkind = 'tcp'\naddress = '127.0.0.1:{port}'\nacknowledge = true\n\
         queue_records = 100000\nspool.max_bytes = 150000\nspool.segment_bytes = 37000"
    ));
    let mut sinks = open(&settings, folder.path());
    offer(&mut sinks, 0..1500);
    let status = sinks.finish(Duration::ZERO);
    assert!(
        status[0].lost > 500 && status[0].spooled_bytes <= 400_000,
        "{status:?}"
    );
    // Another run of the daemon, and the peer is back.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let received = tcp_peer(listener, true);
    let mut sinks = open(&settings, folder.path());
    offer(&mut sinks, 1500..1600);
    let status: Vec<SinkStatus> = sinks.finish(PATIENCE);
    assert_eq!(status[0].spooled_records, 0, "{status:?}");
    let (frames, missing) = (received.frames(), received.missing(GapReason::SpoolFull));
    assert!(frames.is_sorted());
    let frames: BTreeSet<u64> = frames.into_iter().collect();
    assert!(frames.is_disjoint(&missing));
    assert_eq!(&frames | &missing, (0..1600).collect());
    let first = received.0.lock().unwrap()[0].clone();
    assert!(
        matches!(first, Record::Gap(_)),
        "the gap comes in its place"
    );
}

#[test]
fn a_run_over_files_waits_for_its_peer_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let settings = settings(&format!(
        "[[sinks]]\nname = 'slow'\nkind = 'tcp'\naddress = '127.0.0.1:{port}'\nacknowledge = true\n\
         queue_records = 10\nspool.max_bytes = 100000\nspool.segment_bytes = 20000"
    ));
    let context = Context {
        spool: folder.path().into(),
        when_full: WhenFull::Wait,
        shutdown: Shutdown::default(),
    };
    let mut sinks = Sinks::open(&settings, &context).unwrap();
    let received = thread::scope(|scope| {
        let offering = scope.spawn(|| offer(&mut sinks, 0..500));
        thread::sleep(Duration::from_millis(300));
        assert!(!offering.is_finished(), "there is no room for all");
        let received = tcp_peer(
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap(),
            true,
        );
        offering.join().unwrap();
        received
    });
    let status = sinks.finish(PATIENCE);
    assert_eq!(
        (status[0].lost, status[0].delivered),
        (0, 500),
        "{status:?}"
    );
    assert_eq!(received.frames(), (0..500).collect::<Vec<_>>());
}
