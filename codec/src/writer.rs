//! Writes the body of a packet behind a fixed header whose length is filled in last.

use crate::{EncodeError, Field, PacketType, Properties, Text, Value, Version, varint};
use alloc::vec::Vec;

/// Appends one packet to a buffer; [`Writer::finish`] fills in the Remaining Length.
pub(crate) struct Writer<'b> {
    out: &'b mut Vec<u8>,
    start: usize,
    packet: PacketType,
    version: Version,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(out: &'b mut Vec<u8>, packet: PacketType, flags: u8, version: Version) -> Self {
        let start = out.len();
        out.extend([(packet as u8) << 4 | flags, 0]);
        Self { out, start, packet, version }
    }

    pub(crate) const fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.out.extend(value.to_be_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(crate) fn binary(&mut self, bytes: &[u8], field: Field) -> Result<(), EncodeError> {
        let len = u16::try_from(bytes.len()).map_err(|_| self.too_long(field))?;
        self.u16(len);
        self.bytes(bytes);
        Ok(())
    }

    pub(crate) fn text(&mut self, text: Text<'_>, field: Field) -> Result<(), EncodeError> {
        self.binary(text.as_bytes(), field)
    }

    /// Refuses `field` when the version lacks it.
    pub(crate) fn only_in_v5(&self, absent: bool, field: Field) -> Result<(), EncodeError> {
        if absent || self.version == Version::V5 {
            return Ok(());
        }
        Err(EncodeError::NotInVersion { packet: self.packet, field })
    }

    /// Property Length and properties in 5.0; nothing in 3.1.1, where there must be none.
    pub(crate) fn properties(&mut self, properties: Properties<'_>) -> Result<(), EncodeError> {
        self.only_in_v5(properties.is_empty(), Field::PropertyLength)?;
        if self.version == Version::V311 {
            return Ok(());
        }
        let len = u32::try_from(properties.size()).ok().filter(|&len| len <= varint::MAX);
        self.variable_byte_integer(len.ok_or_else(|| self.too_long(Field::PropertyLength))?);
        for property in properties {
            if property.value.kind() != property.id.spec().kind {
                return Err(EncodeError::PropertyType(property.id));
            }
            let field = Field::Property(property.id);
            self.u8(property.id as u8);
            match property.value {
                Value::Byte(value) => self.u8(value),
                Value::TwoByte(value) => self.u16(value),
                Value::FourByte(value) => self.bytes(&value.to_be_bytes()),
                Value::VarInt(value) if value > varint::MAX => return Err(self.too_long(field)),
                Value::VarInt(value) => self.variable_byte_integer(value),
                Value::Text(text) => self.text(text, field)?,
                Value::Binary(bytes) => self.binary(bytes, field)?,
                Value::Pair(name, value) => {
                    self.text(name, field)?;
                    self.text(value, field)?;
                }
            }
        }
        Ok(())
    }

    fn variable_byte_integer(&mut self, value: u32) {
        let (bytes, len) = varint::encode(value);
        self.bytes(&bytes[..len]);
    }

    fn too_long(&self, field: Field) -> EncodeError {
        EncodeError::TooLong { packet: self.packet, field }
    }

    pub(crate) fn finish(self) -> Result<(), EncodeError> {
        let body = self.start + 2;
        let len = u32::try_from(self.out.len() - body).ok().filter(|&len| len <= varint::MAX);
        let len = len.ok_or_else(|| self.too_long(Field::RemainingLength))?;
        let (bytes, size) = varint::encode(len);
        self.out.splice(body - 1..body, bytes[..size].iter().copied());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::packet::{Acknowledgement, Auth, Connect, Publish, Suback, Subscribe, Subscription, Will};
    use crate::{
        EncodeError, Field, List, Packet, PacketType, Properties, Property, PropertyId, QoS, ReasonCode,
        SubscriptionOptions, Value, Version,
    };
    use alloc::vec;

    const USER: &[Property<'_>] = &[Property { id: PropertyId::TopicAliasMaximum, value: Value::TwoByte(1) }];

    const CONNECT: Connect<'_> = Connect {
        version: Version::V5,
        clean_start: true,
        keep_alive: 0,
        properties: Properties::EMPTY,
        client_id: crate::Text::from_bytes(b""),
        will: None,
        user_name: None,
        password: None,
    };

    const PUBLISH: Publish<'_> = Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: crate::Text::from_bytes(b"a"),
        packet_identifier: None,
        properties: Properties::EMPTY,
        payload: b"",
    };

    /// Refused with this error, and what the buffer held before is still all that it holds.
    #[track_caller]
    fn refused(packet: Packet<'_>, version: Version, error: EncodeError) {
        let mut out = vec![1, 2, 3];
        assert_eq!(packet.encode(version, &mut out), Err(error));
        assert_eq!(out, [1, 2, 3]);
    }

    #[test]
    fn what_311_lacks() {
        let lacks = |packet: Packet<'_>, field| {
            assert!(packet.to_bytes(Version::V5).is_ok(), "{packet:?}");
            refused(packet, Version::V311, EncodeError::NotInVersion { packet: packet.packet_type(), field });
        };
        let properties = Properties::list(USER);
        let will = Will { qos: QoS::AtMostOnce, retain: false, properties, topic: "w".into(), payload: b"" };
        lacks(Packet::Connect(Connect { properties, ..CONNECT }), Field::PropertyLength);
        lacks(Packet::Connect(Connect { will: Some(will), ..CONNECT }), Field::PropertyLength);
        lacks(Packet::Connect(Connect { password: Some(b"p"), ..CONNECT }), Field::Password);
        lacks(Packet::Publish(Publish { properties, ..PUBLISH }), Field::PropertyLength);
        lacks(Packet::Puback(Acknowledgement::new(1, ReasonCode::NOT_AUTHORIZED)), Field::ReasonCode);
        lacks(
            Packet::Pubrel(Acknowledgement { properties, ..Acknowledgement::new(1, ReasonCode::SUCCESS) }),
            Field::PropertyLength,
        );
        let filter = "a".into();
        for options in [
            SubscriptionOptions::new(QoS::AtMostOnce).with_no_local(true),
            SubscriptionOptions::new(QoS::AtMostOnce).with_retain_as_published(true),
            SubscriptionOptions::new(QoS::AtMostOnce).with_retain_handling(crate::RetainHandling::SendIfNew),
        ] {
            let entries = [Subscription { filter, options }];
            let subscriptions = List::new(&entries);
            let subscribe = Subscribe { packet_identifier: 1, properties: Properties::EMPTY, subscriptions };
            lacks(Packet::Subscribe(subscribe), Field::SubscriptionOptions);
        }
        let unsuback = Suback { packet_identifier: 1, properties: Properties::EMPTY, reasons: &[0] };
        lacks(Packet::Unsuback(unsuback), Field::ReasonCode);
        lacks(
            Packet::Disconnect(crate::Disconnect {
                reason: ReasonCode::DISCONNECT_WITH_WILL,
                properties: Properties::EMPTY,
            }),
            Field::ReasonCode,
        );
        lacks(Packet::Auth(Auth { reason: ReasonCode::SUCCESS, properties: Properties::EMPTY }), Field::FixedHeader);
    }

    #[test]
    fn too_long() {
        let long = "x".repeat(65_536);
        let fits = &long[..65_535];
        assert!(Packet::Publish(Publish { topic: fits.into(), ..PUBLISH }).to_bytes(Version::V311).is_ok());
        let error = |packet, field| EncodeError::TooLong { packet, field };
        let packet = Packet::Publish(Publish { topic: long.as_str().into(), ..PUBLISH });
        refused(packet, Version::V311, error(PacketType::Publish, Field::TopicName));
        let packet = Packet::Connect(Connect { client_id: long.as_str().into(), ..CONNECT });
        refused(packet, Version::V5, error(PacketType::Connect, Field::ClientId));
        let reason = [Property::text(PropertyId::ReasonString, &long)];
        let ack =
            Acknowledgement { properties: Properties::list(&reason), ..Acknowledgement::new(1, ReasonCode::SUCCESS) };
        let field = Field::Property(PropertyId::ReasonString);
        refused(Packet::Puback(ack), Version::V5, error(PacketType::Puback, field));
        let id = [Property { id: PropertyId::SubscriptionIdentifier, value: Value::VarInt(crate::varint::MAX + 1) }];
        let packet = Packet::Publish(Publish { properties: Properties::list(&id), ..PUBLISH });
        let field = Field::Property(PropertyId::SubscriptionIdentifier);
        refused(packet, Version::V5, error(PacketType::Publish, field));
    }

    #[test]
    fn property_of_another_type() {
        let wrong = [Property { id: PropertyId::TopicAlias, value: Value::Byte(1) }];
        let packet = Packet::Publish(Publish { properties: Properties::list(&wrong), ..PUBLISH });
        refused(packet, Version::V5, EncodeError::PropertyType(PropertyId::TopicAlias));
        assert_eq!(Property::number(PropertyId::TopicAlias, 1).map(|property| property.value), Some(Value::TwoByte(1)));
        assert_eq!(Property::number(PropertyId::ReasonString, 1), None);
    }

    #[test]
    fn packet_identifier_goes_with_the_qos() {
        for (qos, packet_identifier) in [(QoS::AtMostOnce, Some(1)), (QoS::AtLeastOnce, None), (QoS::ExactlyOnce, None)]
        {
            let packet = Packet::Publish(Publish { qos, packet_identifier, ..PUBLISH });
            refused(packet, Version::V5, EncodeError::PacketIdentifier);
        }
    }

    /// The Remaining Length is put in last, whatever room it takes.
    #[test]
    fn remaining_length() {
        for (payload, header) in [(124, 2), (125, 3), (16_380, 3), (16_381, 4), (2_097_148, 4), (2_097_149, 5)] {
            let payload = vec![7; payload];
            let packet = Packet::Publish(Publish { payload: &payload, ..PUBLISH });
            let mut bytes = vec![1, 2, 3];
            packet.encode(Version::V311, &mut bytes).expect("a lawful packet");
            assert_eq!(bytes[..3], [1, 2, 3]);
            assert_eq!(bytes.len() - 3, header + 3 + payload.len());
            assert_eq!(crate::frame(&bytes[3..]).map(|frame| frame.map(|frame| frame.len)), Ok(Some(bytes.len() - 3)));
        }
    }
}
