use crate::reader::{Faults, Reader};
use crate::writer::Writer;
use crate::{DecodeError, EncodeError, Field, Properties, PropertyId, ReasonCode, Rule, Version};

/// AUTH: a step of an extended authentication exchange (5.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auth<'a> {
    /// Success, Continue authentication or Re-authenticate.
    pub reason: ReasonCode,
    /// Holds the Authentication Method.
    pub properties: Properties<'a>,
}

impl<'a> Auth<'a> {
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let at = r.at();
        let (reason, properties) = ReasonCode::decode_tail(r)?;
        // Remaining Length 0 is the lawful short form of Success without properties (3.15.2.1).
        if at != r.at() && properties.is_empty() {
            let field = Field::Property(PropertyId::AuthenticationMethod);
            let missing = properties.find(PropertyId::AuthenticationMethod).is_none() && r.at() == at + 1;
            r.check(!missing, Rule::PropertyMissing, field, at + 1)?;
        }
        Ok(Self { reason, properties })
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if w.version() == Version::V311 {
            return w.only_in_v5(false, Field::FixedHeader);
        }
        self.reason.encode_tail(self.properties, w)
    }
}
