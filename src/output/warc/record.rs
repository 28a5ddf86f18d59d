//! One exchange as records.

use std::fmt::Write as _;
use std::io::Write as _;

use data_encoding::{BASE32, HEXLOWER};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use sha1::{Digest, Sha1};

use crate::exchange::{Cut, Earlier, Exchange, Purpose};

/// What a 304 is (WARC 1.1 §6.7.3).
const NOT_MODIFIED: &str = "http://netpreserve.org/warc/1.1/revisit/server-not-modified";
/// What a response with an earlier one's body is (WARC 1.1 §6.7.2).
const SAME_PAYLOAD: &str = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";

/// The name of our own field.
const PURPOSE: &str = "Chaffinch-Purpose";
/// Longest purpose, in bytes: readers bound the lines of a header.
const PURPOSE_BYTES_MAX: usize = 16 << 10;

/// The records of one exchange.
#[derive(Debug)]
pub struct Packed {
    /// A gzip member a record, one after the other.
    pub(super) members: Vec<u8>,
    /// When it was asked.
    pub(super) at: Timestamp,
    /// The response that later ones of the same address may refer to.
    pub refers_to: Option<Earlier>,
}

/// Makes the records of an exchange that was begun `at` that time. `page` is the body of the page,
/// for an exchange that leaves it there; `earlier` the response of that address which is in the
/// archive.
#[must_use]
pub fn pack(
    exchange: &Exchange,
    page: &[u8],
    at: Timestamp,
    purpose: &Purpose,
    earlier: Option<&Earlier>,
) -> Packed {
    let body = exchange.body.as_deref().unwrap_or(page);
    let response = Response {
        exchange,
        head: whole_head(exchange, body.len()),
        body,
        digest: digest(&[body]),
        at,
        purpose,
    };
    let earlier = earlier.filter(|earlier| earlier.url == exchange.url);
    let (record, id, refers_to) = match earlier {
        Some(earlier) if exchange.status == 304 => response.revisit(NOT_MODIFIED, earlier),
        Some(earlier) if response.repeats(earlier) => response.revisit(SAME_PAYLOAD, earlier),
        _ => response.whole(),
    };
    let mut members = request(exchange, at, &id);
    members.extend(record);
    Packed {
        members,
        at,
        refers_to,
    }
}

/// A response with what its record needs.
struct Response<'e> {
    exchange: &'e Exchange,
    head: Vec<u8>,
    body: &'e [u8],
    digest: String,
    at: Timestamp,
    purpose: &'e Purpose,
}

/// A gzip member, its `WARC-Record-ID`, and what later responses may refer to.
type Made = (Vec<u8>, String, Option<Earlier>);

impl Response<'_> {
    /// Whether its body is that of an earlier one. Of no body there is nothing to refer to.
    fn repeats(&self, earlier: &Earlier) -> bool {
        let is_success = (200..300).contains(&self.exchange.status);
        is_success
            && !self.body.is_empty()
            && self.exchange.cut.is_none()
            && self.digest == earlier.digest
    }

    fn whole(self) -> Made {
        let (mut fields, id) = self.fields("response");
        if let Some(cut) = self.exchange.cut {
            let why = match cut {
                Cut::Length => "length",
                Cut::Unspecified => "unspecified",
            };
            fields.push("WARC-Truncated", why);
        }
        fields.push("WARC-Payload-Digest", &self.digest);
        let is_success = (200..300).contains(&self.exchange.status);
        let refers_to = (is_success && self.exchange.cut.is_none()).then(|| Earlier {
            url: self.exchange.url.clone(),
            id: id.clone(),
            date: self.at,
            digest: self.digest.clone(),
        });
        let level = level(self.exchange.is_packed);
        let member = fields.record(RESPONSE, &[&self.head, self.body], level);
        (member, id, refers_to)
    }

    fn revisit(self, profile: &str, earlier: &Earlier) -> Made {
        let (mut fields, id) = self.fields("revisit");
        fields.push("WARC-Profile", profile);
        fields.push("WARC-Refers-To", &earlier.id);
        fields.push("WARC-Refers-To-Target-URI", &earlier.url);
        fields.push("WARC-Refers-To-Date", &earlier.date.to_string());
        fields.push("WARC-Payload-Digest", &earlier.digest);
        let member = fields.record(RESPONSE, &[&self.head], level(false));
        (member, id, Some(earlier.clone()))
    }

    fn fields(&self, kind: &str) -> (Fields, String) {
        let id = id(&[kind, &self.exchange.url, &self.at.to_string(), &self.digest]);
        let mut fields = Fields::new(kind, &id, self.at);
        fields.of_exchange(self.exchange);
        if *self.purpose != Purpose::default() {
            fields.push(PURPOSE, &ascii_json(self.purpose));
        }
        (fields, id)
    }
}

const RESPONSE: &str = "application/http; msgtype=response";
const REQUEST: &str = "application/http; msgtype=request";

