//! A response of an archive as the page that it was.

use super::Capture;
use crate::failure::{Failure, Status};
use crate::page::{Page, Response, Source, Warning};
use crate::unpack::{BodyError, BodyReader, Caps, Overflow};

/// What a body may be: as large as a saved file, and no bomb.
const CAPS: Caps = Caps {
    wire_bytes: super::RECORD_BYTES_MAX,
    max_bytes: crate::input::files::FILE_BYTES_MAX,
    ratio: 1_000,
    encodings: 4,
};

/// Undoes the content encodings of a response.
///
/// # Errors
///
/// A failure that names the archive and the place: a response that is no success, or a body that
/// cannot be unpacked.
pub fn page(mut capture: Capture) -> Result<Page, Box<Failure>> {
    let source = Source::warc(capture.path.display().to_string(), capture.offset);
    let failure = |capture: &Capture, status: Status, detail: &str| {
        let (path, offset) = (capture.path.display(), capture.offset);
        let detail = format!("{path}: at byte {offset}: {detail}");
        let url = capture.url.clone();
        Box::new(Failure::of_source(source.clone(), url, status, detail))
    };
    let code = capture.head.code;
    if !(200..300).contains(&code) {
        let detail = format!("HTTP {code}");
        return Err(failure(&capture, Status::of_code(code), &detail));
    }
    let unpacked = unpacked(&mut capture);
    let body = unpacked.map_err(|error| failure(&capture, error.status(), &error.to_string()))?;
    let head = &capture.head;
    let mut page = Page {
        source: source.clone(),
        http: Some(Response {
            status: head.code,
            content_type: head.get("content-type").map(str::to_owned),
            etag: head.get("etag").map(str::to_owned),
            last_modified: head.get("last-modified").map(str::to_owned),
            robots: head.all("x-robots-tag").map(str::to_owned).collect(),
        }),
        fetched_at: capture.date,
        ..Page::from_html(body)
    };
    if capture.is_cut {
        page.warnings.push(Warning::BodyCut);
    }
    let purpose = capture.purpose;
    page.warnings.extend(purpose.warnings);
    page.entry = purpose.entry;
    if let Some(url) = &capture.url {
        page = page.at(url);
    }
    // What was asked for led here, over redirects.
    page.url = purpose.url.or(page.url);
    Ok(page)
}

/// The body without its content encodings.
fn unpacked(capture: &mut Capture) -> Result<Vec<u8>, BodyError> {
    let encodings: Vec<&str> = capture.head.all("content-encoding").collect();
    if encodings.is_empty() {
        return Ok(std::mem::take(&mut capture.body));
    }
    let mut reader = BodyReader::new(encodings.into_iter(), CAPS, Overflow::Refused)?;
    reader.push(&capture.body)?;
    Ok(reader.finish()?.body)
}
