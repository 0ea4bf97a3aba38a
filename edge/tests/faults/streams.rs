//! Files that are spoilt, streams that are no video, sources that are unplugged.

use std::{fs, net::UdpSocket, process::Command, thread, time::Duration};

use facs::SourceState;

use crate::{
    STEADY,
    common::{
        cut,
        ledger::Ledger,
        process::{Place, free_port, wait_until},
        video,
    },
};

/// The same numbers in every run.
fn noise(seed: u32) -> impl Iterator<Item = u8> {
    let step = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(seed), step).map(|state| (state >> 24) as u8)
}

#[test]
fn spoilt_files_are_told_and_disturb_nobody() {
    let place = Place::new();
    let mut sources = String::new();
    for (name, container) in [("a", "mkv"), ("b", "mov")] {
        let whole = video(place.path(), &format!("{name}.{container}"));
        let mut bytes = fs::read(&whole).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4000]
            .iter_mut()
            .zip(noise(7))
            .for_each(|(byte, noise)| *byte = noise);
        let spoilt = place.join(&format!("spoilt.{container}"));
        fs::write(&spoilt, bytes).unwrap();
        let cut = cut(&whole, 0.5);
        sources += &format!(
            "[[sources]]\nname = 'spoilt-{container}'\ninput = '{spoilt}'\n\
             [[sources]]\nname = 'cut-{container}'\ninput = '{}'\n\
             [[sources]]\nname = 'again-{container}'\nrepeat = true\npaced = true\ninput = '{}'\n",
            cut.display(),
            cut.display()
        );
    }
    let text = place.join("noise.mp4");
    fs::write(&text, noise(3).take(100_000).collect::<Vec<u8>>()).unwrap();
    sources += &format!("[[sources]]\nname = 'noise'\ninput = '{text}'\n");
    let mut daemon = place.run(&format!("{}{STEADY}{sources}", place.file_sink()));
    wait_until("all files are read", || {
        let status = daemon.status();
        let sources = status["sources"].as_object().unwrap();
        sources.iter().all(|(name, source)| {
            name == "steady" || ["ended", "failed"].contains(&source["state"].as_str().unwrap())
        })
    });
    daemon.wait_for_frames("steady", 60);
    assert!(daemon.is_alive());
    let status = daemon.status();
    let log = daemon.log();
    daemon.stop();
    let records = place.records();
    for container in ["mkv", "mov"] {
        let cut = &status["sources"][format!("cut-{container}")];
        assert_eq!(cut["state"], "failed");
        let reason = cut["reason"].as_str().unwrap();
        assert!(reason.contains("cut short"), "{reason}");
        let spoilt = Ledger::of(&records, &format!("spoilt-{container}"));
        spoilt.check(false);
        assert!(
            spoilt.frames.len() > 10,
            "{container}: {}",
            spoilt.frames.len()
        );
        Ledger::of(&records, &format!("again-{container}")).check(false);
    }
    assert_eq!(status["sources"]["noise"]["state"], "failed");
    assert!(log.contains("noise.mp4"), "the log names the file");
    Ledger::of(&records, "steady").check_undisturbed();
}

#[test]
fn datagrams_that_are_no_video_are_told_and_disturb_nobody() {
    let place = Place::new();
    let [raw, rtp] = [free_port(), free_port()];
    let end = "videoconvert ! video/x-raw,format=I420 ! appsink name=frames";
    let mut daemon = place.run(&format!(
        "{}{STEADY}[[sources]]\nname = 'raw'\ninput = 'launch:udpsrc address=127.0.0.1 port={raw} ! decodebin ! {end}'\n\
         [[sources]]\nname = 'rtp'\ninput = 'launch:udpsrc address=127.0.0.1 port={rtp} \
         caps=\"application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96\" ! \
         rtph264depay ! avdec_h264 ! {end}'\n",
        place.file_sink()
    ));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut bytes = noise(11);
    for number in 0..600_u16 {
        let mut packet: Vec<u8> = bytes.by_ref().take(300).collect();
        let _ = socket.send_to(&packet, ("127.0.0.1", raw));
        // The header of RTP, and a fragment of anything.
        packet[..4].copy_from_slice(&[0x80, 96, (number >> 8) as u8, number as u8]);
        packet[12] = [0x7c, 0x65, 0x67, 0x78][usize::from(number % 4)];
        let _ = socket.send_to(&packet, ("127.0.0.1", rtp));
        thread::sleep(Duration::from_millis(5));
    }
    for source in ["raw", "rtp"] {
        wait_until("it is seen", || {
            let records = place.records();
            Ledger::of(&records, source).has_state(SourceState::Offline)
        });
    }
    assert!(daemon.is_alive());
    assert!(daemon.stop().0.success());
    let records = place.records();
    for source in ["raw", "rtp"] {
        let ledger = Ledger::of(&records, source);
        ledger.check(false);
        assert!(!ledger.reasons(SourceState::Offline).is_empty());
    }
    Ledger::of(&records, "steady").check_undisturbed();
}

#[test]
fn what_is_unplugged_is_offline_or_over_and_what_is_missing_is_tried_again() {
    let place = Place::new();
    let film = video(place.path(), "film.mkv");
    let pipe = place.join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let sources = format!(
        "[[sources]]\nname = 'film'\ninput = '{}'\nrepeat = true\npaced = true\n\
         [[sources]]\nname = 'camera'\ninput = '/dev/video77'\n\
         [[sources]]\nname = 'pipe'\ninput = 'launch:filesrc location={pipe} ! decodebin ! videoconvert ! \
         video/x-raw,format=I420 ! appsink name=frames'\n",
        film.display()
    );
    let all = format!("{}{STEADY}{sources}", place.file_sink());
    let daemon = place.run(&all);
    daemon.wait_for_frames("film", 60);
    daemon.wait_for_state("camera", "offline");
    // A file that is repeated and goes away cannot be read again.
    fs::remove_file(&film).unwrap();
    fs::remove_file(&pipe).unwrap();
    wait_until("the film is over", || {
        ["failed", "none"].contains(&daemon.state("film").as_str())
    });
    // Taken out of the configuration while it is tried again and again.
    place.configure(&format!("{}{STEADY}", place.file_sink()));
    daemon.signal("HUP");
    wait_until("the others are gone", || {
        ["camera", "pipe"]
            .iter()
            .all(|source| daemon.state(source) == "none")
    });
    daemon.wait_for_frames("steady", 30);
    let status = daemon.status();
    assert_eq!(status["sources"]["steady"]["state"], "online");
    daemon.stop();
    let records = place.records();
    let film = Ledger::of(&records, "film");
    film.check(false);
    assert!(film.frames.len() > 60);
    let reasons = film.reasons(SourceState::Failed);
    assert!(reasons.contains("No such file"), "{reasons}");
    let camera = Ledger::of(&records, "camera");
    assert!(
        camera
            .reasons(SourceState::Offline)
            .contains("/dev/video77")
    );
    let tried = camera
        .states
        .iter()
        .filter(|(state, _)| *state == SourceState::Offline);
    assert!(tried.count() >= 2, "{:?}", camera.states);
    assert_eq!(camera.states.last().unwrap().0, SourceState::Removed);
    Ledger::of(&records, "steady").check_undisturbed();
}
