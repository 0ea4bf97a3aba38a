//! What clients that want too much get.

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use super::{
    client::{Answer, ask, connect, get},
    daemon::{Alone, wait_for},
};

#[test]
fn a_large_body_is_refused() {
    let alone = Alone::start("");
    let body = format!(r#"{{"folder": "{}"}}"#, "x".repeat(70_000));
    let refused = ask(alone.server.address, "POST", "/api/v1/bundle", &body);
    assert!(
        refused.status == 413 && refused.error().contains("65536"),
        "{refused:?}"
    );
}

#[test]
fn one_connection_too_many_is_told_so_and_places_come_free() {
    let alone = Alone::start("max_connections = 2\n");
    let address = alone.server.address;
    let taken = [connect(address), connect(address)];
    let mut said = Vec::new();
    connect(address).read_to_end(&mut said).unwrap();
    let refused = Answer::of(&said);
    assert!(refused.status == 503 && refused.error().contains("too many connections"));
    drop(taken);
    let answer = || {
        let mut stream = connect(address);
        let _ = stream.write_all(
            b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        );
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        said.starts_with(b"HTTP/1.1 200")
    };
    wait_for("a free place", answer);
}

#[test]
fn a_header_that_does_not_end_is_not_waited_for() {
    let alone = Alone::start("");
    let mut slow = connect(alone.server.address);
    let start = Instant::now();
    slow.write_all(b"GET /health/live HTTP/1.1\r\nHost: local")
        .unwrap();
    // The daemon goes on meanwhile.
    assert_eq!(get(alone.server.address, "/health/live").status, 200);
    let mut said = Vec::new();
    slow.read_to_end(&mut said).unwrap();
    let secs = start.elapsed().as_secs_f32();
    assert!(
        (9.0..30.0).contains(&secs) && !said.starts_with(b"HTTP/1.1 200"),
        "{secs} s"
    );
}

#[test]
fn a_body_that_does_not_end_is_not_waited_for() {
    let alone = Alone::start("");
    let mut slow = connect(alone.server.address);
    slow.write_all(
        b"POST /api/v1/bundle HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
          Content-Length: 100\r\nConnection: close\r\n\r\n{",
    )
    .unwrap();
    let mut said = Vec::new();
    slow.set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let _ = slow.read_to_end(&mut said);
    assert_eq!(Answer::of(&said).status, 408);
}
