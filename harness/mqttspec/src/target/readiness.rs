//! Whether a server is ready: a CONNECT in each version, and what comes.

use super::error::Cause;
use crate::transport::{Connector, Fault, Stream, TlsFault, WebSocketFault};
use mqttspec_codec::{
    Connect, Context, Disconnect, Hex, Packet, PacketType, Properties, ReasonCode, Sender, Version, frame, inspect,
    print_payload,
};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout_at};

/// What a version came to, with the CONNECT and what came as evidence. Passwords are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The CONNECT was accepted.
    Ready {
        /// The CONNACK in words.
        connack: String,
        /// `CONNECT -> CONNACK` in hex.
        hex: String,
    },
    /// The server does not speak the version.
    Refused {
        /// CONNECT and what came, in words.
        told: String,
        /// Both in hex.
        hex: String,
    },
}

/// Who is asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) connector: Connector,
    pub(super) credentials: Option<(String, Vec<u8>)>,
}

/// What one CONNECT came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// CONNACK with 0.
    Accepted { connack: String, hex: String },
    /// CONNACK that says that the version is not supported.
    VersionRefused { told: String, hex: String },
    /// Trying again would not help.
    Final(Cause),
    /// A server that starts does that.
    Passing(Cause),
}

/// The longest CONNACK that is read, in bytes.
const LONGEST_CONNACK: usize = 64 * 1024;
/// The most bytes of garbage that are shown.
const SHOWN: usize = 64;
/// The most bytes that are read after DISCONNECT, and the longest time: the Server is to close.
const FAREWELL: (usize, Duration) = (64 * 1024, Duration::from_millis(250));
/// The pause between two attempts: it doubles from the first to the second of these.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// Asks in each version until one is accepted, for `timeout` at most; the versions after that have as long again.
/// Without any, connections that were refused or closed are tried again.
pub(super) async fn ask(
    asked: &Asked,
    versions: &[Version],
    timeout: Duration,
) -> Result<Vec<(Version, Readiness)>, Cause> {
    let deadline = Instant::now() + timeout;
    let mut pause = PAUSES.0;
    let mut ready: Vec<(Version, Option<Readiness>)> = versions.iter().map(|&version| (version, None)).collect();
    let mut up = false;
    loop {
        let mut passing = None;
        for (version, entry) in ready.iter_mut().filter(|(_, entry)| entry.is_none()) {
            let left = if up { timeout } else { deadline.saturating_duration_since(Instant::now()) };
            match probe(asked, *version, left).await {
                Outcome::Accepted { connack, hex } => {
                    up = true;
                    *entry = Some(Readiness::Ready { connack, hex });
                }
                Outcome::VersionRefused { told, hex } => *entry = Some(Readiness::Refused { told, hex }),
                // Another version was accepted before: this one is refused.
                Outcome::Passing(Cause::Closed { how, hex, .. }) if up => {
                    let told = format!("{} -> {how} without CONNACK", connect_words(asked, *version));
                    let hex = if hex.is_empty() { "nothing".to_owned() } else { hex };
                    *entry = Some(Readiness::Refused { told, hex });
                }
                Outcome::Passing(cause) if up => return Err(cause),
                Outcome::Passing(cause) => passing = Some(cause),
                Outcome::Final(cause) => return Err(cause),
            }
        }
        match passing {
            None => break,
            // At once: the server is up by now.
            Some(_) if up => {}
            Some(cause) => {
                let next = Instant::now() + pause;
                if next >= deadline {
                    return Err(cause);
                }
                sleep_until(next).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
    let ready: Vec<(Version, Readiness)> =
        ready.into_iter().filter_map(|(version, entry)| Some((version, entry?))).collect();
    if up {
        return Ok(ready);
    }
    let told = |(_, ready)| match ready {
        Readiness::Ready { .. } => None,
        Readiness::Refused { told, hex } => Some(format!("{told} ({hex})")),
    };
    Err(Cause::NoVersion(ready.into_iter().filter_map(told).collect()))
}

/// One CONNECT, and DISCONNECT if it is accepted.
pub(super) async fn probe(asked: &Asked, version: Version, timeout: Duration) -> Outcome {
    let deadline = Instant::now() + timeout;
    let mut stream = match asked.connector.connect(deadline, timeout).await {
        Ok(stream) => stream,
        Err(fault) => return no_connection(asked, fault),
    };
    let client_id = client_id();
    let packet = connect_packet(asked, version, &client_id);
    let bytes = match packet.to_bytes(version) {
        Ok(bytes) => bytes,
        // Only user name or password can be too long.
        Err(error) => {
            let told = format!("the CONNECT cannot be written: {error}");
            let hex = "nothing was sent".to_owned();
            return Outcome::Final(Cause::ConnectRefused { credentials: true, given: true, told, hex });
        }
    };
    // What a server sends before it closes is worth more than the error of a write.
    let _ = timeout_at(deadline, async { (stream.write_all(&bytes).await, stream.flush().await) }).await;
    let received = match read_connack(asked, &mut stream, version, deadline, timeout).await {
        Ok(received) => received,
        Err(outcome) => return outcome,
    };
    let outcome = judge(asked, version, &packet.display(version).to_string(), &sent_hex(asked, &bytes), &received);
    if matches!(outcome, Outcome::Accepted { .. })
        && let Ok(bytes) = Packet::Disconnect(Disconnect::default()).to_bytes(version)
    {
        farewell(stream, &bytes).await;
    }
    outcome
}

/// What the lack of a Network Connection means. A server that starts may refuse connections, or close them early.
fn no_connection(asked: &Asked, fault: Fault) -> Outcome {
    let endpoint = asked.connector.endpoint.clone();
    match fault {
        Fault::Unresolved { host, why } => Outcome::Final(Cause::Unresolved { host, why }),
        Fault::Tcp(why) => Outcome::Passing(Cause::Unreachable { endpoint, why }),
        Fault::Tls(fault @ TlsFault::Closed) => Outcome::Passing(fault.into()),
        Fault::WebSocket(fault @ WebSocketFault::Closed) => Outcome::Passing(fault.into()),
        Fault::WebSocket(WebSocketFault::Status(status)) if status.starts_with('5') => {
            Outcome::Passing(WebSocketFault::Status(status).into())
        }
        Fault::Tls(fault) => Outcome::Final(fault.into()),
        Fault::WebSocket(fault) => Outcome::Final(fault.into()),
    }
}

/// Reads one packet, whole, as far as it can be a CONNACK.
async fn read_connack(
    asked: &Asked,
    stream: &mut Stream,
    version: Version,
    deadline: Instant,
    timeout: Duration,
) -> Result<Vec<u8>, Outcome> {
    let mut received = Vec::new();
    let mut chunk = vec![0; 4096];
    loop {
        if let Some(whole) = whole_connack(&received).map_err(|why| not_mqtt(version, why, &received))? {
            received.truncate(whole);
            return Ok(received);
        }
        let closed = |how: &str| Cause::Closed { version, how: how.to_owned(), hex: Hex(&received).to_string() };
        let broken = |error: &io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => closed("closed"),
            _ => closed("reset"),
        };
        match timeout_at(deadline, stream.read(&mut chunk)).await {
            Ok(Ok(0)) => return Err(Outcome::Passing(closed("closed"))),
            Ok(Ok(read)) => received.extend_from_slice(&chunk[..read]),
            // The server looks at the client's certificate after the handshake.
            Ok(Err(error)) => {
                let refused = TlsFault::of(&error, asked.connector.server_name());
                return Err(
                    refused.map_or_else(|| Outcome::Passing(broken(&error)), |fault| Outcome::Final(fault.into()))
                );
            }
            Err(_) => {
                let hex = Hex(&received[..received.len().min(SHOWN)]).to_string();
                return Err(Outcome::Final(Cause::Silent { version, timeout, hex }));
            }
        }
    }
}

/// The length of the CONNACK at the front, once it is whole; why there can be none.
fn whole_connack(received: &[u8]) -> Result<Option<usize>, String> {
    let Some(&first) = received.first() else { return Ok(None) };
    match PacketType::from_first_byte(first) {
        Some(PacketType::Connack) => {}
        // A packet only where the flags are lawful: other protocols begin with letters.
        Some(other) if other.required_flags().is_some_and(|flags| flags == first & 0x0f) => {
            return Err(format!("{other} instead of CONNACK"));
        }
        _ => return Err("no CONNACK".to_owned()),
    }
    let Some(frame) = frame(received).map_err(|error| format!("a CONNACK with {error}"))? else { return Ok(None) };
    if frame.len > LONGEST_CONNACK {
        return Err(format!("a CONNACK of {} bytes", frame.len));
    }
    if frame.len < frame.header + 2 {
        return Err("a CONNACK without a code".to_owned());
    }
    Ok((received.len() >= frame.len).then_some(frame.len))
}

fn not_mqtt(version: Version, why: String, received: &[u8]) -> Outcome {
    let shown = &received[..received.len().min(SHOWN)];
    let more = if shown.len() < received.len() { "..." } else { "" };
    Outcome::Final(Cause::NotMqtt {
        version,
        why,
        shown: print_payload(shown).to_string() + more,
        hex: Hex(shown).to_string() + more,
    })
}

/// What a whole CONNACK says. What is wrong with its form is for the scenarios to find, so it is read leniently.
fn judge(asked: &Asked, version: Version, sent: &str, sent_hex: &str, received: &[u8]) -> Outcome {
    let code = frame(received).ok().flatten().and_then(|frame| received.get(frame.header + 1)).copied();
    let code = ReasonCode(code.unwrap_or(0x80));
    // A server that lacks 5.0 answers in the form of 3.1.1.
    let mut inspection = inspect(received, &Context::new(version, Sender::Server));
    let mut form = version;
    if !inspection.violations.is_empty() {
        let older = inspect(received, &Context::new(Version::V311, Sender::Server));
        if older.violations.is_empty() && code != ReasonCode::SUCCESS {
            (inspection, form) = (older, Version::V311);
        }
    }
    let mut connack = match inspection.packet {
        Some(packet) => packet.display(form).to_string(),
        None => format!("CONNACK code={code} ({})", code.name(form, PacketType::Connack)),
    };
    if let Some(violation) = inspection.violations.first() {
        connack = format!("{connack} (not valid: {violation})");
    }
    let hex = format!("{sent_hex} -> {}", Hex(received));
    let told = format!("{sent} -> {connack}");
    match code.0 {
        0 => Outcome::Accepted { connack, hex },
        1 | 0x84 => Outcome::VersionRefused { told, hex },
        _ => {
            let credentials = matches!(code.0, 4 | 5 | 0x86 | 0x87 | 0x8c);
            let given = asked.credentials.is_some();
            let cause = Cause::ConnectRefused { credentials, given, told, hex };
            // Server unavailable and Server busy.
            if matches!(code.0, 3 | 0x88 | 0x89) { Outcome::Passing(cause) } else { Outcome::Final(cause) }
        }
    }
}

/// Sends DISCONNECT and lets the Server close, so that it is done with this client before the next comes.
async fn farewell(mut stream: Stream, disconnect: &[u8]) {
    let deadline = Instant::now() + FAREWELL.1;
    let mut chunk = vec![0; 4096];
    let mut left = FAREWELL.0;
    let farewell = async {
        stream.write_all(disconnect).await?;
        stream.shutdown().await?;
        while left > 0 {
            match stream.read(&mut chunk).await? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        io::Result::Ok(())
    };
    // Readiness is shown by now; whatever goes wrong here is not about it.
    let _ = timeout_at(deadline, farewell).await;
}

fn connect_packet<'a>(asked: &'a Asked, version: Version, client_id: &'a str) -> Packet<'a> {
    Packet::Connect(Connect {
        version,
        clean_start: true,
        keep_alive: 60,
        properties: Properties::EMPTY,
        client_id: client_id.into(),
        will: None,
        user_name: asked.credentials.as_ref().map(|(name, _)| name.as_str().into()),
        password: asked.credentials.as_ref().map(|(_, password)| password.as_slice()),
    })
}

fn connect_words(asked: &Asked, version: Version) -> String {
    connect_packet(asked, version, "...").display(version).to_string()
}

/// The hex of a CONNECT. The password stands last, and is left out.
fn sent_hex(asked: &Asked, bytes: &[u8]) -> String {
    match &asked.credentials {
        Some((_, password)) => {
            let shown = &bytes[..bytes.len().saturating_sub(password.len())];
            format!("{}({} bytes of password)", Hex(shown), password.len())
        }
        None => Hex(bytes).to_string(),
    }
}

/// 21 alphanumerics: every server takes 23.
fn client_id() -> String {
    "probe".chars().chain(std::iter::repeat_with(fastrand::alphanumeric).take(16)).collect()
}
