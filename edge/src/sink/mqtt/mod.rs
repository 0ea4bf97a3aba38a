//! Messages to an MQTT broker, with quality of service 1.
//!
//! Takes messages; publishes each under its topic and counts it as delivered when the broker has
//! acknowledged it (PUBACK). A retained status topic says `online`, and the last will `offline`. Every
//! connection begins with a clean session: what was not acknowledged is in the spool, and is published
//! again in order whatever the broker remembers.

mod v4;
mod v5;

use std::{collections::VecDeque, path::PathBuf, time::Duration};

use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    link::{Link, LinkError, Message, Peer, Sending},
    secret::{self, Secret},
    template,
    tls::TlsSettings,
};

/// Messages that are published and not acknowledged; more than the delivery loop sends ahead.
const IN_FLIGHT: u16 = 1024;
/// The largest message of the protocol.
const MOST_BYTES: usize = 268_435_455;
/// What a packet has besides its topic and its message, at most.
const OVERHEAD: usize = 16;
/// How long a good-bye may take.
const GOOD_BYE: Duration = Duration::from_secs(2);

/// Versions of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MqttVersion {
    /// 3.1.1
    #[default]
    V4,
    /// 5
    V5,
}

/// Checked keys of an `mqtt` sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttSettings {
    /// Name of the sink, for topics.
    pub sink: String,
    /// Name or address of the broker.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Version of the protocol.
    pub version: MqttVersion,
    /// Who we are; two clients of one broker must not share it.
    pub client_id: String,
    /// Topic of a record, with `{source}`, `{kind}` and `{sink}`.
    pub topic: String,
    /// Topic that tells whether we are there, with `{sink}`.
    pub status_topic: Option<String>,
    /// File with the user's name and password.
    pub login_file: secret::SecretFile,
    /// Largest message that the broker takes, where it is known; by version 5 a broker may say so itself.
    pub max_message_bytes: Option<usize>,
    /// Longest silence on the connection.
    pub keep_alive: Duration,
    /// Encryption.
    pub tls: Option<TlsSettings>,
}

impl MqttSettings {
    fn peer(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn refused(&self, reason: impl ToString) -> LinkError {
        LinkError::Refused {
            peer: self.peer(),
            reason: reason.to_string(),
        }
    }

    fn login(&self) -> Result<Option<(String, Secret)>, LinkError> {
        self.login_file
            .as_ref()
            .map(|path: &PathBuf| secret::login(path))
            .transpose()
    }

    fn topic(&self, template: &str, message: &Message) -> String {
        let keep = |letter: char| !letter.is_control() && !"/+#".contains(letter);
        template::fill(template, &self.sink, &message.key, keep)
    }

    fn status_topic(&self) -> Option<String> {
        self.status_topic
            .as_ref()
            .map(|topic| topic.replace("{sink}", &self.sink))
    }
}

/// Numbers of messages from the order to publish until the broker's acknowledgement.
#[derive(Debug, Default)]
struct Acks {
    /// In order: number (none for what is no record), packet identifier once published, whether it is
    /// acknowledged.
    waiting: VecDeque<(Option<u64>, Option<u16>, bool)>,
}

impl Acks {
    fn ordered(&mut self, number: Option<u64>) {
        self.waiting.push_back((number, None, false));
    }

    fn published(&mut self, packet: u16) {
        if let Some(next) = self
            .waiting
            .iter_mut()
            .find(|(_, known, _)| known.is_none())
        {
            next.1 = Some(packet);
        }
    }

    /// The last number up to which all are acknowledged, if it grew.
    fn acknowledged(&mut self, packet: u16) -> Option<u64> {
        let mut waiting = self.waiting.iter_mut();
        if let Some(found) = waiting.find(|(_, known, done)| *known == Some(packet) && !done) {
            found.2 = true;
        }
        let mut last = None;
        while let Some((number, _, _)) = self.waiting.pop_front_if(|(_, _, done)| *done) {
            last = number.or(last);
        }
        last
    }
}

/// What the two versions of the client have in common.
#[derive(Debug)]
enum Client {
    V4(rumqttc::AsyncClient),
    V5(rumqttc::v5::AsyncClient),
}

impl Client {
    async fn publish(&self, topic: String, retain: bool, body: Vec<u8>) -> Result<(), String> {
        match self {
            Self::V4(client) => {
                let published = client
                    .publish(topic, rumqttc::QoS::AtLeastOnce, retain, body)
                    .await;
                published.map_err(|error| error.to_string())
            }
            Self::V5(client) => {
                let qos = rumqttc::v5::mqttbytes::QoS::AtLeastOnce;
                let published = client.publish(topic, qos, retain, body).await;
                published.map_err(|error| error.to_string())
            }
        }
    }

    async fn disconnect(&self) {
        // The connection is on its way out: an error changes nothing.
        let _ = match self {
            Self::V4(client) => client.disconnect().await.map_err(drop),
            Self::V5(client) => client.disconnect().await.map_err(drop),
        };
    }
}

impl Peer for MqttSettings {
    type Link = MqttLink;

