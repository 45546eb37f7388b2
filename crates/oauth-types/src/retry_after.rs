//! `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date in any of the three forms that HTTP ever had.
//!
//! ```
//! use core::time::Duration;
//! use jwt_core::Timestamp;
//! use oauth_types::retry_after;
//!
//! let now = Timestamp::from_unix(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
//! assert_eq!(retry_after::parse("120", now), Some(Duration::from_secs(120)));
//! assert_eq!(retry_after::parse("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_secs(60)));
//! assert_eq!(retry_after::parse("soon", now), None);
//! ```
//!
//! Checked here: the syntax; and no delay is longer than [`MAX_DELAY`]. What cannot be read asks for nothing.

use core::time::Duration;

use jwt_core::Timestamp;

use crate::http::HttpResponse;

/// How long the server asks to be left alone, from `now` on; [`MAX_DELAY`] at most. `None` if it does not say, or not in a readable way.
#[must_use]
pub fn of(response: &HttpResponse, now: Timestamp) -> Option<Duration> {
    response.header("retry-after").and_then(|value| parse(value, now))
}

/// Reads the value of a `Retry-After` field: how long from `now` on, [`MAX_DELAY`] at most. A date that has passed is zero.
#[must_use]
pub fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim_matches([' ', '\t']);
    let delay = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // RFC 9110, section 10.2.3: delay-seconds = 1*DIGIT. What overflows is capped like all that is too long.
        value.parse().map_or(MAX_DELAY, Duration::from_secs)
    } else {
        parse_http_date(value, now)?.saturating_since(now)
    };
    Some(delay.min(MAX_DELAY))
}

/// Reads an HTTP date (RFC 9110, section 5.6.7): IMF-fixdate, RFC 850 or asctime.
///
/// `now` decides the century of the two-digit year of RFC 850. The name of the weekday must be one, but is not compared with the date.
/// Dates before the epoch become the epoch.
#[must_use]
pub fn parse_http_date(text: &str, now: Timestamp) -> Option<Timestamp> {
    let mut rest = Rest(text.as_bytes());
    if let Some(_weekday) = rest.one_of(LONG_WEEKDAYS) {
        // Sunday, 06-Nov-94 08:49:37 GMT
        rest.literal(b", ")?;
        let day = rest.digits(2)?;
        rest.literal(b"-")?;
        let month = rest.one_of(MONTHS)?;
        rest.literal(b"-")?;
        let year = full_year(rest.digits(2)?, now);
        rest.literal(b" ")?;
        let time = rest.time_of_day()?;
        rest.literal(b" GMT")?;
        return rest.end().and_then(|()| timestamp(year, month, day, time));
    }
    rest.one_of(WEEKDAYS)?;
    if rest.literal(b", ").is_some() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let day = rest.digits(2)?;
        rest.literal(b" ")?;
        let month = rest.one_of(MONTHS)?;
        rest.literal(b" ")?;
        let year = rest.digits(4)?;
        rest.literal(b" ")?;
        let time = rest.time_of_day()?;
        rest.literal(b" GMT")?;
        return rest.end().and_then(|()| timestamp(year, month, day, time));
    }
    // Sun Nov  6 08:49:37 1994
    rest.literal(b" ")?;
    let month = rest.one_of(MONTHS)?;
    rest.literal(b" ")?;
    let day = if rest.literal(b" ").is_some() { rest.digits(1)? } else { rest.digits(2)? };
    rest.literal(b" ")?;
    let time = rest.time_of_day()?;
    rest.literal(b" ")?;
    let year = rest.digits(4)?;
    rest.end().and_then(|()| timestamp(year, month, day, time))
}

/// What is left to read of a date.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn literal(&mut self, wanted: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(wanted)?;
        Some(())
    }

    fn digits(&mut self, count: usize) -> Option<u64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))
    }

    /// The position of the name that comes next, in a list in which no name begins another.
    fn one_of(&mut self, names: &[&str]) -> Option<u64> {
        let (index, name) = (0..).zip(names).find(|(_, name)| self.0.starts_with(name.as_bytes()))?;
        self.literal(name.as_bytes())?;
        Some(index)
    }

    /// Seconds since midnight. The sixtieth second is a leap second's.
    fn time_of_day(&mut self) -> Option<u64> {
        let hour = self.digits(2).filter(|hour| *hour < 24)?;
        self.literal(b":")?;
        let minute = self.digits(2).filter(|minute| *minute < 60)?;
        self.literal(b":")?;
        let second = self.digits(2).filter(|second| *second <= 60)?;
        Some((hour * 60 + minute) * 60 + second)
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// RFC 9110, section 5.6.7: "Recipients of a timestamp value in rfc850-date format, which uses a two-digit year, MUST interpret a timestamp
/// that appears to be more than 50 years in the future as representing the most recent year in the past that had the same last two digits."
fn full_year(two_digits: u64, now: Timestamp) -> u64 {
    // The year of `now`, near enough for a rule that speaks of half a century.
    let this_year = 1970 + now.as_unix() / (SECONDS_PER_DAY * 146_097 / 400);
    // The latest year with these digits that is not too far ahead: in 1999, `01` is 2001.
    let latest = this_year + 50;
    latest - (latest + 100 - two_digits) % 100
}

/// `month` counts from zero. `None` for a day that its month does not have.
fn timestamp(year: u64, month: u64, day: u64, time_of_day: u64) -> Option<Timestamp> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let lengths: [u64; 12] = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month).ok()?)?;
    if day == 0 || day > length {
        return None;
    }
    let Some(before) = year.checked_sub(1).filter(|before| *before >= 1969) else {
        return Some(Timestamp::EPOCH);
    };
    // Days of the years before this one, less those before 1970.
    let leap_days = (before / 4 - before / 100 + before / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
    let days = (year - 1970) * 365 + leap_days;
    let days = days + lengths.iter().zip(0..month).map(|(length, _)| length).sum::<u64>() + day - 1;
    Some(Timestamp::from_unix(days * SECONDS_PER_DAY + time_of_day))
}

