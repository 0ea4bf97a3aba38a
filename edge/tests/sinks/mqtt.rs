//! MQTT brokers that die, refuse and ask who we are.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{
    Received,
    common::{
        brokers::{self, Wire, mosquitto},
        process::{PATIENCE, Process, free_port, wait_until},
    },
    offer, offer_one_that_is_large, open, settings, tells_what_was_refused,
};

/// Everything below `mien/`, once the subscription stands. What is no record goes to `others`.
fn subscribe(port: u16, received: &Received, others: &Arc<Mutex<Vec<String>>>) -> Option<Process> {
    let (received, others) = (received.clone(), Arc::clone(others));
    brokers::subscribe(port, move |topic, payload| {
        if payload.starts_with('{') {
            received.push(payload);
        } else {
            others.lock().unwrap().push(format!("{topic} {payload}"));
        }
    })
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
