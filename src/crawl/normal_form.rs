//! By what two URLs are one page, and what of a URL need not be asked.
//!
//! | rule | in the key | asked | source |
//! |---|---|---|---|
//! | scheme and host in lower case, default port, dot segments | gone | gone | URL Standard; RFC 3986 §6.2.2.1, §6.2.2.3, §6.2.3 |
//! | credentials | gone | stay | they are no part of the page |
//! | fragment | gone | gone where found | RFC 3986 §3.5: the server never sees it |
//! | final dot of the host | gone | stays | RFC 1034 §3.1: the same name |
//! | `%7E` for `~`, `%c3` for `%C3` | one form | stay | RFC 3986 §6.2.2.1–2 |
//! | `index.html` and its like at the end | gone | stays | Apache `DirectoryIndex`, IIS default documents |
//! | slash at the end of a path | gone | stays | servers redirect one form to the other (Apache `DirectorySlash`) |
//! | `;jsessionid=`, session ids in the query | gone | gone where found | Jakarta Servlet §7.1.3; PHP `session.name`; Heritrix `StripSessionIDs` |
//! | tracking parameters | gone | gone where found | the table [`TRACKING`] |
//! | order of parameters, empty ones (`?`, `&&`) | sorted, gone | stay | w3lib `canonicalize_url` |
//! | letter case of path and query | stays | stays | RFC 3986 §6.2.2.1: it counts |
//! | scheme, `www.` | stay | stay | other sites may answer; a redirect or canonical tells |
//!
//! The key is what the state knows a page by, so a change here is a change of the state's version.

use std::borrow::Cow;

use url::{Host, Url};

/// Parameters that say how a reader came, not what is read, with their source. A final `*` stands
/// for anything. Words that also name pages (`ref`, `source`, `id`) are not among them.
pub const TRACKING: [(&str, &str); 53] = [
    ("utm_*", "Google Analytics, campaign URL builder"),
    ("_ga", "Google Analytics, cross-domain linker"),
    ("_gl", "Google Analytics, cross-domain linker"),
    ("gclid", "Google Ads, auto-tagging"),
    ("gclsrc", "Google Ads, auto-tagging"),
    ("dclid", "Google Display & Video 360"),
    ("gbraid", "Google Ads, auto-tagging"),
    ("wbraid", "Google Ads, auto-tagging"),
    ("gad_source", "Google Ads, auto-tagging"),
    ("gad_campaignid", "Google Ads, auto-tagging"),
    ("srsltid", "Google Merchant Center"),
    ("fbclid", "Meta; Firefox query stripping"),
    ("fb_action_ids", "Meta; ClearURLs"),
    ("fb_action_types", "Meta; ClearURLs"),
    ("fb_source", "Meta; ClearURLs"),
    ("igsh", "Instagram; ClearURLs"),
    ("igshid", "Instagram; ClearURLs"),
    ("msclkid", "Microsoft Advertising, auto-tagging"),
    ("yclid", "Yandex Direct; Firefox query stripping"),
    ("ysclid", "Yandex search; ClearURLs"),
    ("_openstat", "Openstat; Firefox query stripping"),
    ("twclid", "X Ads"),
    ("__twitter_impression", "X; ClearURLs"),
    ("ttclid", "TikTok Ads"),
    ("li_fat_id", "LinkedIn Ads"),
    ("epik", "Pinterest tag"),
    ("rdt_cid", "Reddit Ads"),
    ("mc_cid", "Mailchimp; ClearURLs"),
    ("mc_eid", "Mailchimp; Firefox query stripping"),
    ("mkt_tok", "Marketo; Firefox query stripping"),
    ("_hsenc", "HubSpot; Firefox query stripping"),
    ("_hsmi", "HubSpot; ClearURLs"),
    ("__hssc", "HubSpot; Firefox query stripping"),
    ("__hstc", "HubSpot; Firefox query stripping"),
    ("__hsfp", "HubSpot; Firefox query stripping"),
    ("hsctatracking", "HubSpot; Firefox query stripping"),
    ("vero_id", "Vero; Firefox query stripping"),
    ("vero_conv", "Vero; ClearURLs"),
    ("oly_anon_id", "Omeda; Firefox query stripping"),
    ("oly_enc_id", "Omeda; Firefox query stripping"),
    ("elqtrackid", "Oracle Eloqua; ClearURLs"),
    ("wickedid", "Wicked Reports; ClearURLs"),
    ("rb_clickid", "Firefox query stripping"),
    ("mtm_*", "Matomo, campaign tracking"),
    ("matomo_*", "Matomo, campaign tracking"),
    ("pk_*", "Matomo, campaign tracking"),
    ("piwik_*", "Matomo, campaign tracking"),
    ("at_*", "Piano Analytics, campaigns"),
    ("xtor", "Piano Analytics (AT Internet); ClearURLs"),
    ("ns_mchannel", "Comscore; ClearURLs"),
    ("ns_campaign", "Comscore; ClearURLs"),
    ("ns_source", "Comscore; ClearURLs"),
    ("wt_mc", "Webtrends and Mapp; ClearURLs"),
];

