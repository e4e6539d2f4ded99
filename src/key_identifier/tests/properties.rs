//! What holds for every text, every identifier and every spelling of it.

use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::super::fuzzing::check_any_text;
use super::KeyIdentifier;

/// The parts of a valid identifier.
#[derive(Clone, Debug)]
struct Parts {
    vault: String,
    domain: &'static str,
    key: String,
    version: Option<String>,
}

impl Parts {
    fn plain(&self) -> String {
        let version = self.version.as_ref().map_or(String::new(), |v| format!("/{v}"));
        format!("https://{}.{}/keys/{}{version}", self.vault, self.domain, self.key)
    }
}

fn parts() -> impl Strategy<Value = Parts> {
    let domain = prop_oneof![
        Just("vault.azure.net"),
        Just("managedhsm.azure.net"),
        Just("vault.azure.cn"),
        Just("managedhsm.azure.cn"),
        Just("vault.usgovcloudapi.net"),
        Just("managedhsm.usgovcloudapi.net"),
    ];
    let version = proptest::option::of("[0-9a-zA-Z]{1,64}");
    ("[a-zA-Z][a-zA-Z0-9](-?[a-zA-Z0-9]){1,11}", domain, "[a-zA-Z0-9-]{1,127}", version)
        .prop_map(|(vault, domain, key, version)| Parts { vault, domain, key, version })
}

/// Text near a key identifier: its pieces, what may stand between them, and noise.
fn nearly() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("https://".to_owned()),
        Just("abc.vault.azure.net".to_owned()),
        Just("/keys/".to_owned()),
        Just("my-key".to_owned()),
        Just("/subscriptions/".to_owned()),
        r#"[:/?#@%.\\\[\]"' -]{1,3}"#,
        "[a-zA-Z0-9]{1,8}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// Every letter in the other case where the bit for it is set.
fn flip_case(text: &str, bits: u64) -> String {
    text.chars()
        .enumerate()
        .map(|(i, c)| match bits >> (i % 64) & 1 {
            0 => c,
            _ if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
            _ => c.to_ascii_lowercase(),
        })
        .collect()
}

/// No file of failing seeds: the test prints the smallest failing input, which belongs into the
/// tables.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_parsed_or_explained(text in any::<String>()) {
        check_any_text(&text);
    }

    #[test]
    fn any_text_near_an_identifier_is_parsed_or_explained(text in nearly()) {
        check_any_text(&text);
    }

    #[test]
    fn valid_identifiers_round_trip(parts in parts()) {
        let id = KeyIdentifier::parse(&parts.plain()).unwrap();
        prop_assert_eq!(id.vault_name(), parts.vault.to_ascii_lowercase());
        prop_assert_eq!(id.key_name(), &parts.key);
        prop_assert_eq!(id.key_version(), parts.version.as_deref());
        prop_assert_eq!(id.is_managed_hsm(), parts.domain.starts_with("managedhsm"));
        check_any_text(&parts.plain());
    }

    #[test]
    fn another_spelling_is_the_same_key(
        parts in parts(),
        case in any::<u64>(),
        port in prop_oneof![Just(""), Just(":443")],
        slash in prop_oneof![Just(""), Just("/")],
        version in proptest::option::of("[0-9a-z]{1,32}"),
    ) {
        let scheme_and_host = flip_case(&format!("https://{}.{}", parts.vault, parts.domain), case);
        let key = flip_case(&parts.key, case.rotate_left(17));
        let version = version.map_or(String::new(), |v| format!("/{v}"));
        let other = KeyIdentifier::parse(&format!("{scheme_and_host}{port}/keys/{key}{version}{slash}")).unwrap();
        let id = KeyIdentifier::parse(&parts.plain()).unwrap();
        prop_assert!(id.same_key(&other) && other.same_key(&id));
        prop_assert_eq!(id.key_vault_uri(), other.key_vault_uri());
    }

    #[test]
    fn another_vault_domain_or_key_is_another_key(a in parts(), b in parts(), keep in 0_u8..7) {
        // Up to two of the three parts are made equal, so that a difference in one alone is seen.
        let mut b = b;
        if keep & 1 != 0 { b.vault.clone_from(&a.vault); }
        if keep & 2 != 0 { b.domain = a.domain; }
        if keep & 4 != 0 { b.key.clone_from(&a.key); }
        let equal = a.vault.eq_ignore_ascii_case(&b.vault)
            && a.domain == b.domain
            && a.key.eq_ignore_ascii_case(&b.key);
        let (a, b) = (KeyIdentifier::parse(&a.plain()).unwrap(), KeyIdentifier::parse(&b.plain()).unwrap());
        prop_assert_eq!(a.same_key(&b), equal);
    }

    #[test]
    fn credentials_are_never_in_the_message(
        parts in parts(),
        middle in r#"[ -~\t\u{e9}]{0,3}"#,
    ) {
        // The odd characters in the middle are what splits a URL; the words around them must not come out.
        let text = parts.plain().replacen("://", &format!("://Qzuser:Qzpass{middle}Qzword@"), 1);
        let error = KeyIdentifier::parse(&text).unwrap_err();
        prop_assert!(!error.to_string().to_lowercase().contains("qz"), "{}", error);
        prop_assert!(!error.to_string().contains("is not the host"));
    }
}
