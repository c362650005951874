//! Versions of the corpus.

use std::fmt::{self, Display};
use std::str::FromStr;

/// The version of mqttspec that a scenario came with. The later is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u32, u32, u32);

impl Release {
    /// The first.
    pub const FIRST: Self = Self(0, 1, 0);

    /// This one.
    #[must_use]
    pub fn this() -> Self {
        env!("CARGO_PKG_VERSION").parse().unwrap_or(Self::FIRST)
    }
}

impl FromStr for Release {
    type Err = &'static str;

    /// `0.1.0`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let told = "three numbers such as 0.1.0";
        let number = |part: Option<&str>| {
            let digits = part.filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|digits| digits.parse().ok()).ok_or(told)
        };
        let mut parts = text.split('.');
        let release = Self(number(parts.next())?, number(parts.next())?, number(parts.next())?);
        if parts.next().is_some() { Err(told) } else { Ok(release) }
    }
}

impl Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        assert_eq!("0.1.0".parse(), Ok(Release::FIRST));
        assert!("0.10.0".parse::<Release>() > "0.9.1".parse::<Release>());
        assert_eq!(Release::this().to_string(), env!("CARGO_PKG_VERSION"));
        for text in ["", "1", "1.0", "1.0.0.0", "1.0.x", "+1.0.0", "v1.0.0", "1..0", "99999999999.0.0"] {
            assert!(text.parse::<Release>().is_err(), "{text}");
        }
    }
}
