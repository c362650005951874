//! Servers that misbehave in the middle of a run: it ends, within its deadlines, and says what happened.

use mqttspec::corpus::Corpus;
use mqttspec::run::{Options, Summary, gate, run_server};
use mqttspec::target::{Endpoint, Server};
use mqttspec_engine::event::{Event, Verdict};
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// CONNACK of 3.1.1 with success.
const CONNACK: [u8; 4] = [0x20, 0x02, 0x00, 0x00];

/// Runs these cases against a server that treats each connection so.
async fn run<F>(cases: &str, treat: fn(TcpStream) -> F) -> (Summary, Vec<Event>)
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream));
        }
    });
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    let mut chosen = corpus.cases();
    chosen.retain(|case| case.id.starts_with(cases));
    assert!(!chosen.is_empty());
    let options = Options { timeout: Duration::from_millis(300), ..Options::default() };
    let mut server = Server::without_readiness(Endpoint::tcp("127.0.0.1", port), options.timeout);
    let mut events = Vec::new();
    let began = Instant::now();
    let summary = run_server(chosen, &corpus.catalogue, &options, &mut server, &mut |event| events.push(event)).await;
    // Ten deadlines are more than any of these cases may take.
    assert!(began.elapsed() < Duration::from_secs(20), "it took {:?}", began.elapsed());
    serving.abort();
    assert_ne!(gate(&summary, false).exit_code, 0);
    (summary, events)
}