/// The longest delay that is passed on. Longer than any announced pause that was met; a server that wants more says it again.
pub const MAX_DELAY: Duration = Duration::from_secs(60 * 60);

const SECONDS_PER_DAY: u64 = 86_400;

const WEEKDAYS: &[&str] = &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const LONG_WEEKDAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const MONTHS: &[&str] = &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    const EXAMPLE: Timestamp = Timestamp::from_unix(784_111_777);

    #[test]
    fn all_three_dates_of_rfc_9110_section_5_6_7_are_one_moment() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse_http_date(text, EXAMPLE), Some(EXAMPLE), "{text}");
        }
    }

    #[test]
    fn dates_that_other_tools_computed_are_read_alike() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2000 23:59:60 GMT", 951_868_800),
            ("Fri, 31 Dec 1999 23:59:59 GMT", 946_684_799),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Fri Dec 31 23:59:59 9999", 253_402_300_799),
            ("Wed, 31 Dec 1969 23:59:59 GMT", 0),
            ("Sat, 01 Jan 0000 00:00:00 GMT", 0),
        ] {
            assert_eq!(parse_http_date(text, EXAMPLE), Some(Timestamp::from_unix(seconds)), "{text}");
        }
    }

    #[test]
    fn a_two_digit_year_is_at_most_fifty_years_ahead() {
        let now = Timestamp::from_unix(1_767_225_600); // 2026-01-01
        let year = |text| parse_http_date(text, now).map(|time| 1970 + time.as_unix() / 31_556_952);
        assert_eq!(year("Saturday, 15-Feb-76 00:00:00 GMT"), Some(2076));
        assert_eq!(year("Saturday, 15-Feb-77 00:00:00 GMT"), Some(1977));
        assert_eq!(year("Saturday, 15-Feb-26 00:00:00 GMT"), Some(2026));
        // Shortly before the century turns, the next one is near.
        let now = Timestamp::from_unix(4_102_444_799); // 2099-12-31T23:59:59Z
        assert_eq!(parse("Friday, 01-Jan-00 00:00:29 GMT", now), Some(Duration::from_secs(30)));
        let year = |text| parse_http_date(text, now).map(|time| 1970 + time.as_unix() / 31_556_952);
        assert_eq!(year("Friday, 15-Feb-49 00:00:00 GMT"), Some(2149));
        assert_eq!(year("Friday, 15-Feb-51 00:00:00 GMT"), Some(2051));
    }

    #[test]
    fn what_is_no_date_is_no_delay() {
        for text in [
            "",
            " ",
            "-1",
            "+1",
            "1.5",
            "1 2",
            "soon",
            "Sun",
            "Sun,",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Xyz, 06 Nov 1994 08:49:37 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun, 29 Feb 1900 00:00:00 GMT",
        ] {
            let text = format!("{text}x");
            assert_eq!(parse(&text, EXAMPLE), None, "{text}");
            assert_eq!(parse_http_date(text.trim_end_matches('x'), EXAMPLE), None, "{text}");
        }
    }

    #[test]
    fn delays_are_capped_and_never_negative() {
        for value in ["3600", "3601", "99999999999999999999999999", "Fri Dec 31 23:59:59 9999"] {
            assert_eq!(parse(value, EXAMPLE), Some(MAX_DELAY), "{value}");
        }
        assert_eq!(parse("\t 7 ", EXAMPLE), Some(Duration::from_secs(7)));
        assert_eq!(parse("0", EXAMPLE), Some(Duration::ZERO));
        assert_eq!(parse("Sat, 05 Nov 1994 08:49:37 GMT", EXAMPLE), Some(Duration::ZERO));
    }

    proptest! {
        #[test]
        fn no_text_and_no_time_panics(text in "\\PC*", now: u64) {
            let _ = parse(&text, Timestamp::from_unix(now));
        }

        #[test]
        fn nothing_that_looks_like_a_date_panics(
            weekday in "Sun|Sunday", day in "[0-9]{2}", month in "Feb|Dec", year in "[0-9]{2,4}", time in "[0-9]{2}:[0-9]{2}:[0-9]{2}", now: u64,
        ) {
            let now = Timestamp::from_unix(now);
            for text in [
                format!("{weekday}, {day} {month} {year} {time} GMT"),
                format!("{weekday}, {day}-{month}-{year} {time} GMT"),
                format!("{weekday} {month} {day} {time} {year}"),
            ] {
                if let Some(delay) = parse(&text, now) {
                    prop_assert!(delay <= MAX_DELAY);
                }
            }
        }
    }
}
