//! Writes the body of a packet, or counts its bytes.

use crate::{EncodeError, Field, PacketType, Properties, Text, Value, Version, varint};
use alloc::vec::Vec;

/// Takes the bytes of a body.
pub(crate) trait Sink {
    /// Whether it only counts.
    const COUNTS: bool;

    fn put(&mut self, bytes: &[u8]);

    fn put_array<const N: usize>(&mut self, bytes: [u8; N]);

    /// How many bytes have come, where they are counted.
    fn len(&self) -> usize;
}

/// What is still to be written of a body that has been counted.
pub(crate) struct Rest<'b>(&'b mut [u8]);

impl Sink for Rest<'_> {
    const COUNTS: bool = false;

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let (to, rest) = core::mem::take(&mut self.0).split_at_mut(bytes.len());
        to.copy_from_slice(bytes);
        self.0 = rest;
    }

    #[inline]
    fn put_array<const N: usize>(&mut self, bytes: [u8; N]) {
        let (to, rest) = core::mem::take(&mut self.0).split_at_mut(N);
        to.copy_from_slice(&bytes);
        self.0 = rest;
    }

    #[inline]
    fn len(&self) -> usize {
        0
    }
}

/// Counts bytes and keeps none.
#[derive(Default)]
pub(crate) struct Count(pub(crate) usize);

impl Sink for Count {
    const COUNTS: bool = true;

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }

    #[inline]
    fn put_array<const N: usize>(&mut self, _: [u8; N]) {
        self.0 += N;
    }

    #[inline]
    fn len(&self) -> usize {
        self.0
    }
}

/// What stands behind the fixed header.
pub(crate) trait Body {
    /// All of it but the tail.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError>;

    /// Bytes at the end, which may be many: they are copied once, to where nothing has been before.
    #[inline]
    fn tail(&self) -> &[u8] {
        &[]
    }
}

/// Writes the fields of one packet to a sink. What is too long or not in the version is the same for each sink, so what
/// could be counted can be written.
pub(crate) struct Writer<'b, S> {
    out: &'b mut S,
    packet: PacketType,
    version: Version,
    /// The Property Lengths in their order, found by counting: of the packet and of the Will.
    property_lengths: [u32; 2],
    lists: usize,
}

/// A body that has been counted.
pub(crate) struct Counted {
    /// The Remaining Length.
    pub(crate) len: u32,
    property_lengths: [u32; 2],
}

impl Counted {
    /// Counts a body, and finds all that keeps it from being written.
    #[inline]
    pub(crate) fn of(body: &impl Body, packet: PacketType, version: Version) -> Result<Self, EncodeError> {
        let mut count = Count::default();
        let mut w = Writer { out: &mut count, packet, version, property_lengths: [0; 2], lists: 0 };
        body.encode(&mut w)?;
        let property_lengths = w.property_lengths;
        match u32::try_from(count.0 + body.tail().len()) {
            Ok(len) if len <= varint::MAX => Ok(Self { len, property_lengths }),
            _ => Err(EncodeError::TooLong { packet, field: Field::RemainingLength }),
        }
    }

    /// Appends what has been counted, behind a fixed header.
    #[inline]
    pub(crate) fn write(
        &self,
        body: &impl Body,
        first: u8,
        packet: PacketType,
        version: Version,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let (start, len, tail) = (out.len(), self.len as usize, body.tail());
        let length = varint::size(self.len);
        out.reserve(1 + length + len);
        out.resize(start + 1 + length + len - tail.len(), 0);
        let mut rest = Rest(&mut out[start..]);
        let property_lengths = self.property_lengths;
        let mut w = Writer { out: &mut rest, packet, version, property_lengths, lists: 0 };
        w.u8(first);
        w.variable_byte_integer(self.len);
        body.encode(&mut w)?;
        out.extend_from_slice(tail);
        Ok(())
    }
}

