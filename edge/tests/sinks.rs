//! Delivery through outages: brokers that are killed, peers that stall, spools that overflow, daemons that
//! are killed. Brokers that are not installed are skipped.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use edge::{
    shutdown::Shutdown,
    sink::{self, Context, RawSink, SinkSettings, SinkStatus, Sinks, WhenFull},
};
use facs::{GapReason, Record};

const RUN: u64 = 1_795_250_000_000;
/// Longer than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

fn settings(toml: &str) -> Vec<SinkSettings> {
    #[derive(serde::Deserialize)]
    struct Raw {
        sinks: Vec<RawSink>,
    }
    let raw: Raw = toml::from_str(toml).unwrap();
    sink::check(&raw.sinks).unwrap()
}

fn open(settings: &[SinkSettings], folder: &Path) -> Sinks {
    let context = Context {
        spool: folder.join("spool"),
        when_full: WhenFull::Lose,
        shutdown: Shutdown::default(),
    };
    Sinks::open(settings, &context).unwrap()
}

/// A frame of the source `door`.
fn frame(sequence: u64) -> Record {
    let golden = include_str!("../../facs/tests/golden/frame.json");
    let Record::Frame(mut frame) = serde_json::from_str(golden).unwrap() else {
        panic!("a frame")
    };
    frame.source = "door".into();
    frame.run = RUN;
    frame.sequence = sequence;
    Record::Frame(frame)
}

fn offer(sinks: &mut Sinks, sequences: std::ops::Range<u64>) {
    let mut record = frame(0);
    for sequence in sequences {
        let Record::Frame(frame) = &mut record else {
            panic!("a frame")
        };
        frame.sequence = sequence;
        let json = serde_json::to_vec(&record).unwrap();
        sinks.offer(record.as_ref(), &json);
        if sequence % 16 == 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// What a peer got, line by line.
#[derive(Clone, Debug, Default)]
struct Received(Arc<Mutex<Vec<Record>>>);

impl Received {
    fn push(&self, line: &str) {
        let record = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.0.lock().unwrap().push(record);
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The frames in the order of their first arrival.
    fn frames(&self) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let records = self.0.lock().unwrap();
        let sequences = records.iter().filter_map(|record| match record {
            Record::Frame(frame) => Some(frame.sequence),
            _ => None,
        });
        sequences
            .filter(|sequence| seen.insert(*sequence))
            .collect()
    }

    /// The frames that gap records account for, all for the same reason.
    fn missing(&self, reason: GapReason) -> BTreeSet<u64> {
        let records = self.0.lock().unwrap();
        let gaps = records.iter().filter_map(|record| match record {
            Record::Gap(gap) => {
                assert_eq!((gap.source.as_str(), gap.run), ("door", RUN));
                assert_eq!(gap.reason, reason);
                Some(gap.first_sequence..gap.first_sequence + gap.frames)
            }
            _ => None,
        });
        gaps.flatten().collect()
    }
}

fn wait_until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "waited too long: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A process that dies with the test.
struct Process(Child);

impl Process {
    /// `None`, and a note, where the program is not installed.
    fn start(program: &str, arguments: &[&str]) -> Option<Self> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // Debian puts brokers where only root looks.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin"));
        match command.spawn() {
            Ok(child) => Some(Self(child)),
            Err(error) => {
                eprintln!("skipped: {program} cannot be started: {error}");
                None
            }
        }
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A wire to a broker that can be cut: connections are refused and broken while it is.
struct Wire {
    port: u16,
    whole: Arc<AtomicBool>,
}

impl Wire {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let wire = Self {
            port: listener.local_addr().unwrap().port(),
            whole: Arc::new(AtomicBool::new(true)),
        };
        let whole = Arc::clone(&wire.whole);
        thread::spawn(move || {
            for near in listener.incoming() {
                let far = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
                let (Ok(near), Ok(far)) = (near, far) else {
                    continue;
                };
                if !whole.load(Ordering::SeqCst) {
                    continue;
                }
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let whole = Arc::clone(&whole);
                    thread::spawn(move || Self::carry(from, to, &whole));
                }
            }
        });
        wire
    }

    fn carry(mut from: TcpStream, mut to: TcpStream, whole: &AtomicBool) {
        from.set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        let mut buffer = [0; 16 << 10];
        while whole.load(Ordering::SeqCst) {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    if to.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
        let _ = from.shutdown(std::net::Shutdown::Both);
        let _ = to.shutdown(std::net::Shutdown::Both);
    }

    fn set_whole(&self, whole: bool) {
        self.whole.store(whole, Ordering::SeqCst);
    }
}

/// mosquitto on a port of the loopback, nothing kept on disk.
fn mosquitto(folder: &Path, port: u16, more: &str) -> Option<Process> {
    let config = folder.join("mosquitto.conf");
    let text = format!(
        "listener {port} 127.0.0.1\npersistence false\nuser root\nmax_queued_messages 0\nmax_inflight_messages 0\n{more}"
    );
    fs::write(&config, text).unwrap();
    let broker = Process::start("mosquitto", &["-c", config.to_str().unwrap()])?;
    wait_until("mosquitto listens", || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    });
    Some(broker)
}

/// Everything below `mien/`, once the subscription stands. Topics that are no records go to `others`.
fn subscribe(port: u16, received: &Received, others: &Arc<Mutex<Vec<String>>>) -> Option<Process> {
    let port = port.to_string();
    let probe = [
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-t",
        "mien/probe",
        "-r",
        "-m",
        "probe",
    ];
    Process::start("mosquitto_pub", &probe)?.0.wait().unwrap();
    let arguments = [
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-q",
        "1",
        "-t",
        "mien/#",
        "-F",
        "%t %p",
    ];
    let mut subscriber = Process::start("mosquitto_sub", &arguments)?;
    let lines = BufReader::new(subscriber.0.stdout.take().unwrap()).lines();
    let stands = Arc::new(AtomicBool::new(false));
    let (seen, received, others) = (Arc::clone(&stands), received.clone(), Arc::clone(others));
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let (topic, payload) = line.split_once(' ').unwrap();
            if topic == "mien/probe" {
                seen.store(true, Ordering::SeqCst);
            } else if payload.starts_with('{') {
                received.push(payload);
            } else {
                others.lock().unwrap().push(line);
            }
        }
    });
    wait_until("the subscription stands", || stands.load(Ordering::SeqCst));
    Some(subscriber)
}

