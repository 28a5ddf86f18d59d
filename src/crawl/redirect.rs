//! Where a redirect leads, and when to stop following.

use url::Url;

use super::url_key::{self, UrlKey};
use crate::failure::Status;

/// Most redirects that are followed for one URL unless the user says otherwise: half of what
/// browsers follow, and more than any honest chain that was seen.
pub const REDIRECTS_MAX: usize = 10;

/// The next address of a URL that has come by `path` (its own first) and was sent to `location`,
/// after at most `most` redirects in all. Credentials stay with the origin that they are for.
///
/// # Errors
///
/// The status and detail of the failure: a loop, too many hops, no or no usable address.
pub fn next(path: &[Url], location: Option<&str>, most: usize) -> Result<Url, (Status, String)> {
    let Some(from) = path.last() else {
        return Err((Status::HttpError, "redirect without a request".to_owned()));
    };
    let location = location
        .map(str::trim)
        .filter(|location| !location.is_empty());
    let location = location.ok_or_else(|| {
        (
            Status::HttpError,
            format!("{from} redirects without saying where"),
        )
    })?;
    let refuse =
        |why: &dyn std::fmt::Display| (Status::BadUrl, format!("redirect to {location:?}: {why}"));
    let joined = from.join(location).map_err(|error| refuse(&error))?;
    let mut target = url_key::parse(joined.as_str()).map_err(|error| refuse(&error))?;
    if target.origin() != from.origin() {
        // Not those of the page before, and none that it hands out.
        let _ = target.set_username("");
        let _ = target.set_password(None);
    }
    if path
        .iter()
        .any(|seen| UrlKey::of(seen) == UrlKey::of(&target))
    {
        return Err((Status::RedirectLoop, format!("redirected back to {target}")));
    }
    if path.len() > most {
        return Err((
            Status::TooManyRedirects,
            format!("more than {most} redirects, the last to {target}"),
        ));
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(path: &[&str], location: Option<&str>) -> Result<String, Status> {
        let path: Vec<Url> = path.iter().map(|url| Url::parse(url).unwrap()).collect();
        next(&path, location, REDIRECTS_MAX)
            .map(Url::into)
            .map_err(|(status, _)| status)
    }

    #[test]
    fn locations_resolve_against_the_last_address() {
        let path = ["http://a.example/x", "http://b.example/y/z"];
        for (location, want) in [
            ("w?q", "http://b.example/y/w?q"),
            ("//c.example", "http://c.example/"),
            ("/ä", "http://b.example/%C3%A4"),
        ] {
            assert_eq!(
                follow(&path, Some(location)).as_deref(),
                Ok(want),
                "{location}"
            );
        }
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let path = ["http://u:p@a.example/x"];
        for (location, want) in [
            ("/y", "http://u:p@a.example/y"),
            ("http://a.example/y", "http://a.example/y"),
            ("http://b.example/", "http://b.example/"),
            ("http://v:q@b.example/", "http://b.example/"),
            ("https://v:q@a.example/", "https://a.example/"),
        ] {
            assert_eq!(
                follow(&path, Some(location)).as_deref(),
                Ok(want),
                "{location}"
            );
        }
    }

    #[test]
    fn what_cannot_be_followed() {
        let path = ["http://a.example/x"];
        for (location, want) in [
            (None, Status::HttpError),
            (Some(" "), Status::HttpError),
            (Some("http://a.example/x#again"), Status::RedirectLoop),
            (Some("file:///etc/passwd"), Status::BadUrl),
            (Some("javascript:alert(1)"), Status::BadUrl),
            (Some("http://"), Status::BadUrl),
        ] {
            assert_eq!(follow(&path, location), Err(want), "{location:?}");
        }
    }

    #[test]
    fn ten_hops_and_no_more() {
        let urls: Vec<String> = (0..11).map(|n| format!("http://a.example/{n}")).collect();
        let path: Vec<&str> = urls.iter().map(String::as_str).collect();
        assert!(follow(&path[..10], Some("/next")).is_ok());
        assert_eq!(follow(&path, Some("/next")), Err(Status::TooManyRedirects));
    }
}