/// The response's head. One whose transfer coding was undone tells by that no more how long it is.
fn whole_head(exchange: &Exchange, body_bytes: usize) -> Vec<u8> {
    let mut head = exchange.response.clone();
    let has_body = !matches!(exchange.status, 204 | 304);
    if exchange.lacks_length && has_body && exchange.cut.is_none() && head.ends_with(b"\r\n") {
        head.truncate(head.len() - 2);
        // A Vec takes all.
        let _ = write!(head, "content-length: {body_bytes}\r\n\r\n");
    }
    head
}

fn request(exchange: &Exchange, at: Timestamp, response: &str) -> Vec<u8> {
    let id = id(&["request", &exchange.url, &at.to_string(), response]);
    let mut fields = Fields::new("request", &id, at);
    fields.of_exchange(exchange);
    fields.push("WARC-Concurrent-To", response);
    fields.record(REQUEST, &[&exchange.request], level(false))
}

/// The first record of a file: `lines` say who made it, and how.
pub(super) fn warcinfo(name: &str, at: Timestamp, lines: &[(&str, String)]) -> Vec<u8> {
    let mut block = String::new();
    for (name, value) in lines {
        let _ = write!(block, "{name}: {value}\r\n");
    }
    let id = id(&["warcinfo", name, &at.to_string()]);
    let mut fields = Fields::new("warcinfo", &id, at);
    fields.push("WARC-Filename", name);
    fields.record("application/warc-fields", &[block.as_bytes()], level(false))
}

/// The header of a record.
struct Fields(String);

impl Fields {
    fn new(kind: &str, id: &str, at: Timestamp) -> Self {
        let mut fields = Self("WARC/1.1\r\n".to_owned());
        fields.push("WARC-Type", kind);
        fields.push("WARC-Record-ID", id);
        fields.push("WARC-Date", &at.to_string());
        fields
    }

    fn push(&mut self, name: &str, value: &str) {
        let _ = write!(self.0, "{name}: {value}\r\n");
    }

    fn of_exchange(&mut self, exchange: &Exchange) {
        self.push("WARC-Target-URI", &exchange.url);
        if let Some(server) = exchange.server {
            self.push("WARC-IP-Address", &server.to_string());
        }
        // Heads of HTTP/2 are written as those of HTTP/1.1, which is all that readers know.
        // <https://github.com/iipc/warc-specifications/issues/42>
        if exchange.is_http2 {
            self.push("WARC-Protocol", "h2");
        }
    }

    /// The record, packed.
    fn record(mut self, kind: &str, block: &[&[u8]], level: Compression) -> Vec<u8> {
        let bytes: usize = block.iter().map(|part| part.len()).sum();
        self.push("WARC-Block-Digest", &digest(block));
        self.push("Content-Type", kind);
        self.push("Content-Length", &bytes.to_string());
        let mut member = GzEncoder::new(Vec::with_capacity(bytes / 4), level);
        let parts = [self.0.as_bytes(), b"\r\n"].into_iter();
        let parts = parts.chain(block.iter().copied()).chain([&b"\r\n\r\n"[..]]);
        for part in parts {
            member.write_all(part).expect("a Vec takes all");
        }
        member.finish().expect("a Vec takes all")
    }
}

/// How hard a record is packed. What is packed already is stored: packed once more it is no smaller,
/// and takes many times as long.
fn level(is_packed: bool) -> Compression {
    if is_packed {
        Compression::none()
    } else {
        Compression::default()
    }
}

/// SHA-1 in base32, which is what the tools of archives compare.
fn digest(parts: &[&[u8]]) -> String {
    let mut sha1 = Sha1::new();
    for part in parts {
        sha1.update(part);
    }
    format!("sha1:{}", BASE32.encode(&sha1.finalize()))
}

/// A name of its own for a record: a UUID of what it is about (RFC 9562 §5.8), which no two share,
/// since they are of another moment.
fn id(parts: &[&str]) -> String {
    let mut hash: [u8; 20] = Sha1::digest(parts.join("\n")).into();
    hash[6] = hash[6] & 0x0f | 0x80;
    hash[8] = hash[8] & 0x3f | 0x80;
    let groups = [0..4, 4..6, 6..8, 8..10, 10..16].map(|group| HEXLOWER.encode(&hash[group]));
    format!("<urn:uuid:{}>", groups.join("-"))
}

