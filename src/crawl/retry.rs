//! A failed request: again after a while, or never.

use std::time::Duration;

use crate::failure::Status;

/// First pause before a retry.
const BACK_OFF_FIRST: Duration = Duration::from_millis(500);
/// Longest pause before a retry.
const BACK_OFF_MAX: Duration = Duration::from_mins(1);
/// Longest `Retry-After` that is waited for; a URL whose server asks for more is given up.
pub const RETRY_AFTER_MAX: Duration = Duration::from_mins(2);

/// Longest wait, in a `Retry-After`, that a later run keeps to.
pub const LATER_MAX: Duration = Duration::from_hours(24);

/// How often, at most, to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Requests after the first that failed.
    pub retries: u32,
    /// How long after the last of them a later run may ask once more what may have healed.
    pub later: Duration,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Requests that failed so far, this one included.
    pub failed: u32,
    /// How this one failed.
    pub status: Status,
    /// The HTTP status code, if there was a response.
    pub code: Option<u16>,
    /// What the server asked to wait.
    pub retry_after: Option<Duration>,
}

impl Attempt {
    /// How long the server wants to be left alone, whatever becomes of this request.
    #[must_use]
    pub fn host_wait(&self) -> Duration {
        self.retry_after.unwrap_or_default()
    }

    /// Whether that is longer than a run waits, so that the host's other pages are given up too.
    #[must_use]
    pub fn closes_host(&self) -> bool {
        self.host_wait() > RETRY_AFTER_MAX
    }
}

impl Retry {
    /// When a later run may ask again what this one gives up: after a while, twice as long for each time
    /// that it was `given_up` before, or the time that the server named if it is longer, at
    /// most [`LATER_MAX`]; none for what does not heal by itself.
    #[must_use]
    pub fn later(&self, attempt: &Attempt, given_up: u32) -> Option<Duration> {
        let later = self.later.saturating_mul(1 << given_up.min(16));
        can_heal(attempt.status, attempt.code)
            .then(|| later.max(attempt.host_wait()).min(LATER_MAX))
    }

    /// How long to wait before asking again, or none to give up. What the server asked to wait
    /// then still holds for its other pages: see [`Attempt::host_wait`].
    ///
    /// `jitter`, 0.0 to 1.0, spreads the pause over its upper half, so that what failed together
    /// does not come back together.
    #[must_use]
    pub fn pause(&self, attempt: &Attempt, jitter: f64) -> Option<Duration> {
        if attempt.failed > self.retries
            || attempt.closes_host()
            || !can_heal(attempt.status, attempt.code)
        {
            return None;
        }
        let doubled =
            BACK_OFF_FIRST.saturating_mul(1 << (attempt.failed.saturating_sub(1)).min(16));
        let back_off = doubled
            .min(BACK_OFF_MAX)
            .mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        Some(
            attempt
                .retry_after
                .map_or(back_off, |wait| wait.max(back_off)),
        )
    }
}

/// Whether the same request may well succeed a little later. Such an answer also tells that the
/// server, or the way to it, is in trouble.
#[must_use]
pub fn can_heal(status: Status, code: Option<u16>) -> bool {
    match status {
        Status::RateLimited
        | Status::Timeout
        | Status::Dns
        | Status::Connect
        | Status::Truncated
        | Status::HostFailing
        | Status::RobotsUnreachable => true,
        Status::HttpError => matches!(
            code,
            Some(408 | 425 | 500 | 502 | 503 | 504 | 507 | 520..=530)
        ),
        _ => false,
    }
}

/// The seconds, or the time until the date, that a `Retry-After` asks to wait (RFC 9110 §10.2.3).
///
/// `now` is in seconds since 1970. A date in the past is no wait, a number that is too large is the
/// largest; what cannot be read is none.
#[must_use]
pub fn retry_after(header: &str, now: i64) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    let wait = http_date(header)?.saturating_sub(now);
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0)))
}