/// Records through a broker that is killed in the middle.
fn survives_mosquitto(version: &str) {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let Some(mut broker) = mosquitto(folder.path(), port, "allow_anonymous true") else {
        return;
    };
    let (received, others) = (Received::default(), Arc::default());
    let Some(mut subscriber) = subscribe(port, &received, &others) else {
        return;
    };
    let wire = Wire::to(port);
    let settings = settings(&format!(
        "[[sinks]]\nname = 'broker'\nkind = 'mqtt'\nversion = '{version}'\naddress = '127.0.0.1:{}'",
        wire.port
    ));
    let mut sinks = open(&settings, folder.path());
    offer(&mut sinks, 0..300);
    wait_until("some have arrived", || received.len() > 100);
    // The wire first: what the broker has acknowledged and not passed on is its loss, not ours.
    wire.set_whole(false);
    wait_until("it is seen", || !sinks.status()[0].connected);
    let acknowledged = sinks.status()[0].delivered as usize;
    wait_until("that has been passed on", || received.len() >= acknowledged);
    broker.kill();
    subscriber.kill();
    offer(&mut sinks, 300..900);
    broker = mosquitto(folder.path(), port, "allow_anonymous true").unwrap();
    subscriber = subscribe(port, &received, &others).unwrap();
    wire.set_whole(true);
    offer(&mut sinks, 900..1000);
    let status = sinks.finish(PATIENCE);
    assert_eq!(
        (status[0].lost, status[0].spooled_records),
        (0, 0),
        "{status:?}"
    );
    assert!(status[0].reconnects >= 1);
    wait_until("all have arrived", || received.frames().len() == 1000);
    assert!(received.frames().is_sorted());
    wait_until("the good-bye has arrived", || {
        others
            .lock()
            .unwrap()
            .last()
            .is_some_and(|last| last == "mien/status/broker offline")
    });
    let online = "mien/status/broker online".to_owned();
    assert!(others.lock().unwrap().contains(&online));
    drop((broker, subscriber));
}

