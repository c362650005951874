//! What a scenario does to the target itself, what a target lets be done to it, and what it promises to keep.

use std::fmt;

/// Something that is done to the server under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// It is asked to end, ends in order, and is started again.
    Restart,
    /// It ends without warning, and is started again.
    Kill,
    /// It stands still: nothing of it runs until it is resumed.
    Pause,
    /// It goes on after a pause.
    Resume,
    /// It is looked at from outside of the conversation: whether it runs and answers a CONNECT.
    Alive,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 5] = [Self::Restart, Self::Kill, Self::Pause, Self::Resume, Self::Alive];

    /// The word for it in scenarios and profiles.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Alive => "alive",
        }
    }

    /// The operation of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.word() == word)
    }

    /// Whether every Network Connection ends with it.
    #[must_use]
    pub const fn ends_connections(self) -> bool {
        matches!(self, Self::Restart | Self::Kill)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server {}", self.word())
    }
}

/// What became of an [`Operation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operated {
    /// It is done; after a restart or a kill the server is ready again.
    Done,
    /// The target is none to which this can be done, and why.
    Refused(String),
    /// It went wrong, and how: nothing is known of the server.
    Failed(String),
}

/// What can be done to a target. [`Operation::Resume`] goes with a pause, [`Operation::Alive`] always can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// [`Operation::Restart`].
    pub restart: bool,
    /// [`Operation::Kill`].
    pub kill: bool,
    /// [`Operation::Pause`].
    pub pause: bool,
}

impl Operations {
    /// Everything.
    pub const ALL: Self = Self { restart: true, kill: true, pause: true };

    /// Whether this one can be done.
    #[must_use]
    pub const fn allow(self, operation: Operation) -> bool {
        match operation {
            Operation::Restart => self.restart,
            Operation::Kill => self.kill,
            Operation::Pause | Operation::Resume => self.pause,
            Operation::Alive => true,
        }
    }

    /// What both allow.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { restart: self.restart && other.restart, kill: self.kill && other.kill, pause: self.pause && other.pause }
    }
}

/// What a server promises to have again when it has ended and was started again. No standard asks for any of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Persists {
    /// Sessions: subscriptions, what waits in queues, exchanges that are under way.
    pub sessions: bool,
    /// Retained messages.
    pub retained: bool,
}

impl Persists {
    /// Everything.
    pub const ALL: Self = Self { sessions: true, retained: true };
}
