//! Records as Server-Sent Events and over a WebSocket.

use std::io::{BufRead, BufReader, Write};

use facs::Record;
use serde_json::Value;
use tungstenite::{Message, WebSocket, client};

use super::{
    client::connect,
    daemon::{Alone, Daemon},
};

/// Opens a stream and gives its lines; chunk sizes are among them.
fn events(address: std::net::SocketAddr, path: &str) -> impl Iterator<Item = String> + use<> {
    let mut stream = connect(address);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("200"));
    let head: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    assert!(
        head.iter().any(|line| line.contains("text/event-stream")),
        "{head:?}"
    );
    lines
}

fn socket(address: std::net::SocketAddr, path: &str) -> WebSocket<std::net::TcpStream> {
    let url = format!("ws://localhost:{}{path}", address.port());
    client(url, connect(address)).unwrap().0
}

fn golden() -> Record {
    serde_json::from_str(include_str!("../../../facs/tests/golden/frame.json")).unwrap()
}

#[test]
fn a_running_daemon_is_followed_by_source_and_kind() {
    let sources =
        ["door", "hall"].map(|name| format!("[[sources]]\ninput = 'test:'\nname = '{name}'\n"));
    let daemon = Daemon::start(|_| format!("{}[http]\n", sources.concat()));
    let lines = events(daemon.address, "/api/v1/records?source=hall&kind=frame");
    let mut last = None;
    for line in lines
        .filter(|line| line.starts_with("id: ") || line.starts_with("data: "))
        .take(20)
    {
        if let Some(id) = line.strip_prefix("id: ") {
            last = Some(id.to_owned());
        } else {
            let Record::Frame(frame) = serde_json::from_str(&line[6..]).unwrap() else {
                panic!("{line}")
            };
            assert_eq!(frame.source, "hall");
            assert_eq!(
                last.take(),
                Some(format!("{}-{}", frame.run, frame.sequence))
            );
        }
    }
    let mut socket = socket(daemon.address, "/api/v1/records/ws?source=door");
    for _ in 0..10 {
        let record: Record =
            serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap();
        assert_eq!(record.as_ref().source(), "door");
    }
    socket.close(None).unwrap();
}

#[test]
fn whoever_is_too_slow_is_told_how_much_is_missing() {
    const PUBLISHED: u64 = 30_000;
    let alone = Alone::start("");
    let address = alone.server.address;
    let mut lines = events(address, "/api/v1/records");
    let mut socket = socket(address, "/api/v1/records/ws");
    let json = serde_json::to_vec(&golden()).unwrap();
    let last = Record::Status(facs::StatusRecord {
        schema: facs::SCHEMA_ID.into(),
        source: "door".into(),
        run: 1,
        emitted_at: String::new(),
        state: facs::SourceState::Removed,
        reason: None,
        next_sequence: 0,
    });
    let end = serde_json::to_vec(&last).unwrap();
    let record = golden();
    // Nobody reads meanwhile, and nothing waits for them.
    for _ in 1..PUBLISHED {
        alone.live.publish(record.as_ref(), &json);
    }
    alone.live.publish(last.as_ref(), &end);

    let count = |kind: &str, value: &Value| {
        if kind == "lagged" {
            value["records"].as_u64().unwrap()
        } else {
            1
        }
    };
    let (mut seen, mut missed) = (0, 0);
    let mut announced = false;
    loop {
        let line = lines.next().unwrap();
        announced |= line == "event: lagged";
        let Some(data) = line.strip_prefix("data: ") else {
            continue;
        };
        let value: Value = serde_json::from_str(data).unwrap();
        if std::mem::take(&mut announced) {
            missed += count("lagged", &value);
        } else {
            seen += 1;
            if value["kind"] == "status" {
                break;
            }
        }
    }
    assert!(missed > 0, "{seen} records fit in between");
    assert_eq!(seen + missed, PUBLISHED);

    let (mut seen, mut missed) = (0, 0);
    loop {
        let message = match socket.read().unwrap() {
            Message::Text(text) => text,
            _ => continue,
        };
        let value: Value = serde_json::from_str(&message).unwrap();
        let kind = value["kind"].as_str().unwrap();
        let counter = if kind == "lagged" {
            &mut missed
        } else {
            &mut seen
        };
        *counter += count(kind, &value);
        if kind == "status" {
            break;
        }
    }
    assert!(missed > 0);
    assert_eq!(seen + missed, PUBLISHED);
}
