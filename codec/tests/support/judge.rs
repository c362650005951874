//! What must hold for any bytes at all. The fuzz target judges by this file too.

use mqttspec_codec::{Context, Decoded, Packet, Sender, Version, decode, inspect};

/// Judges the bytes in both versions and both roles.
pub(crate) fn judge(input: &[u8]) {
    for version in Version::ALL {
        for sender in [Sender::Client, Sender::Server] {
            judge_in(input, &Context::new(version, sender));
        }
    }
}

/// Strict decoder and lenient view agree, offsets lie within the bytes, what is printed is one plain line, and a
/// valid packet can be written again and means the same.
pub(crate) fn judge_in(input: &[u8], context: &Context) {
    let strict = decode(input, context);
    let lenient = inspect(input, context);
    for error in &lenient.violations {
        assert!(error.offset <= lenient.len.unwrap_or(input.len()), "{error} in {} bytes", input.len());
        let _ = error.statement(context.version, context.sender);
        assert_plain(&error.to_string());
    }
    if let Some(packet) = lenient.packet {
        assert_plain(&packet.display(context.version).to_string());
        let _ = (packet.packet_identifier(), packet.to_bytes(context.version), format!("{packet:?}"));
    }
    match strict {
        Err(error) => assert_eq!(lenient.violations.first(), Some(&error)),
        Ok(Decoded::Incomplete) => {
            assert_eq!((lenient.violations, lenient.packet, lenient.len), (Vec::new(), None, None));
        }
        Ok(Decoded::Packet { packet, len }) => {
            assert_eq!((&lenient.violations[..], lenient.packet, lenient.len), (&[][..], Some(packet), Some(len)));
            let version = if let Packet::Connect(connect) = packet { connect.version } else { context.version };
            let bytes = packet.to_bytes(version).expect("what was decoded can be written");
            assert!(bytes.len() <= len, "the encoder writes the shortest form");
            assert_eq!(decode(&bytes, context), Ok(Decoded::Packet { packet, len: bytes.len() }));
        }
    }
}

/// One line without anything that moves a terminal's cursor or hides what is there.
fn assert_plain(printed: &str) {
    let hidden =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{200b}'..='\u{200f}' | '\u{feff}');
    assert!(!printed.contains(hidden), "{printed:?}");
}
