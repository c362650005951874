//! Topic Names and Topic Filters (section 4.7 of both versions).

use crate::{Rule, Text, Version};

/// The prefix of a shared subscription (5.0 4.8.2).
const SHARE: &[u8] = b"$share/";

/// The offset of the first wildcard character.
pub(crate) fn first_wildcard(text: Text<'_>) -> Option<usize> {
    text.as_bytes().iter().position(|byte| matches!(byte, b'+' | b'#'))
}

/// Whether a filter asks for a shared subscription.
pub(crate) fn is_shared(filter: &[u8]) -> bool {
    filter.starts_with(SHARE)
}

/// The first way in which a text is not a topic filter of the version.
pub(crate) fn filter_fault(text: Text<'_>, version: Version) -> Option<(Rule, usize)> {
    let filter = text.as_bytes();
    if filter.is_empty() {
        return Some((Rule::TopicFilterEmpty, 0));
    }
    if version == Version::V5 && is_shared(filter) {
        let rest = &filter[SHARE.len()..];
        let name = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let malformed = |at: usize| Some((Rule::SharedFilter, SHARE.len() + at));
        if let Some(at) = rest[..name].iter().position(|byte| matches!(byte, b'+' | b'#')) {
            return malformed(at);
        }
        if name == 0 || name + 1 >= rest.len() {
            return malformed(name);
        }
        return wildcard_fault(&rest[name + 1..]).map(|at| (Rule::TopicFilterWildcard, SHARE.len() + name + 1 + at));
    }
    wildcard_fault(filter).map(|at| (Rule::TopicFilterWildcard, at))
}

/// The offset of a wildcard that does not fill its level, or of a `#` that is not last.
fn wildcard_fault(filter: &[u8]) -> Option<usize> {
    let alone = |at: usize| (at == 0 || filter[at - 1] == b'/') && filter.get(at + 1).is_none_or(|&next| next == b'/');
    filter.iter().enumerate().find_map(|(at, byte)| {
        let lawful = match byte {
            b'+' => alone(at),
            b'#' => alone(at) && at + 1 == filter.len(),
            _ => true,
        };
        (!lawful).then_some(at)
    })
}

/// A Topic Name: at least one character, no wildcard, no U+0000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName<'a>(&'a str);

impl<'a> TopicName<'a> {
    /// `None` when `text` is not a topic name.
    #[must_use]
    pub fn new(text: &'a str) -> Option<Self> {
        let lawful = !text.is_empty() && text.len() <= usize::from(u16::MAX) && !text.contains(['+', '#', '\0']);
        lawful.then_some(Self(text))
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// A Topic Filter, with the share name of a shared subscription apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter<'a> {
    share: Option<&'a str>,
    filter: &'a str,
}

impl<'a> TopicFilter<'a> {
    /// `None` when `text` is not a topic filter of the version. In 3.1.1 `$share` means nothing.
    #[must_use]
    pub fn new(text: &'a str, version: Version) -> Option<Self> {
        if text.len() > usize::from(u16::MAX) || text.contains('\0') || filter_fault(text.into(), version).is_some() {
            return None;
        }
        let shared = if version == Version::V5 { text.strip_prefix("$share/") } else { None };
        match shared.and_then(|rest| rest.split_once('/')) {
            Some((share, filter)) => Some(Self { share: Some(share), filter }),
            None => Some(Self { share: None, filter: text }),
        }
    }

    /// The share name, if this is a shared subscription.
    #[must_use]
    pub const fn share(self) -> Option<&'a str> {
        self.share
    }

    /// The filter without `$share/` and share name.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.filter
    }

    /// Whether the filter holds a wildcard character.
    #[must_use]
    pub fn has_wildcard(self) -> bool {
        self.filter.contains(['+', '#'])
    }

    /// Whether a topic name matches (4.7.1, 4.7.2): level by level, character by character; a `#` takes the parent
    /// level too; a wildcard at the front never matches a name that begins with `$`.
    #[must_use]
    pub fn matches(self, topic: TopicName<'_>) -> bool {
        if topic.0.starts_with('$') && self.filter.starts_with(['+', '#']) {
            return false;
        }
        let mut levels = topic.0.split('/');
        let mut filters = self.filter.split('/');
        loop {
            match (filters.next(), levels.next()) {
                (Some("#"), _) | (None, None) => return true,
                (Some("+"), Some(_)) => {}
                (Some(filter), Some(level)) if filter == level => {}
                _ => return false,
            }
        }
    }
}
