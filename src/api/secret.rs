//! Values that must not be shown: they redact themselves, and they can be cut out of other people's
//! text.

use std::fmt;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

const REDACTED: &str = "[redacted]";

/// The fewest characters of a secret that is looked for in other text.
const SHORTEST: usize = 4;

/// A credential. `Debug` and `Display` show `[redacted]`; only [`Secret::expose`] gives the text.
/// Its memory is zeroed when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text as it is, spaces included.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of the secret replaced: as it is, escaped as in JSON, and
    /// percent-encoded, because servers and proxies like to echo what they refuse. One of fewer
    /// than four characters replaces nothing: it cannot be told from text, and no service gives
    /// out such a one.
    pub fn scrub(&self, text: String) -> String {
        let mut text = text;
        if self.0.chars().count() < SHORTEST {
            return text;
        }
        for form in self.forms() {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), REDACTED);
            }
        }
        text
    }

    /// The spellings that are looked for, longest first: a shorter one may be part of a longer one.
    fn forms(&self) -> Vec<Zeroizing<String>> {
        let json = Zeroizing::new(serde_json::Value::from(self.expose()).to_string());
        let json = json.trim_start_matches('"').strip_suffix('"').unwrap_or_default();
        let form = Zeroizing::new(byte_serialize(self.0.as_bytes()).collect::<String>());
        let percent = Zeroizing::new(form.replace('+', "%20"));
        let mut forms = vec![
            self.0.clone(),
            Zeroizing::new(json.to_owned()),
            Zeroizing::new(lower_hex(&percent)),
            Zeroizing::new(lower_hex(&form)),
            percent,
            form,
        ];
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        forms
    }
}

/// A percent-encoded text with the digits of its escapes in lower case: both are in use.
fn lower_hex(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at(part.len().min(2));
        text + "%" + &digits.to_ascii_lowercase() + rest
    })
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// What goes to the HTTP client, zeroed when the last that holds it lets go. What the client writes
/// it into is out of reach.
pub(super) fn zeroed(text: String) -> Bytes {
    Bytes::from_owner(Zeroizing::new(text.into_bytes()))
}

/// A header's value, marked sensitive; `None` for what cannot be one.
pub(super) fn header(value: &Secret) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_maybe_shared(zeroed(value.expose().to_owned())).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// All secrets that one request carries: none of them may come back out in its error.
#[derive(Clone, Debug, Default)]
pub(super) struct Scrubber(pub(super) Vec<Secret>);

impl Scrubber {
    pub(super) fn scrub(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| secret.scrub(text))
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_and_display_redact() {
        let secret = Secret::new("s3cr3t");
        assert_eq!(
            format!("{secret} {secret:?} {:?}", Some(&secret)),
            "[redacted] [redacted] Some([redacted])"
        );
        assert_eq!(secret.expose(), "s3cr3t");
    }

    /// What is in this process's memory at an address, whoever owns it by now.
    #[cfg(target_os = "linux")]
    fn memory(at: *const u8, length: usize) -> String {
        use std::os::unix::fs::FileExt;
        let mut bytes = vec![0; length];
        let memory = std::fs::File::open("/proc/self/mem").unwrap();
        memory.read_exact_at(&mut bytes, at.addr() as u64).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_is_left_in_memory() {
        let text = "-zeroed-when-it-is-dropped".repeat(20);
        let secret = Secret::new(text.as_str());
        let header = super::header(&secret).unwrap();
        let body = super::zeroed(text.clone());
        let places = [secret.expose().as_ptr(), header.as_bytes().as_ptr(), body.as_ptr()];
        assert!(places.iter().all(|at| memory(*at, text.len()) == text));
        drop((secret, header, body));
        for (place, at) in ["the secret", "its header", "a body"].iter().zip(places) {
            assert!(!memory(at, text.len()).contains("-zeroed-when"), "{place}");
        }
    }

    #[test]
    fn every_spelling_is_scrubbed() {
        let secret = Secret::new("P-8 \"q\"/ü+&");
        for echoed in [
            "P-8 \"q\"/ü+&",
            r#"P-8 \"q\"/ü+&"#,
            "P-8+%22q%22%2F%C3%BC%2B%26",
            "P-8%20%22q%22%2F%C3%BC%2B%26",
            "P-8+%22q%22%2f%c3%bc%2b%26",
        ] {
            assert_eq!(
                secret.scrub(format!("a {echoed} b {echoed}")),
                "a [redacted] b [redacted]",
                "{echoed}"
            );
        }
    }

    #[test]
    fn what_is_too_short_to_be_a_secret_does_no_harm() {
        for short in ["", "t", "\"", "äöü"] {
            let text = "t \" äöü text";
            assert_eq!(Secret::new(short).scrub(text.into()), text, "{short}");
        }
        assert_eq!(Secret::new("\"\"\"\"").scrub("a \"\"\"\" b".into()), "a [redacted] b");
    }
}
