//! Which addresses may be dialled: public ones, and those that the user named.
//!
//! Three parts, since each alone leaves a way in: the URL's own host when it is an address (the
//! resolver is never asked for those), the resolver's answers (judged where they are dialled,
//! which closes DNS rebinding), and every redirect again, since each is a request of its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The networks that may be dialled besides the public ones.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
}

/// An address, or all addresses of a name, that may not be dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a public address (use --allow-network to permit it)")]
pub struct Refused(pub String);

/// IANA special-purpose IPv4 addresses that are not globally reachable, multicast, and reserved
/// space (registry of 2024; RFC 6890 and later).
const SPECIAL_V4: [(Ipv4Addr, u8); 14] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Within `2000::/3`, all that is globally routed: what embeds or stands for something else
/// (protocol assignments with Teredo, documentation, 6to4).
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

impl Guard {
    /// A guard that lets public addresses and those of `allowed` through.
    #[must_use]
    pub fn new(allowed: &[IpNet]) -> Self {
        Self {
            allowed: allowed.into(),
        }
    }

    /// Whether an address may be dialled. An IPv4 address in IPv6 clothes is judged as itself.
    #[must_use]
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|net| net.contains(&address)) || is_public(address)
    }

    /// Refuses a URL whose host is an address that may not be dialled.
    ///
    /// # Errors
    ///
    /// `Refused` with the address.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            _ => return Ok(()),
        };
        if self.permits(address) {
            Ok(())
        } else {
            Err(Refused(address.to_string()))
        }
    }

    /// The addresses of a name that may be dialled.
    fn filter(&self, name: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
        let (permitted, refused): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|found| self.permits(found.ip()));
        match refused.first() {
            Some(refused) if permitted.is_empty() => {
                Err(Refused(format!("{name} ({})", refused.ip())))
            }
            _ => Ok(permitted),
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4
            .iter()
            .any(|&(net, len)| Ipv4Net::new_assert(net, len).contains(&address)),
        IpAddr::V6(address) => {
            let global = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
            global.contains(&address)
                && !SPECIAL_V6
                    .iter()
                    .any(|&(net, len)| Ipv6Net::new_assert(net, len).contains(&address))
        }
    }
}

/// The system's resolver, its answers judged.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let permitted = guard.filter(name.as_str(), found)?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_pass() {
        let guard = Guard::default();
        for refused in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!guard.permits(refused.parse().unwrap()), "{refused}");
        }
        for passed in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "198.20.0.1",
            "2606:4700::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(guard.permits(passed.parse().unwrap()), "{passed}");
        }
    }

    #[test]
    fn named_networks_pass() {
        let guard = Guard::new(&["127.0.0.2/32".parse().unwrap()]);
        assert!(
            guard.permits("127.0.0.2".parse().unwrap())
                && guard.permits("::ffff:127.0.0.2".parse().unwrap())
        );
        assert!(!guard.permits("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn addresses_in_urls_are_judged_in_every_spelling() {
        let guard = Guard::default();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://127.1./",
        ] {
            assert!(guard.check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        assert!(
            guard
                .check(&Url::parse("http://localhost/").unwrap())
                .is_ok(),
            "names are the resolver's to judge"
        );
    }

    #[test]
    fn a_name_with_one_permitted_address_uses_that() {
        let guard = Guard::default();
        let found = |list: &[&str]| {
            list.iter()
                .map(|ip| SocketAddr::new(ip.parse().unwrap(), 0))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            guard.filter("x", found(&["127.0.0.1", "1.1.1.1"])),
            Ok(found(&["1.1.1.1"]))
        );
        assert_eq!(
            guard.filter("x", found(&["127.0.0.1"])),
            Err(Refused("x (127.0.0.1)".into()))
        );
    }
}
