//! The time that a busy server asks to wait: a number of seconds, or a date.

use std::time::{Duration, SystemTime};

use crate::months::month_of;

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// Reads `Retry-After`. `date` is the time on the server's own clock, where it says so.
pub(super) fn retry_after(text: &str, date: Option<&str>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = seconds_of(text)?;
    let now = date.and_then(seconds_of).or_else(now)?;
    // What is past needs no waiting.
    let wait = u64::try_from(until.saturating_sub(now)).unwrap_or_default();
    Some(Duration::from_secs(wait))
}

fn now() -> Option<i64> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.ok()?.as_secs()).ok()
}

/// Returns the seconds since 1970 of a date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn seconds_of(text: &str) -> Option<i64> {
    let (_, date) = text.trim().split_once(", ")?;
    let parts: Vec<&str> = date.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts.as_slice() else {
        return None;
    };
    let clock: Vec<i64> = time
        .split(':')
        .map(|n| n.parse().ok())
        .collect::<Option<_>>()?;
    let [hours, minutes, seconds] = clock.as_slice() else {
        return None;
    };
    let month = month_of(month)?;
    let (day, year): (i64, i64) = (day.parse().ok()?, year.parse().ok()?);
    let is_date = (1..=31).contains(&day) && (1970..=9999).contains(&year);
    let is_time =
        (0..24).contains(hours) && (0..60).contains(minutes) && (0..=60).contains(seconds);
    if !is_date || !is_time {
        return None;
    }
    let days = days_before_year(year) + days_before_month(year, month) + day - 1;
    Some(days * SECONDS_A_DAY + hours * 3600 + minutes * 60 + seconds)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Returns the days from 1970 to the beginning of a year.
fn days_before_year(year: i64) -> i64 {
    let leap_days = |year: i64| year / 4 - year / 100 + year / 400;
    (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969)
}

fn days_before_month(year: i64, month: usize) -> i64 {
    let february = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30];
    lengths.iter().take(month.saturating_sub(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_seconds() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Tue, 29 Feb 2000 23:59:59 GMT", Some(951_868_799)),
            ("Sat, 28 Nov 2026 00:00:00 GMT", Some(1_795_824_000)),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sun, 40 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("soon", None),
        ] {
            assert_eq!(seconds_of(text), seconds, "{text}");
        }
    }

    #[test]
    fn waiting() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (text, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-1", None),
            ("later", None),
        ] {
            assert_eq!(
                retry_after(text, date),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
        // Without the server's clock, ours counts.
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:50:07 GMT", None),
            Some(Duration::ZERO)
        );
    }
}
