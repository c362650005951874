//! A short notation for the bytes of a packet.

use crate::varint;
use alloc::string::String;
use alloc::vec::Vec;

/// The bytes that `text` stands for.
///
/// Hex digits are bytes, `'text'` is its characters, `( )` puts a two-byte length before what it holds and `[ ]` a
/// variable byte integer.
///
/// ```
/// // A PUBLISH to topic `a` with Topic Alias 1.
/// let publish = mqttspec_codec::seeds::bytes("30 [('a') [23 0001] 'hi']");
/// assert_eq!(publish, [0x30, 9, 0, 1, b'a', 3, 0x23, 0, 1, b'h', b'i']);
/// ```
///
/// # Panics
/// The text is not in this notation, or something is longer than its length can say: it is meant for texts in a program.
#[must_use]
pub fn bytes(text: &str) -> Vec<u8> {
    let mut open = Vec::new();
    let mut out = Vec::new();
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        match next {
            ' ' | '\n' => {}
            '\'' => out.extend(rest.by_ref().take_while(|&c| c != '\'').collect::<String>().bytes()),
            '(' | '[' => open.push((next, core::mem::take(&mut out))),
            ')' | ']' => {
                let (bracket, outer) = open.pop().expect("a bracket to close");
                assert_eq!(bracket, if next == ')' { '(' } else { '[' }, "{text}");
                let inner = core::mem::replace(&mut out, outer);
                if next == ')' {
                    out.extend(u16::try_from(inner.len()).expect("65535 bytes at most").to_be_bytes());
                } else {
                    let (length, len) = varint::encode(u32::try_from(inner.len()).expect("a short packet"));
                    out.extend(&length[..len]);
                }
                out.extend(inner);
            }
            high => {
                let low = rest.next().expect("two digits to a byte");
                let digit = |c: char| c.to_digit(16).unwrap_or_else(|| panic!("{c:?} in {text}")) as u8;
                out.push(digit(high) << 4 | digit(low));
            }
        }
    }
    assert!(open.is_empty(), "unclosed bracket: {text}");
    out
}