/// The purpose on one line of ASCII. What listings say at great length is left out.
fn ascii_json(purpose: &Purpose) -> String {
    let json = |purpose: &Purpose| {
        let json = serde_json::to_string(purpose).unwrap_or_default();
        let mut ascii = String::with_capacity(json.len());
        for c in json.chars() {
            if c.is_ascii() {
                ascii.push(c);
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(ascii, "\\u{unit:04x}");
                }
            }
        }
        ascii
    };
    let whole = json(purpose);
    if whole.len() <= PURPOSE_BYTES_MAX {
        return whole;
    }
    json(&Purpose {
        entry: None,
        ..purpose.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;
    use crate::exchange::Sought;
    use std::io::Read;

    fn exchange(status: u16, body: Option<&[u8]>) -> Exchange {
        Exchange {
            url: "https://courier.example/a".to_owned(),
            server: "192.0.2.1".parse().ok(),
            is_http2: false,
            request: b"GET /a HTTP/1.1\r\nhost: courier.example\r\n\r\n".to_vec(),
            status,
            response: format!("HTTP/1.1 {status} X\r\ncontent-type: text/html\r\n\r\n").into(),
            body: body.map(<[u8]>::to_vec),
            is_packed: false,
            lacks_length: true,
            cut: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The texts of the records, one a member.
    fn records(packed: &Packed) -> Vec<String> {
        let mut rest = &packed.members[..];
        let mut records = Vec::new();
        while !rest.is_empty() {
            let mut record = String::new();
            let mut member = flate2::bufread::GzDecoder::new(rest);
            member.read_to_string(&mut record).unwrap();
            rest = member.into_inner();
            records.push(record);
        }
        records
    }

    fn field<'r>(record: &'r str, name: &str) -> Option<&'r str> {
        let lines = record.split("\r\n\r\n").next()?.lines();
        let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        values.next()
    }

    #[test]
    fn a_response_has_its_request_and_digests() {
        let purpose = Purpose::default();
        let packed = pack(&exchange(200, None), b"<p>Abc", at(0), &purpose, None);
        let [request, response] = &records(&packed)[..] else {
            panic!("two records")
        };
        assert_eq!(
            field(request, "WARC-Concurrent-To"),
            field(response, "WARC-Record-ID")
        );
        assert_eq!(field(response, "WARC-Type"), Some("response"));
        assert_eq!(field(response, "WARC-IP-Address"), Some("192.0.2.1"));
        assert_eq!(field(response, "WARC-Date"), Some("1970-01-01T00:00:00Z"));
        // printf '<p>Abc' | sha1sum, in base32.
        let digest = Some("sha1:EASHBEAIJ7J44NAEAKOS62EE3CB2GFE4");
        assert_eq!(field(response, "WARC-Payload-Digest"), digest);
        assert_eq!(field(response, PURPOSE), None);
        assert!(response.ends_with(
            "\r\n\r\nHTTP/1.1 200 X\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<p>Abc\r\n\r\n"
        ));
        let refers_to = packed.refers_to.unwrap();
        assert_eq!(Some(&*refers_to.id), field(response, "WARC-Record-ID"));
    }

    #[test]
    fn what_is_the_same_refers_to_the_earlier_one() {
        let purpose = Purpose::default();
        let first = pack(&exchange(200, Some(b"same")), b"", at(0), &purpose, None);
        let earlier = first.refers_to.unwrap();
        for (status, body, profile) in [
            (200, &b"same"[..], Some(SAME_PAYLOAD)),
            (304, b"", Some(NOT_MODIFIED)),
            (200, b"other", None),
            (404, b"same", None),
        ] {
            let exchange = exchange(status, Some(body));
            let packed = pack(&exchange, b"", at(1), &purpose, Some(&earlier));
            let record = &records(&packed)[1];
            assert_eq!(field(record, "WARC-Profile"), profile, "{status}");
            if profile.is_some() {
                assert_eq!(field(record, "WARC-Refers-To"), Some(&*earlier.id));
                let date = Some("1970-01-01T00:00:00Z");
                assert_eq!(field(record, "WARC-Refers-To-Date"), date);
                assert!(record.ends_with("\r\n\r\n\r\n\r\n"), "only the head");
                assert_eq!(packed.refers_to.as_ref(), Some(&earlier));
            }
        }
        let other = Earlier {
            url: "https://courier.example/b".to_owned(),
            ..earlier
        };
        let exchange = exchange(304, Some(b""));
        let packed = pack(&exchange, b"", at(1), &purpose, Some(&other));
        assert_eq!(field(&records(&packed)[1], "WARC-Type"), Some("response"));
    }

    #[test]
    fn a_purpose_is_one_line_of_ascii() {
        let mut purpose = Purpose {
            url: Some("https://courier.example/ä".to_owned()),
            sought: Sought::Part,
            entry: Some(Entry {
                title: Some("Brücke\n🌉".to_owned()),
                ..Entry::default()
            }),
            warnings: Vec::new(),
        };
        let json = ascii_json(&purpose);
        assert!(json.is_ascii() && !json.contains('\n'));
        assert_eq!(serde_json::from_str::<Purpose>(&json).unwrap(), purpose);
        purpose.entry.as_mut().unwrap().title = Some("x".repeat(PURPOSE_BYTES_MAX));
        let short: Purpose = serde_json::from_str(&ascii_json(&purpose)).unwrap();
        assert_eq!((short.entry, short.sought), (None, Sought::Part));
    }

    #[test]
    fn ids_are_uuids_of_their_own() {
        let (one, two) = (id(&["a", "b"]), id(&["a", "c"]));
        assert_ne!(one, two);
        assert_eq!(one.len(), "<urn:uuid:>".len() + 36);
        assert_eq!((one.as_bytes()[24], one.as_bytes()[28]), (b'8', b'-'));
    }
}