#[test]
fn mqtt_3_survives_the_death_of_its_broker() {
    survives_mosquitto("3.1.1");
}

#[test]
fn mqtt_5_survives_the_death_of_its_broker() {
    survives_mosquitto("5");
}

/// Offers ten frames, the fourth of them larger than its peers take.
fn offer_one_that_is_large(sinks: &mut Sinks) {
    for sequence in 0..10 {
        let record = frame(sequence);
        let mut json = serde_json::to_vec(&record).unwrap();
        if sequence == 3 {
            json.truncate(json.len() - 1);
            json.extend(format!(",\"filler\":\"{}\"}}", "x".repeat(16 << 10)).bytes());
        }
        sinks.offer(record.as_ref(), &json);
    }
}

/// All but the large one have arrived, and a gap record in its place.
fn tells_what_was_refused(received: &Received, status: &SinkStatus) {
    assert_eq!((status.lost, status.spooled_records), (1, 0), "{status:?}");
    assert_eq!(received.frames(), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    assert_eq!(received.missing(GapReason::Refused), BTreeSet::from([3]));
    let fourth = received.0.lock().unwrap()[3].clone();
    assert!(matches!(fourth, Record::Gap(_)), "{fourth:?}");
}

#[test]
fn what_a_broker_refuses_for_good_is_told_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let more = "allow_anonymous true\nmax_packet_size 8192";
    let Some(broker) = mosquitto(folder.path(), port, more) else {
        return;
    };
    // A broker of version 5 states its limit; for 3.1.1 it must be said.
    for (version, key) in [("5", ""), ("3.1.1", "max_message_bytes = 8192")] {
        let (received, others) = (Received::default(), Arc::default());
        let Some(subscriber) = subscribe(port, &received, &others) else {
            return;
        };
        let settings = settings(&format!(
            "[[sinks]]\nname = 'broker{}'\nkind = 'mqtt'\nversion = '{version}'\naddress = '127.0.0.1:{port}'\n{key}",
            &version[..1]
        ));
        let mut sinks = open(&settings, folder.path());
        offer_one_that_is_large(&mut sinks);
        let status = sinks.finish(PATIENCE);
        wait_until("all have arrived", || received.len() == 10);
        tells_what_was_refused(&received, &status[0]);
        drop(subscriber);
    }
    drop(broker);
}

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
    wait_until("nats-server listens", || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    });
    let settings = settings(&format!(
        "[[sinks]]\nname = 'stream'\nkind = 'nats'\naddress = '127.0.0.1:{port}'\ncreate = true"
    ));
    let mut sinks = open(&settings, folder.path());
    offer_one_that_is_large(&mut sinks);
    let status = sinks.finish(PATIENCE);
    tells_what_was_refused(&stored(port), &status[0]);
    drop(server);
}

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

