//! Files: tables, and what cannot be written.

use std::{fs, path::Path, time::Duration};

use crate::{
    Received,
    common::process::{PATIENCE, wait_until},
    offer, open, settings,
};

#[test]
fn a_file_of_a_table_has_a_header_and_a_row_per_face() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("door.csv");
    let settings = settings(&format!(
        "[[sinks]]\nname = 'file'\nkind = 'file'\nformat = 'openface'\nsources = ['door']\npath = '{}'",
        path.display()
    ));
    for run in 0..2 {
        let mut sinks = open(&settings, folder.path());
        offer(&mut sinks, run * 100..run * 100 + 100);
        let status = sinks.finish(PATIENCE);
        assert_eq!(
            (status[0].delivered, status[0].lost),
            (100, 0),
            "{status:?}"
        );
    }
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("frame,face_id,timestamp,")
    );
    let frames: Vec<u64> = lines
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(frames, (1..=200).collect::<Vec<_>>());
}

#[test]
fn a_file_that_refuses_is_an_outage_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let to = |path: &Path| {
        settings(&format!(
            "[[sinks]]\nname = 'file'\nkind = 'file'\npath = '{}'",
            path.display()
        ))
    };
    let mut sinks = open(&to(Path::new("/dev/full")), folder.path());
    offer(&mut sinks, 0..200);
    wait_until("it refuses", || sinks.status()[0].last_error.is_some());
    let status = sinks.finish(Duration::ZERO);
    assert!(
        status[0]
            .last_error
            .as_deref()
            .unwrap()
            .contains("No space left"),
        "{status:?}"
    );
    assert_eq!(
        (status[0].delivered, status[0].spooled_records),
        (0, 200),
        "{status:?}"
    );
    let mut sinks = open(&to(&path), folder.path());
    sinks.finish(PATIENCE);
    let received = Received::default();
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .for_each(|line| received.push(line));
    assert_eq!(received.frames(), (0..200).collect::<Vec<_>>());
}
