//! A short notation for the bytes of a packet.
//!
//! Hex digits are bytes, `'text'` is its characters, `( )` puts a two-byte length before what it holds and `[ ]` a
//! variable byte integer. So `30 [('a') [23 0001] 'hi']` is a PUBLISH to topic `a` with Topic Alias 1.

use mqttspec_codec::varint;

/// The bytes that `text` stands for.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let mut open = Vec::new();
    let mut out = Vec::new();
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        match next {
            ' ' | '\n' => {}
            '\'' => out.extend(rest.by_ref().take_while(|&c| c != '\'').collect::<String>().bytes()),
            '(' | '[' => open.push((next, std::mem::take(&mut out))),
            ')' | ']' => {
                let (bracket, outer) = open.pop().expect("a bracket to close");
                assert_eq!(bracket, if next == ')' { '(' } else { '[' }, "{text}");
                let inner = std::mem::replace(&mut out, outer);
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
