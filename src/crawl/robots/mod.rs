//! robots.txt → may this URL be asked? After RFC 9309, whose names are used.
//!
//! Groups of one product token merge; the longest matching path wins and `allow` wins ties; `*`
//! and `$` match; percent-encoding is normalised on both sides; a file that cannot be read by its
//! owner's fault (4xx) holds no rules, one that nobody can reach (5xx, 429, silence) forbids
//! everything. `Crawl-delay` is no part of the RFC and is kept for [`super::politeness`].

mod pattern;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use pattern::{SAME_IN_QUERY, matches};

/// Bytes that are read of a robots.txt; §2.5 asks for at least 500 KiB.
pub const ROBOTS_BYTES_MAX: usize = 512 * 1024;
/// Redirects followed for a robots.txt, across hosts too (§2.3.1.2 asks for at least five).
pub const ROBOTS_REDIRECTS_MAX: usize = 5;
/// How long a robots.txt is believed (§2.4: at most 24 hours).
pub const ROBOTS_MAX_AGE: Duration = Duration::from_hours(24);

/// What one robots.txt says to one crawler.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Robots {
    rules: Vec<Rule>,
    /// The pause that the group asks for.
    pub crawl_delay: Option<Duration>,
    /// Values of its `Sitemap` lines, which belong to no group, each once.
    pub sitemaps: Vec<String>,
}

/// Most sitemaps of one robots.txt; an index is the way to name more.
const SITEMAPS_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Rule {
    pattern: String,
    allow: bool,
}

/// Whether a URL may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// It may.
    Allowed,
    /// The rule that forbids it.
    Denied {
        /// Its path pattern, normalised.
        rule: String,
    },
}

impl Robots {
    /// Reads a robots.txt for the crawler whose User-Agent starts with the product token `agent`.
    #[must_use]
    pub fn parse(body: &[u8], agent: &str) -> Self {
        let within = body.get(..ROBOTS_BYTES_MAX).unwrap_or(body);
        let mut text = decoded(within);
        if within.len() < body.len() {
            // The rest of a rule that is cut off could be what makes it narrow.
            text.truncate(text.rfind(['\n', '\r']).unwrap_or(0));
        }
        let groups = Groups::read(&text);
        let own = product_token(agent);
        let robots = groups
            .merged(|token| !own.is_empty() && token.eq_ignore_ascii_case(own))
            .or_else(|| groups.merged(|token| token == "*"));
        Self {
            sitemaps: groups.sitemaps.into_iter().map(str::to_owned).collect(),
            ..robots.unwrap_or_default()
        }
    }

    /// Whether `url` may be asked.
    #[must_use]
    pub fn access(&self, url: &Url) -> Access {
        let path = path_of(url);
        if path == "/robots.txt" {
            return Access::Allowed;
        }
        let matching = self
            .rules
            .iter()
            .filter(|rule| matches(&rule.pattern, &path));
        match matching.max_by_key(|rule| (rule.pattern.len(), rule.allow)) {
            Some(rule) if !rule.allow => Access::Denied {
                rule: rule.pattern.clone(),
            },
            _ => Access::Allowed,
        }
    }
}

/// UTF-8 without its mark; UTF-16 with one, which Windows editors write.
fn decoded(body: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect();
        String::from_utf16_lossy(&units)
    };
    match body {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

/// The product token at the start of a User-Agent: its first ASCII letters, `_` and `-` (§2.2.1).
/// `Chaffinch/1.0 (…)` is `Chaffinch`; what starts otherwise has none.
#[must_use]
pub fn product_token(agent: &str) -> &str {
    let agent = agent.trim();
    let end = agent
        .find(|c: char| !c.is_ascii_alphabetic() && !matches!(c, '_' | '-'))
        .unwrap_or(agent.len());
    agent.split_at(end).0
}

#[derive(Debug, Default)]
struct Groups<'t> {
    groups: Vec<Group<'t>>,
    sitemaps: Vec<&'t str>,
}

#[derive(Debug, Default)]
struct Group<'t> {
    agents: Vec<&'t str>,
    rules: Vec<(bool, &'t str)>,
    crawl_delay: Option<Duration>,
}

