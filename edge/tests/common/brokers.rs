//! Brokers on the loopback, and wires to them that can be cut.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::process::{Process, wait_until};

/// A wire to a broker that can be cut: connections are refused and broken while it is.
pub(crate) struct Wire {
    pub(crate) port: u16,
    whole: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) fn to(port: u16) -> Self {
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

    pub(crate) fn set_whole(&self, whole: bool) {
        self.whole.store(whole, Ordering::SeqCst);
    }
}

/// Waits until somebody does at this port.
pub(crate) fn listens(what: &str, port: u16) {
    wait_until(what, || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    });
}

/// mosquitto, nothing kept on disk.
pub(crate) fn mosquitto(folder: &Path, port: u16, more: &str) -> Option<Process> {
    let config = folder.join("mosquitto.conf");
    let text = format!(
        "listener {port} 127.0.0.1\npersistence false\nuser root\nmax_queued_messages 0\nmax_inflight_messages 0\n{more}"
    );
    fs::write(&config, text).unwrap();
    let broker = Process::start("mosquitto", &["-c", config.to_str().unwrap()])?;
    listens("mosquitto listens", port);
    Some(broker)
}

/// nats-server with JetStream in a folder.
pub(crate) fn nats(folder: &Path, port: u16) -> Option<Process> {
    let (store, port_text) = (folder.join("store"), port.to_string());
    let arguments = [
        "-js",
        "-a",
        "127.0.0.1",
        "-p",
        &port_text,
        "-sd",
        store.to_str().unwrap(),
    ];
    let server = Process::start("nats-server", &arguments)?;
    listens("nats-server listens", port);
    Some(server)
}

/// What the stream `mien` holds: subjects and payloads.
pub(crate) fn stored(port: u16) -> Vec<(String, Vec<u8>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(format!("127.0.0.1:{port}")).await;
        let context = async_nats::jetstream::new(client.unwrap());
        let stream = context.get_stream("mien").await.unwrap();
        let state = stream.cached_info().state.clone();
        let mut stored = Vec::new();
        for number in state.first_sequence..=state.last_sequence {
            let message = stream.get_raw_message(number).await.unwrap();
            stored.push((message.subject.to_string(), message.payload.to_vec()));
        }
        stored
    })
}

/// Gives everything below `mien/`, topic and payload, once the subscription stands.
pub(crate) fn subscribe(
    port: u16,
    mut each: impl FnMut(&str, &str) + Send + 'static,
) -> Option<Process> {
    let port = port.to_string();
    let place = ["-h", "127.0.0.1", "-p", &port];
    let probe = [&place[..], &["-t", "mien/probe", "-r", "-m", "probe"]].concat();
    Process::start("mosquitto_pub", &probe)?.0.wait().unwrap();
    let all = [&place[..], &["-q", "1", "-t", "mien/#", "-F", "%t %p"]].concat();
    let mut subscriber = Process::start("mosquitto_sub", &all)?;
    let lines = BufReader::new(subscriber.0.stdout.take().unwrap()).lines();
    let stands = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stands);
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let (topic, payload) = line.split_once(' ').unwrap();
            if topic == "mien/probe" {
                seen.store(true, Ordering::SeqCst);
            } else {
                each(topic, payload);
            }
        }
    });
    wait_until("the subscription stands", || stands.load(Ordering::SeqCst));
    Some(subscriber)
}