fn findings<'a>(events: &'a [Event]) -> Vec<(Option<&'a str>, &'a str)> {
    let finding = |event: &'a Event| match event {
        Event::Finding { finding, .. } => Some((finding.statement.as_deref(), finding.text.as_str())),
        _ => None,
    };
    events.iter().filter_map(finding).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_instead_of_connack_fails_with_the_bytes() {
    let (summary, _) = run("qos/qos1-handshake@v3.1.1", |mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        let _ = stream.read(&mut [0; 1024]).await?;
        std::future::pending().await
    })
    .await;
    for result in &summary.results {
        assert_eq!(result.verdict, Verdict::Fail, "{result:#?}");
        assert!(result.reason.starts_with("MQTT-3.1.4-4"), "{}", result.reason);
        assert!(result.reason.contains("485454502f31"), "{}", result.reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_before_connack_is_a_finding() {
    let (summary, events) = run("qos/qos1-handshake@v3.1.1", |mut stream| async move {
        stream.write_all(&[0xd0, 0x00]).await?;
        stream.write_all(&CONNACK).await?;
        stream.read(&mut [0; 1024]).await.map(|_| ())
    })
    .await;
    assert!(summary.must_finding);
    assert!(findings(&events).iter().any(|(id, _)| *id == Some("MQTT-3.2.0-1")), "{:?}", findings(&events));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_frame_ends_the_judgement_of_its_connection() {
    let (summary, events) = run("qos/qos1-handshake@v3.1.1", |mut stream| async move {
        stream.write_all(&CONNACK).await?;
        stream.write_all(&[0x30, 0xff, 0xff, 0xff, 0xff, 0x01]).await?;
        stream.read(&mut [0; 1024]).await.map(|_| ())
    })
    .await;
    assert!(findings(&events).iter().any(|(_, text)| text.starts_with("the framing is lost")));
    assert!(summary.results.iter().all(|result| result.verdict == Verdict::Inconclusive), "{:#?}", summary.results);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_ends() {
    let (summary, _) = run("qos/qos1-handshake@v3.1.1", |mut stream| async move {
        stream.write_all(&CONNACK).await?;
        let flood = [0xd0, 0x00].repeat(32 << 10);
        loop {
            stream.write_all(&flood).await?;
        }
    })
    .await;
    let told: Vec<&str> = summary.results.iter().map(|result| result.reason.as_str()).collect();
    assert!(told.iter().any(|reason| reason.contains("did not stop")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_reading_holds_up_nobody() {
    let (summary, _) = run("qos/payload-unchanged", |mut stream| async move {
        let mut connect = [0; 64];
        let _ = stream.read(&mut connect).await?;
        stream.write_all(&CONNACK).await?;
        // Nothing is read any more; what the Client writes fills the buffers.
        std::future::pending().await
    })
    .await;
    assert!(summary.results.iter().all(|result| result.verdict != Verdict::Pass));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_told_as_dead_and_every_case_has_a_result() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    let options = Options { timeout: Duration::from_millis(300), ..Options::default() };
    let mut server = Server::without_readiness(Endpoint::tcp("127.0.0.1", port), options.timeout);
    let summary = run_server(corpus.cases(), &corpus.catalogue, &options, &mut server, &mut |_| {}).await;
    // What a target that is not ours cannot have is known before anybody looks.
    let told = |verdict| matches!(verdict, Verdict::Inconclusive | Verdict::Unsupported);
    assert!(summary.results.iter().all(|result| told(result.verdict)));
    assert!(summary.crash.is_some());
    assert_eq!(gate(&summary, false).exit_code, 1);
}

/// Connections that wait for their CONNACK now, and the most that did at once.
static WAITING: (AtomicUsize, AtomicUsize) = (AtomicUsize::new(0), AtomicUsize::new(0));

#[tokio::test(flavor = "multi_thread")]
async fn no_more_connections_wait_for_the_server_than_a_small_backlog_holds() {
    let (summary, _) = run("qos/", |mut stream| async move {
        let waiting = WAITING.0.fetch_add(1, Ordering::SeqCst) + 1;
        WAITING.1.fetch_max(waiting, Ordering::SeqCst);
        // A server that takes its time over a CONNECT.
        tokio::time::sleep(Duration::from_millis(5)).await;
        WAITING.0.fetch_sub(1, Ordering::SeqCst);
        stream.write_all(&[0x20, 0x02, 0x00, 0x05]).await?;
        let _ = stream.read(&mut [0; 1024]).await?;
        Ok(())
    })
    .await;
    assert!(summary.results.len() > 50);
    let most = WAITING.1.load(Ordering::SeqCst);
    // Four of cases, and one that asks whether the server lives; one that has waited for a quarter of a second counts no
    // more, which a busy machine may see. Without the limit they would all wait at once.
    assert!((2..20).contains(&most), "{most} of {} connections waited at once", summary.results.len());
}

/// How many connections there were.
static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);

#[tokio::test(flavor = "multi_thread")]
async fn a_connack_that_is_missing_among_others_is_asked_for_alone() {
    let (summary, _) = run("qos/qos0-delivery@v3.1.1", |mut stream| async move {
        // The first connection is lost as in a backlog that is full; the others are refused.
        if CONNECTIONS.fetch_add(1, Ordering::SeqCst) == 0 {
            return std::future::pending().await;
        }
        stream.write_all(&[0x20, 0x02, 0x00, 0x05]).await?;
        let _ = stream.read(&mut [0; 1024]).await?;
        Ok(())
    })
    .await;
    let told: Vec<(Verdict, &str)> =
        summary.results.iter().map(|result| (result.verdict, result.reason.as_str())).collect();
    assert!(told.iter().all(|(verdict, _)| *verdict == Verdict::Inconclusive), "{told:?}");
    assert!(CONNECTIONS.load(Ordering::SeqCst) >= 2);
}

/// How many SUBSCRIBE packets have come.
static SUBSCRIBED: AtomicUsize = AtomicUsize::new(0);

/// Closes in place of the first SUBACK of its life, as after a Transient Error, and sends all others.
async fn close_once(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let len = stream.read(&mut buffer).await?;
        let suback = [0x90, 0x03, buffer[2], buffer[3], 0x00];
        let answer: &[u8] = match buffer[..len].first() {
            None => return Ok(()),
            Some(0x10) => &CONNACK,
            Some(0x82) if SUBSCRIBED.fetch_add(1, Ordering::SeqCst) == 0 => return Ok(()),
            Some(0x82) => &suback,
            Some(0xc0) => &[0xd0, 0x00],
            Some(_) => &[],
        };
        stream.write_all(answer).await?;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_does_not_come_again_breaks_nothing() {
    let (summary, _) = run("qos/qos0-delivery@v3.1.1", close_once).await;
    assert!(SUBSCRIBED.load(Ordering::SeqCst) > 1, "the case ran once only: {:#?}", summary.results);
    let closed = |reason: &str| reason.contains("closed the connection");
    assert!(summary.results.iter().all(|result| !closed(&result.reason)), "{:#?}", summary.results);
}
