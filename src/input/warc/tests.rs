use std::io::Write;
use std::sync::atomic::Ordering;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::page::Page;

fn record(kind: &str, url: &str, block: &[u8]) -> Vec<u8> {
    let mut record = format!(
        "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: <{url}>\r\nWARC-Date: 2026-05-01T10:00:00Z\r\n\
         Content-Type: application/http;\r\n msgtype=response\r\nContent-Length: {}\r\n\r\n",
        block.len()
    )
    .into_bytes();
    record.extend_from_slice(block);
    record.extend_from_slice(b"\r\n\r\n");
    record
}

fn response(url: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let mut block = format!("HTTP/1.1 {head}\r\n\r\n").into_bytes();
    block.extend_from_slice(body);
    record("response", url, &block)
}

fn html(at: u32) -> Vec<u8> {
    let body = format!("<p>Page {at}</p>");
    response(
        &format!("https://x.example/{at}"),
        "200 OK\r\nContent-Type: text/html",
        body.as_bytes(),
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What is read from a file of these bytes: bodies of pages, faults by status, and the count of
/// the records that are neither.
fn read(bytes: &[u8]) -> (Vec<String>, Vec<Status>, u64) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let counter = Arc::default();
    let (pages, faults, _) = told(inputs(file.path().to_owned(), Arc::clone(&counter)), 0);
    (pages, faults, counter.load(Ordering::Relaxed))
}

/// The same, in regions of so many bytes.
fn read_in_regions(bytes: &[u8], size: u64) -> (Vec<String>, Vec<Status>, u64) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let (all, passed_over) = region::tests::read_in_regions(file.path(), size, &Pages);
    told(all.into_iter(), passed_over)
}

fn told(inputs: impl Iterator<Item = Input>, passed_over: u64) -> (Vec<String>, Vec<Status>, u64) {
    let (mut pages, mut faults) = (Vec::new(), Vec::new());
    for input in inputs {
        match input {
            Input::Capture(capture) => {
                pages.push(String::from_utf8_lossy(&capture.body).into_owned());
            }
            Input::Damaged(damage) => faults.push(damage.status),
            other => panic!("{other:?}"),
        }
    }
    (pages, faults, passed_over)
}

fn page_of(record: &[u8]) -> Result<Page, Status> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(record).unwrap();
    match inputs(file.path().to_owned(), Arc::default()).next() {
        Some(Input::Capture(capture)) => page(*capture).map_err(|failure| failure.status),
        other => panic!("{other:?}"),
    }
}

fn pages(numbers: impl Iterator<Item = u32>) -> Vec<String> {
    numbers.map(|at| format!("<p>Page {at}</p>")).collect()
}

