//! Packets in one line of plain text, with the names that scenarios use.

use crate::packet::{Acknowledgement, Connect, Publish, Suback};
use crate::{Packet, PacketType, Properties, ReasonCode, Text, Version};
use core::fmt;

/// Bytes as lower-case hex digits, two a byte, without blanks.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The longest payload or binary field that is printed whole, in bytes.
const SHOWN: usize = 64;

/// A payload as it is printed: a quoted string where it is one, hex where not, cut after 64 bytes.
pub fn payload(bytes: &[u8]) -> impl fmt::Display + '_ {
    fmt::from_fn(move |f| {
        let mut shown = &bytes[..bytes.len().min(SHOWN)];
        if shown.len() < bytes.len() {
            // A cut must not split a character.
            if let Err(error) = core::str::from_utf8(shown)
                && error.error_len().is_none()
            {
                shown = &shown[..error.valid_up_to()];
            }
        }
        match core::str::from_utf8(shown) {
            Ok(text) => write!(f, "{}", Text::from(text))?,
            Err(_) => write!(f, "0x{}", Hex(shown))?,
        }
        if shown.len() < bytes.len() { write!(f, "... ({} bytes)", bytes.len()) } else { Ok(()) }
    })
}

/// A binary field as it is printed: hex, cut after 64 bytes.
pub(crate) fn binary(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let shown = &bytes[..bytes.len().min(SHOWN)];
    write!(f, "0x{}", Hex(shown))?;
    if shown.len() < bytes.len() { write!(f, "... ({} bytes)", bytes.len()) } else { Ok(()) }
}

impl Packet<'_> {
    /// The packet in one line: name, then `field=value`. Reason codes are named as the version names them.
    pub fn display(&self, version: Version) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| {
            let packet = self.packet_type();
            f.write_str(packet.name())?;
            match self {
                Self::Connect(connect) => write_connect(f, connect),
                Self::Connack(connack) => {
                    write!(f, " session-present={}", connack.session_present)?;
                    write_code(f, connack.reason, version, packet)?;
                    write_properties(f, connack.properties)
                }
                Self::Publish(publish) => write_publish(f, publish),
                Self::Puback(ack) | Self::Pubrec(ack) | Self::Pubrel(ack) | Self::Pubcomp(ack) => {
                    write_acknowledgement(f, ack, version, packet)
                }
                Self::Subscribe(subscribe) => {
                    write!(f, " id={}", subscribe.packet_identifier)?;
                    write_properties(f, subscribe.properties)?;
                    for entry in subscribe.subscriptions {
                        write!(f, " filter={} qos={}", entry.filter, entry.options.bits() & 3)?;
                        if version == Version::V5 {
                            write!(f, " options={:#04x}", entry.options.bits())?;
                        }
                    }
                    Ok(())
                }
                Self::Suback(suback) | Self::Unsuback(suback) => write_suback(f, suback, version, packet),
                Self::Unsubscribe(unsubscribe) => {
                    write!(f, " id={}", unsubscribe.packet_identifier)?;
                    write_properties(f, unsubscribe.properties)?;
                    unsubscribe.filters.iter().try_for_each(|filter| write!(f, " filter={filter}"))
                }
                Self::Pingreq | Self::Pingresp => Ok(()),
                Self::Disconnect(disconnect) if version == Version::V311 => write_properties(f, disconnect.properties),
                Self::Disconnect(disconnect) => {
                    write_code(f, disconnect.reason, version, packet)?;
                    write_properties(f, disconnect.properties)
                }
                Self::Auth(auth) => {
                    write_code(f, auth.reason, version, packet)?;
                    write_properties(f, auth.properties)
                }
            }
        })
    }
}

