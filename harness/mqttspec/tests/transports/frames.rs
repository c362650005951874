//! MQTT in WebSocket frames, as a client of somebody else may send them.

use crate::support::{CONNACK, CONNECT, Certificates, LONG, endpoint, serving};
use futures_util::{SinkExt, StreamExt};
use mqttspec::serve::Serving;
use mqttspec::target::Transport;
use mqttspec_broker::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

const PINGREQ: &[u8] = &[0xc0, 0];
const PINGRESP: &[u8] = &[0xd0, 0];

async fn usual(config: Config) -> Serving {
    serving(&Certificates::new().server_tls(), config).await
}

/// A WebSocket, if the server takes it, with the subprotocol that the server chose.
async fn upgrade(serving: &Serving, offers: &[&'static str]) -> Result<(WebSocketStream<TcpStream>, String), Error> {
    let endpoint = endpoint(serving, Transport::Ws);
    let mut request = format!("ws://{endpoint}/any/path").into_client_request().unwrap();
    for offer in offers {
        request.headers_mut().append("Sec-WebSocket-Protocol", HeaderValue::from_static(offer));
    }
    let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await.unwrap();
    let (socket, response) = client_async(request, stream).await?;
    let chosen = response.headers().get("Sec-WebSocket-Protocol").unwrap();
    Ok((socket, chosen.to_str().unwrap().to_owned()))
}

async fn open(serving: &Serving) -> WebSocketStream<TcpStream> {
    upgrade(serving, &["mqtt"]).await.unwrap().0
}

async fn send(socket: &mut WebSocketStream<TcpStream>, bytes: &[u8]) {
    socket.send(Message::binary(bytes.to_vec())).await.unwrap();
}

/// So many bytes of binary frames.
async fn receive(socket: &mut WebSocketStream<TcpStream>, len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < len {
        match timeout(LONG, socket.next()).await.expect("a frame in time") {
            Some(Ok(Message::Binary(more))) => bytes.extend_from_slice(&more),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("{other:?}"),
        }
    }
    bytes
}

async fn closed(mut socket: WebSocketStream<TcpStream>) {
    let mut rest = Vec::new();
    while let Some(Ok(message)) = timeout(LONG, socket.next()).await.expect("the server closes") {
        rest.push(message);
    }
    assert!(rest.iter().all(Message::is_close), "{rest:?}");
}

#[tokio::test]
async fn one_packet_in_many_frames() {
    let serving = usual(Config::default()).await;
    let mut socket = open(&serving).await;
    for byte in CONNECT {
        send(&mut socket, &[*byte]).await;
        // An empty frame is no end of anything.
        send(&mut socket, &[]).await;
    }
    assert_eq!(receive(&mut socket, 4).await, CONNACK);
}

#[tokio::test]
async fn many_packets_in_one_frame() {
    let serving = usual(Config::default()).await;
    let mut socket = open(&serving).await;
    send(&mut socket, &[CONNECT, &PINGREQ.repeat(500), &PINGREQ[..1]].concat()).await;
    send(&mut socket, &PINGREQ[1..]).await;
    assert_eq!(receive(&mut socket, 4 + 501 * 2).await, [CONNACK, &PINGRESP.repeat(501)].concat());
}

#[tokio::test]
async fn a_text_frame_closes() {
    let serving = usual(Config::default()).await;
    let mut socket = open(&serving).await;
    send(&mut socket, CONNECT).await;
    assert_eq!(receive(&mut socket, 4).await, CONNACK);
    socket.send(Message::text(String::from_utf8(PINGREQ[1..].to_vec()).unwrap())).await.unwrap();
    closed(socket).await;
}

#[tokio::test]
async fn a_frame_beyond_the_largest_packet_closes() {
    let serving = usual(Config { maximum_packet_size: 1000, ..Config::default() }).await;
    let mut socket = open(&serving).await;
    send(&mut socket, CONNECT).await;
    assert_eq!(receive(&mut socket, 4).await, CONNACK);
    // It is refused when its length is known, not when it has come.
    let mut tcp = socket.into_inner();
    tcp.write_all(&[0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]).await.unwrap();
    let mut rest = Vec::new();
    let _ = timeout(LONG, tcp.read_to_end(&mut rest)).await.expect("the server closes");
}

#[tokio::test]
async fn control_frames_between_packets() {
    let serving = usual(Config::default()).await;
    let mut socket = open(&serving).await;
    socket.send(Message::Ping(b"there?"[..].into())).await.unwrap();
    send(&mut socket, CONNECT).await;
    let mut pong = false;
    loop {
        match timeout(LONG, socket.next()).await.expect("a frame in time").unwrap().unwrap() {
            Message::Pong(payload) => pong = payload == b"there?"[..],
            Message::Binary(bytes) => break assert_eq!(bytes, CONNACK),
            other => panic!("{other:?}"),
        }
    }
    assert!(pong, "the answer to the ping comes first");
    socket.close(None).await.unwrap();
    closed(socket).await;
}

#[tokio::test]
async fn the_subprotocol() {
    let serving = usual(Config::default()).await;
    for offers in ["mqtt", "mqttv3.1, mqtt", "mqtt,mqtt5"] {
        assert_eq!(upgrade(&serving, &[offers]).await.unwrap().1, "mqtt", "{offers:?}");
    }
    for offers in [&[][..], &["mqttv3.1"], &["mqtt5"]] {
        match upgrade(&serving, offers).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), 400, "{offers:?}"),
            other => panic!("{offers:?}: {other:?}"),
        }
    }
}
