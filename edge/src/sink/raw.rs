//! A sink as written in the configuration: what TOML may say, every key optional.
//!
//! Takes tables; gives them with the defaults filled in. `settings` checks them, the keys of each kind of
//! sink included: none may be unknown.

use serde::Deserialize;

macro_rules! section {
    ($(#[$doc:meta])* $vis:vis $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        $vis struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }
    };
}

/// `[[sinks]]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct RawSink {
    /// Name in logs, metrics and topics; folder of the spool.
    pub name: String,
    /// `tcp`, `mqtt`, `nats` or `file`.
    pub kind: String,
    /// Sources whose records go there; empty: all.
    pub sources: Vec<String>,
    /// Kinds of records that go there.
    pub kinds: Vec<String>,
    /// How records look there.
    pub format: String,
    /// Longest silence of the peer while something is under way.
    pub timeout_secs: f64,
    /// Most records in memory.
    pub queue_records: usize,
    /// Most bytes in memory.
    pub queue_bytes: usize,
    /// What is kept on disk.
    pub spool: RawSpool,
    /// The keys of the kind.
    #[serde(flatten)]
    pub rest: toml::Table,
}

impl Default for RawSink {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: String::new(),
            sources: Vec::new(),
            kinds: vec!["frame".into(), "gap".into(), "status".into()],
            format: "json".into(),
            timeout_secs: 20.0,
            queue_records: 1024,
            queue_bytes: 8 << 20,
            spool: RawSpool::default(),
            rest: toml::Table::new(),
        }
    }
}

section! {
    /// `[sinks.spool]`
    pub RawSpool {
        /// Most bytes.
        max_bytes: u64 = 256 << 20,
        /// Longest age; 0: any.
        max_age_secs: u64 = 0,
        /// Bytes that are dropped at once.
        segment_bytes: u64 = 4 << 20,
        /// `ack`, `interval` or `never`.
        sync: String = "interval".into(),
        /// Length of the interval.
        sync_millis: u64 = 500,
    }
}

section! {
    /// Keys of `kind = "tcp"`.
    pub(crate) RawTcp {
        /// `host:port`.
        address: String = String::new(),
        /// Whether the peer answers.
        acknowledge: bool = false,
    }
}

section! {
    /// Keys of `kind = "mqtt"`.
    pub(crate) RawMqtt {
        /// `host:port`.
        address: String = String::new(),
        /// `3.1.1` or `5`.
        version: String = "3.1.1".into(),
        /// Empty: `mien-` and the sink's name.
        client_id: String = String::new(),
        /// Topic of a record.
        topic: String = "mien/{source}/{kind}".into(),
        /// Topic of `online` and `offline`; empty: none.
        status_topic: String = "mien/status/{sink}".into(),
        /// File with the user's name and password.
        login_file: String = String::new(),
        /// Largest message that the broker takes; 0: what the protocol carries, or the broker states.
        max_message_bytes: usize = 0,
        /// Longest silence on the connection.
        keep_alive_secs: u64 = 15,
        /// Encryption.
        tls: RawTls = RawTls::default(),
    }
}

section! {
    /// Keys of `kind = "nats"`.
    pub(crate) RawNats {
        /// `host:port`.
        address: String = String::new(),
        /// The stream that stores the messages.
        stream: String = "mien".into(),
        /// Whether to create it.
        create: bool = false,
        /// Subject of a record.
        subject: String = "mien.{source}.{kind}".into(),
        /// File with the user's name and password.
        login_file: String = String::new(),
        /// File with a token.
        token_file: String = String::new(),
        /// Credentials file.
        credentials_file: String = String::new(),
        /// Encryption.
        tls: RawTls = RawTls::default(),
    }
}

section! {
    /// Keys of `kind = "file"`.
    pub(crate) RawFile {
        /// The file.
        path: String = String::new(),
        /// Size at which it is finished; 0: any.
        rotate_bytes: u64 = 64 << 20,
        /// Age at which it is finished; 0: any.
        rotate_secs: u64 = 86_400,
        /// Most finished files; 0: any.
        keep_files: usize = 0,
        /// Most bytes of finished files; 0: any.
        keep_bytes: u64 = 0,
        /// Durable before a line counts as delivered.
        sync: bool = true,
    }
}

section! {
    /// `[sinks.tls]`
    pub(crate) RawTls {
        /// Whether to encrypt.
        enabled: bool = false,
        /// Authorities; empty: the system's.
        ca_file: String = String::new(),
        /// A certificate of our own.
        certificate_file: String = String::new(),
        /// Its key.
        key_file: String = String::new(),
    }
}
