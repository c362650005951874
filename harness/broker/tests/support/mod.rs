//! Scripted clients for a broker in virtual time. Everything that the broker writes is decoded strictly.

#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses its part")]

use core::time::Duration;
use mqttspec_broker::{Broker, Config, ConnectionId, Output};
use mqttspec_codec::{
    Acknowledgement, Connack, Connect, Context, Decoded, Disconnect, List, Packet, Properties, Property, PropertyId,
    Publish, QoS, ReasonCode, Sender, Suback, Subscribe, Subscription, SubscriptionOptions, Unsubscribe, Version, Will,
    decode,
};
use std::collections::{BTreeMap, VecDeque};

pub const V311: Version = Version::V311;
pub const V5: Version = Version::V5;
pub const OK: ReasonCode = ReasonCode::SUCCESS;
pub use mqttspec_codec::QoS::{AtLeastOnce as QOS1, AtMostOnce as QOS0, ExactlyOnce as QOS2};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Client {
    pub connection: u64,
    pub version: Version,
}

#[derive(Debug, Default)]
struct Lane {
    packets: VecDeque<Vec<u8>>,
    closed: bool,
}

pub struct Bench {
    pub broker: Broker,
    pub now: Duration,
    lanes: BTreeMap<u64, Lane>,
    versions: BTreeMap<u64, Version>,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        Self { broker: Broker::new(config), now: Duration::ZERO, lanes: BTreeMap::new(), versions: BTreeMap::new() }
    }

    /// A Network Connection without CONNECT.
    pub fn open(&mut self, version: Version) -> Client {
        let connection = self.lanes.len() as u64 + 1;
        self.broker.opened(self.now, ConnectionId(connection));
        self.lanes.insert(connection, Lane::default());
        self.versions.insert(connection, version);
        Client { connection, version }
    }

    /// A client with a new session that ends with its connection.
    pub fn client(&mut self, version: Version, id: &str) -> Client {
        self.connect(version, &connect(version, id)).0
    }

    /// A client whose session goes on without it.
    pub fn kept(&mut self, version: Version, id: &str) -> Client {
        self.resume(version, id).0
    }

    /// Connects to a session that is kept; tells Session Present.
    pub fn resume(&mut self, version: Version, id: &str) -> (Client, bool) {
        self.resume_with(version, id, &[])
    }

    pub fn resume_with(&mut self, version: Version, id: &str, more: &[Property<'_>]) -> (Client, bool) {
        let mut properties = Vec::new();
        if version == V5 {
            properties.push(number(PropertyId::SessionExpiryInterval, 100));
            properties.extend(more);
        }
        let connect = Connect { clean_start: false, properties: Properties::list(&properties), ..connect(version, id) };
        let (client, connack) = self.connect(version, &connect);
        (client, connack.session_present)
    }

    /// Connects and expects to be accepted.
    pub fn connect(&mut self, version: Version, connect: &Connect<'_>) -> (Client, Connack<'static>) {
        let client = self.open(version);
        self.send(client, Packet::Connect(*connect));
        let Packet::Connack(connack) = self.take(client) else { panic!("no CONNACK") };
        assert_eq!(connack.reason, OK);
        (client, connack)
    }

    /// Sends a CONNECT that must not be accepted: the code, if there is a CONNACK, and the close.
    pub fn refused(&mut self, version: Version, connect: &Connect<'_>) -> Option<u8> {
        let client = self.open(version);
        self.send(client, Packet::Connect(*connect));
        self.refusal(client)
    }

    pub fn refusal(&mut self, client: Client) -> Option<u8> {
        let code = (!self.lane(client).packets.is_empty()).then(|| match self.take(client) {
            Packet::Connack(connack) => connack.reason.0,
            other => panic!("not a CONNACK: {other:?}"),
        });
        self.closed(client);
        code
    }

    pub fn send(&mut self, client: Client, packet: Packet<'_>) {
        self.raw(client, &packet.to_bytes(client.version).expect("a packet of the version"));
    }

    pub fn raw(&mut self, client: Client, bytes: &[u8]) {
        self.broker.received(self.now, ConnectionId(client.connection), bytes);
        self.drain();
    }

    /// The client's connection breaks.
    pub fn abort(&mut self, client: Client) {
        self.broker.closed(self.now, ConnectionId(client.connection));
        self.drain();
    }

    /// Lets time pass, deadline by deadline.
    pub fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(deadline) = self.broker.next_deadline().filter(|&deadline| deadline <= end) {
            assert!(deadline >= self.now);
            self.now = deadline;
            self.broker.tick(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// Stops the broker, and starts another with its state after so many seconds. No connection is left.
    pub fn restart(&mut self, seconds: u64) {
        let state = self.broker.state(self.now);
        self.broker = Broker::restore(Config::default(), &state).expect("the state of a broker");
        self.now += Duration::from_secs(seconds);
        self.broker.tick(self.now);
        self.drain();
    }

    pub fn seconds(&mut self, seconds: u64) {
        self.wait(Duration::from_secs(seconds));
    }

    /// Takes what the broker has to say, after an operation that is not an event.
    pub fn drain(&mut self) {
        while let Some(output) = self.broker.poll() {
            match output {
                Output::Write { connection, bytes } => {
                    let lane = self.lanes.get_mut(&connection.0).expect("a known connection");
                    assert!(!lane.closed, "a write after the close");
                    let version = self.versions[&connection.0];
                    let context = Context::new(version, Sender::Server);
                    let decoded = decode(&bytes, &context).unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"));
                    let Decoded::Packet { len, .. } = decoded else { panic!("not a whole packet") };
                    assert_eq!(len, bytes.len());
                    lane.packets.push_back(bytes);
                }
                Output::Close { connection } => {
                    let lane = self.lanes.get_mut(&connection.0).expect("a known connection");
                    assert!(!lane.closed, "closed twice");
                    lane.closed = true;
                }
            }
        }
    }

    fn lane(&mut self, client: Client) -> &mut Lane {
        self.lanes.get_mut(&client.connection).expect("a known connection")
    }

    /// The next packet.
    pub fn take(&mut self, client: Client) -> Packet<'static> {
        let bytes = self.lane(client).packets.pop_front().expect("a packet");
        let context = Context::new(client.version, Sender::Server);
        match decode(bytes.leak(), &context) {
            Ok(Decoded::Packet { packet, .. }) => packet,
            other => panic!("{other:?}"),
        }
    }

    /// The next packet is this one.
    #[track_caller]
    pub fn expect(&mut self, client: Client, packet: Packet<'_>) {
        assert_eq!(self.take(client), packet);
    }

    /// This packet has come, ahead of others or behind them.
    #[track_caller]
    pub fn answered(&mut self, client: Client, packet: Packet<'_>) {
        let expected = packet.to_bytes(client.version).expect("a packet of the version");
        let packets = &mut self.lane(client).packets;
        let at = packets.iter().position(|bytes| *bytes == expected).expect("the answer");
        packets.remove(at);
    }

    #[track_caller]
    pub fn publish(&mut self, client: Client) -> Publish<'static> {
        match self.take(client) {
            Packet::Publish(publish) => publish,
            other => panic!("not a PUBLISH: {other:?}"),
        }
    }

    /// Nothing has come, and the connection is open.
    #[track_caller]
    pub fn quiet(&mut self, client: Client) {
        let lane = self.lane(client);
        assert!(lane.packets.is_empty(), "{:02x?}", lane.packets);
        assert!(!lane.closed, "closed");
    }

    /// Nothing more has come, and the broker has closed the connection.
    #[track_caller]
    pub fn closed(&mut self, client: Client) {
        let lane = self.lane(client);
        assert!(lane.packets.is_empty(), "{:02x?}", lane.packets);
        assert!(lane.closed, "not closed");
    }

    /// The broker has closed the connection, in 5.0 with a DISCONNECT of this code.
    #[track_caller]
    pub fn disconnected(&mut self, client: Client, reason: u8) {
        if client.version == V5 {
            match self.take(client) {
                Packet::Disconnect(disconnect) => assert_eq!(disconnect.reason, ReasonCode(reason)),
                other => panic!("not a DISCONNECT: {other:?}"),
            }
        }
        self.closed(client);
    }

    /// Subscribes; the codes of the SUBACK.
    #[track_caller]
    pub fn subscribe(&mut self, client: Client, filter: &str, options: impl Into<Options>) -> Vec<u8> {
        self.subscribe_all(client, &[(filter, options.into().0)], &[])
    }

    #[track_caller]
    pub fn subscribe_all(
        &mut self,
        client: Client,
        filters: &[(&str, SubscriptionOptions)],
        properties: &[Property<'_>],
    ) -> Vec<u8> {
        let filters: Vec<_> =
            filters.iter().map(|&(filter, options)| Subscription { filter: filter.into(), options }).collect();
        let properties = Properties::list(properties);
        self.send(
            client,
            Packet::Subscribe(Subscribe { packet_identifier: 777, properties, subscriptions: List::new(&filters) }),
        );
        match self.take(client) {
            Packet::Suback(Suback { packet_identifier: 777, reasons, .. }) => reasons.to_vec(),
            other => panic!("not the SUBACK: {other:?}"),
        }
    }

    #[track_caller]
    pub fn unsubscribe(&mut self, client: Client, filters: &[&str]) -> Vec<u8> {
        let filters: Vec<_> = filters.iter().map(|&filter| filter.into()).collect();
        let properties = Properties::EMPTY;
        self.send(
            client,
            Packet::Unsubscribe(Unsubscribe { packet_identifier: 778, properties, filters: List::new(&filters) }),
        );
        match self.take(client) {
            Packet::Unsuback(Suback { packet_identifier: 778, reasons, .. }) => reasons.to_vec(),
            other => panic!("not the UNSUBACK: {other:?}"),
        }
    }

    /// Publishes with QoS 0, and with RETAIN if `retain`.
    pub fn say(&mut self, client: Client, topic: &str, payload: &str, retain: bool) {
        self.send(client, Packet::Publish(Publish { retain, ..message(topic, QOS0, 0, payload) }));
    }

    /// Publishes and goes through the whole exchange.
    #[track_caller]
    pub fn tell(&mut self, client: Client, topic: &str, qos: QoS, payload: &str) {
        self.send(client, Packet::Publish(message(topic, qos, 99, payload)));
        match qos {
            QOS0 => {}
            QOS1 => assert!(matches!(self.take(client), Packet::Puback(ack) if !ack.reason.is_error())),
            QOS2 => {
                assert!(matches!(self.take(client), Packet::Pubrec(ack) if !ack.reason.is_error()));
                self.send(client, Packet::Pubrel(ack(99)));
                self.expect(client, Packet::Pubcomp(ack(99)));
            }
        }
    }

    /// Expects a message, acknowledges it to the end, and returns it.
    #[track_caller]
    pub fn hear(&mut self, client: Client, payload: &str) -> Publish<'static> {
        let publish = self.publish(client);
        assert_eq!(core::str::from_utf8(publish.payload), Ok(payload));
        let identifier = publish.packet_identifier.unwrap_or(0);
        match publish.qos {
            QOS0 => {}
            QOS1 => self.send(client, Packet::Puback(ack(identifier))),
            QOS2 => {
                self.send(client, Packet::Pubrec(ack(identifier)));
                self.answered(client, Packet::Pubrel(ack(identifier)));
                self.send(client, Packet::Pubcomp(ack(identifier)));
            }
        }
        publish
    }

    /// DISCONNECT, and the close that follows.
    #[track_caller]
    pub fn leave(&mut self, client: Client) {
        self.send(client, Packet::Disconnect(Disconnect::default()));
        self.closed(client);
    }
}

