//! A stream of messages that is broken again and again.

use super::Value;
use crate::operation::Operation;

/// What breaks a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// A Client closes without DISCONNECT.
    Fin,
    /// A Client resets its Network Connection.
    Rst,
    /// A Client is cut off.
    Cut,
    /// [`Operation::Restart`].
    Restart,
    /// [`Operation::Kill`].
    Kill,
    /// [`Operation::Pause`], for a while.
    Pause,
}

impl Break {
    /// Everything that breaks a stream.
    pub const ALL: [Self; 6] = [Self::Fin, Self::Rst, Self::Cut, Self::Restart, Self::Kill, Self::Pause];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Cut => "cut",
            Self::Restart => Operation::Restart.word(),
            Self::Kill => Operation::Kill.word(),
            Self::Pause => Operation::Pause.word(),
        }
    }

    /// What a word stands for.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }

    /// What is done to the server, if it is not the Clients that break it.
    #[must_use]
    pub fn operation(self) -> Option<Operation> {
        Operation::named(self.word())
    }
}

/// What is asked of the messages of a stream, beyond that all of them arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// A message whose PUBLISH the publisher has sent again is delivered once.
    Once,
    /// A message whose PUBLISH the publisher has sent once is delivered once.
    Again,
    /// They arrive first in the order in which they were published.
    Order,
}

/// Messages of one Client to another, while something breaks their Network Connections again and again. Both have kept
/// sessions and take them up each time.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Index of the Client that publishes.
    pub from: usize,
    /// Index of the Client that has subscribed.
    pub to: usize,
    /// The Topic Name.
    pub topic: Value,
    /// 1 or 2.
    pub qos: Value,
    /// How many messages.
    pub messages: u64,
    /// How often it is broken.
    pub times: u64,
    /// By what: words of [`Break`], or `$AXIS`.
    pub by: Vec<String>,
    /// Whether the server may be what breaks it, for a choice of the matrix.
    pub operates: bool,
    /// The rules beside that of the step: indices into the rules of the scenario.
    pub also: Vec<(Duty, usize)>,
}