fn write_connect(f: &mut fmt::Formatter<'_>, connect: &Connect<'_>) -> fmt::Result {
    write!(f, " version={} client-id={}", connect.version, connect.client_id)?;
    write!(f, " clean-start={} keep-alive={}", connect.clean_start, connect.keep_alive)?;
    write_properties(f, connect.properties)?;
    if let Some(will) = &connect.will {
        write!(f, " will-topic={} will-qos={} will-retain={}", will.topic, will.qos, will.retain)?;
        write!(f, " will-payload={}", payload(will.payload))?;
        for property in will.properties {
            let key = property.id.spec().key;
            write!(f, " will-{}={}", key.strip_prefix("will-").unwrap_or(key), property.value)?;
        }
    }
    if let Some(user_name) = connect.user_name {
        write!(f, " user-name={user_name}")?;
    }
    // A report is passed on; a password must not be.
    if connect.password.is_some() { f.write_str(" password=(hidden)") } else { Ok(()) }
}

fn write_publish(f: &mut fmt::Formatter<'_>, publish: &Publish<'_>) -> fmt::Result {
    write!(f, " topic={} qos={}", publish.topic, publish.qos)?;
    if let Some(id) = publish.packet_identifier {
        write!(f, " id={id}")?;
    }
    if publish.dup {
        f.write_str(" dup")?;
    }
    if publish.retain {
        f.write_str(" retain")?;
    }
    write_properties(f, publish.properties)?;
    write!(f, " payload={}", payload(publish.payload))
}

fn write_acknowledgement(
    f: &mut fmt::Formatter<'_>,
    ack: &Acknowledgement<'_>,
    version: Version,
    packet: PacketType,
) -> fmt::Result {
    write!(f, " id={}", ack.packet_identifier)?;
    if version == Version::V5 {
        write_code(f, ack.reason, version, packet)?;
    }
    write_properties(f, ack.properties)
}

fn write_suback(f: &mut fmt::Formatter<'_>, suback: &Suback<'_>, version: Version, packet: PacketType) -> fmt::Result {
    write!(f, " id={}", suback.packet_identifier)?;
    write_properties(f, suback.properties)?;
    suback.reason_codes().try_for_each(|reason| write_code(f, reason, version, packet))
}

fn write_code(f: &mut fmt::Formatter<'_>, reason: ReasonCode, version: Version, packet: PacketType) -> fmt::Result {
    write!(f, " code={reason} ({})", reason.name(version, packet))
}

fn write_properties(f: &mut fmt::Formatter<'_>, properties: Properties<'_>) -> fmt::Result {
    properties.iter().try_for_each(|property| write!(f, " {}={}", property.id.spec().key, property.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn payloads() {
        assert_eq!(payload(b"on").to_string(), r#""on""#);
        assert_eq!(payload(b"").to_string(), r#""""#);
        assert_eq!(payload(&[0xff, 0x00]).to_string(), "0xff00");
        assert_eq!(payload(&[b'a'; 64]).to_string(), alloc::format!("\"{}\"", "a".repeat(64)));
        assert_eq!(payload(&[b'a'; 65]).to_string(), alloc::format!("\"{}\"... (65 bytes)", "a".repeat(64)));
        // Byte 64 is the second of a character.
        let umlauts = alloc::format!("a{}", "ü".repeat(40));
        assert_eq!(payload(umlauts.as_bytes()).to_string(), alloc::format!("\"a{}\"... (81 bytes)", "ü".repeat(31)));
        assert_eq!(payload(&[0xff; 70]).to_string(), alloc::format!("0x{}... (70 bytes)", "ff".repeat(64)));
    }

    #[test]
    fn binary_fields_are_cut() {
        let shown = |len| fmt::from_fn(move |f| binary(f, &[0xab; 100][..len])).to_string();
        assert_eq!(shown(0), "0x");
        assert_eq!(shown(2), "0xabab");
        assert_eq!(shown(65), alloc::format!("0x{}... (65 bytes)", "ab".repeat(64)));
    }

    #[test]
    fn password_is_hidden() {
        let connect = Connect {
            version: Version::V5,
            clean_start: true,
            keep_alive: 0,
            properties: Properties::EMPTY,
            client_id: "c".into(),
            will: None,
            user_name: Some("u".into()),
            password: Some(b"secret"),
        };
        let printed = Packet::Connect(connect).display(Version::V5).to_string();
        assert!(!printed.contains("secret") && printed.ends_with(r#"user-name="u" password=(hidden)"#), "{printed}");
    }
}