#[test]
fn every_packing_gives_the_same_pages() {
    let records: Vec<Vec<u8>> = (0..40).map(html).collect();
    let whole = records.concat();
    let members: Vec<u8> = records.iter().flat_map(|record| gzip(record)).collect();
    let frames = |level: &dyn Fn(&[u8]) -> Vec<u8>| -> Vec<u8> {
        records.iter().flat_map(|record| level(record)).collect()
    };
    // Any bytes are a dictionary.
    let dictionary = records[..5].concat();
    let with_dictionary = |dictionary: &[u8], stored: &[u8]| {
        let mut bytes = vec![0x5d, 0x2a, 0x4d, 0x18];
        bytes.extend(u32::try_from(stored.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(stored);
        let mut compressor = zstd::bulk::Compressor::with_dictionary(3, dictionary).unwrap();
        for record in &records {
            bytes.extend(compressor.compress(record).unwrap());
        }
        bytes
    };
    let packed = zstd::encode_all(&dictionary[..], 3).unwrap();
    for bytes in [
        whole.clone(),
        members,
        gzip(&whole),
        frames(&|record| zstd::encode_all(record, 3).unwrap()),
        with_dictionary(&dictionary, &dictionary),
        with_dictionary(&dictionary, &packed),
    ] {
        assert_eq!(read(&bytes), (pages(0..40), vec![], 0));
    }
    assert_eq!(read(b""), (vec![], vec![], 0));
}

#[test]
fn what_breaks_off_is_told_and_what_came_before_is_whole() {
    let records: Vec<Vec<u8>> = (0..3).map(html).collect();
    let whole = records.concat();
    let members: Vec<u8> = records.iter().flat_map(|record| gzip(record)).collect();
    for cut in 1..html(2).len() - 4 {
        let (found, faults, _) = read(&whole[..whole.len() - 4 - cut]);
        assert_eq!(
            (found, faults),
            (pages(0..2), vec![Status::Truncated]),
            "{cut}"
        );
    }
    for cut in 1..gzip(&html(2)).len() {
        let (found, faults, _) = read(&members[..members.len() - cut]);
        // The last bytes of a member are its checksum, without which it is not known to be whole.
        assert!(found.starts_with(&pages(0..2)), "{cut}");
        assert_eq!(faults, [Status::Truncated], "{cut}");
    }
}

#[test]
fn reading_goes_on_behind_what_is_broken() {
    let mut broken = gzip(&html(1));
    let middle = broken.len() / 2;
    broken[middle..middle + 8].fill(0xff);
    let bytes = [gzip(&html(0)), broken, gzip(&html(2)), gzip(&html(3))].concat();
    let (found, faults, _) = read(&bytes);
    assert_eq!(found, ["<p>Page 0</p>", "<p>Page 2</p>", "<p>Page 3</p>"]);
    assert_eq!(faults, [Status::DecodeError]);

    let garbage = b"\x1f\x8b garbage \x1f\x1f\x8b\x08".to_vec();
    let (found, faults, _) = read(&[gzip(&html(0)), garbage, gzip(&html(1))].concat());
    assert_eq!(found, pages(0..2));
    assert!(!faults.is_empty());

    let (found, faults, _) = read(&[html(0), b"nonsense\n\nmore\n".to_vec(), html(1)].concat());
    assert_eq!((found, faults), (pages(0..2), vec![Status::DecodeError]));

    let long = String::from_utf8(html(1))
        .unwrap()
        .replace("Length: ", "Length: 9");
    for pack in [gzip, |bytes: &[u8]| bytes.to_vec()] {
        let bytes = [html(0), long.clone().into_bytes(), html(2)].map(|record| pack(&record));
        let (found, faults, _) = read(&bytes.concat());
        assert_eq!(found, ["<p>Page 0</p>", "<p>Page 2</p>"]);
        assert_eq!(faults, [Status::Truncated]);
    }

    let text = String::from_utf8(html(1)).unwrap();
    let lies = text.replace("Content-Length: ", "Content-Length: -");
    let (found, faults, _) = read(&[html(0), lies.into_bytes(), html(2)].concat());
    assert_eq!(found, ["<p>Page 0</p>", "<p>Page 2</p>"]);
    assert_eq!(faults, [Status::DecodeError]);
}

#[test]
fn what_is_no_page_is_passed_over_and_counted() {
    let bytes = [
        record("warcinfo", "", b"software: x"),
        record("request", "https://x.example/0", b"GET / HTTP/1.1\r\n\r\n"),
        html(0),
        record("revisit", "https://x.example/1", b"HTTP/1.1 200 OK\r\n\r\n"),
        response("https://x.example/2", "301 Moved\r\nLocation: /3", b""),
        response(
            "https://x.example/4",
            "200 OK\r\nContent-Type: image/png",
            b"\x89PNG",
        ),
        html(1),
    ];
    assert_eq!(read(&bytes.concat()), (pages(0..2), vec![], 5));
    let (_, faults, _) = read(&record("response", "dns:x", b"192.0.2.1"));
    assert_eq!(faults, [Status::DecodeError]);
}

#[test]
fn a_response_becomes_the_page_that_it_was() {
    let packed = gzip(b"<p>Harbour");
    let chunks = [
        format!("{:x}\r\n", packed.len()).as_bytes(),
        &packed,
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    let head = "200 OK\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\
                Content-Encoding: gzip\r\nETag: \"7\"\r\nX-Robots-Tag: noarchive";
    let page = page_of(&response("https://x.example/a", head, &chunks)).unwrap();
    assert_eq!(page.body, b"<p>Harbour");
    assert_eq!(page.url.as_deref(), Some("https://x.example/a"));
    assert_eq!(page.fetched_at, "2026-05-01T10:00:00Z".parse().ok());
    let http = page.http.unwrap();
    assert_eq!(
        (http.etag.as_deref(), http.robots),
        (Some("\"7\""), vec!["noarchive".to_owned()])
    );

    let rows = [
        ("404 Not Found", Status::NotFound),
        ("500 Oops", Status::HttpError),
        ("200 OK\r\nContent-Encoding: gzip", Status::DecodeError),
        (
            "200 OK\r\nContent-Encoding: gzip, gzip, gzip, gzip, gzip",
            Status::DecodeError,
        ),
    ];
    for (head, want) in rows {
        let got = page_of(&response("https://x.example/a", head, b"nothing packed"));
        assert_eq!(got.unwrap_err(), want, "{head}");
    }
}

#[test]
fn a_page_that_the_archive_cut_says_so() {
    let record = String::from_utf8(html(1)).unwrap();
    let record = record.replace("WARC-Date", "WARC-Truncated: length\r\nWARC-Date");
    let page = page_of(record.as_bytes()).unwrap();
    assert_eq!(page.warnings, [crate::page::Warning::BodyCut]);
}

/// Sizes of regions: smaller than a member, some members, all of it.
const SIZES: [u64; 5] = [7, 64, 300, 1_000, 1 << 20];

#[test]
fn regions_give_what_reading_from_the_start_gives() {
    let members: Vec<Vec<u8>> = (0..40).map(|at| gzip(&html(at))).collect();
    let whole = members.concat();
    let mut broken = members.clone();
    let middle = broken[17].len() / 2;
    broken[17][middle..middle + 8].fill(0xff);
    let lies = String::from_utf8(html(5)).unwrap();
    let lies = lies.replace("Length: ", "Length: 9").into_bytes();
    let mut wrong = gzip(&html(9));
    let trailer = wrong.len() - 6;
    wrong[trailer] ^= 1;
    let no_record = gzip(b"valid, and no record");
    let others = [
        record("warcinfo", "", b"software: x"),
        record("request", "https://x.example/0", b"GET / HTTP/1.1\r\n\r\n"),
    ];
    let others: Vec<u8> = others.iter().flat_map(|record| gzip(record)).collect();
    let stored: Vec<u8> = (0..20)
        .flat_map(|at| {
            let head = "200 OK\r\nContent-Encoding: gzip";
            let mut member = GzEncoder::new(Vec::new(), Compression::none());
            member
                .write_all(&response(&at.to_string(), head, &gzip(&html(at))))
                .unwrap();
            member.finish().unwrap()
        })
        .collect();
    for bytes in [
        whole.clone(),
        // Bodies that are packed themselves, within members that store them as they are.
        stored,
        [others, whole.clone()].concat(),
        whole[..whole.len() - 10].to_vec(),
        broken.concat(),
        [&members[0][..], &gzip(&lies), &members[1], &members[2]].concat(),
        // A checksum that is wrong: the record is there, and the fault is told behind it.
        [&members[0][..], &wrong, &members[1]].concat(),
        // Between members, and behind them: what is none, and one of no record.
        [&members[0][..], &no_record, &members[1]].concat(),
        [&members[0][..], b"between", &members[1], b"behind"].concat(),
        // A member with several records, and one record over two members.
        [
            &members[0][..],
            &gzip(&[html(1), html(2), html(3)].concat()),
            &members[4],
        ]
        .concat(),
        [
            &members[0][..],
            &gzip(&html(1)[..200]),
            &gzip(&html(1)[200..]),
            &members[2],
        ]
        .concat(),
    ] {
        let want = read(&bytes);
        for size in SIZES {
            assert_eq!(read_in_regions(&bytes, size), want, "{size}");
        }
    }
}

#[test]
fn an_archive_within_an_archive_is_not_read() {
    // As deflate does it with what gets no smaller: stored.
    let mut random = fastrand::Rng::with_seed(3);
    let mut noise = |_| {
        let body: Vec<u8> = std::iter::repeat_with(|| random.u8(..))
            .take(3_000)
            .collect();
        gzip(&response("https://x.example/within", "200 OK", &body))
    };
    let within: Vec<u8> = (0..30).flat_map(&mut noise).collect();
    let head = "200 OK\r\nContent-Type: application/warc";
    let mut outer = GzEncoder::new(Vec::new(), Compression::none());
    outer
        .write_all(&response("https://x.example/a.warc.gz", head, &within))
        .unwrap();
    let outer = outer.finish().unwrap();
    assert!(memchr::memmem::find(&outer, &within[40_000..40_200]).is_some());
    let bytes = [gzip(&html(0)), outer, gzip(&html(1))].concat();
    for size in SIZES {
        assert_eq!(read_in_regions(&bytes, size), (pages(0..2), vec![], 1));
    }
    // One that is cut off may well be; nobody can know.
    let (found, faults, _) = read_in_regions(&bytes[..bytes.len() / 2], 64);
    assert_eq!(found[0], "<p>Page 0</p>");
    assert!(!faults.is_empty());
}

#[test]
fn how_an_archive_is_worked_on_shows_in_its_first_record() {
    let members: Vec<u8> = (0..3).flat_map(|at| gzip(&html(at))).collect();
    let records: Vec<u8> = (0..3).flat_map(html).collect();
    for (bytes, want) in [
        (members, true),
        (gzip(&html(0)), true),
        (records.clone(), false),
        (gzip(&records), false),
        (zstd::encode_all(&records[..], 3).unwrap(), false),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        assert_eq!(is_in_members(file.path()).unwrap(), want);
        let mut work = work(file.path().to_owned(), Arc::default());
        assert_eq!(matches!(work.next(), Some(Work::Region(_))), want);
    }
    let unusable = |path: &Path| {
        let first = work(path.to_owned(), Arc::default()).next();
        matches!(first, Some(Work::Input(Input::Unusable { .. })))
    };
    assert!(unusable(Path::new("no/such.warc.gz")));
    let empty = tempfile::NamedTempFile::new().unwrap();
    assert!(unusable(empty.path()));
    // Its name says what it is, where its first byte is broken.
    let mut broken = tempfile::Builder::new().suffix(".gz").tempfile().unwrap();
    broken
        .write_all(&[&[0], &gzip(&html(0))[1..], &gzip(&html(1))].concat())
        .unwrap();
    assert!(is_in_members(broken.path()).unwrap());
}

proptest::proptest! {
    #[test]
    fn regions_of_any_size_give_the_same(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40),
        at in 0_usize..2_000,
        sizes in (1_u64..2_000, 1_u64..2_000),
    ) {
        let mut file: Vec<u8> = (0..9).flat_map(|at| gzip(&html(at))).collect();
        let at = at.min(file.len());
        let end = (at + bytes.len()).min(file.len());
        file.splice(at..end, bytes);
        let one = read_in_regions(&file, sizes.0);
        proptest::prop_assert_eq!(&one.0, &read_in_regions(&file, sizes.1).0);
        // Who reads from the start has the first two bytes alone to know the packing by.
        if file.starts_with(&GZIP_START[..2]) {
            proptest::prop_assert_eq!(&one.0, &read(&file).0);
        }
    }

    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400), at in 0_usize..600) {
        let mut file: Vec<u8> = (0..3).flat_map(|at| gzip(&html(at))).collect();
        let at = at.min(file.len());
        file.splice(at..at, bytes.iter().copied());
        let (pages, faults, _) = read(&file);
        proptest::prop_assert!(pages.len() + faults.len() <= 3 + bytes.len() + 600);
        let mut plain = [html(0), html(1)].concat();
        let at = at.min(plain.len());
        plain.splice(at..at, bytes);
        read(&plain);
    }
}

