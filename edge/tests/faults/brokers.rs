//! Brokers that are killed under the running daemon.

use std::sync::{Arc, Mutex};

use facs::Record;

use crate::{
    STEADY,
    common::{
        brokers::{Wire, mosquitto, nats, stored, subscribe},
        ledger::{LONGEST_PAUSE, Ledger},
        process::{Daemon, Place, free_port, wait_until},
    },
};

fn sink(daemon: &Daemon, key: &str) -> serde_json::Value {
    daemon.get(&format!("/sinks/0/{key}"))
}

/// Ends the daemon; all that it had was delivered.
fn end(daemon: Daemon) {
    wait_until("what waited is delivered", || {
        sink(&daemon, "connected") == true && sink(&daemon, "spooled_records").as_u64() < Some(20)
    });
    assert_eq!(sink(&daemon, "lost"), 0);
    assert!(sink(&daemon, "reconnects").as_u64() >= Some(1));
    assert!(daemon.stop().0.success());
}

fn check(records: &[Record]) {
    let ledger = Ledger::of(records, "steady");
    ledger.check(true);
    assert!(ledger.frames.len() > 60, "{}", ledger.frames.len());
    assert!(ledger.longest_pause() < LONGEST_PAUSE);
}

#[test]
fn every_record_of_an_outage_of_mosquitto_arrives() {
    let place = Place::new();
    let port = free_port();
    let Some(mut broker) = mosquitto(place.path(), port, "allow_anonymous true") else {
        return;
    };
    let received: Arc<Mutex<Vec<Record>>> = Arc::default();
    let to = || {
        let received = Arc::clone(&received);
        subscribe(port, move |_, payload| {
            if payload.starts_with('{') {
                let record = serde_json::from_str(payload).unwrap();
                received.lock().unwrap().push(record);
            }
        })
    };
    let Some(mut subscriber) = to() else { return };
    let wire = Wire::to(port);
    let daemon = place.run(&format!(
        "{STEADY}[[sinks]]\nname = 'broker'\nkind = 'mqtt'\naddress = '127.0.0.1:{}'\n",
        wire.port
    ));
    for _ in 0..2 {
        daemon.wait_for_frames("steady", 20);
        // The wire first: what the broker has acknowledged and not passed on is its loss, not ours.
        wire.set_whole(false);
        std::thread::sleep(std::time::Duration::from_millis(300));
        broker.kill();
        subscriber.kill();
        daemon.wait_for_frames("steady", 20);
        broker = mosquitto(place.path(), port, "allow_anonymous true").unwrap();
        subscriber = to().unwrap();
        wire.set_whole(true);
        wait_until("it is back", || sink(&daemon, "connected") == true);
    }
    end(daemon);
    let is_last =
        |record: &Record| matches!(record, Record::Status(status) if status.state.is_last());
    wait_until("the last has arrived", || {
        received.lock().unwrap().last().is_some_and(is_last)
    });
    check(&received.lock().unwrap());
    drop((broker, subscriber));
}

#[test]
fn every_record_of_an_outage_of_nats_arrives() {
    let place = Place::new();
    let port = free_port();
    let Some(mut server) = nats(place.path(), port) else {
        return;
    };
    let daemon = place.run(&format!(
        "{STEADY}[[sinks]]\nname = 'stream'\nkind = 'nats'\naddress = '127.0.0.1:{port}'\nstream = 'mien'\ncreate = true\n"
    ));
    for _ in 0..2 {
        wait_until("it delivers", || {
            sink(&daemon, "delivered").as_u64() > Some(20)
        });
        server.kill();
        daemon.wait_for_frames("steady", 20);
        server = nats(place.path(), port).unwrap();
        wait_until("it is back", || sink(&daemon, "connected") == true);
    }
    end(daemon);
    let stored = stored(port).into_iter();
    let records = stored.map(|(_, payload)| serde_json::from_slice(&payload).unwrap());
    let records: Vec<Record> = records.collect();
    check(&records);
    drop(server);
}
