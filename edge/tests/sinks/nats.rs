//! NATS servers that die and refuse.

use std::{fs, time::Duration};

use crate::{
    Received,
    common::{
        brokers::{self, listens, nats},
        process::{PATIENCE, Process, free_port, wait_until},
    },
    offer, offer_one_that_is_large, open, settings, tells_what_was_refused,
};

#[test]
fn what_nats_refuses_for_good_is_told_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = folder.path().join("nats.conf");
    let text = format!(
        "listen: 127.0.0.1:{port}\nmax_payload: 8192\njetstream {{ store_dir: \"{}\" }}",
        folder.path().join("store").display()
    );
    fs::write(&config, text).unwrap();
    let Some(server) = Process::start("nats-server", &["-c", config.to_str().unwrap()]) else {
        return;
    };
    listens("nats-server listens", port);
    let settings = settings(&format!(
        "[[sinks]]\nname = 'stream'\nkind = 'nats'\naddress = '127.0.0.1:{port}'\ncreate = true"
    ));
    let mut sinks = open(&settings, folder.path());
    offer_one_that_is_large(&mut sinks);
    let status = sinks.finish(PATIENCE);
    tells_what_was_refused(&stored(port), &status[0]);
    drop(server);
}

/// What the stream `mien` holds.
fn stored(port: u16) -> Received {
    let received = Received::default();
    for (subject, payload) in brokers::stored(port) {
        assert!(subject.starts_with("mien.door."));
        received.push(str::from_utf8(&payload).unwrap());
    }
    received
}

#[test]
fn nats_survives_the_death_of_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let Some(mut server) = nats(folder.path(), port) else {
        return;
    };
    let toml = |name: &str, create: bool, stream: &str| {
        format!(
            "[[sinks]]\nname = '{name}'\nkind = 'nats'\naddress = '127.0.0.1:{port}'\ncreate = {create}\nstream = '{stream}'\n"
        )
    };
    let all = toml("stream", true, "mien") + &toml("lost", false, "nowhere");
    let mut sinks = open(&settings(&all), folder.path());
    offer(&mut sinks, 0..300);
    wait_until("some are stored", || sinks.status()[0].delivered > 100);
    wait_until("a stream that is not there is told", || {
        let told = sinks.status()[1].last_error.clone();
        told.is_some_and(|told| told.contains("create = true"))
    });
    server.kill();
    offer(&mut sinks, 300..900);
    wait_until("it is seen", || !sinks.status()[0].connected);
    server = nats(folder.path(), port).unwrap();
    offer(&mut sinks, 900..1000);
    wait_until("all are stored", || sinks.status()[0].delivered >= 1000);
    let status = sinks.finish(Duration::ZERO);
    assert_eq!(
        (status[0].lost, status[0].spooled_records),
        (0, 0),
        "{status:?}"
    );
    assert_eq!(
        (status[1].delivered, status[1].spooled_records),
        (0, 1000),
        "{status:?}"
    );

    let received = stored(port);
    assert_eq!(
        received.len(),
        1000,
        "the stream knows duplicates by their names"
    );
    assert_eq!(received.frames(), (0..1000).collect::<Vec<_>>());
    drop(server);
}
