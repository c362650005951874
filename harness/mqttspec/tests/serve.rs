//! The reference broker over TCP.

use mqttspec::serve::{Kept, Serving, serve, serve_on};
use mqttspec_broker::Config;
use mqttspec_codec::{
    Acknowledgement, Connect, Context, Decoded, List, Packet, Properties, Publish, QoS, ReasonCode, Sender, Subscribe,
    Subscription, SubscriptionOptions, Version, Will, decode,
};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Long enough for whatever is to come.
const LONG: Duration = Duration::from_secs(20);

async fn serving(config: Config) -> Serving {
    serve(SocketAddr::from(([127, 0, 0, 1], 0)), config).await.unwrap()
}

struct Client {
    stream: TcpStream,
    version: Version,
    held: Vec<u8>,
}

impl Client {
    async fn open(serving: &Serving, version: Version) -> Self {
        let stream = TcpStream::connect(serving.address).await.unwrap();
        Self { stream, version, held: Vec::new() }
    }

    async fn connect(serving: &Serving, version: Version, client_id: &str) -> Self {
        let mut client = Self::open(serving, version).await;
        client.send(Packet::Connect(connect(version, client_id))).await;
        client.receive(|packet| assert!(matches!(packet, Packet::Connack(connack) if connack.reason.0 == 0))).await;
        client
    }

    async fn send(&mut self, packet: Packet<'_>) {
        self.stream.write_all(&packet.to_bytes(self.version).unwrap()).await.unwrap();
    }

    /// The next packet.
    async fn receive<T>(&mut self, look: impl FnOnce(&Packet<'_>) -> T) -> T {
        let context = Context::new(self.version, Sender::Server);
        loop {
            if let Decoded::Packet { packet, len } = decode(&self.held, &context).unwrap() {
                let result = look(&packet);
                self.held.drain(..len);
                return result;
            }
            let read = timeout(LONG, self.stream.read_buf(&mut self.held)).await.expect("a packet in time").unwrap();
            assert_ne!(read, 0, "the server has closed");
        }
    }

    async fn subscribe(&mut self, filter: &str, qos: QoS) {
        let entry = Subscription { filter: filter.into(), options: SubscriptionOptions::new(qos) };
        let entries = [entry];
        let subscribe =
            Subscribe { packet_identifier: 1, properties: Properties::EMPTY, subscriptions: List::new(&entries) };
        self.send(Packet::Subscribe(subscribe)).await;
        self.receive(|packet| assert!(matches!(packet, Packet::Suback(_)), "{packet:?}")).await;
    }

    async fn closed(&mut self) {
        let mut rest = Vec::new();
        let read = timeout(LONG, self.stream.read_to_end(&mut rest)).await.expect("the server closes");
        read.expect("closed, not reset");
        assert!(rest.is_empty(), "{rest:?}");
    }
}

fn connect(version: Version, client_id: &str) -> Connect<'_> {
    Connect {
        version,
        clean_start: true,
        keep_alive: 0,
        properties: Properties::EMPTY,
        client_id: client_id.into(),
        will: None,
        user_name: None,
        password: None,
    }
}

fn publish<'a>(topic: &'a str, qos: QoS, payload: &'a [u8]) -> Packet<'a> {
    Packet::Publish(Publish {
        dup: false,
        qos,
        retain: false,
        topic: topic.into(),
        packet_identifier: (qos != QoS::AtMostOnce).then_some(7),
        properties: Properties::EMPTY,
        payload,
    })
}

