//! Days.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::SystemTime;

/// A day of the Gregorian calendar. The later is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Today in UTC, by the clock of this machine.
    #[must_use]
    pub fn today() -> Self {
        Self::of_unix(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs())
    }

    /// The day of a moment in seconds since 1970.
    fn of_unix(seconds: u64) -> Self {
        let mut days = seconds / 86_400;
        let mut date = Self { year: 1970, month: 1, day: 1 };
        while days >= year_length(date.year) && date.year < 9999 {
            days -= year_length(date.year);
            date.year += 1;
        }
        while days >= u64::from(month_length(date.year, date.month)) && date.month < 12 {
            days -= u64::from(month_length(date.year, date.month));
            date.month += 1;
        }
        date.day = u8::try_from(days + 1).unwrap_or(31);
        date
    }
}

const fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

const fn year_length(year: u16) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn month_length(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Date {
    type Err = &'static str;

    /// `2027-06-30`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let told = "a day such as 2027-06-30";
        let digits = text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if text.len() != 10 || !digits {
            return Err(told);
        }
        let (year, month, day) = (text[..4].parse(), text[5..7].parse(), text[8..].parse());
        let (Ok(year), Ok(month), Ok(day)) = (year, month, day) else { return Err(told) };
        if !(1..=12).contains(&month) || !(1..=month_length(year, month)).contains(&day) {
            return Err("a day that the calendar has");
        }
        Ok(Self { year, month, day })
    }
}

impl Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        for text in ["2027-06-30", "2028-02-29", "2000-02-29", "1970-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().map(|date| date.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["", "2027-6-30", "2027-02-29", "2100-02-29", "2027-13-01", "2027-00-01", "2027-01-00", "2027/01/01"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert!("2027-06-30".parse::<Date>() < "2027-07-01".parse::<Date>());
    }

    #[test]
    fn of_a_clock() {
        for (seconds, told) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_798_761_599, "2026-12-31"),
            (1_798_761_600, "2027-01-01"),
        ] {
            assert_eq!(Date::of_unix(seconds).to_string(), told);
        }
        assert!(Date::today() > Date::of_unix(1_700_000_000));
    }
}
