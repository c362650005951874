//! A server that forgets that MQTT comes in binary frames.

use crate::support::{CONNACK, LONG, start};
use futures_util::{SinkExt, StreamExt};
use mqttspec::corpus::Corpus;
use mqttspec::run::{Options, run_server};
use mqttspec::target::{Endpoint, TlsOptions, Transport};
use mqttspec_engine::event::{Event, Verdict};
use mqttspec_engine::statement::Level;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;

#[expect(clippy::result_large_err, reason = "the library's callback")]
fn mqtt(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mqtt"));
    Ok(response)
}

/// Lets the client in, and answers everything else with text.
async fn serve(stream: TcpStream) {
    let Ok(mut socket) = accept_hdr_async(stream, mqtt).await else { return };
    while let Some(Ok(message)) = socket.next().await {
        let answer = match message.into_data().first().map(|first| first >> 4) {
            Some(1) => Message::binary(CONNACK),
            Some(14) | None => continue,
            Some(_) => Message::text("what?"),
        };
        let _ = socket.send(answer).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_frame_is_a_finding() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    let endpoint = Endpoint::new(Transport::Ws, "127.0.0.1", port);
    let mut server = start(endpoint, TlsOptions::default(), LONG).await.unwrap();
    let corpus = Corpus::built_in().unwrap();
    let handshake = |id: &str| id.starts_with("qos/qos1-handshake") && id.contains("v3.1.1");
    let cases: Vec<_> = corpus.cases().into_iter().filter(|case| handshake(&case.id)).collect();
    assert!(!cases.is_empty());
    let mut findings = Vec::new();
    let summary = run_server(cases, &corpus.catalogue, &Options::default(), &mut server, &mut |event| {
        if let Event::Finding { finding, .. } = event {
            findings.push((finding.statement.unwrap_or_default(), finding.level));
        }
    })
    .await;
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|finding| *finding == ("MQTT-6.0.0-1/a".to_owned(), Level::Must)), "{findings:?}");
    assert!(summary.results.iter().all(|result| result.verdict != Verdict::Pass));
}
