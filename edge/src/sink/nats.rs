//! Messages to a stream of NATS JetStream.
//!
//! Takes messages; publishes each under its subject and counts it as delivered when the stream has stored
//! it. The header `Nats-Msg-Id` names the record once and for all, so a stream stores a repeated message
//! once, within its window for duplicates.

use std::{collections::VecDeque, path::PathBuf, pin::Pin, time::Duration};

use async_nats::{
    Client, ConnectOptions, Event,
    jetstream::{
        self, Context,
        context::{PublishError, PublishErrorKind},
        message::PublishMessage,
        publish::PublishAck,
        stream,
    },
};
use tokio::sync::mpsc;

use super::{
    key::{Key, Kind},
    link::{Link, LinkError, Message, Peer, Sending},
    secret, template,
    tls::TlsSettings,
};

/// How long the server may take for one answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Who we are to the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NatsLogin {
    /// Nobody.
    #[default]
    None,
    /// A file with the user's name and password.
    User(PathBuf),
    /// A file with a token.
    Token(PathBuf),
    /// A credentials file, as `nsc` writes it.
    Credentials(PathBuf),
}

/// Checked keys of a `nats` sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatsSettings {
    /// Name of the sink, for subjects and the connection.
    pub sink: String,
    /// `host:port`.
    pub address: String,
    /// The stream that stores the messages.
    pub stream: String,
    /// Whether to create it, for the subjects of this sink.
    pub create: bool,
    /// Subject of a record, with `{source}`, `{kind}` and `{sink}`.
    pub subject: String,
    /// Who we are.
    pub login: NatsLogin,
    /// Encryption.
    pub tls: Option<TlsSettings>,
}

impl NatsSettings {
    fn refused(&self, reason: impl ToString) -> LinkError {
        LinkError::Refused {
            peer: self.address.clone(),
            reason: reason.to_string(),
        }
    }

    fn subject(&self, key: &Key) -> String {
        let keep = |letter: char| {
            !letter.is_whitespace() && !letter.is_control() && !".*>".contains(letter)
        };
        template::fill(&self.subject, &self.sink, key, keep)
    }

    fn options(&self) -> Result<ConnectOptions, LinkError> {
        let mut options = ConnectOptions::new()
            .name(format!("mien {}", self.sink))
            .connection_timeout(ANSWER)
            .request_timeout(Some(ANSWER))
            .max_reconnects(1);
        options = match &self.login {
            NatsLogin::None => options,
            NatsLogin::User(path) => {
                let (user, password) = secret::login(path)?;
                options.user_and_password(user, password.expose().to_owned())
            }
            NatsLogin::Token(path) => options.token(secret::token(path)?.expose().to_owned()),
            NatsLogin::Credentials(path) => {
                let credentials = secret::token(path)?;
                let known = options.credentials(credentials.expose());
                let peer = path.display().to_string();
                known.map_err(|source| LinkError::Io {
                    what: "use",
                    peer,
                    source,
                })?
            }
        };
        Ok(match &self.tls {
            Some(tls) => options.require_tls(true).tls_client_config(tls.client()?),
            None => options,
        })
    }

    /// Makes sure that the stream is there.
    async fn stream(&self, context: &Context) -> Result<(), LinkError> {
        if self.create {
            let any = Key {
                source: "*".into(),
                ..Key::default()
            };
            let subject = template::fill(
                &self.subject.replace("{kind}", "*"),
                &self.sink,
                &any,
                |_| true,
            );
            let config = stream::Config {
                name: self.stream.clone(),
                subjects: vec![subject],
                ..stream::Config::default()
            };
            let created = context.get_or_create_stream(config).await;
            created.map(drop).map_err(|error| self.refused(error))
        } else {
            let found = context.get_stream(&self.stream).await;
            found.map(drop).map_err(|error| {
                let stream = &self.stream;
                self.refused(format!(
                    "stream {stream:?}: {error}; make it, or say `create = true`"
                ))
            })
        }
    }
}

