//! Network cameras that die, stall, change and lie.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::Duration,
};

use facs::SourceState;

use crate::{
    STEADY,
    common::{
        ledger::Ledger,
        process::{Camera, Place, free_port, wait_until},
    },
};

/// In no log and no record.
const SECRET: &str = "hush-5311";

#[test]
fn a_camera_that_dies_comes_back_and_every_number_is_accounted_for() {
    let place = Place::new();
    let port = free_port();
    let login = ["--user", "viewer", "--password", SECRET];
    let Some(mut camera) = Camera::start(port, &login) else {
        return;
    };
    fs::write(place.join("password"), SECRET).unwrap();
    let daemon = place.run(&format!(
        "{}{STEADY}[[sources]]\nname = 'door'\ninput = '{}'\nuser = 'viewer'\npassword_file = '{}'\n\
         [[sources]]\nname = 'yard'\ninput = 'rtsp://viewer:{SECRET}@127.0.0.1:{port}/video'\n\
         [[sources]]\nname = 'stranger'\ninput = 'rtsp://viewer:wrong-{SECRET}@127.0.0.1:{port}/video'\n",
        place.file_sink(),
        camera.address(),
        place.join("password"),
    ));
    for _ in 0..2 {
        daemon.wait_for_frames("door", 15);
        daemon.wait_for_frames("yard", 15);
        camera.process.kill();
        daemon.wait_for_state("door", "offline");
        daemon.wait_for_state("yard", "offline");
        thread::sleep(Duration::from_millis(500));
        camera = Camera::start(port, &login).unwrap();
        daemon.wait_for_state("door", "online");
        daemon.wait_for_state("yard", "online");
    }
    daemon.wait_for_frames("door", 10);
    assert!(daemon.get("/sources/door/reconnects").as_u64() >= Some(2));
    assert_ne!(daemon.state("stranger"), "online");
    let status = daemon.status().to_string();
    let metrics = daemon.request("GET", "/metrics", "").unwrap();
    let log_path = place.join("daemon.log");
    let (ended, took) = daemon.stop();
    assert!(ended.success(), "{ended}");
    assert!(took < Duration::from_secs(8), "{took:?}");

    let records = place.records();
    for source in ["door", "yard"] {
        let ledger = Ledger::of(&records, source);
        ledger.check(false);
        let states: Vec<SourceState> = ledger.states.iter().map(|(state, _)| *state).collect();
        let comes_back = [SourceState::Offline, SourceState::Online];
        assert!(
            states.windows(2).any(|pair| pair == comes_back),
            "{states:?}"
        );
        assert!(ledger.frames.len() > 40);
    }
    Ledger::of(&records, "steady").check_undisturbed();
    let log = fs::read_to_string(log_path).unwrap();
    assert!(log.contains("door"), "the log says something");
    let written = fs::read_to_string(place.records_path()).unwrap();
    for (what, text) in [
        ("log", &log),
        ("records", &written),
        ("status", &status),
        ("metrics", &metrics),
    ] {
        let line = text.lines().find(|line| line.contains(SECRET));
        assert_eq!(line, None, "the {what} holds the password");
    }
}

#[test]
fn a_camera_that_stalls_is_found_and_goes_on() {
    let place = Place::new();
    let Some(camera) = Camera::start(free_port(), &[]) else {
        return;
    };
    let daemon = place.run(&format!(
        "{}{STEADY}[[sources]]\nname = 'door'\ninput = '{}'\n",
        place.file_sink(),
        camera.address()
    ));
    daemon.wait_for_frames("door", 15);
    camera.process.signal("STOP");
    daemon.wait_for_state("door", "offline");
    // Attempts to open it hang as well; they are given up.
    thread::sleep(Duration::from_secs(3));
    camera.process.signal("CONT");
    daemon.wait_for_state("door", "online");
    daemon.wait_for_frames("door", 10);
    // A camera that hangs holds up neither the end nor the other source.
    camera.process.signal("STOP");
    thread::sleep(Duration::from_millis(300));
    let (ended, took) = daemon.stop();
    camera.process.signal("CONT");
    assert!(ended.success(), "{ended}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    let records = place.records();
    let ledger = Ledger::of(&records, "door");
    ledger.check(false);
    let reasons = ledger.reasons(SourceState::Offline);
    assert!(reasons.contains("no frame for 2 s"), "{reasons}");
    Ledger::of(&records, "steady").check_undisturbed();
}

#[test]
fn a_camera_that_changes_its_size_goes_on_with_the_new_one() {
    let place = Place::new();
    let Some(camera) = Camera::start(free_port(), &["--switch-after", "2"]) else {
        return;
    };
    let daemon = place.run(&format!(
        "{}[[sources]]\nname = 'door'\ninput = '{}'\n",
        place.file_sink(),
        camera.address()
    ));
    let sizes = || {
        let records = place.records();
        let ledger = Ledger::of(&records, "door");
        ledger.check(false);
        let sizes = ledger.frames.iter().map(|frame| {
            assert_eq!(frame.faces.len(), 2);
            (frame.frame.width, frame.frame.height)
        });
        let mut sizes: Vec<_> = sizes.collect();
        sizes.dedup();
        sizes
    };
    wait_until("frames of the new size", || sizes().contains(&(480, 270)));
    daemon.wait_for_frames("door", 10);
    assert!(daemon.stop().0.success());
    assert_eq!(sizes(), [(320, 180), (480, 270)]);
}

#[test]
fn a_camera_that_talks_nonsense_is_offline_and_disturbs_nobody() {
    let place = Place::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let mut stream = stream;
            let mut request = [0; 512];
            let _ = stream.read(&mut request);
            let answer: Vec<u8> = match number % 4 {
                0 => vec![0xff; 4096],
                1 => b"RTSP/1.0 200 OK\r\nCSeq: 99999999999999999999\r\nContent-Length: -1\r\n\r\n"
                    .to_vec(),
                2 => b"$\0\xff\xff".repeat(2000),
                _ => (0..50_000_u32)
                    .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
                    .collect(),
            };
            let _ = stream.write_all(&answer);
            thread::sleep(Duration::from_millis(100));
        }
    });
    let mut daemon = place.run(&format!(
        "{}{STEADY}[[sources]]\nname = 'liar'\ninput = 'rtsp://127.0.0.1:{port}/video'\n\
         [[sources]]\nname = 'nobody'\ninput = 'rtsp://127.0.0.1:{}/video'\n",
        place.file_sink(),
        free_port()
    ));
    daemon.wait_for_state("liar", "offline");
    daemon.wait_for_state("nobody", "offline");
    daemon.wait_for_frames("steady", 120);
    assert!(daemon.is_alive());
    assert!(daemon.stop().0.success());
    let records = place.records();
    for source in ["liar", "nobody"] {
        let reasons = Ledger::of(&records, source).reasons(SourceState::Offline);
        assert!(!reasons.is_empty(), "{source}");
    }
    Ledger::of(&records, "steady").check_undisturbed();
}
