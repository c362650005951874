//! Numbers in texts: ranges, alternatives, lists.

/// The numbers that a text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum NumberSet {
    /// Any number, as long as there is one.
    Any,
    /// Only known when the case runs.
    Open,
    /// These ranges, ends included.
    Ranges(Vec<(u64, u64)>),
}

/// A number as scenarios write it.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = |digits: &str| !digits.is_empty() && !digits.starts_with('+');
    match text.strip_prefix("0x") {
        Some(hex) if digits(hex) => u64::from_str_radix(hex, 16).ok(),
        Some(_) => None,
        None => digits(text).then(|| text.parse().ok())?,
    }
}

/// Whether a text is worked out when the case runs.
pub(super) fn is_template(text: &str) -> bool {
    text.contains('$') || call(text).is_some()
}

/// The arguments of `min(...)`, `max(...)`, `plus(...)` or `minus(...)`.
pub(super) fn call(text: &str) -> Option<&str> {
    ["min(", "max(", "plus(", "minus("].into_iter().find_map(|name| text.strip_prefix(name))
}

/// `7`, `"7..8"`, `"0|0x10"`, `"*"`. On failure the part that is no number.
pub(in crate::scenario) fn number_set(text: &str) -> Result<NumberSet, &str> {
    if text == "*" {
        return Ok(NumberSet::Any);
    }
    if is_template(text) {
        return Ok(NumberSet::Open);
    }
    text.split('|')
        .map(|part| {
            let (low, high) = part.split_once("..").unwrap_or((part, part));
            match (number(low.trim()), number(high.trim())) {
                (Some(low), Some(high)) if low <= high => Ok((low, high)),
                _ => Err(part),
            }
        })
        .collect::<Result<_, _>>()
        .map(NumberSet::Ranges)
}

impl NumberSet {
    /// The greatest, if it is known.
    pub(super) fn greatest(&self) -> Option<u64> {
        match self {
            Self::Any | Self::Open => None,
            Self::Ranges(ranges) => ranges.iter().map(|&(_, high)| high).max(),
        }
    }

    /// Whether all of them are known and at least `least`.
    pub(in crate::scenario) fn all_from(&self, least: u64) -> bool {
        matches!(self, Self::Ranges(ranges) if ranges.iter().all(|&(low, _)| low >= least))
    }

    /// Whether no number is in both, for certain.
    pub(in crate::scenario) fn disjoint(&self, other: &Self) -> bool {
        let (Self::Ranges(ours), Self::Ranges(theirs)) = (self, other) else {
            return false;
        };
        ours.iter().all(|&(low, high)| theirs.iter().all(|&(from, to)| high < from || to < low))
    }
}
