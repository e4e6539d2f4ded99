//! A response's body: bounded, and decoded from what gateways and proxies put it in.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

/// The longest response that is read, decoded or not. Documented ones are under 2 kB; this keeps a
/// stray download, and what a small body unfolds to, out of memory.
pub(super) const MAX_BODY: usize = 1 << 20;

/// The value of `Accept-Encoding`: [`decode`] understands these.
pub(super) const TAKEN: HeaderValue = HeaderValue::from_static("gzip, deflate");

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const GZIP: &[u8] = b"\x1f\x8b";

/// The body without its codings and without a byte order mark, which no JSON parser takes.
///
/// # Errors
/// Why it cannot be read, as a phrase about it.
pub(super) fn decode(headers: &HeaderMap, mut body: Vec<u8>) -> Result<Vec<u8>, String> {
    if body.is_empty() {
        return Ok(body);
    }
    let codings: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|coding| String::from_utf8_lossy(coding).trim().to_ascii_lowercase())
        .collect();
    // Named in the order they were applied.
    for coding in codings.iter().rev() {
        body = match coding.as_str() {
            "" | "identity" => body,
            // Proxies that decode a body may leave the header: then its bytes are not gzip's.
            "gzip" | "x-gzip" if !body.starts_with(GZIP) => body,
            "gzip" | "x-gzip" => bounded(MultiGzDecoder::new(&*body), coding)?,
            "deflate" if is_zlib(&body) => bounded(ZlibDecoder::new(&*body), coding)?,
            // RFC 9110 means zlib's format, and there are servers that leave its frame out.
            "deflate" => bounded(DeflateDecoder::new(&*body), coding)?,
            other => {
                return Err(format!(
                    "it is encoded as `{other}`, which was not asked for (Accept-Encoding: gzip, \
                     deflate)"
                ));
            }
        };
    }
    if body.starts_with(BYTE_ORDER_MARK) {
        body.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(body)
}

/// Why a body that is too long was not read.
pub(super) fn too_long() -> String {
    format!("it is longer than {MAX_BODY} bytes")
}

/// RFC 1950: the method is deflate, and the first two bytes are a multiple of 31.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [a, b, ..] if a & 0x0f == 8 && u16::from_be_bytes([*a, *b]) % 31 == 0)
}

fn bounded(decoder: impl Read, coding: &str) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    match decoder.take(MAX_BODY as u64 + 1).read_to_end(&mut body) {
        Ok(_) if body.len() > MAX_BODY => Err(too_long()),
        Ok(_) => Ok(body),
        Err(_) => Err(format!("it says that it is encoded as `{coding}`, and is not")),
    }
}

#[cfg(test)]
#[path = "tests/body.rs"]
pub(super) mod tests;