#[tokio::test]
async fn roundtrip_in_both_versions() {
    let serving = serving(Config::default()).await;
    for from in Version::ALL {
        for to in Version::ALL {
            let mut subscriber = Client::connect(&serving, to, "sub").await;
            subscriber.subscribe("a/+", QoS::AtLeastOnce).await;
            let mut publisher = Client::connect(&serving, from, "pub").await;
            publisher.send(publish("a/b", QoS::AtLeastOnce, b"hello")).await;
            publisher
                .receive(|packet| assert!(matches!(packet, Packet::Puback(ack) if ack.packet_identifier == 7)))
                .await;
            let id = subscriber.receive(|packet| match packet {
                Packet::Publish(publish) if publish.payload == b"hello" && publish.topic == "a/b" => {
                    publish.packet_identifier
                }
                other => panic!("{other:?}"),
            });
            let ack = Acknowledgement::new(id.await.expect("QoS 1"), ReasonCode::SUCCESS);
            subscriber.send(Packet::Puback(ack)).await;
            subscriber.send(Packet::Pingreq).await;
            subscriber.receive(|packet| assert_eq!(*packet, Packet::Pingresp)).await;
        }
    }
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections() {
    let serving = serving(Config::default()).await;
    let mut watcher = Client::connect(&serving, Version::V5, "watcher").await;
    watcher.subscribe("m", QoS::AtMostOnce).await;
    let mut clients = Vec::new();
    for number in 0..300 {
        clients.push(Client::connect(&serving, Version::ALL[number % 2], &format!("c{number}")).await);
    }
    for client in &mut clients {
        client.send(publish("m", QoS::AtMostOnce, b"x")).await;
    }
    for _ in 0..300 {
        watcher.receive(|packet| assert!(matches!(packet, Packet::Publish(_)))).await;
    }
    drop(clients);
    Client::connect(&serving, Version::V311, "c0").await;
    serving.stop().await;
}

/// The broker learns of an end without DISCONNECT: the Will goes out.
#[tokio::test]
async fn abrupt_close() {
    for reset in [false, true] {
        let serving = serving(Config::default()).await;
        let mut watcher = Client::connect(&serving, Version::V311, "watcher").await;
        watcher.subscribe("will", QoS::AtMostOnce).await;
        let mut client = Client::open(&serving, Version::V311).await;
        let will = Will {
            qos: QoS::AtMostOnce,
            retain: false,
            properties: Properties::EMPTY,
            topic: "will".into(),
            payload: b"gone",
        };
        client.send(Packet::Connect(Connect { will: Some(will), ..connect(Version::V311, "c") })).await;
        client.receive(|packet| assert!(matches!(packet, Packet::Connack(_)))).await;
        if reset {
            client.stream.set_zero_linger().unwrap();
        }
        drop(client);
        watcher
            .receive(|packet| assert!(matches!(packet, Packet::Publish(publish) if publish.payload == b"gone")))
            .await;
    }
}

/// The last packet arrives, although the client goes on sending: the server reads that and throws it away, since to
/// close with bytes unread would be a reset.
#[tokio::test]
async fn the_last_packet_before_a_close_arrives() {
    let serving = serving(Config::default()).await;
    let mut client = Client::connect(&serving, Version::V5, "c").await;
    client.send(Packet::Connect(connect(Version::V5, "c"))).await;
    let chunk = vec![0xff; 1 << 20];
    let mut begun = vec![0; 1];
    let (mut reader, mut writer) = client.stream.split();
    tokio::select! {
        read = timeout(LONG, reader.read_exact(&mut begun)) => drop(read.expect("a packet in time").unwrap()),
        () = async { while writer.write_all(&chunk).await.is_ok() {} } => panic!("reset before the last packet"),
    }
    client.held = begun;
    let is_last = |packet: &Packet<'_>| assert!(matches!(packet, Packet::Disconnect(d) if d.reason.0 == 0x82));
    client.receive(is_last).await;
    for _ in 0..16 {
        client.stream.write_all(&chunk).await.expect("read and thrown away");
    }
    client.stream.shutdown().await.unwrap();
    client.closed().await;
}

/// What was asked for before the client closed its sending direction is still answered.
#[tokio::test]
async fn half_close() {
    let serving = serving(Config::default()).await;
    let mut client = Client::open(&serving, Version::V311).await;
    let mut bytes = Packet::Connect(connect(Version::V311, "c")).to_bytes(Version::V311).unwrap();
    for _ in 0..1000 {
        Packet::Pingreq.encode(Version::V311, &mut bytes).unwrap();
    }
    client.stream.write_all(&bytes).await.unwrap();
    client.stream.shutdown().await.unwrap();
    client.receive(|packet| assert!(matches!(packet, Packet::Connack(_)))).await;
    for _ in 0..1000 {
        client.receive(|packet| assert_eq!(*packet, Packet::Pingresp)).await;
    }
    client.closed().await;
}

#[tokio::test]
async fn deadlines() {
    let config = Config { connect_timeout: Some(Duration::from_millis(50)), ..Config::default() };
    let serving = serving(config).await;
    let mut silent = Client::open(&serving, Version::V311).await;
    let mut client = Client::connect(&serving, Version::V311, "c").await;
    let begun = Instant::now();
    silent.closed().await;
    assert!(begun.elapsed() < Duration::from_millis(1900), "closed at the deadline, not when it lingers no more");
    client.send(Packet::Pingreq).await;
    client.receive(|packet| assert_eq!(*packet, Packet::Pingresp)).await;
}

/// With what was kept, a session and what waits for it, and the Will of who was connected; without, nothing.
#[tokio::test]
async fn restarts() {
    let file = tempfile::tempdir().unwrap().path().join("state.json");
    assert!(Kept::read(&file).unwrap().is_none());
    for keep in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let before = serving(Config::default()).await;
        let mut sleeper = Client::open(&before, Version::V311).await;
        let resumable = || Packet::Connect(Connect { clean_start: false, ..connect(Version::V311, "sleeper") });
        sleeper.send(resumable()).await;
        sleeper.receive(|packet| assert!(matches!(packet, Packet::Connack(_)))).await;
        sleeper.subscribe("#", QoS::AtLeastOnce).await;
        drop(sleeper);
        let mut publisher = Client::open(&before, Version::V311).await;
        let will = Will {
            qos: QoS::AtLeastOnce,
            retain: false,
            properties: Properties::EMPTY,
            topic: "will".into(),
            payload: b"gone",
        };
        publisher.send(Packet::Connect(Connect { will: Some(will), ..connect(Version::V311, "pub") })).await;
        publisher.receive(|packet| assert!(matches!(packet, Packet::Connack(_)))).await;
        publisher.send(publish("a", QoS::AtLeastOnce, b"kept")).await;
        publisher.receive(|packet| assert!(matches!(packet, Packet::Puback(_)), "{packet:?}")).await;
        let listeners = before.listeners.clone();
        before.stop_and_keep().await.unwrap().write(&file).unwrap();
        let kept = Kept::read(&file).unwrap().filter(|_| keep);
        let after = serve_on(&listeners, None, Config::default(), kept.as_ref()).await.unwrap();
        let mut sleeper = Client::open(&after, Version::V311).await;
        sleeper.send(resumable()).await;
        let present =
            sleeper.receive(|packet| matches!(packet, Packet::Connack(connack) if connack.session_present)).await;
        assert_eq!(present, keep);
        if keep {
            for expected in [&b"kept"[..], b"gone"] {
                let look = |packet: &Packet<'_>| match packet {
                    Packet::Publish(publish) => assert_eq!(publish.payload, expected),
                    other => panic!("{other:?}"),
                };
                sleeper.receive(look).await;
            }
        }
        sleeper.send(Packet::Pingreq).await;
        sleeper.receive(|packet| assert_eq!(*packet, Packet::Pingresp)).await;
        after.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_closes_everything() {
    let mut serving = serving(Config::default()).await;
    let address = serving.address;
    for _ in 0..50 {
        let mut client = Client::connect(&serving, Version::V5, "c").await;
        serving.stop().await;
        client.closed().await;
        // The address is free at once.
        serving = serve(address, Config::default()).await.unwrap();
        assert_eq!(serving.address, address);
    }
    assert!(serve(address, Config::default()).await.is_err(), "two at one address");
    let mut client = Client::connect(&serving, Version::V5, "c").await;
    drop(serving);
    client.closed().await;
}