/// Subscription options, or a QoS without options.
pub struct Options(pub SubscriptionOptions);

impl From<QoS> for Options {
    fn from(qos: QoS) -> Self {
        Self(SubscriptionOptions::new(qos))
    }
}

impl From<SubscriptionOptions> for Options {
    fn from(options: SubscriptionOptions) -> Self {
        Self(options)
    }
}

pub fn connect(version: Version, id: &str) -> Connect<'_> {
    Connect {
        version,
        clean_start: true,
        keep_alive: 0,
        properties: Properties::EMPTY,
        client_id: id.into(),
        will: None,
        user_name: None,
        password: None,
    }
}

pub fn will<'a>(topic: &'a str, payload: &'a str) -> Will<'a> {
    Will { qos: QOS0, retain: false, properties: Properties::EMPTY, topic: topic.into(), payload: payload.as_bytes() }
}

pub fn message<'a>(topic: &'a str, qos: QoS, identifier: u16, payload: &'a str) -> Publish<'a> {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: topic.into(),
        packet_identifier: (qos != QOS0).then_some(identifier),
        properties: Properties::EMPTY,
        payload: payload.as_bytes(),
    }
}

pub fn ack(identifier: u16) -> Acknowledgement<'static> {
    Acknowledgement::new(identifier, OK)
}

pub fn nack(identifier: u16, reason: u8) -> Acknowledgement<'static> {
    Acknowledgement::new(identifier, ReasonCode(reason))
}

pub fn number(id: PropertyId, value: u32) -> Property<'static> {
    Property::number(id, value).expect("a property with a number")
}