impl<'t> Groups<'t> {
    fn read(text: &'t str) -> Self {
        let mut groups = Self::default();
        // A group ends when a user-agent line follows a rule, not when one follows another line
        // such as Sitemap or Crawl-delay (§2.2.4).
        let mut open = false;
        for line in text.split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = key_and_value(line) else {
                continue;
            };
            match key.to_ascii_lowercase().as_str() {
                "user-agent" | "useragent" | "user agent" => {
                    if !std::mem::replace(&mut open, true) {
                        groups.groups.push(Group::default());
                    }
                    groups.edit(|group| group.agents.push(value));
                }
                "allow" => {
                    open = false;
                    groups.edit(|group| group.rules.push((true, value)));
                }
                key if DISALLOW.contains(&key) => {
                    open = false;
                    groups.edit(|group| group.rules.push((false, value)));
                }
                "sitemap" => groups.note_sitemap(value),
                "crawl-delay" => groups.edit(|group| {
                    group.crawl_delay = group.crawl_delay.or(seconds(value));
                }),
                _ => {}
            }
        }
        groups
    }

    fn note_sitemap(&mut self, value: &'t str) {
        let known = self.sitemaps.contains(&value);
        if !value.is_empty() && !known && self.sitemaps.len() < SITEMAPS_MAX {
            self.sitemaps.push(value);
        }
    }

    /// Lines before the first group belong to none.
    fn edit(&mut self, edit: impl FnOnce(&mut Group<'t>)) {
        if let Some(group) = self.groups.last_mut() {
            edit(group);
        }
    }

    /// All groups for a crawler as one; none when there is no group for it.
    fn merged(&self, is_own: impl Fn(&str) -> bool) -> Option<Robots> {
        let named = |agent: &&str| {
            is_own(if *agent == "*" {
                "*"
            } else {
                product_token(agent)
            })
        };
        let own: Vec<&Group> = self
            .groups
            .iter()
            .filter(|group| group.agents.iter().any(&named))
            .collect();
        if own.is_empty() {
            return None;
        }
        let rules = own
            .iter()
            .flat_map(|group| &group.rules)
            .filter(|(_, path)| !path.is_empty());
        Some(Robots {
            rules: rules
                .map(|&(allow, path)| Rule {
                    pattern: pattern_of(path),
                    allow,
                })
                .collect(),
            crawl_delay: own.iter().find_map(|group| group.crawl_delay),
            sitemaps: Vec::new(),
        })
    }
}

/// `disallow` and what is meant by it (the list of Google's open-source parser). Only what forbids
/// is read so kindly.
const DISALLOW: [&str; 6] = [
    "disallow",
    "dissallow",
    "dissalow",
    "disalow",
    "diasllow",
    "disallaw",
];

/// The two parts of a line; without a colon, two words (as Google's parser reads them).
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    if let Some((key, value)) = line.split_once(':') {
        return Some((key.trim(), value.trim()));
    }
    let mut words = line.split_whitespace();
    let both = (words.next()?, words.next()?);
    words.next().is_none().then_some(both)
}

fn seconds(value: &str) -> Option<Duration> {
    let seconds: f64 = value.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The path and query of a URL in the form that [`matches()`] takes.
fn path_of(url: &Url) -> String {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut path = normal(path, b"");
    if let Some(at) = path.find('?') {
        let mut query = path.split_off(at);
        for (encoded, plain) in SAME_IN_QUERY {
            query = query.replace(encoded, plain);
        }
        path += &query;
    }
    path
}

/// A rule's pattern in the same form: its stars, and a `$` at its end, are wildcards and stay; in a
/// path both are encoded (§2.2.3).
fn pattern_of(value: &str) -> String {
    match value.strip_suffix('$') {
        Some(value) => normal(value, b"*") + "$",
        None => normal(value, b"*"),
    }
}

/// Percent-encoding in one form (§2.2.2): what needs no encoding is decoded, what a URL cannot
/// hold as it is, or might be a wildcard, is encoded, hexadecimal digits are upper case.
fn normal(path: &str, wildcards: &[u8]) -> String {
    // RFC 3986, without `*` and `$`, and without `'`, which the URL standard encodes in a query.
    const PLAIN: &[u8] = b"-._~:/?#[]@!&()+,;=";
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            let stays =
                byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) || wildcards.contains(&byte);
            push_byte(&mut out, byte, !stays);
            continue;
        }
        let rest: Vec<u8> = bytes.clone().take(2).collect();
        let Some(value) = std::str::from_utf8(&rest)
            .ok()
            .filter(|hex| hex.len() == 2 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        else {
            out.push('%');
            continue;
        };
        bytes.nth(1);
        let unreserved =
            value.is_ascii_alphanumeric() || matches!(value, b'-' | b'.' | b'_' | b'~');
        push_byte(&mut out, value, !unreserved);
    }
    out
}

