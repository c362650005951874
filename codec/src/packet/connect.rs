use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::{Body, Sink, Writer};
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, QoS, Rule, Text, Version};

/// CONNECT: the Client requests a connection.
///
/// ```
/// use mqttspec_codec::{Connect, Packet, Properties, Version};
///
/// let connect = Connect {
///     version: Version::V311,
///     clean_start: true,
///     keep_alive: 60,
///     properties: Properties::EMPTY,
///     client_id: "c".into(),
///     will: None,
///     user_name: Some("u".into()),
///     password: None,
/// };
/// assert_eq!(Packet::Connect(connect).to_bytes(Version::V311)?, [
///     0x10, 16,                     // CONNECT, Remaining Length
///     0, 4, b'M', b'Q', b'T', b'T', // Protocol Name
///     4,                            // Protocol Level: 3.1.1
///     0x82,                         // Connect Flags: User Name, Clean Session
///     0, 60,                        // Keep Alive: a minute
///     0, 1, b'c',                   // Client Identifier
///     0, 1, b'u',                   // User Name
/// ]);
/// assert_eq!(Packet::Connect(connect).to_bytes(Version::V5)?, [
///     0x10, 17, 0, 4, b'M', b'Q', b'T', b'T',
///     5,                            // Protocol Version: 5.0
///     0x82, 0, 60,
///     0,                            // Property Length: none
///     0, 1, b'c', 0, 1, b'u',
/// ]);
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connect<'a> {
    /// The version that the packet names. The encoder writes the version that it is given.
    pub version: Version,
    /// Clean Start (3.1.1: Clean Session).
    pub clean_start: bool,
    /// Keep Alive in seconds; 0 turns it off.
    pub keep_alive: u16,
    /// Empty in 3.1.1.
    pub properties: Properties<'a>,
    /// Client Identifier; may be empty.
    pub client_id: Text<'a>,
    /// The Will Message.
    pub will: Option<Will<'a>>,
    /// User Name.
    pub user_name: Option<Text<'a>>,
    /// Password. In 3.1.1 only with a user name.
    pub password: Option<&'a [u8]>,
}

/// The Will Message of a CONNECT: it stands between Client Identifier and User Name.
///
/// ```
/// use mqttspec_codec::{Connect, Packet, Properties, Property, PropertyId, QoS, Version, Will};
///
/// let delay = [Property::number(PropertyId::WillDelayInterval, 5).expect("a number")];
/// let will = Will {
///     qos: QoS::AtLeastOnce,
///     retain: true,
///     properties: Properties::list(&delay),
///     topic: "w".into(),
///     payload: b"off",
/// };
/// let connect = Connect {
///     version: Version::V5,
///     clean_start: false,
///     keep_alive: 0,
///     properties: Properties::EMPTY,
///     client_id: "c".into(),
///     will: Some(will),
///     user_name: None,
///     password: None,
/// };
/// assert_eq!(Packet::Connect(connect).to_bytes(Version::V5)?, [
///     0x10, 28, 0, 4, b'M', b'Q', b'T', b'T', 5,
///     0x2c,                   // Connect Flags: Will Retain, Will QoS 1, Will Flag
///     0, 0, 0, 0, 1, b'c',    // Keep Alive, Property Length, Client Identifier
///     5, 0x18, 0, 0, 0, 5,    // Will Properties, not in 3.1.1: Will Delay Interval
///     0, 1, b'w',             // Will Topic
///     0, 3, b'o', b'f', b'f', // Will Payload
/// ]);
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Will<'a> {
    /// Will QoS.
    pub qos: QoS,
    /// Will Retain.
    pub retain: bool,
    /// Will Properties; empty in 3.1.1.
    pub properties: Properties<'a>,
    /// Will Topic.
    pub topic: Text<'a>,
    /// Will Payload (3.1.1: Will Message).
    pub payload: &'a [u8],
}

const RESERVED: u8 = 0x01;
const CLEAN_START: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_QOS: u8 = 0x18;
const WILL_RETAIN: u8 = 0x20;
const PASSWORD: u8 = 0x40;
const USER_NAME: u8 = 0x80;

