//! What must hold for every valid packet. The fuzz target judges by this file too.

use arbitrary::{Arbitrary, Unstructured};
use mqttspec_codec::generate::{Arena, Recipe};
use mqttspec_codec::{Decoded, decode, inspect};

/// Makes a packet of these bytes, and judges it. What the packet does not need says where its bytes are cut and what
/// stands behind them.
pub(crate) fn judge(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(recipe) = Recipe::arbitrary(&mut data) else { return };
    let arena = Arena::new();
    let packet = recipe.packet(&arena);
    let shape = recipe.shape();
    let context = shape.context();
    let bytes = packet.to_bytes(shape.version()).expect("a valid packet can be written");
    let whole = Ok(Decoded::Packet { packet, len: bytes.len() });

    let decoded = decode(&bytes, &context);
    assert_eq!(decoded, whole, "{bytes:02x?}");
    let Ok(Decoded::Packet { packet: decoded, .. }) = decoded else { unreachable!("it was decoded") };
    assert_eq!(decoded.to_bytes(shape.version()).as_ref(), Ok(&bytes), "written again it is another");
    // A long packet costs a hundred times as much as others: the rest is judged of few of them.
    let cut = data.arbitrary::<u16>().unwrap_or(0);
    if bytes.len() > 2_000 && cut % 16 != 1 {
        return;
    }

    let lenient = inspect(&bytes, &context);
    assert_eq!((&lenient.violations[..], lenient.whole(), lenient.len), (&[][..], Some(packet), Some(bytes.len())));
    let cut = usize::from(cut) % bytes.len();
    assert_eq!(decode(&bytes[..cut], &context), Ok(Decoded::Incomplete), "cut to {cut} of {}", bytes.len());
    let behind = data.bytes(data.len().min(8)).unwrap_or_default();
    assert_eq!(decode(&[&bytes, behind].concat(), &context), whole, "with {behind:02x?} behind it");
}