/// Runs openssl in a folder; `None` where there is none.
fn openssl(folder: &Path, arguments: &str) -> Option<()> {
    let mut command = Command::new("openssl");
    command
        .args(arguments.split(' '))
        .current_dir(folder)
        .stderr(Stdio::null());
    match command.status() {
        Ok(status) => status.success().then_some(()),
        Err(error) => {
            eprintln!("skipped: openssl cannot be started: {error}");
            None
        }
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "certificates, broker and three ways to meet it are one story"
)]
fn a_broker_is_verified_and_asks_who_we_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let made = openssl(
        folder.path(),
        "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj /CN=authority",
    );
    if made.is_none() {
        return;
    }
    fs::write(
        folder.path().join("names"),
        "subjectAltName=IP:127.0.0.1,DNS:localhost",
    )
    .unwrap();
    for name in ["broker", "client"] {
        openssl(
            folder.path(),
            &format!(
                "req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
            ),
        )
        .unwrap();
        openssl(
            folder.path(),
            &format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out {name}.pem"),
        )
        .unwrap();
    }
    fs::write(folder.path().join("login"), "mien\nhush hush\n").unwrap();
    let password = Command::new("mosquitto_passwd")
        .args(["-b", "-c", &at("passwords"), "mien", "hush hush"])
        .status();
    if password.is_err() {
        eprintln!("skipped: mosquitto_passwd cannot be started");
        return;
    }
    let port = free_port();
    let more = format!(
        "cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\nallow_anonymous false\npassword_file {}",
        at("ca.pem"),
        at("broker.pem"),
        at("broker.key"),
        at("passwords")
    );
    let Some(_broker) = mosquitto(folder.path(), port, &more) else {
        return;
    };
    let toml = |name: &str, version: &str, tls: &str, login: &str| {
        format!(
            "[[sinks]]\nname = '{name}'\nkind = 'mqtt'\nversion = '{version}'\naddress = 'localhost:{port}'\n\
             login_file = '{login}'\ntls.enabled = true\n{tls}\n"
        )
    };
    let ours = format!(
        "tls.ca_file = '{}'\ntls.certificate_file = '{}'\ntls.key_file = '{}'",
        at("ca.pem"),
        at("client.pem"),
        at("client.key")
    );
    fs::write(folder.path().join("wrong"), "mien\nguessed\n").unwrap();
    let all = [
        toml("good", "3.1.1", &ours, &at("login")),
        toml("good5", "5", &ours, &at("login")),
        toml("stranger", "3.1.1", "", &at("login")),
        toml("guesser", "3.1.1", &ours, &at("wrong")),
    ];
    let mut sinks = open(&settings(&all.join("\n")), folder.path());
    offer(&mut sinks, 0..50);
    wait_until("good ones deliver", || {
        sinks.status()[..2].iter().all(|sink| sink.delivered == 50)
    });
    wait_until("bad ones fail", || {
        sinks.status()[2..]
            .iter()
            .all(|sink| sink.last_error.is_some())
    });
    let status = sinks.finish(Duration::ZERO);
    for bad in &status[2..] {
        assert_eq!((bad.delivered, bad.spooled_records), (0, 50), "{bad:?}");
        let error = bad.last_error.as_deref().unwrap();
        assert!(
            !error.contains("guessed") && !error.contains("hush"),
            "{error}"
        );
    }
    assert!(
        status[3]
            .last_error
            .as_deref()
            .unwrap()
            .contains("Authorized"),
        "{status:?}"
    );
}

/// What the stream `mien` holds.
fn stored(port: u16) -> Received {
    let received = Received::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(format!("127.0.0.1:{port}"))
            .await
            .unwrap();
        let stream = async_nats::jetstream::new(client)
            .get_stream("mien")
            .await
            .unwrap();
        let state = stream.cached_info().state.clone();
        for number in state.first_sequence..=state.last_sequence {
            let message = stream.get_raw_message(number).await.unwrap();
            assert!(message.subject.starts_with("mien.door."));
            received.push(str::from_utf8(&message.payload).unwrap());
        }
    });
    received
}

#[test]
fn nats_survives_the_death_of_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let store = folder.path().join("store");
    let start = || {
        let arguments = [
            "-js",
            "-a",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-sd",
            store.to_str().unwrap(),
        ];
        let server = Process::start("nats-server", &arguments)?;
        wait_until("nats-server listens", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        Some(server)
    };
    let Some(mut server) = start() else {
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
    server = start().unwrap();
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

/// A TCP peer that keeps and counts lines, for one connection after the other.
fn tcp_peer(listener: TcpListener, answers: bool) -> Received {
    let received = Received::default();
    let kept = received.clone();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            let mut count = 0;
            while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                if !line.ends_with('\n') {
                    break;
                }
                kept.push(&line);
                count += 1;
                if answers
                    && (&stream)
                        .write_all(format!("{count}\n").as_bytes())
                        .is_err()
                {
                    break;
                }
                line.clear();
            }
        }
    });
    received
}

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
                "child_that_offers_until_it_is_killed",
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
