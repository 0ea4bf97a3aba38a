//! A connection by MQTT 5.
//!
//! Takes settings; gives the client once the broker has accepted it, the task that drives it, and the size
//! of the largest packet where the broker states one.

use rumqttc::{
    TlsConfiguration, Transport,
    v5::{
        AsyncClient, ConnectionError, Event, EventLoop, MqttOptions,
        mqttbytes::{
            QoS,
            v5::{LastWill, Packet, PubAck, PubAckReason},
        },
    },
};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{IN_FLIGHT, MqttSettings, drive};
use crate::sink::link::LinkError;

pub(super) async fn connect(
    settings: &MqttSettings,
    mut orders: mpsc::UnboundedReceiver<Option<u64>>,
    tell: mpsc::UnboundedSender<Result<u64, String>>,
) -> Result<(AsyncClient, JoinHandle<()>, Option<usize>), LinkError> {
    let (client, mut events) = AsyncClient::new(options(settings)?, usize::from(IN_FLIGHT));
    let most_bytes = accepted(&mut events)
        .await
        .map_err(|error| settings.refused(error))?;
    let task = tokio::spawn(async move {
        drive!(
            events,
            orders,
            tell,
            Event::Outgoing,
            Event::Incoming,
            Packet,
            is_good
        );
    });
    Ok((client, task, most_bytes))
}

fn options(settings: &MqttSettings) -> Result<MqttOptions, LinkError> {
    let mut options = MqttOptions::new(&settings.client_id, &settings.host, settings.port);
    options.set_keep_alive(settings.keep_alive);
    options.set_clean_start(true);
    options.set_outgoing_inflight_upper_limit(IN_FLIGHT);
    if let Some((user, password)) = settings.login()? {
        options.set_credentials(user, password.expose());
    }
    if let Some(topic) = settings.status_topic() {
        options.set_last_will(LastWill::new(
            topic,
            "offline",
            QoS::AtLeastOnce,
            true,
            None,
        ));
    }
    if let Some(tls) = &settings.tls {
        let tls = TlsConfiguration::from(tls.client()?);
        options.set_transport(Transport::tls_with_config(tls));
    }
    Ok(options)
}

/// Gives the largest packet that the broker takes, where it says so.
async fn accepted(events: &mut EventLoop) -> Result<Option<usize>, ConnectionError> {
    loop {
        if let Event::Incoming(Packet::ConnAck(accepted)) = events.poll().await? {
            let stated = accepted
                .properties
                .and_then(|stated| stated.max_packet_size);
            return Ok(stated.map(|bytes| bytes as usize));
        }
    }
}

fn is_good(ack: &PubAck) -> Result<(), String> {
    match ack.reason {
        PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Ok(()),
        reason => Err(format!("the broker does not take a message: {reason:?}")),
    }
}
