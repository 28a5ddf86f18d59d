//! One record: its header, and what of its block is a page.

use std::path::Path;
use std::sync::Arc;

use super::catalogue::{Mention, Name, Place};
use super::http;
use super::{Capture, Fault};
use crate::exchange::Purpose;
use crate::failure::Status;

/// How every record starts.
pub(super) const START: &[u8] = b"WARC/";
/// Longest line of a record's header, and all of them together.
pub(super) const LINE_BYTES_MAX: usize = 64 << 10;
pub(super) const HEADER_BYTES_MAX: usize = 1 << 20;

/// The header of a record, by names in lower case.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn add(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.0.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            let field = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            self.0.push(field);
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn url(&self) -> Option<String> {
        self.get("warc-target-uri").map(bare_uri)
    }

    /// The length of the block.
    pub(super) fn length(&self) -> Result<u64, Fault> {
        let length = self.get("content-length");
        let length = length.and_then(|length| length.parse().ok());
        length.ok_or_else(|| Fault::new(Status::DecodeError, "a record without Content-Length"))
    }

    /// Whether the block is a response that may hold a page.
    pub(super) fn may_hold_page(&self) -> bool {
        let is_response = self.get("warc-type") == Some("response");
        let kind = self.get("content-type");
        is_response
            && kind.is_none_or(|kind| kind.contains("http"))
            && !self.purpose().sought.is_aside()
    }

    /// Whether it refers to another record, for a page.
    pub(super) fn is_revisit(&self) -> bool {
        self.get("warc-type") == Some("revisit") && !self.purpose().sought.is_aside()
    }

    fn name(&self) -> Name {
        Name {
            url: self.url(),
            date: self.get("warc-date").map(str::to_owned),
            id: self.get("warc-record-id").map(str::to_owned),
        }
    }

    fn refers_to(&self) -> Name {
        Name {
            url: self.get("warc-refers-to-target-uri").map(bare_uri),
            date: self.get("warc-refers-to-date").map(str::to_owned),
            id: self.get("warc-refers-to").map(str::to_owned),
        }
    }

    fn purpose(&self) -> Purpose {
        let json = self.get("chaffinch-purpose");
        let purpose = json.and_then(|json| serde_json::from_str(json).ok());
        purpose.unwrap_or_default()
    }
}

/// A record with its whole block.
pub(super) struct Record<'r> {
    pub(super) fields: &'r Fields,
    /// The archive.
    pub(super) path: &'r Arc<Path>,
    /// Where it, or its member, starts, and how many records are before it there.
    pub(super) offset: u64,
    pub(super) nth: u32,
    pub(super) block: &'r [u8],
}

impl Record<'_> {
    /// The page that it holds or refers to, if there is one, without its body.
    pub(super) fn mention(&self) -> Option<Mention> {
        let fields = self.fields;
        let is_revisit = fields.is_revisit();
        let head = http::head(self.block);
        match head {
            Some((head, _)) if (200..300).contains(&head.code) && head.may_hold_page() => {}
            _ if is_revisit => {}
            _ => return None,
        }
        let Purpose { url, sought, .. } = fields.purpose();
        Some(Mention {
            place: Place {
                path: Arc::clone(self.path),
                offset: self.offset,
                nth: self.nth,
            },
            asked: url.or_else(|| fields.url()),
            sought,
            date: fields.get("warc-date").and_then(|date| date.parse().ok()),
            name: fields.name(),
            refers_to: is_revisit.then(|| fields.refers_to()),
        })
    }

    /// The page that it holds, if there is one.
    pub(super) fn capture(&self) -> Result<Option<Capture>, Fault> {
        let Some((head, start)) = http::head(self.block) else {
            let detail = "a record without an HTTP response";
            return Err(Fault::of_whole(Status::DecodeError, detail));
        };
        if (300..400).contains(&head.code) || head.code < 200 || !head.may_hold_page() {
            return Ok(None);
        }
        let body = self.block.get(start..).unwrap_or_default();
        let is_chunked = head
            .get("transfer-encoding")
            .is_some_and(|coding| coding.contains("chunked"));
        let fields = self.fields;
        Ok(Some(Capture {
            path: Arc::clone(self.path),
            offset: self.offset,
            nth: self.nth,
            url: fields.url(),
            date: fields.get("warc-date").and_then(|date| date.parse().ok()),
            purpose: fields.purpose(),
            body: if is_chunked {
                http::without_chunks(body)
            } else {
                body.to_vec()
            },
            head,
            is_cut: fields.get("warc-truncated").is_some(),
        }))
    }
}

/// The header and the block of a record that is all there is in `bytes`; none of any other, which is
/// for [`super::archive`] to tell.
pub(super) fn only(bytes: &[u8]) -> Option<(Fields, &[u8])> {
    let mut fields = Fields::default();
    let mut rest = bytes.strip_prefix(START)?;
    let mut is_version = true;
    loop {
        let (line, behind) = rest.split_at_checked(memchr::memchr(b'\n', rest)? + 1)?;
        let header_bytes = bytes.len() - behind.len();
        if line.len() > LINE_BYTES_MAX || header_bytes > HEADER_BYTES_MAX {
            return None;
        }
        rest = behind;
        if std::mem::take(&mut is_version) {
            continue;
        }
        if line.trim_ascii().is_empty() {
            break;
        }
        fields.add(line);
    }
    let length = usize::try_from(fields.length().ok()?).ok()?;
    let (block, behind) = rest.split_at_checked(length)?;
    let is_all = behind.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
    is_all.then_some((fields, block))
}

/// WARC 1.0 had addresses in angle brackets, and some writers still do.
fn bare_uri(uri: &str) -> String {
    let bare = uri.strip_prefix('<').and_then(|uri| uri.strip_suffix('>'));
    bare.unwrap_or(uri).to_owned()
}
