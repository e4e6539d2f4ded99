//! What holds for any response: whatever a gateway or a proxy sends, it is decoded or explained, in
//! bounds and without a secret.
#![allow(
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "this is a test, for the fuzzer too"
)]

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use super::secret::{Scrubber, Secret};
use super::{body, error_body, retry_after, types};

const SECRET: &str = "s3cret-token-of-the-fuzzer";

/// A body, with one encoding or none.
pub fn check_any_body(input: &[u8]) {
    let Some((encoding, raw)) = input.split_first() else { return };
    let mut headers = HeaderMap::new();
    if let Some(name) = ["gzip", "deflate", "x-gzip, deflate", "br"].get(usize::from(*encoding)) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    let Ok(body) = body::decode(&headers, raw.to_vec()) else { return };
    assert!(body.len() <= 1 << 20, "a body is bounded after unfolding: {}", body.len());

    // Decoded or refused; neither may panic. What was decoded has what a wait needs.
    _ = types::app_registration(&body);
    if let Ok(configuration) = types::configuration(&body) {
        assert!(!configuration.id.is_empty(), "{configuration:?}");
    }

    let scrubber = Scrubber(vec![Secret::new(SECRET)]);
    let said = error_body::read(&body, &scrubber);
    let ims = error_body::of_ims(&body, &scrubber);
    for text in [said.message, said.error_code, ims].into_iter().flatten() {
        assert!(text.chars().count() <= 600, "{text}");
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

/// A `Retry-After`, and the `Date` beside it after a line break.
pub fn check_any_retry_after(text: &str) {
    let (value, date) = match text.split_once('\n') {
        Some((value, date)) => (value, Some(date)),
        None => (text, None),
    };
    let asked = retry_after::parse(value, date, SystemTime::UNIX_EPOCH);
    // Far enough from what overflows a clock.
    assert!(asked.is_none_or(|asked| asked <= Duration::from_secs(366 * 24 * 3600)), "{asked:?}");
}

#[test]
fn the_seeds_pass() {
    crate::seeds::replay("response", check_any_body);
    crate::seeds::replay("retry_after", |seed| {
        check_any_retry_after(&String::from_utf8_lossy(seed));
    });
}
