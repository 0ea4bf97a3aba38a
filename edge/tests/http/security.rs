//! Tokens, TLS, and pages of other people.

use std::{io::Write, net::TcpStream, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring,
    pki_types::CertificateDer,
};

use super::{
    client::{Answer, connect, get, talk, text_of},
    daemon::Alone,
};

const TOKEN: &str = "0123456789abcdef/ABC=";

fn token_file(folder: &TempDir) -> String {
    let path = folder.path().join("token");
    std::fs::write(&path, format!("{TOKEN}\n")).unwrap();
    format!("token_file = {path:?}\n")
}

/// A certificate in files, the lines of the configuration, and the certificate.
fn tls_files(folder: &TempDir) -> (String, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (chain, key) = (
        folder.path().join("chain.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&chain, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let lines = format!("tls_certificate = {chain:?}\ntls_key = {key:?}\n");
    (lines, cert.der().clone())
}

fn tls(
    stream: TcpStream,
    certificate: CertificateDer<'static>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    StreamOwned::new(
        ClientConnection::new(Arc::new(config), name).unwrap(),
        stream,
    )
}

#[test]
fn a_token_is_asked_for_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (files, certificate) = tls_files(&folder);
    let alone = Alone::start(&format!("{files}{}", token_file(&folder)));
    let ask = |method: &str, path: &str, headers: &str, body: &str| -> Answer {
        let stream = tls(connect(alone.server.address), certificate.clone());
        talk(stream, &text_of(method, path, headers, body))
    };
    for path in ["/health/live", "/", "/page.js"] {
        assert_eq!(ask("GET", path, "", "").status, 200, "{path}");
    }
    for path in [
        "/api/v1/status",
        "/status",
        "/metrics",
        "/api/v1/records",
        "/api/v1/openapi.json",
    ] {
        let refused = ask("GET", path, "", "");
        assert!(
            refused.status == 401 && refused.error().contains("token"),
            "{path}"
        );
    }
    let bearer = |token: &str| {
        ask(
            "GET",
            "/api/v1/status",
            &format!("Authorization: Bearer {token}\r\n"),
            "",
        )
        .status
    };
    assert_eq!(
        (bearer(TOKEN), bearer("0123456789abcdef/ABC"), bearer("")),
        (200, 401, 401)
    );

    let login = |token: &str| ask("POST", "/login", "", &format!(r#"{{"token": "{token}"}}"#));
    assert_eq!(login("wrong").status, 401);
    let given = login(TOKEN);
    assert_eq!(given.status, 204);
    let cookie = given
        .head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap();
    assert!(
        cookie.ends_with("; path=/; httponly; samesite=strict; secure"),
        "{cookie}"
    );
    let with_cookie = |value: &str| {
        let headers = format!("Cookie: a=b; mien_token={value}\r\n");
        ask("GET", "/api/v1/status", &headers, "").status
    };
    assert_eq!((with_cookie(TOKEN), with_cookie("x")), (200, 401));
    // A name that is not of this machine is fine where there is a token.
    let headers = format!("Host: mien.example\r\nAuthorization: Bearer {TOKEN}\r\n");
    assert_eq!(ask("GET", "/api/v1/status", &headers, "").status, 200);
    // Who speaks no TLS is not understood.
    let mut plain = connect(alone.server.address);
    plain
        .write_all(text_of("GET", "/health/live", "", "").as_bytes())
        .unwrap();
    let mut said = Vec::new();
    let _ = std::io::Read::read_to_end(&mut plain, &mut said);
    assert!(!said.starts_with(b"HTTP"));
}

#[test]
fn pages_of_others_get_nothing() {
    let alone = Alone::start("");
    let ask = |method: &str, path: &str, headers: &str| {
        talk(
            connect(alone.server.address),
            &text_of(method, path, headers, ""),
        )
    };
    for host in ["evil.example", "127.0.0.1.evil.example:9600", "10.1.2.3"] {
        let refused = ask("GET", "/api/v1/status", &format!("Host: {host}\r\n"));
        assert!(
            refused.status == 403 && refused.error().contains(host),
            "{host}"
        );
    }
    assert_eq!(
        ask("GET", "/api/v1/status", "Host: [::1]:9600\r\n").status,
        200
    );
    assert_eq!(
        ask("GET", "/api/v1/status", "Origin: http://localhost\r\n").status,
        200
    );
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        let headers = format!("Origin: {origin}\r\n");
        assert_eq!(
            ask("GET", "/api/v1/records/ws", &headers).status,
            403,
            "{origin}"
        );
        assert_eq!(
            ask("POST", "/api/v1/reload", &headers).status,
            403,
            "{origin}"
        );
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let refused = ask(
            "POST",
            "/api/v1/reload",
            &format!("Content-Type: {kind}\r\n"),
        );
        assert_eq!(refused.status, 415, "{kind}");
    }
    let answer = get(alone.server.address, "/");
    for header in [
        "x-content-type-options: nosniff",
        "cross-origin-resource-policy: same-origin",
        "frame-ancestors 'none'",
    ] {
        assert!(answer.head.contains(header), "{header}");
    }
    assert!(!answer.head.contains("access-control"));
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = tls_files(&folder);
    let other = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(
        folder.path().join("key.pem"),
        other.signing_key.serialize_pem(),
    )
    .unwrap();
    let path = folder.path().join("edge.toml");
    std::fs::write(&path, format!("[http]\n{files}")).unwrap();
    let error = edge::config::Settings::load(Some(&path))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("configuration key http.tls_certificate"),
        "{error}"
    );
}
