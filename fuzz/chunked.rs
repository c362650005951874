//! What the bytes of the target `chunked` mean: who hears, where the stream is cut, and the stream.

use super::{player, server};
use mqttspec_codec::Version;

/// CONNECT of a client `a`, 3.1.1 and 5.0, without limits.
const CONNECT: [&[u8]; 2] = [b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a", b"\x10\x0e\0\x04MQTT\x05\x02\0\0\0\0\x01a"];

/// The first byte says who hears and in which version, and how many bytes behind it are lengths of pieces.
pub(crate) fn judge(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let (cuts, stream) = rest.split_at(usize::from(first >> 3 & 7).min(rest.len()));
    let version = usize::from(first >> 1 & 1);
    if first & 1 == 0 {
        let greeting = if first & 4 == 0 { CONNECT[version] } else { &[] };
        server::judge(&[greeting, stream].concat(), cuts);
    } else {
        player::judge(Version::ALL[version], &server::pieces(stream, cuts));
    }
}