impl<'a> Connect<'a> {
    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let at = r.at();
        let name = r.text(Field::ProtocolName)?;
        r.check(name == "MQTT", Rule::ProtocolName, Field::ProtocolName, at)?;
        let at = r.at();
        let level = r.u8(Field::ProtocolLevel)?;
        let Some(version) = Version::from_level(level) else {
            return Err(r.error(Rule::ProtocolLevel, Field::ProtocolLevel, at));
        };
        r.version = version;
        let minimal = r.minimal || version == Version::V311;
        r.check(minimal, Rule::VariableByteIntegerMinimal, Field::RemainingLength, 1)?;

        let at = r.at();
        let flags = r.u8(Field::ConnectFlags)?;
        let field = Field::ConnectFlags;
        r.check(flags & RESERVED == 0, Rule::ConnectFlagsReserved, field, at)?;
        let will_qos = QoS::from_u8((flags & WILL_QOS) >> 3);
        if flags & WILL == 0 {
            r.check(flags & WILL_QOS == 0, Rule::WillQosWithoutWill, field, at)?;
            r.check(flags & WILL_RETAIN == 0, Rule::WillRetainWithoutWill, field, at)?;
        } else {
            r.check(will_qos.is_some(), Rule::WillQos, field, at)?;
        }
        let password_alone = flags & (USER_NAME | PASSWORD) == PASSWORD;
        r.check(!password_alone || version == Version::V5, Rule::PasswordWithoutUserName, field, at)?;

        let keep_alive = r.u16(Field::KeepAlive)?;
        let properties = match version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(PacketType::Connect))?,
        };
        let at = r.at();
        let client_id = r.text(Field::ClientId)?;
        let nameless = client_id.is_empty() && flags & CLEAN_START == 0 && version == Version::V311;
        r.check(!nameless, Rule::ClientIdEmpty, Field::ClientId, at)?;
        let will = if flags & WILL == 0 || r.lost() {
            None
        } else {
            let properties = match version {
                Version::V311 => Properties::EMPTY,
                Version::V5 => r.properties(Home::Will)?,
            };
            let at = r.at();
            let topic = r.topic_name(Field::WillTopic)?;
            r.check(!topic.is_empty(), Rule::TopicNameEmpty, Field::WillTopic, at)?;
            Some(Will {
                qos: will_qos.unwrap_or(QoS::ExactlyOnce),
                retain: flags & WILL_RETAIN != 0,
                properties,
                topic,
                payload: r.binary(Field::WillPayload)?,
            })
        };
        let user_name = if flags & USER_NAME == 0 || r.lost() { None } else { Some(r.text(Field::UserName)?) };
        let password = if flags & PASSWORD == 0 || r.lost() { None } else { Some(r.binary(Field::Password)?) };
        Ok(Self {
            version,
            clean_start: flags & CLEAN_START != 0,
            keep_alive,
            properties,
            client_id,
            will,
            user_name,
            password,
        })
    }

    fn flags(&self) -> u8 {
        let will = self.will.map_or(0, |will| WILL | (will.qos as u8) << 3 | if will.retain { WILL_RETAIN } else { 0 });
        will | if self.clean_start { CLEAN_START } else { 0 }
            | if self.password.is_some() { PASSWORD } else { 0 }
            | if self.user_name.is_some() { USER_NAME } else { 0 }
    }
}

impl Body for Connect<'_> {
    #[inline]
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        w.only_in_v5(self.password.is_none() || self.user_name.is_some(), Field::Password)?;
        w.text("MQTT".into(), Field::ProtocolName)?;
        w.u8(w.version().level());
        w.u8(self.flags());
        w.u16(self.keep_alive);
        w.properties(self.properties)?;
        w.text(self.client_id, Field::ClientId)?;
        if let Some(will) = &self.will {
            w.properties(will.properties)?;
            w.text(will.topic, Field::WillTopic)?;
            w.binary(will.payload, Field::WillPayload)?;
        }
        if let Some(user_name) = self.user_name {
            w.text(user_name, Field::UserName)?;
        }
        if let Some(password) = self.password {
            w.binary(password, Field::Password)?;
        }
        Ok(())
    }
}
