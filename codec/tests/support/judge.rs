//! What must hold for any bytes at all. The fuzz target judges by this file too.

use mqttspec_codec::{Context, DecodeError, Decoded, Packet, PacketType, Rule, Sender, Version, decode, inspect};

/// Judges the bytes in both versions and both roles.
pub(crate) fn judge(input: &[u8]) {
    contexts().for_each(|context| judge_in(input, &context));
}

/// Printing costs ten times as much as all else: of most inputs it is left out. The input itself says of which, so
/// that the same input is always judged the same.
#[allow(dead_code, reason = "for the fuzz target, where the rate counts")]
pub(crate) fn judge_fast(input: &[u8]) {
    let sum = input.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    let print = sum % 32 == 0;
    let mut written = Vec::with_capacity(input.len());
    for context in contexts() {
        judge_meaning(input, &context, &mut written);
        if print {
            judge_printing(input, &context);
        }
    }
}

pub(crate) fn judge_in(input: &[u8], context: &Context) {
    judge_meaning(input, context, &mut Vec::new());
    judge_printing(input, context);
}

fn contexts() -> impl Iterator<Item = Context> {
    let both = [Sender::Client, Sender::Server];
    Version::ALL.into_iter().flat_map(move |version| both.map(|sender| Context::new(version, sender)))
}

/// Strict decoder and lenient view agree, offsets lie within the bytes, and a valid packet can be written again and
/// means the same. `written` is room to write in.
fn judge_meaning(input: &[u8], context: &Context, written: &mut Vec<u8>) {
    let strict = decode(input, context);
    let lenient = inspect(input, context);
    for error in &lenient.violations {
        assert!(error.offset <= lenient.len.unwrap_or(input.len()), "{error} in {} bytes", input.len());
    }
    judge_losses(&lenient.violations, lenient.cut);
    assert_eq!(lenient.whole(), lenient.packet.filter(|_| !lenient.cut));
    match strict {
        Err(error) => assert_eq!(lenient.violations.first(), Some(&error)),
        Ok(Decoded::Incomplete) => {
            assert_eq!((lenient.violations, lenient.packet, lenient.len), (Vec::new(), None, None));
        }
        Ok(Decoded::Packet { packet, len }) => {
            assert_eq!((&lenient.violations[..], lenient.whole(), lenient.len), (&[][..], Some(packet), Some(len)));
            let version = if let Packet::Connect(connect) = packet { connect.version } else { context.version };
            written.clear();
            packet.encode(version, written).expect("what was decoded can be written");
            assert!(written.len() <= len, "the encoder writes the shortest form");
            assert_eq!(decode(written, context), Ok(Decoded::Packet { packet, len: written.len() }));
        }
    }
}

/// Where the place of the next field is lost, that is one violation and not one for each field behind it: a list of
/// properties can end so, then that of a Will, then the packet.
fn judge_losses(violations: &[DecodeError], cut: bool) {
    let in_body = |error: &&DecodeError| {
        error.field != mqttspec_codec::Field::RemainingLength
            && match error.rule {
                Rule::Overrun | Rule::PropertyUnknown | Rule::PropertyLengthMissing => true,
                rule => rule == Rule::VariableByteIntegerLength,
            }
    };
    let losses = violations.iter().filter(in_body).count();
    let most = if violations.iter().any(|error| error.packet == Some(PacketType::Connect)) { 3 } else { 2 };
    assert!(losses <= most, "{violations:?}");
    assert_eq!(cut, losses > 0, "{violations:?}");
}

/// What is printed is one plain line; what is not valid can be asked for all that a report asks for.
fn judge_printing(input: &[u8], context: &Context) {
    let lenient = inspect(input, context);
    for error in &lenient.violations {
        let _ = error.statement(context.version, context.sender);
        assert_plain(&error.to_string());
    }
    if let Some(packet) = lenient.packet {
        assert_plain(&packet.display(context.version).to_string());
        let _ = (packet.packet_identifier(), packet.to_bytes(context.version), format!("{packet:?}"));
    }
}

/// One line without anything that moves a terminal's cursor or hides what is there.
fn assert_plain(printed: &str) {
    let hidden =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{200b}'..='\u{200f}' | '\u{feff}');
    assert!(!printed.contains(hidden), "{printed:?}");
}
