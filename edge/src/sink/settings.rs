//! `[[sinks]]` of the configuration.
//!
//! Takes tables as written; gives [`SinkSettings`] without invalid states, or the key that cannot be.
//! `edge/config/edge.toml` documents every key.

use std::{path::PathBuf, time::Duration};

use serde::de::DeserializeOwned;

use super::{
    file::FileSettings,
    format::Format,
    key::Kind,
    mqtt::{MqttSettings, MqttVersion},
    nats::{NatsLogin, NatsSettings},
    raw::{RawFile, RawMqtt, RawNats, RawSink, RawSpool, RawTcp, RawTls},
    spool::{SpoolSettings, Sync},
    tcp::TcpSettings,
    template,
    tls::TlsSettings,
};

/// Names in a template.
const NAMES: [&str; 3] = ["source", "kind", "sink"];
/// Segments that a spool has room for, at least.
const LEAST_SEGMENTS: u64 = 4;

/// A key of a sink that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("configuration of sink {sink:?}: {key}: {problem}")]
#[non_exhaustive]
pub struct SinkSettingsError {
    /// Which sink.
    pub sink: String,
    /// Which key.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// A checked sink.
#[derive(Clone, Debug, PartialEq)]
pub struct SinkSettings {
    /// Name in logs, metrics, topics; folder of the spool.
    pub name: String,
    /// Where records go.
    pub peer: PeerSettings,
    /// Sources whose records go there; all where there is none named.
    pub sources: Vec<String>,
    /// Kinds of records that go there.
    pub kinds: Vec<Kind>,
    /// How they look there.
    pub format: Format,
    /// Longest silence of the peer.
    pub timeout: Duration,
    /// Most records in memory.
    pub queue_records: usize,
    /// Most bytes in memory.
    pub queue_bytes: usize,
    /// Bounds on disk.
    pub spool: SpoolSettings,
}

/// Where records go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerSettings {
    /// A TCP server.
    Tcp(TcpSettings),
    /// An MQTT broker.
    Mqtt(MqttSettings),
    /// A NATS server.
    Nats(NatsSettings),
    /// A file.
    File(FileSettings),
}

impl PeerSettings {
    /// The name in the configuration.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "tcp",
            Self::Mqtt(_) => "mqtt",
            Self::Nats(_) => "nats",
            Self::File(_) => "file",
        }
    }

    /// The address or path, for messages.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Tcp(tcp) => tcp.address.clone(),
            Self::Mqtt(mqtt) => format!("{}:{}", mqtt.host, mqtt.port),
            Self::Nats(nats) => nats.address.clone(),
            Self::File(file) => file.path.display().to_string(),
        }
    }
}

/// All sinks of a configuration.
///
/// # Errors
/// [`SinkSettingsError`], for one sink or for two of one name.
pub fn check(raw: &[RawSink]) -> Result<Vec<SinkSettings>, SinkSettingsError> {
    let mut checked: Vec<SinkSettings> = Vec::with_capacity(raw.len());
    for raw in raw {
        let sink = SinkSettings::try_from(raw)?;
        if checked.iter().any(|other| other.name == sink.name) {
            return Err(refused(&sink.name, "name", "another sink has this name"));
        }
        checked.push(sink);
    }
    Ok(checked)
}

fn refused(sink: &str, key: &'static str, problem: impl Into<String>) -> SinkSettingsError {
    let (sink, problem) = (sink.to_owned(), problem.into());
    SinkSettingsError { sink, key, problem }
}

impl TryFrom<&RawSink> for SinkSettings {
    type Error = SinkSettingsError;

