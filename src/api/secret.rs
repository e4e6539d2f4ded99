//! Values that must not be shown: they redact themselves, and they can be cut out of other people's text.

use std::fmt;

use url::form_urlencoded::byte_serialize;

const REDACTED: &str = "[redacted]";

/// A credential. `Debug` and `Display` show `[redacted]`; only [`Secret::expose`] gives the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text as it is, spaces included.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of the secret replaced: as it is, escaped as in JSON, and percent-encoded, because
    /// servers and proxies like to echo what they refuse. An empty secret replaces nothing.
    pub fn scrub(&self, text: String) -> String {
        let mut text = text;
        for form in self.forms() {
            if !form.is_empty() && text.contains(&form) {
                text = text.replace(&form, REDACTED);
            }
        }
        text
    }

    /// The spellings that are looked for, longest first: a shorter one may be part of a longer one.
    fn forms(&self) -> Vec<String> {
        let json = serde_json::Value::from(self.expose()).to_string();
        let json = json
            .trim_start_matches('"')
            .strip_suffix('"')
            .unwrap_or_default();
        let form: String = byte_serialize(self.0.as_bytes()).collect();
        let mut forms = vec![
            self.0.clone(),
            json.to_owned(),
            form.replace('+', "%20"),
            form.to_ascii_lowercase(),
            form,
        ];
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        forms
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
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

    #[test]
    fn every_spelling_is_scrubbed() {
        let secret = Secret::new("p-8 \"q\"/ü+&");
        for echoed in [
            "p-8 \"q\"/ü+&",
            r#"p-8 \"q\"/ü+&"#,
            "p-8+%22q%22%2F%C3%BC%2B%26",
            "p-8%20%22q%22%2F%C3%BC%2B%26",
            "p-8+%22q%22%2f%c3%bc%2b%26",
        ] {
            assert_eq!(
                secret.scrub(format!("a {echoed} b {echoed}")),
                "a [redacted] b [redacted]",
                "{echoed}"
            );
        }
    }

    #[test]
    fn a_secret_that_is_a_quote_or_nothing_does_no_harm() {
        assert_eq!(Secret::new("").scrub("text".into()), "text");
        assert_eq!(Secret::new("\"").scrub("a \" b".into()), "a [redacted] b");
    }
}