/// Names of session ids that frameworks use by default; [`is_session`] also looks at values.
const SESSIONS: [&str; 8] = [
    "phpsessid",
    "jsessionid",
    "aspsessionid*",
    "cfid",
    "cftoken",
    "sessionid",
    "session_id",
    "sessid",
];

/// What servers serve for a folder: Apache's and nginx's usual ones, PHP's, those of IIS.
const INDEX_FILES: [&str; 9] = [
    "index.html",
    "index.htm",
    "index.xhtml",
    "index.shtml",
    "index.php",
    "index.asp",
    "index.aspx",
    "default.asp",
    "default.aspx",
];

/// The form that is the key of a URL.
#[must_use]
pub fn key(url: &Url) -> Url {
    let mut url = asked(url);
    // These fail only for URLs that cannot have credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if let Some(Host::Domain(name)) = url.host()
        && name.ends_with('.')
    {
        let name = name.trim_end_matches('.').to_owned();
        let _ = url.set_host(Some(&name));
    }
    let path = one_encoding(url.path()).into_owned();
    url.set_path(folder(&path));
    let mut pairs: Vec<String> = pairs(&url)
        .map(|pair| one_encoding(pair).into_owned())
        .collect();
    // By name alone, so that of two of one name the order stays.
    pairs.sort_by(|a, b| name_of(a).cmp(name_of(b)));
    set_pairs(&mut url, &pairs);
    url
}

/// The same address without what is for others: what is asked of a URL that a feed or page names.
#[must_use]
pub fn asked(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    let lower = url.path().to_ascii_lowercase();
    if let Some(at) = lower.find(";jsessionid=") {
        let path = url.path().to_owned();
        let (before, session) = path.split_at(at);
        let after = session.find('/').map_or("", |end| session.split_at(end).1);
        url.set_path(&format!("{before}{after}"));
    }
    let tells = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        !is_tracking(name) && !is_session(name, value)
    };
    if url
        .query()
        .is_some_and(|query| !query.split('&').all(|pair| tells(&pair)))
    {
        let left: Vec<String> = pairs(&url).filter(tells).map(str::to_owned).collect();
        set_pairs(&mut url, &left);
    }
    url
}

fn pairs(url: &Url) -> impl Iterator<Item = &str> {
    let pairs = url.query().unwrap_or_default().split('&');
    pairs.filter(|pair| !pair.is_empty())
}

fn set_pairs(url: &mut Url, pairs: &[String]) {
    let query = pairs.join("&");
    url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

fn is_tracking(name: &str) -> bool {
    TRACKING.iter().any(|(known, _)| is_named(name, known))
}

/// Whether a parameter is the id of a session: by its name, or as `sid` with a long random value.
fn is_session(name: &str, value: &str) -> bool {
    let random = value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    SESSIONS.iter().any(|known| is_named(name, known))
        || random && matches!(name.to_ascii_lowercase().as_str(), "sid" | "s")
}

fn is_named(name: &str, known: &str) -> bool {
    match known.strip_suffix('*') {
        Some(start) => name
            .get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start)),
        None => name.eq_ignore_ascii_case(known),
    }
}

/// The path without the file that stands for its folder, and without the slash at its end.
fn folder(path: &str) -> &str {
    let (before, file) = path.rsplit_once('/').unwrap_or(("", path));
    let is_index = INDEX_FILES
        .iter()
        .any(|index| index.eq_ignore_ascii_case(file));
    let path = if is_index { before } else { path };
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}

/// Percent-encoding in one form: what needs none is decoded, digits are upper case.
fn one_encoding(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out += before;
        let code = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let code = code.filter(|_| !after.starts_with(['+', '-']));
        if let (Some(code), Some(after)) = (code, after.get(2..)) {
            if code.is_ascii_alphanumeric() || b"-._~".contains(&code) {
                out.push(char::from(code));
            } else {
                out += &format!("%{code:02X}");
            }
            rest = after;
        } else {
            // One that encodes nothing stands for itself, and must not encode what is decoded
            // behind it: `%3%30` is not `%30`.
            out += "%25";
            rest = after;
        }
    }
    Cow::Owned(out + rest)
}

/// Whether two addresses are of one site: the same host, with or without `www.`, or one below the
/// other.
#[must_use]
pub fn is_same_site(a: &Url, b: &Url) -> bool {
    let bare = |url: &Url| {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        host.strip_prefix("www.").unwrap_or(host).to_owned()
    };
    let (a, b) = (bare(a), bare(b));
    let below = |a: &str, b: &str| a.strip_suffix(b).is_some_and(|rest| rest.ends_with('.'));
    !a.is_empty() && !b.is_empty() && (a == b || below(&a, &b) || below(&b, &a))
}