/// The three forms of a date in a header (RFC 9110 §5.6.7), as seconds since 1970.
pub(super) fn http_date(text: &str) -> Option<i64> {
    if let Ok(date) = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text) {
        return Some(date.as_second());
    }
    // Of RFC 850, and of C's asctime.
    let obsolete = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|format| jiff::civil::DateTime::strptime(format, text).ok())?;
    let date = obsolete.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(date.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(retries: u32) -> Retry {
        let later = Duration::from_hours(1);
        Retry { retries, later }
    }

    #[test]
    fn a_later_run_asks_again_what_may_have_healed() {
        let later = |status, code, wish| {
            let later = retry(3).later(&attempt(4, status, code, wish), 0);
            later.map(|later| later.as_secs() / 3600)
        };
        assert_eq!(later(Status::Timeout, None, None), Some(1));
        assert_eq!(later(Status::HostFailing, None, None), Some(1));
        assert_eq!(later(Status::RateLimited, Some(429), Some(7200)), Some(2));
        assert_eq!(
            later(Status::RateLimited, Some(429), Some(u64::MAX)),
            Some(24)
        );
        assert_eq!(later(Status::NotFound, Some(404), None), None);
        assert_eq!(later(Status::HttpError, Some(500), None), Some(1));
        assert_eq!(later(Status::HttpError, Some(418), None), None);
    }

    #[test]
    fn what_was_given_up_before_waits_twice_as_long_each_time() {
        let timeout = attempt(4, Status::Timeout, None, None);
        let hours = |given_up| retry(3).later(&timeout, given_up).unwrap().as_secs() / 3600;
        assert_eq!([0, 1, 2, 4, 5, u32::MAX].map(hours), [1, 2, 4, 16, 24, 24]);
    }

    fn attempt(
        failed: u32,
        status: Status,
        code: Option<u16>,
        retry_after: Option<u64>,
    ) -> Attempt {
        Attempt {
            failed,
            status,
            code,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn three_retries_are_three_more_attempts() {
        let retry = retry(3);
        let waits =
            (1..=4).map(|failed| retry.pause(&attempt(failed, Status::Timeout, None, None), 1.0));
        let millis: Vec<_> = waits
            .map(|wait| wait.map(|wait| wait.as_millis()))
            .collect();
        assert_eq!(millis, [Some(500), Some(1000), Some(2000), None]);
    }

    #[test]
    fn only_what_can_heal_is_asked_again() {
        let retry = retry(1);
        for (status, code, again) in [
            (Status::HttpError, Some(503), true),
            (Status::HttpError, Some(501), false),
            (Status::HttpError, Some(418), false),
            (Status::NotFound, Some(404), false),
            (Status::Blocked, Some(403), false),
            (Status::RateLimited, Some(429), true),
            (Status::Tls, None, false),
            (Status::TooLarge, Some(200), false),
            (Status::Connect, None, true),
        ] {
            assert_eq!(
                retry.pause(&attempt(1, status, code, None), 0.5).is_some(),
                again,
                "{status} {code:?}"
            );
        }
    }

    #[test]
    fn the_server_says_how_long() {
        let retry = retry(5);
        let wait = |seconds| {
            retry.pause(
                &attempt(1, Status::RateLimited, Some(429), Some(seconds)),
                0.0,
            )
        };
        assert_eq!(wait(30), Some(Duration::from_secs(30)));
        assert_eq!(wait(0), Some(Duration::from_millis(250)));
        assert_eq!(wait(315_360_000), None);
    }

    #[test]
    fn both_forms_of_retry_after() {
        assert_eq!(retry_after("120", 0), Some(Duration::from_mins(2)));
        for huge in ["18446744073709551616", &"9".repeat(500)] {
            let wait = retry_after(huge, 0);
            assert_eq!(wait, Some(Duration::from_secs(u64::MAX)));
            let huge = Attempt {
                retry_after: wait,
                ..attempt(1, Status::RateLimited, Some(429), None)
            };
            assert_eq!(retry(3).pause(&huge, 1.0), None);
        }
        for date in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(
                retry_after(date, 784_111_777 - 50),
                Some(Duration::from_secs(50)),
                "{date}"
            );
        }
        assert_eq!(
            retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 100),
            Some(Duration::ZERO)
        );
        for junk in ["", "-5", "+5", "soon", "1.5"] {
            assert_eq!(retry_after(junk, 0), None, "{junk}");
        }
    }
}
