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
    /// The name of the proxy, which the user chose and may be anywhere.
    proxy: Option<Arc<str>>,
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
            proxy: None,
        }
    }

    /// The same guard, which lets the proxy of this name through. Targets are judged as before.
    #[must_use]
    pub fn behind(mut self, proxy: Option<&str>) -> Self {
        self.proxy = proxy.map(Arc::from);
        self
    }

    /// Refuses a URL whose name has an address that may not be dialled. For requests that a proxy
    /// makes: which of the addresses it will take, and what it resolves itself, nobody here knows.
    ///
    /// # Errors
    ///
    /// `Refused` with the address; an I/O error when the name cannot be resolved, and so not be
    /// judged.
    pub async fn judge(&self, url: &Url) -> Result<(), std::io::Error> {
        let Some(Host::Domain(name)) = url.host() else {
            return Ok(());
        };
        for found in tokio::net::lookup_host((name, 0)).await? {
            if !self.permits(found.ip()) {
                let refused = Refused(format!("{name} ({})", found.ip()));
                return Err(std::io::Error::other(refused));
            }
        }
        Ok(())
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
            let permitted = if guard.proxy.as_deref() == Some(name.as_str()) {
                found
            } else {
                guard.filter(name.as_str(), found)?
            };
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
            "http://127.0.0.1./",
            "http://0x7f000001/",
            "http://017700000001/",
            "http://0/",
            "http://①②⑦.0.0.1/",
            "http://user@127.0.0.1/",
            "http://1.1.1.1@127.0.0.1/",
            "http://1.1.1.1\\@127.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[64:ff9b::127.0.0.1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
        ] {
            // A backslash is a slash: that URL's host is the public address before it.
            if url.contains('\\') {
                assert!(guard.check(&Url::parse(url).unwrap()).is_ok(), "{url}");
                continue;
            }
            assert!(guard.check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        assert!(
            guard
                .check(&Url::parse("http://localhost/").unwrap())
                .is_ok(),
            "names are the resolver's to judge"
        );
    }

    /// The IANA special-purpose registries, IPv4 and IPv6, row by row: the first and the last
    /// address of each block that is not globally reachable.
    #[test]
    fn every_block_of_the_registries_is_refused() {
        let guard = Guard::default();
        for block in [
            "0.0.0.0/8",
            "0.0.0.0/32",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.0.0/29",
            "192.0.0.8/32",
            "192.0.0.170/32",
            "192.0.0.171/32",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "255.255.255.255/32",
            "::1/128",
            "::/128",
            "::ffff:10.0.0.0/104",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "100:0:0:1::/64",
            "2001::/23",
            "2001::/32",
            "2001:2::/48",
            "2001:10::/28",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
            "5f00::/16",
            "fc00::/7",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
        ] {
            let block: IpNet = block.parse().unwrap();
            for address in [block.network(), block.broadcast()] {
                assert!(!guard.permits(address), "{address} of {block}");
            }
        }
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
