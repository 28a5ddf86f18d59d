use super::*;
use std::io::Write;

const TEXT: &[u8] = b"<p>The same words again and again, the same words again and again.</p>";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bare(bytes: &[u8]) -> Vec<u8> {
    let mut encoder =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// `TEXT` by the reference encoder, `brotli -q 5`: there is no encoder among our dependencies.
const BROTLI: &[u8] = include_bytes!("../../testdata/encodings/text.br");

/// Five million zeros, as `BROTLI`.
const BROTLI_ZEROS: &[u8] = include_bytes!("../../testdata/encodings/zeros.br");

/// One uncompressed block of at most 64 KiB, and the end (RFC 7932 §9.2).
fn brotli(bytes: &[u8]) -> Vec<u8> {
    let head = (u32::try_from(bytes.len()).unwrap() - 1) << 4 | 1 << 20;
    [&head.to_le_bytes()[..3], bytes, &[0x03]].concat()
}

fn caps(max_bytes: u64) -> Caps {
    Caps {
        wire_bytes: max_bytes,
        max_bytes,
        ratio: 200,
        encodings: 2,
    }
}

fn read(encoding: &str, body: &[u8], max_bytes: u64) -> Result<Vec<u8>, BodyError> {
    for piece_bytes in [1, 7, 10_000] {
        let mut reader =
            BodyReader::new([encoding].into_iter(), caps(max_bytes), Overflow::Refused)?;
        body.chunks(piece_bytes)
            .try_for_each(|piece| reader.push(piece))?;
        if piece_bytes == 10_000 {
            return reader.finish().map(|unpacked| unpacked.body);
        }
        reader.finish()?;
    }
    unreachable!("the loop returns with its last size")
}

fn encoded() -> [(&'static str, Vec<u8>); 9] {
    [
        ("", TEXT.to_vec()),
        ("gzip", gzip(TEXT)),
        ("deflate", zlib(TEXT)),
        ("deflate", bare(TEXT)),
        ("br", BROTLI.to_vec()),
        ("zstd", zstd(TEXT)),
        ("gzip, zstd", zstd(&gzip(TEXT))),
        ("br, br", brotli(BROTLI)),
        ("deflate, br", brotli(&zlib(TEXT))),
    ]
}

#[test]
fn every_encoding_is_undone() {
    for (encoding, body) in encoded() {
        assert_eq!(
            read(encoding, &body, 1000).as_deref(),
            Ok(TEXT),
            "{encoding}"
        );
    }
    assert_eq!(
        read("GZIP ", &[gzip(b"one "), gzip(b"two")].concat(), 1000).as_deref(),
        Ok(&b"one two"[..])
    );
    assert_eq!(
        read("zstd", &[zstd(b"one "), zstd(b"two")].concat(), 1000).as_deref(),
        Ok(&b"one two"[..])
    );
    assert_eq!(read("gzip", b"", 1000).as_deref(), Ok(&b""[..]));
}

#[test]
fn what_follows_the_end_is_ignored() {
    for junk in [&b"\0"[..], b"\n", b"\x1f", b"(", b"<!-- served in 3 ms -->"] {
        for (encoding, body) in encoded().iter().skip(1) {
            assert_eq!(
                read(encoding, &[body, junk].concat(), 1000).as_deref(),
                Ok(TEXT),
                "{encoding} {junk:?}"
            );
        }
    }
    let one = gzip(TEXT);
    let two = [&one[..], &one[..one.len() / 2]].concat();
    assert!(matches!(
        read("gzip", &two, 1000),
        Err(BodyError::Truncated(_))
    ));
}

#[test]
fn brotli_over_a_stream_that_has_ended_or_failed_comes_to_an_end() {
    for (encoding, inner) in [("br, br", BROTLI.to_vec()), ("deflate, br", zlib(TEXT))] {
        let body = brotli(&[&inner[..], b"<!-- served in 3 ms -->"].concat());
        assert_eq!(
            read(encoding, &body, 1000).as_deref(),
            Ok(TEXT),
            "{encoding}"
        );
        let broken = brotli(b"\x78\x9cno such stream, but long enough to be one");
        assert!(
            matches!(read(encoding, &broken, 1000), Err(BodyError::Broken(_))),
            "{encoding}"
        );
    }
}

#[test]
fn a_zstd_frame_may_end_where_the_buffer_does() {
    for bytes in [32_768, 65_536, 163_840] {
        let body = vec![b'x'; bytes];
        // Not assert_eq, which would print all of it.
        assert!(read("zstd", &zstd(&body), 1 << 20) == Ok(body), "{bytes}");
    }
}

#[test]
fn labels_that_are_no_coding_are_passed_over() {
    for label in [
        "UTF-8",
        "none",
        "identity",
        "binary",
        "",
        " , ",
        "iso-8859-1",
    ] {
        assert_eq!(read(label, TEXT, 1000).as_deref(), Ok(TEXT), "{label:?}");
    }
    assert_eq!(read("gzip, utf-8", &gzip(TEXT), 1000).as_deref(), Ok(TEXT));
}

#[test]
fn a_cut_off_body_is_told_from_a_broken_one() {
    for (encoding, body) in encoded().iter().skip(1) {
        for cut in [1, body.len() / 2, body.len() - 1] {
            assert_eq!(
                read(encoding, &body[..cut], 1000)
                    .map_err(|error| matches!(error, BodyError::Truncated(_))),
                Err(true),
                "{encoding} {cut}"
            );
        }
        if !encoding.starts_with("deflate") {
            assert!(
                matches!(
                    read(encoding, b"no such stream, but long enough to be one", 1000),
                    Err(BodyError::Broken(_))
                ),
                "{encoding}"
            );
        }
    }
    assert!(matches!(
        read("rot13", b"x", 1000),
        Err(BodyError::Broken(_))
    ));
    assert!(matches!(
        read("gzip, gzip, gzip", b"x", 1000),
        Err(BodyError::Broken(_))
    ));
}

#[test]
fn bombs_stop_at_the_cap() {
    let zeros = vec![0; 5_000_000];
    for (encoding, body) in [
        ("gzip", gzip(&zeros)),
        ("deflate", zlib(&zeros)),
        ("zstd", zstd(&zeros)),
        ("br", BROTLI_ZEROS.to_vec()),
        ("br, br", brotli(BROTLI_ZEROS)),
        ("gzip, gzip", gzip(&gzip(&zeros))),
    ] {
        assert_eq!(
            read(encoding, &body, 100_000),
            Err(BodyError::TooLarge(100_000)),
            "{encoding}"
        );
    }
    assert_eq!(read("", &zeros, 100_000), Err(BodyError::TooLarge(100_000)));
}

#[test]
fn what_swells_is_a_bomb_long_before_the_cap() {
    let zeros = vec![0; 5_000_000];
    for (encoding, body) in [
        ("gzip", gzip(&zeros)),
        ("zstd", zstd(&zeros)),
        ("br", BROTLI_ZEROS.to_vec()),
    ] {
        assert_eq!(
            read(encoding, &body, 100 << 20),
            Err(BodyError::Swells(200)),
            "{encoding}"
        );
    }
    // Below a mebibyte nobody is hurt.
    let small = vec![0; 1 << 20];
    assert!(read("gzip", &gzip(&small), 100 << 20) == Ok(small));
}

#[test]
fn a_body_that_may_be_cut_is_cut_after_a_line() {
    let lines = b"disallow: /private/\n".repeat(200_000);
    // Noise is no smaller when packed, so that it meets the cap on the wire.
    let mut seed = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_le_bytes()[3]
    })
    .take(300_000)
    .collect();
    for plain in [lines, noise] {
        for (encoding, body) in [
            ("", plain.clone()),
            ("gzip", gzip(&plain)),
            ("deflate", bare(&plain)),
            ("zstd", zstd(&plain)),
            ("gzip, gzip", gzip(&gzip(&plain))),
        ] {
            for piece_bytes in [1000, body.len()] {
                let mut reader =
                    BodyReader::new([encoding].into_iter(), caps(100_010), Overflow::Cut).unwrap();
                let mut pieces = body.chunks(piece_bytes);
                while !reader.is_cut()
                    && let Some(piece) = pieces.next()
                {
                    reader.push(piece).unwrap();
                }
                let cut = reader.finish().unwrap().body;
                assert!(plain.starts_with(&cut), "{encoding}");
                assert!(matches!(cut.last(), Some(b'\n' | b'\r')), "{encoding}");
                assert!(
                    (99_000..=100_010).contains(&cut.len()),
                    "{encoding} {}",
                    cut.len()
                );
            }
        }
    }
    let mut whole = BodyReader::new([].into_iter(), caps(3), Overflow::Cut).unwrap();
    whole.push(b"a\nb").unwrap();
    assert_eq!(
        whole.finish().map(|whole| (whole.body, whole.wire_bytes)),
        Ok((b"a\nb".to_vec(), 3)),
        "as long as the cap"
    );
}
