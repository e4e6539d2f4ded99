use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use super::{MAX_BODY, decode};

const TEXT: &str = r#"{"id":"1"}"#;

pub(in crate::api) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn decoded(codings: &[&str], body: Vec<u8>) -> Result<String, String> {
    let mut headers = HeaderMap::new();
    for coding in codings {
        headers.append(CONTENT_ENCODING, HeaderValue::from_str(coding).unwrap());
    }
    decode(&headers, body).map(|body| String::from_utf8(body).unwrap())
}

#[test]
fn what_is_asked_for_is_understood() {
    let text = || TEXT.as_bytes().to_vec();
    let marked = || [b"\xef\xbb\xbf", TEXT.as_bytes()].concat();
    let cases: [(&str, &[&str], Vec<u8>); 12] = [
        ("nothing", &[], text()),
        ("identity", &["identity"], text()),
        ("gzip", &["gzip"], gzip(&text())),
        ("gzip in capitals", &["GZIP"], gzip(&text())),
        ("gzip by its old name", &["x-gzip"], gzip(&text())),
        ("gzip in two members", &["gzip"], [gzip(b"{\"id\":"), gzip(b"\"1\"}")].concat()),
        ("deflate", &["deflate"], zlib(&text())),
        ("deflate without its frame", &["deflate"], raw_deflate(&text())),
        ("twice, the last one first", &["deflate, gzip"], gzip(&zlib(&text()))),
        ("twice, in two headers", &["deflate", "gzip"], gzip(&zlib(&text()))),
        ("decoded on the way, the header left", &["gzip"], text()),
        ("a byte order mark, compressed", &["gzip"], gzip(&marked())),
    ];
    for (case, codings, body) in cases {
        assert_eq!(decoded(codings, body).as_deref(), Ok(TEXT), "{case}");
    }
    assert_eq!(decoded(&[], marked()).as_deref(), Ok(TEXT));
    assert_eq!(decoded(&["gzip"], Vec::new()).as_deref(), Ok(""), "nothing is nothing");
}

#[test]
fn what_cannot_be_read_is_named() {
    let cut = |mut body: Vec<u8>| {
        body.truncate(body.len() - 9);
        body
    };
    for (codings, body, why) in [
        (["br"], b"\x0b\x04\x80".to_vec(), "it is encoded as `br`, which was not asked for"),
        (
            ["zstd"],
            b"\x28\xb5\x2f\xfd".to_vec(),
            "it is encoded as `zstd`, which was not asked for",
        ),
        (["gzip, br"], b"x".to_vec(), "it is encoded as `br`"),
        (["gzip"], cut(gzip(TEXT.as_bytes())), "it says that it is encoded as `gzip`, and is not"),
        (["deflate"], b"<html>".to_vec(), "it says that it is encoded as `deflate`, and is not"),
        // Nobody reads to the end of it, or its cut would be seen.
        (["gzip"], cut(gzip(&vec![b' '; 3 * MAX_BODY])), "it is longer than 1048576 bytes"),
        (["deflate"], zlib(&vec![b' '; MAX_BODY + 1]), "it is longer than 1048576 bytes"),
    ] {
        let error = decoded(&codings, body).unwrap_err();
        assert!(error.starts_with(why), "{codings:?}: {error}");
    }
    assert_eq!(decoded(&["gzip"], gzip(&vec![b' '; MAX_BODY])).unwrap().len(), MAX_BODY);
}
