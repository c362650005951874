use crate::reader::{Faults, Reader};
use crate::writer::{Body, Sink, Writer};
use crate::{DecodeError, EncodeError, Field, Properties, PropertyId, ReasonCode, Rule, Version};

/// AUTH: a step of an extended authentication exchange (5.0).
///
/// ```
/// use mqttspec_codec::{Auth, Packet, Properties, Property, PropertyId, ReasonCode, Version};
///
/// let method = [Property::text(PropertyId::AuthenticationMethod, "m")];
/// let auth = Auth { reason: ReasonCode::CONTINUE_AUTHENTICATION, properties: Properties::list(&method) };
/// assert_eq!(Packet::Auth(auth).to_bytes(Version::V5)?, [
///     0xf0, 6,          // AUTH, Remaining Length
///     0x18,             // Continue authentication
///     4,                // Property Length
///     0x15, 0, 1, b'm', // Authentication Method
/// ]);
/// // 3.1.1 has no such packet.
/// assert!(Packet::Auth(auth).to_bytes(Version::V311).is_err());
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auth<'a> {
    /// Success, Continue authentication or Re-authenticate.
    pub reason: ReasonCode,
    /// Holds the Authentication Method.
    pub properties: Properties<'a>,
}

impl<'a> Auth<'a> {
    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let at = r.at();
        let (reason, properties) = ReasonCode::decode_tail(r)?;
        // Without a body the packet is short for Success (3.15.2.1). With a code and nothing behind it, there is
        // no Property Length either: the method is missing, as it is in a list that does not hold it.
        let code_alone = r.at() == at + 1;
        let method = Field::Property(PropertyId::AuthenticationMethod);
        r.check(!code_alone, Rule::PropertyMissing, method, at + 1)?;
        Ok(Self { reason, properties })
    }
}

impl Body for Auth<'_> {
    #[inline]
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        if w.version() == Version::V311 {
            return w.only_in_v5(false, Field::FixedHeader);
        }
        self.reason.encode_tail(self.properties, w)
    }
}
