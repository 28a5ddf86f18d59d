//! How long an answer is good without asking again: RFC 9111, as a private cache.

use std::time::Duration;

use super::retry::http_date;

/// Longest time that a page is believed to stay as it is. News pages change after they are out,
/// and some servers give everything a year.
pub const FRESH_MAX: Duration = Duration::from_hours(24);

/// What a response says of its own age, as sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// `Cache-Control`, its lines joined by commas.
    pub cache_control: Option<&'a str>,
    /// `Expires`.
    pub expires: Option<&'a str>,
    /// `Date`.
    pub date: Option<&'a str>,
    /// `Age`.
    pub age: Option<&'a str>,
}

/// How long a response is fresh from now on (§4.2), at most [`FRESH_MAX`].
///
/// `now` is in seconds since 1970. Only what the server says counts; what says nothing is stale at
/// once, since §4.2.2 allows guesses but news is not the place for them.
#[must_use]
pub fn fresh_for(said: &Said, now: i64) -> Duration {
    let control = said.cache_control.unwrap_or_default();
    let directives = || control.split(',').map(str::trim);
    let forbids = |directive: &str| {
        let name = directive.split('=').next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case("no-cache") || name.eq_ignore_ascii_case("no-store")
    };
    if directives().any(forbids) {
        return Duration::ZERO;
    }
    let lifetime = directives()
        .find_map(max_age)
        .or_else(|| until_expiry(said, now));
    let age = said.age.and_then(seconds).unwrap_or(0);
    let left = lifetime.unwrap_or(0).saturating_sub(age);
    Duration::from_secs(left).min(FRESH_MAX)
}

fn max_age(directive: &str) -> Option<u64> {
    let (name, value) = directive.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("max-age") {
        return None;
    }
    // What cannot be read is stale (§4.2.1).
    Some(seconds(value.trim().trim_matches('"')).unwrap_or(0))
}

fn until_expiry(said: &Said, now: i64) -> Option<u64> {
    let expires = http_date(said.expires?).unwrap_or(i64::MIN);
    let date = said.date.and_then(http_date).unwrap_or(now);
    Some(u64::try_from(expires.saturating_sub(date)).unwrap_or(0))
}

/// Delta-seconds; more than can be held is as long as can be (§1.2.2).
fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_up_to_a_day() {
        let noon = "Sun, 06 Nov 1994 12:00:00 GMT";
        let later = "Sun, 06 Nov 1994 12:01:00 GMT";
        let now = http_date(noon).unwrap();
        let said = |cache_control, expires, age| Said {
            cache_control,
            expires,
            date: Some(noon),
            age,
        };
        for (said, want) in [
            (said(None, None, None), 0),
            (said(Some("public, Max-Age=600"), None, None), 600),
            (said(Some("max-age=\"600\""), None, Some("100")), 500),
            (said(Some("max-age=600"), None, Some("1000")), 0),
            (said(Some("max-age=600, no-cache"), None, None), 0),
            (said(Some("no-cache=\"set-cookie\""), None, None), 0),
            (said(Some("no-store"), Some(later), None), 0),
            (said(Some("s-maxage=600"), None, None), 0),
            (said(Some("max-age=soon"), Some(later), None), 0),
            (
                said(Some("max-age=99999999999999999999"), None, None),
                86_400,
            ),
            (said(None, Some(later), None), 60),
            (said(Some("private"), Some(later), None), 60),
            (said(Some("max-age=5"), Some(later), None), 5),
            (said(None, Some("0"), None), 0),
            (said(None, Some("-1"), None), 0),
        ] {
            assert_eq!(fresh_for(&said, now).as_secs(), want, "{said:?}");
        }
    }
}
