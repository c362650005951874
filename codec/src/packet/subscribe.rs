use crate::list::{Entry, List, read_binary};
use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::{Body, Sink, Writer};
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, QoS, Rule, Text, Version, topic};
use core::fmt;

/// SUBSCRIBE: the Client asks for one or more subscriptions.
///
/// ```
/// use mqttspec_codec::{List, Packet, Properties, QoS, Version};
/// use mqttspec_codec::{RetainHandling, Subscribe, Subscription, SubscriptionOptions};
///
/// let options = SubscriptionOptions::new(QoS::AtLeastOnce);
/// let entries = [Subscription { filter: "a/#".into(), options }];
/// let (packet_identifier, properties) = (7, Properties::EMPTY);
/// let subscribe = Subscribe { packet_identifier, properties, subscriptions: List::new(&entries) };
/// assert_eq!(Packet::Subscribe(subscribe).to_bytes(Version::V311)?, [
///     0x82, 8,                // SUBSCRIBE, Remaining Length
///     0, 7,                   // Packet Identifier
///     0, 3, b'a', b'/', b'#', // Topic Filter
///     1,                      // Requested QoS
/// ]);
/// let options = options.with_no_local(true).with_retain_handling(RetainHandling::DoNotSend);
/// let entries = [Subscription { filter: "a/#".into(), options }];
/// let subscribe = Subscribe { packet_identifier, properties, subscriptions: List::new(&entries) };
/// assert_eq!(Packet::Subscribe(subscribe).to_bytes(Version::V5)?, [
///     0x82, 9, 0, 7,
///     0,                      // Property Length: none
///     0, 3, b'a', b'/', b'#',
///     0x25,                   // Subscription Options
/// ]);
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// Packet Identifier.
    pub packet_identifier: u16,
    /// Empty in 3.1.1.
    pub properties: Properties<'a>,
    /// Topic filters with their options, in order; at least one.
    pub subscriptions: List<'a, Subscription<'a>>,
}

/// A topic filter and what is asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// Topic Filter.
    pub filter: Text<'a>,
    /// Subscription Options (3.1.1: Requested QoS).
    pub options: SubscriptionOptions,
}

/// The Subscription Options byte (5.0 3.8.3.1); in 3.1.1 only the QoS.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionOptions(u8);

/// When retained messages are sent to a new subscription (5.0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum RetainHandling {
    /// At the time of every SUBSCRIBE.
    #[default]
    Send = 0,
    /// Only if the subscription did not exist yet.
    SendIfNew = 1,
    /// Never.
    DoNotSend = 2,
}

impl SubscriptionOptions {
    /// Options with this QoS and nothing else.
    #[must_use]
    pub const fn new(qos: QoS) -> Self {
        Self(qos as u8)
    }

    /// Any byte, lawful or not.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The byte on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Sets No Local (5.0).
    #[must_use]
    pub const fn with_no_local(self, no_local: bool) -> Self {
        Self(self.0 & !0x04 | (no_local as u8) << 2)
    }

    /// Sets Retain As Published (5.0).
    #[must_use]
    pub const fn with_retain_as_published(self, retain_as_published: bool) -> Self {
        Self(self.0 & !0x08 | (retain_as_published as u8) << 3)
    }

    /// Sets Retain Handling (5.0).
    #[must_use]
    pub const fn with_retain_handling(self, retain_handling: RetainHandling) -> Self {
        Self(self.0 & !0x30 | (retain_handling as u8) << 4)
    }

    /// Maximum QoS (3.1.1: Requested QoS); 3, which is not lawful, reads as 2.
    #[must_use]
    pub const fn qos(self) -> QoS {
        match self.0 & 0x03 {
            0 => QoS::AtMostOnce,
            1 => QoS::AtLeastOnce,
            _ => QoS::ExactlyOnce,
        }
    }

    /// No Local.
    #[must_use]
    pub const fn no_local(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// Retain As Published.
    #[must_use]
    pub const fn retain_as_published(self) -> bool {
        self.0 & 0x08 != 0
    }

    /// Retain Handling; 3, which is not lawful, reads as 2.
    #[must_use]
    pub const fn retain_handling(self) -> RetainHandling {
        match self.0 >> 4 & 0x03 {
            0 => RetainHandling::Send,
            1 => RetainHandling::SendIfNew,
            _ => RetainHandling::DoNotSend,
        }
    }
}

impl fmt::Debug for SubscriptionOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubscriptionOptions({:#04x})", self.0)
    }
}

impl<'a> Entry<'a> for Subscription<'a> {
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (filter, rest) = read_binary(bytes)?;
        let (&options, rest) = rest.split_first()?;
        Some((Self { filter: Text::from_bytes(filter), options: SubscriptionOptions(options) }, rest))
    }
}

impl<'a> Subscribe<'a> {
    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let packet_identifier = r.packet_identifier()?;
        let properties = match r.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(PacketType::Subscribe))?,
        };
        let list = r.left();
        r.check(r.remaining() > 0, Rule::PayloadEmpty, Field::Payload, r.at())?;
        while r.remaining() > 0 {
            let filter = r.topic_filter()?;
            decode_options(r, filter)?;
        }
        Ok(Self { packet_identifier, properties, subscriptions: List::wire(list) })
    }
}

impl Body for Subscribe<'_> {
    #[inline]
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        w.u16(self.packet_identifier);
        w.properties(self.properties)?;
        for subscription in self.subscriptions {
            w.text(subscription.filter, Field::TopicFilter)?;
            w.only_in_v5(subscription.options.0 & !0x03 == 0, Field::SubscriptionOptions)?;
            w.u8(subscription.options.0);
        }
        Ok(())
    }
}

#[inline]
fn decode_options<F: Faults>(r: &mut Reader<'_, '_, F>, filter: Text<'_>) -> Result<(), DecodeError> {
    let field = Field::SubscriptionOptions;
    let at = r.at();
    let options = SubscriptionOptions(r.u8(field)?);
    let reserved = match r.version {
        Version::V311 => 0xfc,
        Version::V5 => 0xc0,
    };
    r.check(options.0 & reserved == 0, Rule::SubscriptionOptionsReserved, field, at)?;
    r.check(options.0 & 0x03 != 0x03, Rule::SubscriptionQos, field, at)?;
    if r.version == Version::V5 {
        r.check(options.0 & 0x30 != 0x30, Rule::RetainHandling, field, at)?;
        let shared = topic::is_shared(filter.as_bytes());
        r.check(!(options.no_local() && shared), Rule::NoLocalOnShared, field, at)?;
    }
    Ok(())
}
