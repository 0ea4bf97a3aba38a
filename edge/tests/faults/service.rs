//! What the service manager and its operator ask for: reload, end, signs of life.

use std::{fs, os::unix::net::UnixDatagram, time::Duration};

use facs::SourceState;

use crate::{
    STEADY,
    common::{
        bundle_copy,
        ledger::Ledger,
        process::{Place, wait_until},
    },
};

#[test]
fn a_reload_adds_and_removes_sources_that_deliver() {
    let place = Place::new();
    let base = format!("{}{STEADY}", place.file_sink());
    let daemon = place.run(&base);
    daemon.wait_for_frames("steady", 5);
    for round in 0..3 {
        let more = "[[sources]]\ninput = 'test:'\nname = 'guest'\n";
        place.configure(&format!("{base}{more}"));
        daemon.signal("HUP");
        daemon.wait_for_state("guest", "online");
        daemon.wait_for_frames("guest", 8);
        if round == 1 {
            // A configuration that is wrong changes nothing.
            place.configure(&format!("{base}{more}typo = 1\n"));
            daemon.signal("HUP");
            wait_until("it is told", || daemon.log().contains("typo"));
            daemon.wait_for_frames("guest", 5);
        }
        place.configure(&base);
        daemon.signal("HUP");
        wait_until("the guest is gone", || daemon.state("guest") == "none");
    }
    let (ended, took) = daemon.stop();
    assert!(
        ended.success() && took < Duration::from_secs(5),
        "{ended} {took:?}"
    );
    let records = place.records();
    Ledger::of(&records, "steady").check_undisturbed();
    // Each time it is another source of that name, which counts from 0.
    let guest = Ledger::of(&records, "guest");
    let removed = guest
        .states
        .iter()
        .filter(|(state, _)| *state == SourceState::Removed);
    assert_eq!(removed.count(), 3);
    assert!(guest.frames.len() >= 24);
}

#[test]
fn the_service_manager_is_told_of_the_start_of_life_and_of_the_end() {
    let mut place = Place::new();
    let path = place.join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    place.environment.push(("NOTIFY_SOCKET", path));
    place.environment.push(("WATCHDOG_USEC", "600000".into()));
    let daemon = place.run(&format!("{}{STEADY}", place.file_sink()));
    let mut buffer = [0; 1024];
    let mut next = || {
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let first = next();
    assert!(first.contains("READY=1"), "{first}");
    for _ in 0..5 {
        let sign = next();
        assert!(sign.contains("WATCHDOG=1"), "{sign}");
    }
    daemon.signal("TERM");
    let told = loop {
        let sign = next();
        if !sign.contains("WATCHDOG=1") {
            break sign;
        }
    };
    assert!(told.contains("STOPPING=1"), "{told}");
    assert!(daemon.wait().success());
}

#[test]
fn a_spoilt_bundle_is_refused_at_the_start_with_its_reason() {
    let mut place = Place::new();
    place.bundle = bundle_copy(place.path());
    fs::write(place.bundle.join("affect.onnx"), "cut").unwrap();
    place.configure(STEADY);
    let mut daemon = place.start();
    let ended = daemon.process.0.wait().unwrap();
    assert_eq!(ended.code(), Some(5));
    assert!(daemon.log().contains("SHA-256"), "{}", daemon.log());
}
