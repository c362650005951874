//! Topic Names and Topic Filters (section 4.7 of both versions).

use crate::{Rule, Text, Version, words};

/// The prefix of a shared subscription (5.0 4.8.2).
const SHARE: &[u8] = b"$share/";

/// The offset of the first wildcard character.
pub(crate) fn first_wildcard(text: Text<'_>) -> Option<usize> {
    words::first_wildcard(text.as_bytes())
}

/// Whether a filter asks for a shared subscription.
pub(crate) fn is_shared(filter: &[u8]) -> bool {
    filter.starts_with(SHARE)
}

/// The first way in which a text that is not empty is not a topic filter of the version.
pub(crate) fn filter_fault(text: Text<'_>, version: Version) -> Option<(Rule, usize)> {
    let filter = text.as_bytes();
    if version == Version::V5 && is_shared(filter) {
        let rest = &filter[SHARE.len()..];
        let name = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let malformed = |at: usize| Some((Rule::SharedFilter, SHARE.len() + at));
        if let Some(at) = rest[..name].iter().position(|byte| matches!(byte, b'+' | b'#')) {
            return malformed(at);
        }
        if name == 0 {
            return Some((Rule::ShareNameEmpty, SHARE.len()));
        }
        if name + 1 >= rest.len() {
            return malformed(name);
        }
        return wildcard_fault(&rest[name + 1..]).map(|(rule, at)| (rule, SHARE.len() + name + 1 + at));
    }
    wildcard_fault(filter)
}

/// A wildcard that does not fill its level, or a `#` that is not last.
fn wildcard_fault(filter: &[u8]) -> Option<(Rule, usize)> {
    let alone = |at: usize| (at == 0 || filter[at - 1] == b'/') && filter.get(at + 1).is_none_or(|&next| next == b'/');
    let mut from = 0;
    while let Some(behind) = words::first_wildcard(&filter[from..]) {
        let at = from + behind;
        match filter[at] {
            b'+' if !alone(at) => return Some((Rule::SingleLevelWildcard, at)),
            b'#' if !alone(at) || at + 1 < filter.len() => return Some((Rule::MultiLevelWildcard, at)),
            _ => from = at + 1,
        }
    }
    None
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
        let writable = !text.is_empty() && text.len() <= usize::from(u16::MAX) && !text.contains('\0');
        if !writable || filter_fault(text.into(), version).is_some() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared() {
        let shared = TopicFilter::new("$share/g/a/+", Version::V5).expect("a shared filter");
        assert_eq!((shared.share(), shared.as_str(), shared.has_wildcard()), (Some("g"), "a/+", true));
        let plain = TopicFilter::new("$share/g/a", Version::V311).expect("in 3.1.1 a filter like any other");
        assert_eq!((plain.share(), plain.as_str(), plain.has_wildcard()), (None, "$share/g/a", false));
        for malformed in ["$share//a", "$share/g", "$share/g/", "$share/+/a", "$share/g/a#"] {
            assert_eq!(TopicFilter::new(malformed, Version::V5), None, "{malformed}");
        }
    }

    #[test]
    fn length_and_characters() {
        let long = "x".repeat(65_536);
        for (text, lawful) in [("", false), ("a", true), ("a\0", false), (&long[..65_535], true), (&long, false)] {
            assert_eq!(TopicName::new(text).is_some(), lawful, "{text:.9}");
            assert_eq!(TopicFilter::new(text, Version::V311).is_some(), lawful, "{text:.9}");
            assert_eq!(TopicFilter::new(text, Version::V5).is_some(), lawful, "{text:.9}");
        }
        assert_eq!(TopicName::new("a/+"), None);
        assert_eq!(TopicName::new("a/#"), None);
    }
}