/// The address of the article that this may be another form of, for AMP and for print: what they
/// are called by convention (AMP project, "Discovery"; `WordPress` AMP plugin; `?print=1`). Only a
/// guess, to be used where a page does not tell its canonical address.
#[must_use]
pub fn article_of(url: &Url) -> Option<Url> {
    let mut plain = url.clone();
    let path = url.path().trim_end_matches('/');
    let cut = ["/amp", "/print", ".amp"]
        .iter()
        .find_map(|end| path.strip_suffix(end));
    let amp_file = path
        .strip_suffix(".amp.html")
        .map(|path| format!("{path}.html"));
    if let Some(path) = amp_file.or(cut.filter(|cut| !cut.is_empty()).map(str::to_owned)) {
        plain.set_path(&path);
    }
    let is_variant = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "amp" | "print" => matches!(value, "" | "1" | "true"),
            "outputtype" | "outputType" | "output" | "view" | "format" => {
                matches!(value, "amp" | "print")
            }
            _ => false,
        }
    };
    let left: Vec<String> = pairs(url)
        .filter(|pair| !is_variant(pair))
        .map(str::to_owned)
        .collect();
    if left.len() < pairs(url).count() {
        set_pairs(&mut plain, &left);
    }
    (plain != *url).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn spellings_of_one_page() {
        for (spelling, want) in [
            (
                "HTTPS://Courier.Example:443/a/../b/#top",
                "https://courier.example/b",
            ),
            ("https://courier.example./b", "https://courier.example/b"),
            (
                "https://courier.example/b/index.html",
                "https://courier.example/b",
            ),
            (
                "https://courier.example/Index.PHP?id=7",
                "https://courier.example/?id=7",
            ),
            (
                "https://courier.example/b/?utm_source=x&UTM_Medium=y&fbclid=z",
                "https://courier.example/b",
            ),
            (
                "https://courier.example/b?z=1&a=2&a=1&&gclid=3",
                "https://courier.example/b?a=2&a=1&z=1",
            ),
            (
                "https://courier.example/%7Ejo/%c3%a4%2f",
                "https://courier.example/~jo/%C3%A4%2F",
            ),
            (
                "https://courier.example/b?%3%30",
                "https://courier.example/b?%2530",
            ),
            (
                "https://courier.example/b;jsessionid=0A1B?x=1",
                "https://courier.example/b?x=1",
            ),
            (
                "https://courier.example/b?PHPSESSID=1&sid=0123456789abcdef0123",
                "https://courier.example/b",
            ),
            ("https://courier.example", "https://courier.example/"),
        ] {
            assert_eq!(key(&url(spelling)).as_str(), want, "{spelling}");
        }
    }

    #[test]
    fn what_may_be_another_page_stays() {
        for text in [
            "https://courier.example/B",
            "http://courier.example/b",
            "https://www.courier.example/b",
            "https://courier.example/b?id=1",
            "https://courier.example/b?sid=7",
            "https://courier.example/b?ref=home",
            "https://courier.example:8443/b",
        ] {
            assert_ne!(key(&url(text)).as_str(), "https://courier.example/b");
        }
        // What is asked keeps its form, slash and order.
        let kept = "https://courier.example/b/?z=1&a=2";
        assert_eq!(asked(&url(kept)).as_str(), kept);
        assert_eq!(
            asked(&url("https://courier.example/b/?z=1&utm_id=3&a=2#x")).as_str(),
            kept
        );
    }

    #[test]
    fn the_table_has_each_parameter_once_and_in_lower_case() {
        let names: std::collections::HashSet<_> = TRACKING.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), TRACKING.len());
        assert!(
            TRACKING
                .iter()
                .all(|(name, source)| *name == name.to_ascii_lowercase() && !source.is_empty())
        );
    }

    #[test]
    fn sites() {
        for (a, b, want) in [
            (
                "https://courier.example/",
                "https://www.courier.example/x",
                true,
            ),
            (
                "https://news.courier.example/",
                "https://www.courier.example/",
                true,
            ),
            (
                "https://courier.example/",
                "https://notcourier.example/",
                false,
            ),
            ("http://127.0.0.1:80/", "http://127.0.0.2/", false),
        ] {
            assert_eq!(is_same_site(&url(a), &url(b)), want, "{a} {b}");
        }
    }

    #[test]
    fn other_forms_of_an_article() {
        for (variant, want) in [
            (
                "https://courier.example/b/amp/",
                Some("https://courier.example/b"),
            ),
            (
                "https://courier.example/b.amp.html",
                Some("https://courier.example/b.html"),
            ),
            (
                "https://courier.example/b?amp=1&id=2",
                Some("https://courier.example/b?id=2"),
            ),
            (
                "https://courier.example/b?view=print",
                Some("https://courier.example/b"),
            ),
            ("https://courier.example/amp", None),
            ("https://courier.example/b?view=map", None),
        ] {
            assert_eq!(
                article_of(&url(variant)).map(String::from).as_deref(),
                want,
                "{variant}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(path in "(/[a-zA-Z0-9%~;.=]{0,6}){0,4}", query in "[a-z0-9=&%+]{0,20}") {
            let url = url(&format!("http://a.example{path}?{query}"));
            let once = key(&url);
            prop_assert_eq!(key(&once), once.clone());
            prop_assert_eq!(key(&asked(&url)), once);
        }
    }
}