    fn try_from(raw: &RawSink) -> Result<Self, SinkSettingsError> {
        let name = raw.name.as_str();
        let refused = |key, problem: String| refused(name, key, problem);
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            let problem = "must be 1 to 64 letters, digits, - or _: it names a folder";
            return Err(refused("name", problem.into()));
        }
        let kinds = raw.kinds.iter().map(|kind| {
            Kind::named(kind).ok_or_else(|| {
                let problem = format!("{kind:?} is not one of \"frame\", \"gap\", \"status\"");
                refused("kinds", problem)
            })
        });
        let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
        if kinds.is_empty() {
            return Err(refused("kinds", "names no kind".into()));
        }
        let format = Format::ALL
            .into_iter()
            .find(|format| format.name() == raw.format);
        let format = format.ok_or_else(|| {
            let known = Format::ALL
                .map(|format| format!("{:?}", format.name()))
                .join(", ");
            refused("format", format!("{:?} is not one of {known}", raw.format))
        })?;
        let kinds = in_format(name, raw, kinds, format)?;
        let peer = match raw.kind.as_str() {
            "tcp" => PeerSettings::Tcp(tcp(name, keys(name, raw)?)?),
            "mqtt" => PeerSettings::Mqtt(mqtt(name, keys(name, raw)?)?),
            "nats" => PeerSettings::Nats(nats(name, keys(name, raw)?)?),
            "file" => PeerSettings::File(file(name, keys(name, raw)?, format)?),
            other => {
                let known = "\"tcp\", \"mqtt\", \"nats\", \"file\"";
                return Err(refused("kind", format!("{other:?} is not one of {known}")));
            }
        };
        if !(raw.timeout_secs.is_finite() && (0.1..=3600.0).contains(&raw.timeout_secs)) {
            let problem = format!("{} is not between 0.1 and 3600", raw.timeout_secs);
            return Err(refused("timeout_secs", problem));
        }
        if raw.queue_records == 0 || raw.queue_bytes == 0 {
            return Err(refused(
                "queue_records, queue_bytes",
                "must be at least 1".into(),
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            peer,
            sources: raw.sources.clone(),
            kinds,
            format,
            timeout: Duration::from_secs_f64(raw.timeout_secs),
            queue_records: raw.queue_records,
            queue_bytes: raw.queue_bytes,
            spool: spool(name, &raw.spool)?,
        })
    }
}

/// The kinds of records that go to the peer and have a place in the format.
fn in_format(
    name: &str,
    raw: &RawSink,
    kinds: Vec<Kind>,
    format: Format,
) -> Result<Vec<Kind>, SinkSettingsError> {
    let format_name = format.name();
    if format.header().is_some() {
        if raw.kind != "file" {
            let problem =
                format!("{format_name:?} is a table, so it is for sinks of kind \"file\"");
            return Err(refused(name, "format", problem));
        }
        if raw.sources.len() != 1 {
            let problem =
                format!("must name one source: a file of format {format_name:?} holds one");
            return Err(refused(name, "sources", problem));
        }
    }
    let kinds: Vec<Kind> = kinds.into_iter().filter(|kind| format.has(*kind)).collect();
    if kinds.is_empty() {
        let problem = format!("format {format_name:?} has a place for \"frame\" only");
        return Err(refused(name, "kinds", problem));
    }
    Ok(kinds)
}

/// The keys of one kind of sink: none unknown.
fn keys<T: DeserializeOwned>(name: &str, raw: &RawSink) -> Result<T, SinkSettingsError> {
    let table = toml::Value::Table(raw.rest.clone());
    T::deserialize(table).map_err(|error| refused(name, "its keys", error.message()))
}

fn spool(name: &str, raw: &RawSpool) -> Result<SpoolSettings, SinkSettingsError> {
    if raw.segment_bytes < 4096 || raw.max_bytes / LEAST_SEGMENTS < raw.segment_bytes {
        let problem = format!(
            "spool.segment_bytes must be at least 4096, and spool.max_bytes {LEAST_SEGMENTS} times that"
        );
        return Err(refused(name, "spool.max_bytes", problem));
    }
    let sync = match raw.sync.as_str() {
        "ack" => Sync::Ack,
        "interval" => Sync::Interval(Duration::from_millis(raw.sync_millis)),
        "never" => Sync::Never,
        other => {
            let problem = format!("{other:?} is not one of \"ack\", \"interval\", \"never\"");
            return Err(refused(name, "spool.sync", problem));
        }
    };
    Ok(SpoolSettings {
        max_bytes: raw.max_bytes,
        max_age: (raw.max_age_secs > 0).then(|| Duration::from_secs(raw.max_age_secs)),
        segment_bytes: raw.segment_bytes,
        sync,
    })
}

/// `host:port`, both there.
fn address(sink: &str, address: &str) -> Result<(String, u16), SinkSettingsError> {
    let parts = address
        .rsplit_once(':')
        .filter(|(host, _)| !host.is_empty());
    let parts = parts.and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
    parts
        .filter(|(_, port)| *port > 0)
        .ok_or_else(|| refused(sink, "address", format!("{address:?} is not host:port")))
}

fn tcp(sink: &str, raw: RawTcp) -> Result<TcpSettings, SinkSettingsError> {
    address(sink, &raw.address)?;
    let RawTcp {
        address,
        acknowledge,
    } = raw;
    Ok(TcpSettings {
        address,
        acknowledge,
    })
}

