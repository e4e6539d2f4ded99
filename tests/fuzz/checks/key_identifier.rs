//! What holds for any text given to the parser. Checked by the fuzz target and, over its seeds and
//! generated texts, by the unit tests.
#![allow(
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "this is a test, for the fuzzer too"
)]

use super::KeyIdentifier;

pub fn check_any_text(text: &str) {
    match KeyIdentifier::parse(text) {
        Ok(id) => check_accepted(text, &id),
        Err(error) => {
            let message = error.to_string();
            assert!(message.ends_with('.') && message.len() < 600, "{message}");
        }
    }
}

fn check_accepted(text: &str, id: &KeyIdentifier) {
    let again = KeyIdentifier::parse(&id.versionless()).expect("the canonical form parses");
    assert!(again.same_key(id));
    assert_eq!(again.versionless(), id.versionless());

    // Nothing was repaired: a URL library, which does repair, finds the same host and path, and
    // nothing else.
    let url = url::Url::parse(text).expect("an accepted text is a URL");
    let host = url.host_str().unwrap_or_default();
    assert_eq!(format!("https://{host}"), id.key_vault_uri());
    let version = id.key_version().map_or(String::new(), |v| format!("/{v}"));
    assert_eq!(url.path().trim_end_matches('/'), format!("/keys/{}{version}", id.key_name()));
    assert_eq!((url.query(), url.fragment(), url.port()), (None, None, None));
    assert_eq!((url.username(), url.password()), ("", None));
}

#[test]
fn the_seeds_pass() {
    crate::seeds::replay("key_identifier", |seed| check_any_text(&String::from_utf8_lossy(seed)));
}
