//! The client: blocking sockets and the codec.

use mqttspec_codec::{
    Acknowledgement, Connect, Context, Decoded, List, Packet, Properties, Publish, QoS, ReasonCode, Sender, Subscribe,
    Subscription, SubscriptionOptions, Version, decode,
};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A server that is silent for so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may last.
const LIFETIME: Duration = Duration::from_secs(300);
const CHUNK: usize = 16 * 1024;

pub struct Client {
    stream: TcpStream,
    version: Version,
    deadline: Instant,
    held: Vec<u8>,
    /// What is to be written with the next [`Client::flush`].
    pub out: Vec<u8>,
}

impl Client {
    pub fn connect(address: SocketAddr, version: Version, client_id: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("an option of TCP");
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        stream.set_write_timeout(Some(PATIENCE)).expect("not zero");
        let mut client =
            Self { stream, version, deadline: Instant::now() + LIFETIME, held: Vec::new(), out: Vec::new() };
        client.push(&Packet::Connect(Connect {
            version,
            clean_start: true,
            keep_alive: 0,
            properties: Properties::EMPTY,
            client_id: client_id.into(),
            will: None,
            user_name: None,
            password: None,
        }));
        client.flush();
        client.expect(|packet| matches!(packet, Packet::Connack(connack) if connack.reason == ReasonCode::SUCCESS));
        client
    }

    /// Subscribes, and waits until that is granted.
    pub fn subscribe(&mut self, filter: &str, qos: QoS) {
        self.ask_for(filter, qos);
        self.expect(|packet| matches!(packet, Packet::Suback(_)));
    }

    /// Sends a SUBSCRIBE; what answers it is left to [`Client::take_messages`].
    pub fn ask_for(&mut self, filter: &str, qos: QoS) {
        let entries = [Subscription { filter: filter.into(), options: SubscriptionOptions::new(qos) }];
        let subscriptions = List::new(&entries);
        self.push(&Packet::Subscribe(Subscribe { packet_identifier: 1, properties: Properties::EMPTY, subscriptions }));
        self.flush();
    }

    /// Asks whether the server is there, and sees that it is.
    pub fn ping(&mut self) {
        self.push(&Packet::Pingreq);
        self.flush();
        self.expect(|packet| matches!(packet, Packet::Pingresp));
    }

    fn expect(&mut self, right: impl Fn(&Packet<'_>) -> bool) {
        let mut packets = 0;
        while packets == 0 {
            self.receive(|packet, _| {
                assert!(right(packet), "{packet:?}");
                packets += 1;
            });
        }
        assert_eq!(packets, 1);
    }

    pub fn push(&mut self, packet: &Packet<'_>) {
        packet.encode(self.version, &mut self.out).expect("a packet of this version");
    }

    pub fn publish(&mut self, topic: &str, qos: QoS, retain: bool, number: usize, payload: &[u8]) {
        // The identifiers of the last 65,535 messages: more than are ever under way.
        let identifier = u16::try_from(number % usize::from(u16::MAX) + 1).expect("at most 65,535");
        self.push(&Packet::Publish(Publish {
            dup: false,
            qos,
            retain,
            topic: topic.into(),
            packet_identifier: (qos != QoS::AtMostOnce).then_some(identifier),
            properties: Properties::EMPTY,
            payload,
        }));
    }

    pub fn flush(&mut self) {
        self.stream.write_all(&self.out).expect("the server reads");
        self.out.clear();
    }

    /// Reads once, and gives the whole packets that have come, with the buffer for answers.
    pub fn receive(&mut self, mut each: impl FnMut(&Packet<'_>, &mut Vec<u8>)) {
        let before = self.held.len();
        self.held.resize(before + CHUNK, 0);
        let read = self.stream.read(&mut self.held[before..]).expect("the server writes in time");
        assert!(Instant::now() < self.deadline, "too slow");
        assert_ne!(read, 0, "the server has closed");
        self.held.truncate(before + read);
        let context = Context::new(self.version, Sender::Server);
        let mut used = 0;
        while let Decoded::Packet { packet, len } = decode(&self.held[used..], &context).expect("a valid packet") {
            each(&packet, &mut self.out);
            used += len;
        }
        self.held.drain(..used);
    }

    /// Reads once and does what QoS asks of a receiver; each message goes to `each`. How many exchanges ended.
    pub fn take_messages(&mut self, mut each: impl FnMut(&Publish<'_>)) -> usize {
        let version = self.version;
        let mut ended = 0;
        self.receive(|packet, out| {
            let ack = |identifier| Acknowledgement::new(identifier, ReasonCode::SUCCESS);
            let answer = match packet {
                Packet::Publish(publish) => {
                    each(publish);
                    let identifier = publish.packet_identifier.unwrap_or(0);
                    match publish.qos {
                        QoS::AtMostOnce => {
                            ended += 1;
                            return;
                        }
                        QoS::AtLeastOnce => {
                            ended += 1;
                            Packet::Puback(ack(identifier))
                        }
                        QoS::ExactlyOnce => Packet::Pubrec(ack(identifier)),
                    }
                }
                Packet::Pubrel(pubrel) => {
                    ended += 1;
                    Packet::Pubcomp(ack(pubrel.packet_identifier))
                }
                Packet::Suback(_) => return,
                other => panic!("{other:?}"),
            };
            answer.encode(version, out).expect("an acknowledgement");
        });
        self.flush();
        ended
    }

    /// Reads once and goes on with what is published at QoS 1 and 2. How many exchanges ended.
    pub fn take_acknowledgements(&mut self) -> usize {
        let version = self.version;
        let mut ended = 0;
        self.receive(|packet, out| match packet {
            Packet::Puback(ack) | Packet::Pubcomp(ack) => {
                assert!(!ack.reason.is_error(), "{ack:?}");
                ended += 1;
            }
            Packet::Pubrec(ack) => {
                assert!(!ack.reason.is_error(), "{ack:?}");
                let pubrel = Packet::Pubrel(Acknowledgement::new(ack.packet_identifier, ReasonCode::SUCCESS));
                pubrel.encode(version, out).expect("an acknowledgement");
            }
            other => panic!("{other:?}"),
        });
        ended
    }
}