fn mqtt(sink: &str, raw: RawMqtt) -> Result<MqttSettings, SinkSettingsError> {
    let (host, port) = address(sink, &raw.address)?;
    // A client adds brackets where it needs them.
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let version = match raw.version.as_str() {
        "3.1.1" => MqttVersion::V4,
        "5" => MqttVersion::V5,
        other => {
            let problem = format!("{other:?} is not one of \"3.1.1\", \"5\"");
            return Err(refused(sink, "version", problem));
        }
    };
    if !(5..=65_535).contains(&raw.keep_alive_secs) {
        return Err(refused(
            sink,
            "keep_alive_secs",
            "must be between 5 and 65535",
        ));
    }
    let topics = [
        ("topic", &raw.topic, &NAMES[..]),
        ("status_topic", &raw.status_topic, &["sink"]),
    ];
    for (key, topic, names) in topics {
        if let Some(unknown) = template::unknown(topic, names) {
            return Err(refused(sink, key, format!("there is no {{{unknown}}}")));
        }
        if topic.contains(['+', '#', '\0']) || (key == "topic" && topic.is_empty()) {
            return Err(refused(
                sink,
                key,
                format!("{topic:?} is no topic to publish to"),
            ));
        }
    }
    Ok(MqttSettings {
        sink: sink.to_owned(),
        host,
        port,
        version,
        client_id: some(raw.client_id).unwrap_or_else(|| format!("mien-{sink}")),
        topic: raw.topic,
        status_topic: some(raw.status_topic),
        login_file: some(raw.login_file).map(Into::into),
        max_message_bytes: (raw.max_message_bytes > 0).then_some(raw.max_message_bytes),
        keep_alive: Duration::from_secs(raw.keep_alive_secs),
        tls: tls(sink, raw.tls)?,
    })
}

fn nats(sink: &str, raw: RawNats) -> Result<NatsSettings, SinkSettingsError> {
    address(sink, &raw.address)?;
    if let Some(unknown) = template::unknown(&raw.subject, &NAMES) {
        return Err(refused(
            sink,
            "subject",
            format!("there is no {{{unknown}}}"),
        ));
    }
    let odd = |text: &str| {
        text.is_empty() || text.contains(['*', '>']) || text.contains(char::is_whitespace)
    };
    let parts_odd = raw.subject.split('.').any(str::is_empty);
    if odd(&raw.subject) || parts_odd {
        let problem = format!("{:?} is no subject to publish to", raw.subject);
        return Err(refused(sink, "subject", problem));
    }
    if odd(&raw.stream) || raw.stream.contains('.') {
        return Err(refused(
            sink,
            "stream",
            format!("{:?} is no name of a stream", raw.stream),
        ));
    }
    let files = [
        some(raw.login_file).map(|path| NatsLogin::User(path.into())),
        some(raw.token_file).map(|path| NatsLogin::Token(path.into())),
        some(raw.credentials_file).map(|path| NatsLogin::Credentials(path.into())),
    ];
    let mut logins = files.into_iter().flatten();
    let login = logins.next().unwrap_or_default();
    if logins.next().is_some() {
        let problem = "only one of login_file, token_file, credentials_file";
        return Err(refused(sink, "login_file", problem));
    }
    Ok(NatsSettings {
        sink: sink.to_owned(),
        address: raw.address,
        stream: raw.stream,
        create: raw.create,
        subject: raw.subject,
        login,
        tls: tls(sink, raw.tls)?,
    })
}

fn file(sink: &str, raw: RawFile, format: Format) -> Result<FileSettings, SinkSettingsError> {
    let path = PathBuf::from(&raw.path);
    if path.file_name().is_none() {
        return Err(refused(
            sink,
            "path",
            format!("{:?} names no file", raw.path),
        ));
    }
    Ok(FileSettings {
        path,
        header: format.header(),
        rotate_bytes: raw.rotate_bytes,
        rotate_after: Duration::from_secs(raw.rotate_secs),
        keep_files: raw.keep_files,
        keep_bytes: raw.keep_bytes,
        sync: raw.sync,
    })
}