impl<S: Sink> Writer<'_, S> {
    #[inline]
    pub(crate) const fn version(&self) -> Version {
        self.version
    }

    #[inline]
    pub(crate) fn u8(&mut self, value: u8) {
        self.out.put_array([value]);
    }

    #[inline]
    pub(crate) fn u16(&mut self, value: u16) {
        self.out.put_array(value.to_be_bytes());
    }

    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out.put(bytes);
    }

    #[inline]
    pub(crate) fn binary(&mut self, bytes: &[u8], field: Field) -> Result<(), EncodeError> {
        match u16::try_from(bytes.len()) {
            Ok(len) => self.u16(len),
            Err(_) => return Err(self.too_long(field)),
        }
        self.bytes(bytes);
        Ok(())
    }

    #[inline]
    pub(crate) fn text(&mut self, text: Text<'_>, field: Field) -> Result<(), EncodeError> {
        self.binary(text.as_bytes(), field)
    }

    /// Refuses `field` when the version lacks it.
    #[inline]
    pub(crate) fn only_in_v5(&self, absent: bool, field: Field) -> Result<(), EncodeError> {
        if absent || self.version == Version::V5 {
            return Ok(());
        }
        Err(EncodeError::NotInVersion { packet: self.packet, field })
    }

    /// Property Length and properties in 5.0; nothing in 3.1.1, where there must be none.
    #[inline]
    pub(crate) fn properties(&mut self, properties: Properties<'_>) -> Result<(), EncodeError> {
        if properties.is_empty() {
            if self.version == Version::V5 {
                self.lists += 1;
                self.u8(0);
            }
            return Ok(());
        }
        self.some_properties(properties)
    }

    #[inline(never)]
    fn some_properties(&mut self, properties: Properties<'_>) -> Result<(), EncodeError> {
        self.only_in_v5(false, Field::PropertyLength)?;
        let list = self.lists;
        self.lists += 1;
        if S::COUNTS {
            let before = self.out.len();
            self.each_property(properties)?;
            let len = u32::try_from(self.out.len() - before).ok().filter(|&len| len <= varint::MAX);
            let Some(len) = len else { return Err(self.too_long(Field::PropertyLength)) };
            self.property_lengths[list] = len;
            self.variable_byte_integer(len);
            return Ok(());
        }
        self.variable_byte_integer(self.property_lengths[list]);
        self.each_property(properties)
    }

    #[inline]
    fn each_property(&mut self, properties: Properties<'_>) -> Result<(), EncodeError> {
        for property in properties {
            if property.value.kind() != property.id.spec().kind {
                return Err(EncodeError::PropertyType(property.id));
            }
            let field = Field::Property(property.id);
            self.u8(property.id as u8);
            match property.value {
                Value::Byte(value) => self.u8(value),
                Value::TwoByte(value) => self.u16(value),
                Value::FourByte(value) => self.out.put_array(value.to_be_bytes()),
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

    #[inline]
    fn variable_byte_integer(&mut self, value: u32) {
        if value < 0x80 {
            return self.u8(value as u8);
        }
        let (bytes, len) = varint::encode(value);
        self.bytes(&bytes[..len]);
    }

    #[cold]
    #[inline(never)]
    fn too_long(&self, field: Field) -> EncodeError {
        EncodeError::TooLong { packet: self.packet, field }
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

    /// Where the Remaining Length takes a byte more; what the buffer held before stays in front.
    #[test]
    fn remaining_length() {
        for (payload, header) in [(124, 2), (125, 3), (16_380, 3), (16_381, 4), (2_097_148, 4), (2_097_149, 5)] {
            let payload = vec![7; payload];
            let packet = Packet::Publish(Publish { payload: &payload, ..PUBLISH });
            let mut bytes = vec![1, 2, 3];
            packet.encode(Version::V311, &mut bytes).expect("a lawful packet");
            assert_eq!(bytes[..3], [1, 2, 3]);
            assert_eq!(bytes.len() - 3, header + 3 + payload.len());
            assert_eq!(packet.size(Version::V311), Ok(bytes.len() - 3));
            assert_eq!(crate::frame(&bytes[3..]).map(|frame| frame.map(|frame| frame.len)), Ok(Some(bytes.len() - 3)));
        }
    }
}
