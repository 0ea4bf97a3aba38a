//! Every route, and what it says when it is asked for what cannot be.

use std::collections::BTreeSet;

use facs::{Bundle, Record};
use serde_json::{Value, json};

use super::{
    client::{ask, get},
    common,
    daemon::{Daemon, wait_for},
};

fn test_source() -> Daemon {
    Daemon::start(|_| "[[sources]]\ninput = 'test:'\nname = 'door'\n[http]\n".into())
}

#[test]
fn what_there_is_can_be_seen() {
    let daemon = test_source();
    let at = daemon.address;
    assert_eq!(get(at, "/health/live").text(), "alive\n");
    assert!(get(at, "/metrics").text().contains("mien_frames_total"));
    for path in ["/status", "/api/v1/status"] {
        let status = get(at, path).json();
        assert_eq!(status["sources"]["door"]["state"], "online");
        assert_eq!(
            (&status["running"], &status["preview"]),
            (&json!(true), &json!(false))
        );
    }
    assert_eq!(get(at, "/api/v1/sources").json()["door"]["input"], "test:");
    let bundle = get(at, "/api/v1/bundle").json();
    assert_eq!(bundle["providers"]["affect"], "cpu");
    for (path, kind) in [
        ("/", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
        ("/favicon.svg", "image/svg"),
    ] {
        let answer = get(at, path);
        assert!(answer.status == 200 && answer.head.contains(kind), "{path}");
        assert!(
            answer
                .head
                .contains("content-security-policy: default-src 'self'")
        );
    }
    let answer = get(at, "/api/v1/nothing");
    assert!(answer.status == 404 && answer.error().contains("openapi.json"));
    assert_eq!(ask(at, "DELETE", "/api/v1/status", "").status, 405);
    let pictures = get(at, "/api/v1/sources/door/preview.jpg");
    assert!(pictures.status == 404 && pictures.error().contains("http.preview"));
    assert_eq!(get(at, "/api/v1/records?kind=nonsense").status, 400);
    assert_eq!(get(at, "/api/v1/records/ws").status, 400);
}

#[test]
fn sources_come_and_go() {
    let daemon = test_source();
    let at = daemon.address;
    let add = |body: &str| ask(at, "POST", "/api/v1/sources", body);
    let added = add(r#"{"input": "test:", "name": "a <b & c"}"#);
    assert_eq!(
        (added.status, added.json()["message"].as_str().unwrap()),
        (201, r#"reading "a <b & c""#)
    );
    wait_for("frames of the new source", || {
        get(at, "/api/v1/sources").json()["a <b & c"]["frames"].as_u64() > Some(0)
    });
    for (body, status, says) in [
        (r#"{"input": "test:", "name": "door"}"#, 409, "already"),
        (r#"{"input": "test:", "name": "a/b"}"#, 422, "sources.name"),
        (
            r#"{"input": "test:", "repeat": true}"#,
            422,
            "sources.repeat",
        ),
        (r#"{"name": "x"}"#, 422, "missing field `input`"),
        (r#"{"input": "test:", "nmae": "x"}"#, 422, "unknown field"),
        (r#"{"input": "#, 400, "EOF"),
        (
            r#"{"input": "launch: fakesrc", "name": "l"}"#,
            409,
            "configuration file only",
        ),
        (
            r#"{"input": "test:", "name": "p", "pipeline": "p.launch"}"#,
            409,
            "configuration file only",
        ),
        (
            r#"{"input": "rtsp://x", "user": "u", "password_file": "/etc/passwd"}"#,
            409,
            "configuration file only",
        ),
    ] {
        let answer = add(body);
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert!(answer.error().contains(says), "{body}: {}", answer.error());
    }
    let remove = |name: &str| ask(at, "DELETE", &format!("/api/v1/sources/{name}"), "");
    assert_eq!(remove("a%20%3Cb%20%26%20c").status, 200);
    let gone = remove("a%20%3Cb%20%26%20c");
    assert_eq!(
        (gone.status, gone.error()),
        (404, r#"there is no source "a <b & c""#.into())
    );
}

#[test]
fn people_are_named_and_the_configuration_is_read_again() {
    let daemon = test_source();
    let at = daemon.address;
    let name = |source: &str, track: &str, body: &str| {
        let path = format!("/api/v1/sources/{source}/faces/{track}/person");
        ask(at, "POST", &path, body)
    };
    assert_eq!(name("door", "1", r#"{"name": "Ana"}"#).status, 200);
    assert_eq!(name("door", "1", r#"{"name": null}"#).status, 200);
    assert_eq!(name("hall", "1", r#"{"name": "Ana"}"#).status, 404);
    assert_eq!(name("door", "first", r#"{"name": "Ana"}"#).status, 400);
    assert_eq!(name("door", "1", r#"{"name": "\n"}"#).status, 422);
    assert_eq!(name("door", "1", "{}").status, 422);

    let text = std::fs::read_to_string(daemon.config()).unwrap();
    let more = format!("[[sources]]\ninput = 'test:'\nname = 'hall'\n{text}");
    std::fs::write(daemon.config(), more).unwrap();
    let reload = || ask(at, "POST", "/api/v1/reload", "");
    assert_eq!(reload().json()["message"], "0 sources gone, 1 added");
    std::fs::write(daemon.config(), "[detect]\ninterval = 0\n").unwrap();
    let refused = reload();
    assert!(refused.status == 422 && refused.error().contains("detect.interval"));
    assert!(get(at, "/api/v1/sources").json()["hall"].is_object());
}

#[test]
fn bundles_are_swapped_between_two_frames_and_a_broken_one_is_refused() {
    let mut daemon = Daemon::start(|folder| {
        let input = common::video(folder.path(), "ball.mkv");
        format!("[[sources]]\ninput = {input:?}\nrepeat = true\n[http]\n")
    });
    let at = daemon.address;
    let copy = |name: &str| {
        let folder = daemon.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let folder = common::bundle_copy(&folder);
        let mut bundle = Bundle::load(&folder).unwrap();
        bundle.name = name.into();
        bundle.save(&folder).unwrap();
        folder
    };
    let (next, broken) = (copy("next"), copy("broken"));
    std::fs::write(broken.join("affect.onnx"), "no model").unwrap();
    let first = get(at, "/api/v1/bundle").json()["name"].clone();
    let name = || get(at, "/api/v1/bundle").json()["name"].clone();
    let swap = |body: Value| ask(at, "POST", "/api/v1/bundle", &body.to_string());
    let rollback = || ask(at, "POST", "/api/v1/bundle/rollback", "");
    let frames = || {
        get(at, "/api/v1/sources").json()["ball"]["frames"]
            .as_u64()
            .unwrap()
    };
    let more_frames = || {
        let before = frames();
        wait_for("more frames", || frames() > before + 20);
    };

    let early = rollback();
    assert!(early.status == 409 && early.error().contains("no swap"));
    more_frames();
    assert_eq!(swap(json!({"folder": next})).status, 200);
    assert_eq!(name(), "next");
    more_frames();
    let refused = swap(json!({"folder": broken}));
    assert!(
        refused.status == 422 && refused.error().contains("affect.onnx"),
        "{refused:?}"
    );
    assert_eq!(swap(json!({"folder": "nowhere"})).status, 422);
    assert_eq!(swap(json!({"dir": "x"})).status, 422);
    assert_eq!(name(), "next");
    more_frames();
    assert_eq!(rollback().status, 200);
    assert_eq!(name(), first);
    more_frames();

    let report = daemon.stop().unwrap();
    let records = common::records(&daemon.records());
    let sequences = records.iter().filter_map(|record| match record {
        Record::Frame(frame) => Some(frame.sequence),
        Record::Gap(gap) => panic!("frames were lost: {gap:?}"),
        Record::Status(_) => None,
    });
    assert!(sequences.eq(0..report.frames));
}

#[test]
fn the_document_names_every_route() {
    let daemon = test_source();
    let document = get(daemon.address, "/api/v1/openapi.json").json();
    let mut routes = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            routes.insert(format!("{method} {path}"));
            assert!(
                ids.insert(operation["operationId"].to_string()),
                "{operation}"
            );
        }
    }
    for route in [
        "get /",
        "get /health/live",
        "get /health/ready",
        "get /metrics",
        "get /status",
        "post /login",
        "delete /login",
        "get /api/v1/status",
        "get /api/v1/sources",
        "post /api/v1/sources",
        "delete /api/v1/sources/{name}",
        "get /api/v1/sources/{name}/preview.jpg",
        "post /api/v1/sources/{source}/faces/{track}/person",
        "get /api/v1/bundle",
        "post /api/v1/bundle",
        "post /api/v1/bundle/rollback",
        "post /api/v1/reload",
        "get /api/v1/records",
        "get /api/v1/records/ws",
        "get /api/v1/openapi.json",
    ] {
        assert!(routes.contains(route), "{route} is not in {routes:?}");
    }
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(references.contains("#/components/schemas/FrameRecord"));
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
    let committed = include_str!("../../../facs/schema/record.schema.json");
    let committed: Value = serde_json::from_str(committed).unwrap();
    let face = &document["components"]["schemas"]["FaceRecord"]["required"];
    assert_eq!(face, &committed["$defs"]["FaceRecord"]["required"]);
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                if let ("$ref", Value::String(reference)) = (key.as_str(), value) {
                    references.insert(reference.clone());
                }
                collect(value, references);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
