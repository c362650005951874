//! The fault without this tool: where a CONNECT, or one packet behind it, is all that it takes.

use crate::report::run::{Case, Run};
use crate::report::terminal::failure::without_rule;
use crate::report::text::{Shown, squeezed};
use crate::target::Endpoint;
use mqttspec_engine::event::{Breach, Bytes, Event};
use std::fmt::Write;

/// A shell script that writes the bytes and shows what comes; `None` where it takes more than that.
pub(super) fn script(run: &Run, case: &Case) -> Option<String> {
    let rule = case.broken().into_iter().find(|rule| rule.breach.is_some())?;
    let breach = rule.breach.as_ref()?;
    // Plain TCP, which is what virtual time stands for, too.
    if run.environment.transport.as_deref().is_some_and(|transport| transport != "tcp") {
        return None;
    }
    let bytes = written(case, breach)?;
    let octal = bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "\\{byte:03o}");
        out
    });
    // Of TCP, the address is told without its scheme.
    let endpoint =
        run.environment.address.as_deref().and_then(|address| Endpoint::parse(&format!("mqtt://{address}")).ok());
    let (host, port) =
        endpoint.map_or_else(|| ("localhost".to_owned(), 1883), |endpoint| (endpoint.host, endpoint.port));
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:_".contains(c);
    let host = if host.chars().all(plain) { host } else { "localhost".to_owned() };
    Some(format!(
        "# {}: {}\n# expected: {}\n# seen: {}\n# sh reproduce.sh [HOST [PORT]]\n\
         command -v nc >/dev/null || {{ echo \"nc (netcat) is not installed\" >&2; exit 1; }}\n\
         printf '{octal}' | nc -q 1 \"${{1:-{host}}}\" \"${{2:-{port}}}\" | od -An -v -tx1\n",
        Shown(&rule.statement),
        Shown(&rule.text),
        Shown(without_rule(&squeezed(&breach.expected))),
        Shown(&breach.actual),
    ))
}

/// What the Client wrote that was to be answered until the rule was broken: a CONNECT and at most one packet more. Other
/// Clients must have nothing to do with it.
fn written(case: &Case, breach: &Breach) -> Option<Vec<u8>> {
    let ours = answered(&breach.step);
    let (mut packets, mut connections): (Vec<&Bytes>, Vec<(&str, u32)>) = (Vec::new(), Vec::new());
    for event in &case.transcript {
        match event {
            Event::Opened(moment) if moment.at_us <= breach.at_us => {
                connections.push((&moment.client, moment.connection));
            }
            Event::Operation { .. } => return None,
            Event::Sent(bytes) if bytes.moment.at_us <= breach.at_us => packets.push(bytes),
            _ => {}
        }
    }
    if let Some(client) = ours {
        connections.retain(|(other, _)| *other == client);
        packets.retain(|packet| packet.moment.client == client);
    }
    // With these the player looks whether the Server is there, and says good-bye.
    while packets.len() > 1 && packets.last().is_some_and(|last| ["c000", "e000"].contains(&last.hex.as_str())) {
        packets.pop();
    }
    let is_whole = |packet: &&Bytes| packet.hex.len() == packet.len * 2;
    // A password was taken out: its place holds something else.
    let is_open = |packet: &&Bytes| !packet.packet.contains("password=");
    let enough = (1..=2).contains(&packets.len()) && packets.iter().all(is_whole) && packets.iter().all(is_open);
    if connections.len() != 1 || !enough || !packets[0].packet.starts_with("CONNECT") {
        return None;
    }
    packets.iter().map(|packet| from_hex(&packet.hex)).collect::<Option<Vec<_>>>().map(|packets| packets.concat())
}

/// The Client of a step that waits for an answer to what it sent itself, whatever others did.
fn answered(step: &str) -> Option<&str> {
    const ANSWERS: [&str; 6] = ["PUBACK", "PUBREC", "PUBCOMP", "SUBACK", "UNSUBACK", "PINGRESP"];
    let mut words = step.split_whitespace();
    let (client, arrow, packet) = (words.next()?, words.next()?, words.next()?);
    (arrow == "<-" && ANSWERS.contains(&packet)).then_some(client)
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    hex.as_bytes().chunks(2).map(pair).collect()
}
