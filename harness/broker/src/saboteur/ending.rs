//! DISCONNECT of the server, and what comes of it.

use super::{Fate, Sabotage};
use mqttspec_codec::{Disconnect, Packet, PacketType, ReasonCode, Version};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "disconnect-with-code-of-clients",
        "sends DISCONNECT with the Reason Code 0x04, which is a Client's",
        &[],
        &["MQTT-3.14.2-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Disconnect(disconnect) => {
            let reason = ReasonCode::DISCONNECT_WITH_WILL;
            s.instead(connection, &Packet::Disconnect(Disconnect { reason, ..*disconnect }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "disconnect-with-session-expiry",
        "sends a Session Expiry Interval in DISCONNECT",
        &[],
        &["MQTT-3.14.2-2"],
    )
    .server(|_, _, packet| match packet {
        Packet::Disconnect(disconnect) => Fate::Instead(vec![0xe0, 7, disconnect.reason.0, 5, 0x11, 0, 0, 0, 60]),
        _ => Fate::Pass,
    }),
    Sabotage::new("pingresp-after-disconnect", "goes on sending after its DISCONNECT", &[], &["MQTT-3.14.4-1"]).server(
        |s, connection, packet| {
            if matches!(packet, Packet::Disconnect(_)) {
                s.write(connection, packet);
                s.write(connection, &Packet::Pingresp);
                return Fate::Drop;
            }
            Fate::Pass
        },
    ),
    Sabotage::new(
        "open-after-disconnect",
        "sends DISCONNECT and leaves the connection open",
        &[],
        &["MQTT-3.14.4-2", "MQTT-4.13.2-1"],
    )
    .closing(|s, connection| {
        let line = s.line(connection);
        line.version != Version::V5 || !line.connected || line.said_goodbye
    }),
    Sabotage::new(
        "open-after-disconnect-of-client",
        "leaves the connection open after the DISCONNECT of its Client",
        &["PROSE-3.14.4-server-closes"],
        &["PROSE-3.14.4-server-closes"],
    )
    .advised()
    .closing(|s, connection| !s.is_handling(connection, PacketType::Disconnect)),
    Sabotage::new(
        "packets-of-servers-ignored",
        "takes no notice of a packet that only a Server may send",
        &["MQTT-4.8.0-1"],
        &["MQTT-4.13.1-1"],
    )
    .advised()
    .client(|_, _, packet| if OF_SERVERS.contains(&packet.packet_type()) { Fate::Drop } else { Fate::Pass })
    .malformed(|s, connection, bytes| {
        let of_server = PacketType::from_first_byte(bytes[0]).is_some_and(|packet| OF_SERVERS.contains(&packet));
        if of_server && s.line(connection).connected { Fate::Drop } else { Fate::Pass }
    }),
];

/// What only a Server sends.
const OF_SERVERS: [PacketType; 4] =
    [PacketType::Connack, PacketType::Suback, PacketType::Unsuback, PacketType::Pingresp];
