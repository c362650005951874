use crate::reader::{Faults, Reader};
use crate::writer::Writer;
use crate::{DecodeError, EncodeError, Properties, ReasonCode};

/// DISCONNECT: the sender is about to close the Network Connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disconnect<'a> {
    /// Normal disconnection in 3.1.1, and in 5.0 when the packet has no body.
    pub reason: ReasonCode,
    /// Empty in 3.1.1.
    pub properties: Properties<'a>,
}

impl<'a> Disconnect<'a> {
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let (reason, properties) = ReasonCode::decode_tail(r)?;
        Ok(Self { reason, properties })
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.reason.encode_tail(self.properties, w)
    }
}
