//! Who is asked one by one: a politeness group, which is a site unless the user says otherwise.
//!
//! News sites spread over `www`, `m`, `amp` and section hosts that one machine serves, so a pause
//! by host alone would be none.

use std::collections::BTreeMap;

use url::Host;

/// The site of a host: its registrable domain by the public suffix list, private suffixes such as
/// `github.io` included; an address, or a name without a dot, is its own.
#[must_use]
pub fn site_of(host: &str) -> &str {
    if matches!(Host::parse(host), Ok(Host::Ipv4(_) | Host::Ipv6(_))) {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

/// The groups of hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lanes {
    named: BTreeMap<String, String>,
}

impl Lanes {
    /// Groups in which the hosts of `named` have the group that goes with them.
    #[must_use]
    pub fn new(named: impl IntoIterator<Item = (String, String)>) -> Self {
        let lower = |text: String| text.trim_end_matches('.').to_ascii_lowercase();
        let named = named
            .into_iter()
            .map(|(host, lane)| (lower(host), lower(lane)))
            .collect();
        Self { named }
    }

    /// The group of a host. That of a group's name is the group itself.
    #[must_use]
    pub fn of<'a>(&'a self, host: &'a str) -> &'a str {
        self.named
            .get(host)
            .map_or_else(|| site_of(host), String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_one_lane() {
        let lanes = Lanes::new([
            ("Live.Courier.example".to_owned(), "live".to_owned()),
            ("a.shared.example".to_owned(), "a.shared.example".to_owned()),
        ]);
        for (host, lane) in [
            ("courier.example", "courier.example"),
            ("www.courier.example", "courier.example"),
            ("news.bbc.co.uk", "bbc.co.uk"),
            ("a.github.io", "a.github.io"),
            ("co.uk", "co.uk"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("localhost", "localhost"),
            ("live.courier.example", "live"),
            ("a.shared.example", "a.shared.example"),
            ("b.shared.example", "shared.example"),
            ("", ""),
        ] {
            assert_eq!(lanes.of(host), lane, "{host}");
            assert_eq!(lanes.of(lane), lane, "the lane of a lane");
        }
    }
}
