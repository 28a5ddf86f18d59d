//! Addresses that the page's own are: what others resolve against, and are compared with.

use url::Url;

use super::head::Head;
use crate::page::Page;

/// Most bytes of an address against which others are resolved or compared: the shortest limit that
/// servers are asked to have (RFC 9110 §4.1), halved. It is copied for each link and picture of the page.
pub(in crate::extract) const ADDRESS_BYTES_MAX: usize = 4_000;

/// Whether an address is short enough to be looked at for each link of the page.
pub(in crate::extract) fn is_short(url: &Url) -> bool {
    url.as_str().len() <= ADDRESS_BYTES_MAX
}

/// The address of a page: the one that answered, else the one asked for.
pub(in crate::extract) fn address_of(page: &Page) -> Option<Url> {
    page.final_url
        .clone()
        .or_else(|| Url::parse(page.url.as_deref()?).ok())
}

/// What relative addresses resolve against: `<base href>`, itself resolved against the page's own;
/// none that is endless.
pub(super) fn base_of(head: &Head, page: &Page) -> Option<Url> {
    let own = address_of(page).filter(is_short);
    let Some(href) = &head.base else { return own };
    let base = own
        .as_ref()
        .map_or_else(|| Url::parse(href), |own| own.join(href))
        .ok();
    base.filter(|base| matches!(base.scheme(), "http" | "https") && is_short(base))
        .or(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse};

    #[test]
    fn links_resolve_against_no_endless_address() {
        let own = "https://courier.example/news/bridge";
        let long = |bytes: usize| format!("https://courier.example/{}/", "a".repeat(bytes));
        let base = |own: &str, base: &str| {
            let html = format!("<base href='{base}'>");
            let tree = parse(&html, &Limits::default());
            base_of(&Head::read(&tree), &Page::from_html("").at(own)).map(String::from)
        };
        assert_eq!(
            base(own, "/sport/").as_deref(),
            Some("https://courier.example/sport/")
        );
        assert_eq!(base(own, &long(3_000)), Some(long(3_000)));
        assert_eq!(base(own, &long(4_000)).as_deref(), Some(own));
        assert_eq!(base(&long(4_000), &long(4_000)), None);
    }
}