fn tls(sink: &str, raw: RawTls) -> Result<Option<TlsSettings>, SinkSettingsError> {
    let RawTls {
        enabled,
        ca_file,
        certificate_file,
        key_file,
    } = raw;
    let ca_file = some(ca_file).map(PathBuf::from);
    let identity = match (some(certificate_file), some(key_file)) {
        (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
        (None, None) => None,
        _ => {
            let problem = "certificate_file and key_file come together";
            return Err(refused(sink, "tls.certificate_file", problem));
        }
    };
    if !enabled && (ca_file.is_some() || identity.is_some()) {
        return Err(refused(
            sink,
            "tls.enabled",
            "is false, yet there are files for it",
        ));
    }
    Ok(enabled.then_some(TlsSettings { ca_file, identity }))
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    fn checked(text: &str) -> Result<Vec<SinkSettings>, SinkSettingsError> {
        #[derive(Deserialize)]
        struct Raw {
            sinks: Vec<RawSink>,
        }
        check(&toml::from_str::<Raw>(text).unwrap().sinks)
    }

    fn refused(keys: &str) -> String {
        checked(&format!("[[sinks]]\nname = 's'\n{keys}"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_sink_needs_little() {
        let sinks = checked(
            "[[sinks]]\nname = 'a'\nkind = 'tcp'\naddress = '[::1]:9'\n[[sinks]]\nname = 'b'\nkind = 'mqtt'\naddress = 'broker:1883'",
        );
        let sinks = sinks.unwrap();
        assert_eq!(sinks[0].kinds, Kind::ALL);
        let PeerSettings::Mqtt(mqtt) = &sinks[1].peer else {
            panic!("mqtt")
        };
        assert_eq!((mqtt.client_id.as_str(), mqtt.port), ("mien-b", 1883));
    }

    #[test]
    fn what_cannot_be_is_named() {
        insta::assert_snapshot!(refused("kind = 'kafka'"), @r#"configuration of sink "s": kind: "kafka" is not one of "tcp", "mqtt", "nats", "file""#);
        insta::assert_snapshot!(refused("kind = 'tcp'"), @r#"configuration of sink "s": address: "" is not host:port"#);
        insta::assert_snapshot!(refused("kind = 'tcp'\naddress = 'a:1'\ntopic = 'x'"), @r#"configuration of sink "s": its keys: unknown field `topic`, expected `address` or `acknowledge`"#);
        insta::assert_snapshot!(refused("kind = 'mqtt'\naddress = 'a:1'\ntopic = 'x/{face}'"), @r#"configuration of sink "s": topic: there is no {face}"#);
        insta::assert_snapshot!(refused("kind = 'mqtt'\naddress = 'a:1'\ntls.ca_file = 'x'"), @r#"configuration of sink "s": tls.enabled: is false, yet there are files for it"#);
        insta::assert_snapshot!(refused("kind = 'nats'\naddress = 'a:1'\nlogin_file = 'x'\ntoken_file = 'y'"), @r#"configuration of sink "s": login_file: only one of login_file, token_file, credentials_file"#);
        insta::assert_snapshot!(refused("kind = 'file'"), @r#"configuration of sink "s": path: "" names no file"#);
        insta::assert_snapshot!(refused("kind = 'file'\npath = 'x'\nspool.max_bytes = 1"), @r#"configuration of sink "s": spool.max_bytes: spool.segment_bytes must be at least 4096, and spool.max_bytes 4 times that"#);
        insta::assert_snapshot!(refused("kind = 'file'\npath = 'x'\nkinds = ['face']"), @r#"configuration of sink "s": kinds: "face" is not one of "frame", "gap", "status""#);
        insta::assert_snapshot!(refused("kind = 'file'\npath = 'x'\nformat = 'xml'"), @r#"configuration of sink "s": format: "xml" is not one of "json", "dl_streamer", "openface", "pyfeat""#);
        insta::assert_snapshot!(refused("kind = 'file'\npath = 'x'\nformat = 'openface'"), @r#"configuration of sink "s": sources: must name one source: a file of format "openface" holds one"#);
        insta::assert_snapshot!(refused("kind = 'tcp'\naddress = 'a:1'\nformat = 'pyfeat'\nsources = ['door']"), @r#"configuration of sink "s": format: "pyfeat" is a table, so it is for sinks of kind "file""#);
        insta::assert_snapshot!(refused("kind = 'tcp'\naddress = 'a:1'\nformat = 'dl_streamer'\nkinds = ['gap']"), @r#"configuration of sink "s": kinds: format "dl_streamer" has a place for "frame" only"#);
        let twice = "[[sinks]]\nname = 'a'\nkind = 'file'\npath = 'x'\n".repeat(2);
        insta::assert_snapshot!(checked(&twice).unwrap_err().to_string(), @r#"configuration of sink "a": name: another sink has this name"#);
    }
}
