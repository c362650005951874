//! Where the packets of other codecs put what ours borrow.

use bumpalo::Bump;
use mqttspec_codec::Text;

#[derive(Default)]
pub(crate) struct Room(Bump);

impl Room {
    pub(crate) fn bytes(&self, bytes: &[u8]) -> &[u8] {
        self.0.alloc_slice_copy(bytes)
    }

    pub(crate) fn text(&self, text: &str) -> Text<'_> {
        Text::from_bytes(self.bytes(text.as_bytes()))
    }

    pub(crate) fn list<T: Copy>(&self, items: impl IntoIterator<Item = T>) -> &[T] {
        self.0.alloc_slice_copy(&items.into_iter().collect::<Vec<T>>())
    }
}