#[test]
fn a_header_ends_where_another_record_starts() {
    for starts in [1, 20_000] {
        // Each would read all others as its own lines.
        let broken = "WARC/1.0\r\n".repeat(starts);
        let bytes = [html(0), broken.into_bytes(), html(1)].concat();
        for bytes in [gzip(&bytes), bytes] {
            let (found, faults, _) = read(&bytes);
            assert_eq!(found, pages(0..2));
            // A start that lies across the end of what is read at once is taken for a line.
            assert!(
                (starts - starts / 5_000..=starts).contains(&faults.len()),
                "{}",
                faults.len()
            );
            assert!(faults.iter().all(|fault| *fault == Status::DecodeError));
        }
    }
}

#[test]
fn a_record_behind_a_broken_one_is_found_wherever_what_is_read_at_once_ends() {
    // It is read anew from behind the first byte of the broken record.
    const BUFFER: usize = 1 << 17;
    let broken = b"WARC/1.0\r\nContent-Length: none\r\n\r\n";
    for before_end in 0..8 {
        let filler = "x\n".repeat(BUFFER).into_bytes();
        let filler = &filler[..1 + BUFFER - before_end - broken.len() - 1];
        let bytes = [broken.as_slice(), filler, b"\n", &html(0), &html(1)].concat();
        let (found, faults, _) = read(&bytes);
        assert_eq!(found, pages(0..2), "{before_end} bytes before the end");
        assert_eq!(faults.len(), 1);
    }
}
