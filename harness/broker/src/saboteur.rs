//! Servers that break one clause on purpose: they show that the scenarios have teeth.
//!
//! A [`Sabotage`] is a row of a list: a name, what it does in words, the statements that it breaks, and what it does
//! to packets and connections. The [`Saboteur`] stands between the Clients and the broker and does it. Only what
//! cannot be done from outside is a [`Switch`] in the broker.

mod accepting;
mod acknowledging;
mod announcing;
mod authenticating;
mod connecting;
mod delivering;
mod ending;
mod exchanges;
mod granting;
mod identifying;
mod ill_formed;
mod later;
mod learning;
mod limits;
mod malformed;
mod matching;
mod memory;
mod proxy;
mod publishing;
mod resending;
mod restarting;
mod retaining;
mod sessions;
mod sharing;
mod subscribing;
mod tools;
mod wills;

pub use proxy::Saboteur;

use crate::broker::ConnectionId;
use crate::state::State;
use mqttspec_codec::{Packet, Version};

/// What becomes of a packet.
#[derive(Debug)]
enum Fate {
    /// It goes on as it is.
    Pass,
    /// Nobody sees it.
    Drop,
    /// These bytes go on in its place.
    Instead(Vec<u8>),
}

type PacketAct = fn(&mut Saboteur, ConnectionId, &Packet<'_>) -> Fate;
type MalformedAct = fn(&mut Saboteur, ConnectionId, &[u8]) -> Fate;

/// Who closes a Network Connection, and whether the close is carried out.
type CloseAct = fn(&mut Saboteur, ConnectionId) -> bool;
type EndAct = fn(&mut Saboteur, ConnectionId);

/// Changes what the server has again when it is started again.
type RestartAct = fn(&mut State);

/// What only the inside of the broker can do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// Delivers at the QoS that was granted, even if the message was published with a lower one.
    GrantedQos,
    /// Delivers at the lowest QoS of the subscriptions that match.
    LowestQos,
    /// Delivers to a member of a shared subscription at the QoS of the message, whatever it was granted.
    SharedQos,
    /// Gives QoS 2 messages that were sent to another member of a shared subscription when the connection breaks.
    MovesQos2,
    /// Sends retained messages to shared subscriptions.
    RetainedForShared,
}

/// A way to break a clause.
#[derive(Debug)]
pub struct Sabotage {
    /// Unique, in kebab-case.
    pub name: &'static str,
    /// What the server does wrong, in words.
    pub text: &'static str,
    v311: &'static [&'static str],
    v5: &'static [&'static str],
    client: Option<PacketAct>,
    server: Option<PacketAct>,
    malformed: Option<MalformedAct>,
    closing: Option<CloseAct>,
    ended: Option<EndAct>,
    restarting: Option<RestartAct>,
    pub(crate) switch: Option<Switch>,
    advised: bool,
    /// The choices of the broker under which it can be seen, by name.
    pub choices: &'static [&'static str],
}

/// The lists, each by what it is about.
const LISTS: [&[Sabotage]; 22] = [
    connecting::LIST,
    accepting::LIST,
    announcing::LIST,
    authenticating::LIST,
    ending::LIST,
    sessions::LIST,
    wills::LIST,
    exchanges::LIST,
    acknowledging::LIST,
    resending::LIST,
    delivering::LIST,
    publishing::LIST,
    limits::LIST,
    subscribing::LIST,
    granting::LIST,
    identifying::LIST,
    sharing::LIST,
    matching::LIST,
    retaining::LIST,
    malformed::LIST,
    restarting::LIST,
    ill_formed::LIST,
];

impl Sabotage {
    /// Every one, in the order of what they are about.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        LISTS.into_iter().flatten()
    }

    /// The one of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::all().find(|sabotage| sabotage.name == name)
    }

    /// The ids of the statements that it breaks; none in a version to which it does not apply. Where there are
    /// several, the breach can be seen as one of any of them.
    #[must_use]
    pub const fn breaks(&self, version: Version) -> &'static [&'static str] {
        match version {
            Version::V311 => self.v311,
            Version::V5 => self.v5,
        }
    }

    /// Whether what it does wrong is only advised against: a case that catches it is nonstrict and does not fail.
    #[must_use]
    pub const fn is_advice(&self) -> bool {
        self.advised
    }

    const fn new(
        name: &'static str,
        text: &'static str,
        v311: &'static [&'static str],
        v5: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            text,
            v311,
            v5,
            client: None,
            server: None,
            malformed: None,
            closing: None,
            ended: None,
            restarting: None,
            switch: None,
            advised: false,
            choices: &[],
        }
    }

    /// Does this to each packet of a Client before the broker has it.
    const fn client(mut self, act: PacketAct) -> Self {
        self.client = Some(act);
        self
    }

    /// Does this to each packet of the broker before its Client has it.
    const fn server(mut self, act: PacketAct) -> Self {
        self.server = Some(act);
        self
    }

    /// Does this to each packet of a Client that is not valid.
    const fn malformed(mut self, act: MalformedAct) -> Self {
        self.malformed = Some(act);
        self
    }

    /// Decides whether the broker's close of a connection is carried out.
    const fn closing(mut self, act: CloseAct) -> Self {
        self.closing = Some(act);
        self
    }

    /// Does this when a Client has closed, before the broker knows.
    const fn ended(mut self, act: EndAct) -> Self {
        self.ended = Some(act);
        self
    }

    /// Does this to what is kept of a server that has ended, before another goes on with it.
    const fn restarting(mut self, act: RestartAct) -> Self {
        self.restarting = Some(act);
        self
    }

    /// No sentence forbids it outright.
    const fn advised(mut self) -> Self {
        self.advised = true;
        self
    }

    /// It takes these choices of the broker to see it.
    const fn under(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
    }

    const fn inside(mut self, switch: Switch) -> Self {
        self.switch = Some(switch);
        self
    }
}