    async fn connect(&mut self) -> Result<MqttLink, LinkError> {
        // The numbers of what is ordered go to the task that drives the connection, which alone knows
        // packet identifiers and acknowledgements.
        let (ordered, orders) = mpsc::unbounded_channel();
        let (tell, told) = mpsc::unbounded_channel();
        let (client, task, stated) = match self.version {
            MqttVersion::V4 => {
                let (client, task) = v4::connect(self, orders, tell).await?;
                (Client::V4(client), task, None)
            }
            MqttVersion::V5 => {
                let (client, task, stated) = v5::connect(self, orders, tell).await?;
                (Client::V5(client), task, stated)
            }
        };
        let limits = [Some(MOST_BYTES), self.max_message_bytes, stated];
        let link = MqttLink {
            settings: self.clone(),
            client,
            most_bytes: limits.into_iter().flatten().min().unwrap_or(MOST_BYTES),
            ordered,
            told,
            task,
        };
        link.status("online").await?;
        Ok(link)
    }
}

/// A connection. The task that drives it ends with it.
#[derive(Debug)]
pub(super) struct MqttLink {
    settings: MqttSettings,
    client: Client,
    /// The largest packet that the broker takes.
    most_bytes: usize,
    /// Bounded by what the delivery loop sends ahead.
    ordered: mpsc::UnboundedSender<Option<u64>>,
    told: mpsc::UnboundedReceiver<Result<u64, String>>,
    task: JoinHandle<()>,
}

impl MqttLink {
    async fn publish(
        &self,
        number: Option<u64>,
        topic: String,
        retain: bool,
        body: Vec<u8>,
    ) -> Result<(), LinkError> {
        let ended = |_| LinkError::Closed {
            peer: self.settings.peer(),
        };
        self.ordered.send(number).map_err(ended)?;
        let published = self.client.publish(topic, retain, body).await;
        published.map_err(|error| self.settings.refused(error))
    }

    async fn status(&self, status: &str) -> Result<(), LinkError> {
        match self.settings.status_topic() {
            Some(topic) => self.publish(None, topic, true, status.into()).await,
            None => Ok(()),
        }
    }
}

impl Link for MqttLink {
    async fn send(&mut self, message: Message) -> Result<Sending, LinkError> {
        let topic = self.settings.topic(&self.settings.topic, &message);
        let bytes = message.body.len() + topic.len() + OVERHEAD;
        if bytes > self.most_bytes {
            let reason = format!(
                "it has {bytes} bytes, and at most {} go through",
                self.most_bytes
            );
            let key = message.key;
            return Ok(Sending::Never { reason, key });
        }
        self.publish(Some(message.number), topic, false, message.body)
            .await?;
        Ok(Sending::Sent)
    }

    async fn acknowledged(&mut self) -> Result<u64, LinkError> {
        match self.told.recv().await {
            Some(Ok(number)) => Ok(number),
            Some(Err(reason)) => Err(self.settings.refused(reason)),
            None => Err(LinkError::Closed {
                peer: self.settings.peer(),
            }),
        }
    }

    async fn close(mut self) {
        // The will is not sent for who says good-bye, so that is ours to say.
        let good_bye = async {
            if self.status("offline").await.is_ok() {
                self.client.disconnect().await;
                while self.told.recv().await.is_some() {}
            }
        };
        let _ = tokio::time::timeout(GOOD_BYE, good_bye).await;
    }
}

impl Drop for MqttLink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Drives a connection until it ends; `$poll` gives its events.
macro_rules! drive {
    ($events:ident, $orders:ident, $tell:ident, $outgoing:path, $incoming:path, $packets:path, $check:expr) => {{
        use $packets as Packet;
        let mut acks = super::Acks::default();
        loop {
            let event = $events.poll().await;
            while let Ok(number) = $orders.try_recv() {
                acks.ordered(number);
            }
            match event {
                Ok($outgoing(rumqttc::Outgoing::Publish(packet))) => acks.published(packet),
                Ok($outgoing(rumqttc::Outgoing::Disconnect)) => return,
                Ok($incoming(Packet::PubAck(ack))) => {
                    if let Err(reason) = $check(&ack) {
                        // Nobody is left to tell when this fails, nor below.
                        let _ = $tell.send(Err(reason));
                        return;
                    }
                    if let Some(number) = acks.acknowledged(ack.pkid) {
                        let _ = $tell.send(Ok(number));
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let _ = $tell.send(Err(error.to_string()));
                    return;
                }
            }
        }
    }};
}
use drive;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements_count_in_order() {
        let mut acks = Acks::default();
        acks.ordered(None);
        for number in 7..10 {
            acks.ordered(Some(number));
        }
        for packet in 1..=4 {
            acks.published(packet);
        }
        assert_eq!(acks.acknowledged(1), None);
        assert_eq!(acks.acknowledged(3), None, "7 is not there yet");
        assert_eq!(acks.acknowledged(2), Some(8));
        acks.ordered(Some(10));
        acks.published(1);
        assert_eq!(acks.acknowledged(4), Some(9));
        assert_eq!(acks.acknowledged(1), Some(10));
        assert_eq!(acks.acknowledged(9), None);
    }
}
