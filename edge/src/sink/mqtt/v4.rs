//! A connection by MQTT 3.1.1.
//!
//! Takes settings; gives the client once the broker has accepted it, and the task that drives it.

use rumqttc::{
    AsyncClient, Event, EventLoop, LastWill, MqttOptions, Packet, PubAck, QoS, TlsConfiguration,
    Transport,
};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{IN_FLIGHT, MOST_BYTES, MqttSettings, drive};
use crate::sink::link::LinkError;

pub(super) async fn connect(
    settings: &MqttSettings,
    mut orders: mpsc::UnboundedReceiver<Option<u64>>,
    tell: mpsc::UnboundedSender<Result<u64, String>>,
) -> Result<(AsyncClient, JoinHandle<()>), LinkError> {
    let (client, mut events) = AsyncClient::new(options(settings)?, usize::from(IN_FLIGHT));
    accepted(&mut events)
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
    Ok((client, task))
}

fn options(settings: &MqttSettings) -> Result<MqttOptions, LinkError> {
    let mut options = MqttOptions::new(&settings.client_id, &settings.host, settings.port);
    options.set_keep_alive(settings.keep_alive);
    options.set_clean_session(true);
    options.set_inflight(IN_FLIGHT);
    options.set_max_packet_size(MOST_BYTES, MOST_BYTES);
    if let Some((user, password)) = settings.login()? {
        options.set_credentials(user, password.expose());
    }
    if let Some(topic) = settings.status_topic() {
        options.set_last_will(LastWill::new(topic, "offline", QoS::AtLeastOnce, true));
    }
    if let Some(tls) = &settings.tls {
        let tls = TlsConfiguration::from(tls.client()?);
        options.set_transport(Transport::tls_with_config(tls));
    }
    Ok(options)
}

async fn accepted(events: &mut EventLoop) -> Result<(), rumqttc::ConnectionError> {
    loop {
        if let Event::Incoming(Packet::ConnAck(_)) = events.poll().await? {
            return Ok(());
        }
    }
}

/// An acknowledgement of this version cannot say no.
const fn is_good(_: &PubAck) -> Result<(), String> {
    Ok(())
}