/// What a record is called once and for all.
fn message_id(key: &Key) -> String {
    let Key {
        kind,
        source,
        run,
        first,
        frames,
    } = key;
    let source: String = source
        .chars()
        .map(|letter| {
            if letter.is_ascii_graphic() {
                letter
            } else {
                '_'
            }
        })
        .collect();
    match kind {
        Kind::Frame => format!("{source}-{run}-{first}"),
        Kind::Gap => format!("{source}-{run}-{first}-gap-{frames}"),
        Kind::Status => format!("{source}-{run}-{first}-status"),
    }
}

impl Peer for NatsSettings {
    type Link = NatsLink;

    async fn connect(&mut self) -> Result<NatsLink, LinkError> {
        let (tell, told) = mpsc::unbounded_channel();
        let options = self.options()?.event_callback(move |event| {
            // Nobody listens once the link is gone.
            let _ = tell.send(event);
            std::future::ready(())
        });
        let client = options
            .connect(&self.address)
            .await
            .map_err(|error| self.refused(error))?;
        let context = jetstream::context::ContextBuilder::new()
            .timeout(ANSWER)
            .ack_timeout(ANSWER)
            .build(client.clone());
        self.stream(&context).await?;
        let settings = self.clone();
        let waiting = VecDeque::new();
        Ok(NatsLink {
            settings,
            client,
            context,
            told,
            waiting,
        })
    }
}

/// An answer that is under way.
type Answer = Pin<Box<dyn Future<Output = Result<PublishAck, PublishError>> + Send>>;

/// A connection.
pub(super) struct NatsLink {
    settings: NatsSettings,
    client: Client,
    context: Context,
    told: mpsc::UnboundedReceiver<Event>,
    waiting: VecDeque<(u64, Answer)>,
}

impl NatsLink {
    /// Waits until the connection breaks.
    async fn broken(told: &mut mpsc::UnboundedReceiver<Event>) -> String {
        while let Some(event) = told.recv().await {
            match event {
                Event::Connected | Event::SlowConsumer(_) | Event::LameDuckMode => {}
                event => return event.to_string(),
            }
        }
        "closed".into()
    }
}

impl Link for NatsLink {
    async fn send(&mut self, message: Message) -> Result<Sending, LinkError> {
        let subject = self.settings.subject(&message.key);
        let mut id = message_id(&message.key);
        if message.key.kind == Kind::Status {
            // Two of them may come between two frames.
            id = format!("{id}-{}", message.number);
        }
        let publish = PublishMessage::build()
            .payload(message.body.into())
            .message_id(id);
        match self.context.send_publish(subject, publish).await {
            Ok(answer) => {
                self.waiting
                    .push_back((message.number, answer.into_future()));
                Ok(Sending::Sent)
            }
            Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => {
                let (reason, key) = (error.to_string(), message.key);
                Ok(Sending::Never { reason, key })
            }
            Err(error) => Err(self.settings.refused(error)),
        }
    }

    async fn acknowledged(&mut self) -> Result<u64, LinkError> {
        let Self {
            settings,
            told,
            waiting,
            ..
        } = self;
        let Some((number, answer)) = waiting.front_mut() else {
            return Err(settings.refused(Self::broken(told).await));
        };
        let answered = tokio::select! {
            answered = answer => answered,
            reason = Self::broken(told) => return Err(settings.refused(reason)),
        };
        answered.map_err(|error| settings.refused(error))?;
        let number = *number;
        waiting.pop_front();
        Ok(number)
    }

    async fn close(self) {
        // All is stored: there is nothing left that could fail.
        let _ = self.client.drain().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_one_name() {
        let source = "front door".into();
        let mut key = Key {
            kind: Kind::Frame,
            source,
            run: 9,
            first: 7,
            frames: 1,
        };
        assert_eq!(message_id(&key), "front_door-9-7");
        key.kind = Kind::Gap;
        assert_eq!(message_id(&key), "front_door-9-7-gap-1");
    }
}
