//! The normal form of a URL, by which two URLs are one, and the host they belong to.

use std::borrow::Cow;
use std::fmt;

use url::Url;

use super::normal_form;

/// Why a line is no URL that can be crawled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Not an absolute URL.
    #[error("not a URL: {0}")]
    Malformed(#[from] url::ParseError),
    /// A scheme other than http and https.
    #[error("scheme {0} is not http or https")]
    Scheme(String),
    /// Longer than [`URL_BYTES_MAX`].
    #[error("longer than {URL_BYTES_MAX} bytes")]
    TooLong,
}

/// Longest URL that is asked, in bytes: what browsers and servers agree on (2,083, from Internet
/// Explorer) is exceeded by real news URLs with tracking parameters; 8,000 is RFC 9110's
/// recommendation of what servers should take (§4.1).
pub const URL_BYTES_MAX: usize = 8_000;

/// Reads an address that a user or a page gave.
///
/// # Errors
///
/// [`UrlError`] for what is no absolute http or https URL.
pub fn parse(text: &str) -> Result<Url, UrlError> {
    if text.len() > URL_BYTES_MAX {
        return Err(UrlError::TooLong);
    }
    let url = Url::parse(text)?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(UrlError::Scheme(scheme.to_owned())),
    }
}

/// An address as a log may show it: without user name and password.
#[must_use]
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Cow::Borrowed(text);
    };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.get(..authority).and_then(|part| part.rfind('@')) {
        Some(at) => Cow::Owned(format!("{scheme}://{}", rest.get(at + 1..).unwrap_or(""))),
        None => Cow::Borrowed(text),
    }
}

/// Two URLs with one key are one page. The form of the key, rule by rule, is in
/// [`super::normal_form`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlKey(String);

impl UrlKey {
    /// The key of a URL.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        Self(normal_form::key(url).into())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UrlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who is asked: one request at a time, with a pause between. The host name, or the address, in
/// lower case, without port and final dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostKey(String);

impl HostKey {
    /// The key of a URL's host; empty for a URL without one.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        Self(
            url.host_str()
                .unwrap_or_default()
                .trim_end_matches('.')
                .to_owned(),
        )
    }

    /// The key that was stored as text.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Scheme, host and port: what one robots.txt speaks for (RFC 9309 §2.3).
#[must_use]
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        UrlKey::of(&parse(text).unwrap()).to_string()
    }

    #[test]
    fn logs_show_no_password() {
        for (text, want) in [
            ("http://u:p@h/a@b", "http://h/a@b"),
            ("http://h/a@b", "http://h/a@b"),
            ("http://u:p@q@h", "http://h"),
            ("nonsense @", "nonsense @"),
        ] {
            assert_eq!(without_credentials(text), want);
        }
    }

    #[test]
    fn spellings_of_one_page_have_one_key() {
        assert_eq!(
            key("HTTP://Example.COM:80/a/../b#top"),
            "http://example.com/b"
        );
        assert_eq!(key("https://u:p@example.com"), "https://example.com/");
        assert_ne!(
            key("https://example.com/a?b=1"),
            key("https://example.com/a?b=2")
        );
    }

    #[test]
    fn keys_are_idempotent() {
        for text in [
            "http://x.example/ä?ö=ü",
            "http://[::1]:8080/%7e",
            "https://x.example./",
        ] {
            assert_eq!(key(&key(text)), key(text));
        }
    }

    #[test]
    fn what_cannot_be_crawled_is_refused() {
        assert!(matches!(parse("/relative"), Err(UrlError::Malformed(_))));
        assert!(matches!(
            parse("ftp://x.example/"),
            Err(UrlError::Scheme(_))
        ));
        assert!(matches!(
            parse(&format!("http://x.example/{}", "a".repeat(9_000))),
            Err(UrlError::TooLong)
        ));
    }

    #[test]
    fn hosts_forget_port_and_final_dot() {
        assert_eq!(
            HostKey::of(&parse("http://X.example.:8080/").unwrap()).as_str(),
            "x.example"
        );
    }
}
