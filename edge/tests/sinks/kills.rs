//! The process is killed, at any moment.

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use edge::sink::SinkSettings;
use facs::GapReason;

use crate::{
    common::process::{PATIENCE, free_port},
    offer, open, settings, tcp_peer,
};

const CHILD: &str = "MIEN_TEST_SINK_CHILD";

/// Not a test of its own: the process that the next test kills. It tells how many of its records are safe.
#[test]
fn child_that_offers_until_it_is_killed() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    let (folder, rest) = told.split_once('|').unwrap();
    let (port, first) = rest.split_once('|').unwrap();
    let mut sinks = open(&to_parent(port.parse().unwrap()), Path::new(folder));
    let carried = sinks.status()[0].spooled_records;
    let first: u64 = first.parse().unwrap();
    for sequence in first.. {
        offer(&mut sinks, sequence..sequence + 1);
        if sequence % 8 == 0 {
            let status = &sinks.status()[0];
            assert_eq!(status.lost, 0);
            println!(
                "safe {}",
                status.delivered + status.spooled_records - carried
            );
        }
        thread::sleep(Duration::from_micros(300));
    }
}

fn to_parent(port: u16) -> Vec<SinkSettings> {
    settings(&format!(
        "[[sinks]]\nname = 'parent'\nkind = 'tcp'\naddress = '127.0.0.1:{port}'\nacknowledge = true\nspool.segment_bytes = 20000"
    ))
}

#[test]
fn a_killed_daemon_loses_nothing_that_was_spooled() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let (mut received, mut safe) = (None, Vec::new());
    let mut first = 0;
    for round in 0..6_u64 {
        // Away in the first rounds, there in the others.
        if round == 2 {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
            received = Some(tcp_peer(listener, true));
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "kills::child_that_offers_until_it_is_killed",
                "--nocapture",
            ])
            .env(CHILD, format!("{}|{port}|{first}", folder.path().display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        // How many of its records it saw in the spool or acknowledged.
        let mut next = || -> Option<u64> {
            told.find_map(|line| line.ok()?.split("safe ").nth(1)?.parse().ok())
        };
        while next().unwrap() < 100 + 60 * round {}
        thread::sleep(Duration::from_millis(7 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut last = 0;
        while let Some(told) = next() {
            last = told;
        }
        safe.push(last);
        // The next run begins far away, so that what is missing at the end of this one is seen.
        first += 1_000_000;
    }
    let received = received.unwrap();
    let mut sinks = open(&to_parent(port), folder.path());
    let status = sinks.finish(PATIENCE);
    assert_eq!(
        (status[0].spooled_records, status[0].lost),
        (0, 0),
        "{status:?}"
    );
    let frames = received.frames();
    assert!(frames.is_sorted(), "in order once duplicates are dropped");
    assert!(received.missing(GapReason::SpoolFull).is_empty());
    for round in 0..6_u64 {
        let of_round = frames.iter().filter(|frame| **frame / 1_000_000 == round);
        let of_round: Vec<u64> = of_round.map(|frame| frame % 1_000_000).collect();
        let safe = safe[round as usize];
        assert!(
            of_round.len() as u64 >= safe,
            "{round}: {} < {safe}",
            of_round.len()
        );
        assert_eq!(
            of_round,
            (0..of_round.len() as u64).collect::<Vec<_>>(),
            "no holes"
        );
    }
}
