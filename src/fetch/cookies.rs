//! Cookies, a jar a site: none leaves the site that set it.
//!
//! Sites are told apart by the public suffix list, so that a `Domain` of `co.uk` reaches nobody
//! else. Within a site RFC 6265 holds (`cookie_store`): a cookie without `Domain` goes to its host
//! alone, `Secure` over TLS alone. Jars are kept for one run.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::CookieStore;
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::{Host, Url};

/// Most sites with a jar; then one is emptied for each new one.
const SITES_MAX: usize = 10_000;
/// Most cookies of a site, and bytes of one (RFC 6265 §6.1 asks for at least 50 and 4,096).
const COOKIES_MAX: usize = 50;
const COOKIE_BYTES_MAX: usize = 4_096;

/// The jars.
#[derive(Debug, Default)]
pub(super) struct Cookies {
    sites: Mutex<HashMap<String, CookieStore>>,
}

impl Cookies {
    /// The `Cookie` header of a request.
    pub(super) fn header(&self, url: &Url) -> Option<HeaderValue> {
        let sites = self.locked();
        let jar = sites.get(&site(url)?)?;
        let pairs: Vec<String> = jar
            .get_request_values(url)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let header = (!pairs.is_empty()).then(|| pairs.join("; "))?;
        HeaderValue::from_str(&header).ok()
    }

    /// Keeps what a response sets.
    pub(super) fn keep(&self, url: &Url, headers: &HeaderMap) {
        let mut set = headers
            .get_all(SET_COOKIE)
            .iter()
            .filter(|cookie| cookie.len() <= COOKIE_BYTES_MAX)
            .filter_map(|cookie| cookie.to_str().ok())
            .peekable();
        let (Some(site), true) = (site(url), set.peek().is_some()) else {
            return;
        };
        let mut sites = self.locked();
        if sites.len() >= SITES_MAX && !sites.contains_key(&site) {
            let some = sites.keys().next().cloned();
            some.and_then(|site| sites.remove(&site));
        }
        let jar = sites.entry(site).or_default();
        for cookie in set {
            if jar.iter_any().count() < COOKIES_MAX {
                // One that is for another host is none.
                let _ = jar.parse(cookie, url);
            }
        }
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<String, CookieStore>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose jar it is; none for a URL without a host.
fn site(url: &Url) -> Option<String> {
    Some(match url.host()? {
        Host::Domain(name) if name.parse::<Ipv4Addr>().is_err() => {
            psl::domain_str(name).unwrap_or(name).to_owned()
        }
        host => host.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &Cookies, url: &str) -> Option<String> {
        let header = cookies.header(&Url::parse(url).unwrap())?;
        Some(header.to_str().unwrap().to_owned())
    }

    fn set(cookies: &Cookies, url: &str, cookie: &str) {
        let headers = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_str(cookie).unwrap())]);
        cookies.keep(&Url::parse(url).unwrap(), &headers);
    }

    #[test]
    fn a_cookie_stays_on_its_site() {
        for (from, cookie, to, goes) in [
            ("http://a.example/", "x=1", "http://a.example/b", true),
            ("http://a.example/", "x=1", "http://www.a.example/", false),
            (
                "http://www.a.example/",
                "x=1; Domain=a.example",
                "http://m.a.example/",
                true,
            ),
            (
                "http://a.example/",
                "x=1; Domain=example",
                "http://b.example/",
                false,
            ),
            (
                "http://a.co.uk/",
                "x=1; Domain=co.uk",
                "http://b.co.uk/",
                false,
            ),
            (
                "http://a.github.io/",
                "x=1; Domain=github.io",
                "http://b.github.io/",
                false,
            ),
            (
                "http://a.example/",
                "x=1; Domain=b.example",
                "http://b.example/",
                false,
            ),
            ("http://127.0.0.1/", "x=1", "http://127.0.0.2/", false),
            (
                "http://127.0.0.1/",
                "x=1; Domain=0.0.1",
                "http://127.0.0.1/",
                false,
            ),
            (
                "https://a.example/",
                "x=1; Secure",
                "http://a.example/",
                false,
            ),
            (
                "http://a.example/",
                "x=1; Max-Age=0",
                "http://a.example/",
                false,
            ),
            (
                "http://a.example/",
                "x=1; Path=/b",
                "http://a.example/c",
                false,
            ),
        ] {
            let cookies = Cookies::default();
            set(&cookies, from, cookie);
            let want = goes.then(|| "x=1".to_owned());
            assert_eq!(sent(&cookies, to), want, "{cookie} of {from} to {to}");
        }
    }

    #[test]
    fn a_jar_has_a_bottom() {
        let cookies = Cookies::default();
        for n in 0..200 {
            set(&cookies, "http://a.example/", &format!("c{n}=1"));
        }
        set(
            &cookies,
            "http://b.example/",
            &format!("c={}", "x".repeat(5_000)),
        );
        let all = sent(&cookies, "http://a.example/").unwrap();
        assert_eq!(all.split("; ").count(), COOKIES_MAX);
        assert_eq!(sent(&cookies, "http://b.example/"), None);
    }
}