fn push_byte(out: &mut String, byte: u8, encode: bool) {
    use std::fmt::Write;
    if encode {
        let _ = write!(out, "%{byte:02X}");
    } else {
        out.push(char::from(byte));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(robots: &str, path: &str) -> bool {
        let url = Url::parse("http://x.example").unwrap().join(path).unwrap();
        Robots::parse(robots.as_bytes(), "chaffinch/1.0 (+http://x.example)").access(&url)
            == Access::Allowed
    }

    #[test]
    fn the_longest_match_wins_and_allow_wins_ties() {
        let robots = "user-agent: *\ndisallow: /a\nallow: /a/b\ndisallow: /c\nallow: /c\ndisallow: /*.pdf$\ndisallow:\n";
        for (path, want) in [
            ("/", true),
            ("/a", false),
            ("/a/x", false),
            ("/a/b/c", true),
            ("/c", true),
            ("/x.pdf", false),
            ("/x.pdf?y", true),
            ("/robots.txt", true),
            ("/A", true),
        ] {
            assert_eq!(allowed(robots, path), want, "{path}");
        }
    }

    #[test]
    fn groups_are_chosen_by_product_token_and_merged() {
        let robots = "User-agent: other\nDisallow: /\n\nUser-Agent: CHAFFINCH/2.0\nDisallow: /x\n\nUser-agent: *\nDisallow: /\n\n\
                      user-agent: chaffinch\ndisallow: /y\n";
        for (path, want) in [("/x", false), ("/y", false), ("/z", true)] {
            assert_eq!(allowed(robots, path), want, "{path}");
        }
        assert!(allowed("user-agent: chaff\ndisallow: /", "/"));
        assert!(!allowed("user-agent: chaffinch:news\ndisallow: /", "/"));
        // Neither has a product token, which makes them no namesakes.
        let url = Url::parse("http://x.example/").unwrap();
        assert_eq!(
            Robots::parse(b"user-agent: 360Spider\ndisallow: /", "2/1.0").access(&url),
            Access::Allowed
        );
        // An empty line ends no group (§2.2).
        assert!(!allowed(
            "user-agent: chaffinch\n\nuser-agent: *\ndisallow: /x",
            "/x"
        ));
    }

    #[test]
    fn a_rule_that_is_cut_off_at_the_limit_is_none() {
        let whole = "user-agent: *\ndisallow: /x\n";
        let cut = "disallow: /";
        let padding = "#".repeat(ROBOTS_BYTES_MAX - whole.len() - 1 - cut.len());
        let robots = format!("{whole}{padding}\n{cut}");
        assert_eq!(robots.len(), ROBOTS_BYTES_MAX);
        assert!(!allowed(&robots, "/y"), "as long as the limit");
        let robots = robots + "private/\n";
        assert!(allowed(&robots, "/y"));
        assert!(!allowed(&robots, "/x"));
    }

    #[test]
    fn other_lines_do_not_split_a_group() {
        let robots = "user-agent: a\nsitemap: http://x.example/s.xml\ncrawl-delay: 2\nuser-agent: chaffinch\ndisallow: /x";
        assert!(!allowed(robots, "/x"));
        let read = Robots::parse(robots.as_bytes(), "chaffinch");
        assert_eq!(read.crawl_delay, Some(Duration::from_secs(2)));
    }

    #[test]
    fn odd_bytes_and_line_ends() {
        assert!(!allowed("\u{feff}user-agent: *\rdisallow: /x", "/x"));
        assert!(!allowed(
            "user-agent: * # all\r\ndisallow : /x # not this\r\n",
            "/x"
        ));
        let utf16: Vec<u8> = "\u{feff}user-agent: *\ndisallow: /x"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let url = Url::parse("http://x.example/x").unwrap();
        assert_ne!(
            Robots::parse(&utf16, "chaffinch").access(&url),
            Access::Allowed
        );
        for junk in [
            &b"\0\0\xff"[..],
            b"<html>no rules</html>",
            b"",
            b"disallow: /",
        ] {
            assert_eq!(
                Robots::parse(junk, "chaffinch").access(&url),
                Access::Allowed
            );
        }
    }

    #[test]
    fn percent_encoding_is_one_form() {
        for (rule, path) in [
            ("/é", "/%C3%A9"),
            ("/%c3%a9", "/é"),
            ("/%7Ea", "/~a"),
            ("/a%2Fb", "/a%2fb"),
            ("/a b", "/a%20b"),
            ("/a|b{c}^", "/a|b{c}^"),
            ("/a?q='b'", "/a?q='b'"),
            ("/a%zz%+1", "/a%zz%+1"),
            // The table of §2.2.2.
            ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
            (
                "/foo/bar?baz=https://foo.bar",
                "/foo/bar?baz=https%3A%2F%2Ffoo.bar",
            ),
            (
                "/foo/bar?baz=https%3a%2f%2ffoo.bar",
                "/foo/bar?baz=https://foo.bar",
            ),
            (
                "/*=https%3A%2F%2Ffoo.bar",
                "/foo/bar?baz=https%3A%2F%2Ffoo.bar",
            ),
            ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
            ("/foo/bar/%E3%83%84", "/foo/bar/ツ"),
            ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ] {
            assert!(
                !allowed(&format!("user-agent: *\ndisallow: {rule}"), path),
                "{rule} {path}"
            );
        }
        assert!(allowed("user-agent: *\ndisallow: /a%2Fb", "/a/b"));
        assert!(allowed("user-agent: *\ndisallow: /a/b", "/a%2Fb"));
    }

    #[test]
    fn wildcards_are_told_from_the_characters() {
        for (rule, path, want) in [
            // The examples of §2.2.3.
            (
                "/path/file-with-a-%2A.html",
                "/path/file-with-a-*.html",
                false,
            ),
            (
                "/path/file-with-a-%2A.html",
                "/path/file-with-a-%2A.html",
                false,
            ),
            (
                "/path/file-with-a-%2A.html",
                "/path/file-with-a-b.html",
                true,
            ),
            ("/path/foo-%24", "/path/foo-$", false),
            ("/path/foo-%24", "/path/foo-$-and-more", false),
            ("/path/foo-%24", "/path/foo-", true),
            ("/a$b", "/a$b", false),
            ("/a$b", "/a%24b", false),
            ("/a$", "/a", false),
            ("/a$", "/a$", true),
            ("/a$$", "/a$", false),
            ("/a*b", "/a*b", false),
            ("/a*b", "/a%2Ab", false),
        ] {
            let robots = format!("user-agent: *\ndisallow: {rule}");
            assert_eq!(allowed(&robots, path), want, "{rule} {path}");
        }
    }

    #[test]
    fn stars_match_anything_in_bounded_time() {
        assert!(!allowed("user-agent: *\ndisallow: /*/b*c", "/a/bxc"));
        assert!(allowed("user-agent: *\ndisallow: /*/b*c$", "/a/bxcd"));
        let stars = format!("user-agent: *\ndisallow: /{}x$", "a*".repeat(500));
        assert!(allowed(&stars, &format!("/{}", "a".repeat(5_000))));
    }

    #[test]
    fn what_is_meant_is_read() {
        for robots in [
            "user-agent: *\ndisalow: /x",
            "useragent: *\nDISSALLOW: /x",
            "User-agent *\nDisallow /x",
            "user-agent : *\n\tdisallow:/x",
            "user-agent:*\n disallow\t:\t/x\t",
        ] {
            assert!(!allowed(robots, "/x"), "{robots}");
            assert!(allowed(robots, "/y"), "{robots}");
        }
        assert!(allowed("user-agent: *\ndisallow no such /x", "/x"));
    }

    #[test]
    fn the_pause_is_a_number_of_seconds() {
        for (value, want) in [
            ("0", Some(0)),
            ("0.5", Some(500)),
            ("86400", Some(86_400_000)),
            ("ten", None),
            ("-1", None),
            ("1e300", None),
            ("NaN", None),
            ("", None),
        ] {
            let robots = format!("user-agent: *\ncrawl-delay: {value}\ndisallow: /x");
            let read = Robots::parse(robots.as_bytes(), "chaffinch");
            assert_eq!(
                read.crawl_delay,
                want.map(Duration::from_millis),
                "{value:?}"
            );
        }
        // Of several lines the first.
        let twice = "user-agent: *\ncrawl-delay: 2\ncrawl-delay: 9\n";
        let read = Robots::parse(twice.as_bytes(), "chaffinch");
        assert_eq!(read.crawl_delay, Some(Duration::from_secs(2)));
    }

    #[test]
    fn one_line_of_ten_megabytes_and_zeros_are_no_trouble() {
        let line = format!("user-agent: *\ndisallow: /{}", "x".repeat(10 << 20));
        assert!(allowed(&line, "/xx"), "a rule that is cut off is none");
        let zeros = "\0".repeat(1000) + "\nuser-agent: *\ndisallow: /x";
        assert!(!allowed(&zeros, "/x"));
    }

    #[test]
    fn the_first_word_of_a_user_agent() {
        for (agent, token) in [
            ("MyBot/1.0 (+x)", "MyBot"),
            ("chaffinch", "chaffinch"),
            ("My Bot", "My"),
            ("my_news-bot2.0", "my_news-bot"),
            ("Bot(+http://x.example)", "Bot"),
            ("360Spider", ""),
            ("", ""),
        ] {
            assert_eq!(product_token(agent), token);
        }
    }
}
