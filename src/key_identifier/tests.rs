//! The case names are the specification.

use super::{KEY_VAULT_ROLE, KeyIdentifier, MANAGED_HSM_ROLE, ParseError};

#[path = "../../tests/fuzz/checks.rs"]
mod checks;
mod properties;
mod replay;

const SAMPLE_OF_ADOBE: &str =
    "https://adobecmkexample.vault.azure.net/keys/adobeCMK-key/7c1d50lo28234cc895534c00d7eb4eb4";

fn parsed(text: &str) -> KeyIdentifier {
    KeyIdentifier::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

#[test]
fn adobes_own_sample_is_taken_apart() {
    let id = parsed(SAMPLE_OF_ADOBE);
    assert_eq!(id.key_vault_uri(), "https://adobecmkexample.vault.azure.net");
    assert_eq!(id.vault_name(), "adobecmkexample");
    assert_eq!(id.key_name(), "adobeCMK-key");
    assert_eq!(id.key_version(), Some("7c1d50lo28234cc895534c00d7eb4eb4"));
    assert_eq!(id.versionless(), "https://adobecmkexample.vault.azure.net/keys/adobeCMK-key");
    assert!(!id.is_managed_hsm());
    assert_eq!(id.required_role(), KEY_VAULT_ROLE);
}

#[test]
fn accepted_forms() {
    let name_127 = format!("https://abc.vault.azure.net/keys/{}", "k".repeat(127));
    let version_64 = format!("https://abc.vault.azure.net/keys/k/{}", "9".repeat(64));
    for (case, text, uri, key, version) in [
        (
            "without version",
            "https://abc.vault.azure.net/keys/k",
            "https://abc.vault.azure.net",
            "k",
            None,
        ),
        (
            "trailing slash after the name",
            "https://abc.vault.azure.net/keys/k/",
            "https://abc.vault.azure.net",
            "k",
            None,
        ),
        (
            "trailing slash after the version",
            "https://abc.vault.azure.net/keys/k/v1/",
            "https://abc.vault.azure.net",
            "k",
            Some("v1"),
        ),
        (
            "port 443",
            "https://abc.vault.azure.net:443/keys/k/v1",
            "https://abc.vault.azure.net",
            "k",
            Some("v1"),
        ),
        (
            "upper-case scheme and host",
            "HTTPS://ABC.Vault.AZURE.net/keys/K",
            "https://abc.vault.azure.net",
            "K",
            None,
        ),
        (
            "vault name of 3 characters, hyphens, digits",
            "https://a-1.vault.azure.net/keys/1-",
            "https://a-1.vault.azure.net",
            "1-",
            None,
        ),
        (
            "vault name of 24 characters",
            "https://abcdefghijklmnopqrstuvwx.vault.azure.net/keys/k",
            "https://abcdefghijklmnopqrstuvwx.vault.azure.net",
            "k",
            None,
        ),
        (
            "key name of 127 characters",
            &name_127,
            "https://abc.vault.azure.net",
            &"k".repeat(127),
            None,
        ),
        (
            "version of 64 characters",
            &version_64,
            "https://abc.vault.azure.net",
            "k",
            Some("9".repeat(64).as_str()),
        ),
        (
            "a key named keys",
            "https://abc.vault.azure.net/keys/keys/keys",
            "https://abc.vault.azure.net",
            "keys",
            Some("keys"),
        ),
    ] {
        let id = parsed(text);
        assert_eq!(id.key_vault_uri(), uri, "{case}");
        assert_eq!(id.key_name(), key, "{case}");
        assert_eq!(id.key_version(), version, "{case}");
    }
}

#[test]
fn every_domain_has_its_kind_and_role() {
    for (host, managed_hsm, role) in [
        ("abc.vault.azure.net", false, KEY_VAULT_ROLE),
        ("abc.vault.azure.cn", false, KEY_VAULT_ROLE),
        ("abc.vault.usgovcloudapi.net", false, KEY_VAULT_ROLE),
        ("abc.managedhsm.azure.net", true, MANAGED_HSM_ROLE),
        ("abc.managedhsm.azure.cn", true, MANAGED_HSM_ROLE),
        ("abc.managedhsm.usgovcloudapi.net", true, MANAGED_HSM_ROLE),
    ] {
        let id = parsed(&format!("https://{host}/keys/k"));
        assert_eq!(id.vault_name(), "abc", "{host}");
        assert_eq!(id.key_vault_uri(), format!("https://{host}"));
        assert_eq!(id.is_managed_hsm(), managed_hsm, "{host}");
        assert_eq!(id.required_role(), role, "{host}");
    }
}

#[test]
fn same_key() {
    let key = "https://abc.vault.azure.net/keys/My-Key";
    for (case, other, same) in [
        ("itself", key, true),
        ("a version", "https://abc.vault.azure.net/keys/My-Key/v1", true),
        ("letter case of the key", "https://abc.vault.azure.net/keys/mY-kEY", true),
        ("letter case of the host", "https://ABC.vault.Azure.net/keys/My-Key", true),
        ("port and slash", "https://abc.vault.azure.net:443/keys/My-Key/", true),
        ("another key", "https://abc.vault.azure.net/keys/My-Key2", false),
        ("another vault", "https://abd.vault.azure.net/keys/My-Key", false),
        ("another cloud", "https://abc.vault.azure.cn/keys/My-Key", false),
        ("a Managed HSM of that name", "https://abc.managedhsm.azure.net/keys/My-Key", false),
    ] {
        assert_eq!(parsed(key).same_key(&parsed(other)), same, "{case}");
        assert_eq!(parsed(other).same_key(&parsed(key)), same, "{case}");
    }
}

const KEY_RESOURCE_ID: &str =
    "/subscriptions/0/resourceGroups/g/providers/Microsoft.KeyVault/vaults/abc/keys/k";
const VAULT_RESOURCE_ID: &str =
    "/subscriptions/0/resourceGroups/g/providers/Microsoft.KeyVault/vaults/abc";
const HSM_RESOURCE_ID: &str =
    "/subscriptions/0/resourceGroups/g/providers/Microsoft.KeyVault/managedHSMs/abc";

#[test]
#[rustfmt::skip] // one case a line
fn other_kinds_of_id() {
    each_is([
        ("nothing", "", ParseError::Empty),
        ("white space only", " \t\n", ParseError::Empty),
        ("space before", " https://abc.vault.azure.net/keys/k", ParseError::SurroundingWhitespace),
        ("line break after, as from file()", "https://abc.vault.azure.net/keys/k\n", ParseError::SurroundingWhitespace),
        ("no-break space after", "https://abc.vault.azure.net/keys/k\u{a0}", ParseError::SurroundingWhitespace),
        ("double quotes", "\"https://abc.vault.azure.net/keys/k\"", ParseError::Quoted),
        ("single quotes", "'https://abc.vault.azure.net/keys/k'", ParseError::Quoted),
        ("ARN of a key", "arn:aws:kms:us-east-1:111122223333:key/1234abcd", ParseError::AwsArn),
        ("ARN in upper case with a line break", "ARN:AWS:KMS:x\n", ParseError::AwsArn),
        ("resource id of a key", KEY_RESOURCE_ID, ParseError::AzureKeyResourceId),
        ("resource id of a key, upper case", &KEY_RESOURCE_ID.to_uppercase(), ParseError::AzureKeyResourceId),
        ("resource id of a key, version", &format!("{KEY_RESOURCE_ID}/versions/v1"), ParseError::AzureKeyResourceId),
        ("resource id behind its host", &format!("https://management.azure.com{KEY_RESOURCE_ID}"), ParseError::AzureKeyResourceId),
        ("resource id of a vault", VAULT_RESOURCE_ID, ParseError::AzureVaultResourceId),
        ("resource id of a Managed HSM", HSM_RESOURCE_ID, ParseError::AzureVaultResourceId),
        ("page of the portal", "https://portal.azure.com/#@contoso.com/resource/x", ParseError::PortalUrl),
    ]);
}

#[test]
#[rustfmt::skip] // one case a line
fn characters() {
    each_is([
        ("tab in the host, which URL libraries strip", "https://a\tbc.vault.azure.net/keys/k", ParseError::ControlCharacter('\t')),
        ("line break in the path", "https://abc.vault.azure.net/keys/k\n/v1", ParseError::ControlCharacter('\n')),
        ("NUL", "https://abc.vault.azure.net/keys/k\0", ParseError::ControlCharacter('\0')),
        ("DEL", "https://abc.vault.azure.net/keys/k\u{7f}", ParseError::ControlCharacter('\u{7f}')),
        ("dash for a hyphen", "https://abc.vault.azure.net/keys/my\u{2013}key", ParseError::NonAscii('\u{2013}')),
        ("Cyrillic letter in the host", "https://\u{430}bc.vault.azure.net/keys/k", ParseError::NonAscii('\u{430}')),
        ("full-width dot, which IDNA maps to a dot", "https://abc\u{ff0e}vault.azure.net/keys/k", ParseError::NonAscii('\u{ff0e}')),
        ("byte order mark", "\u{feff}https://abc.vault.azure.net/keys/k", ParseError::NonAscii('\u{feff}')),
        ("invisible space inside", "https://abc.vault.azure.net/\u{200b}keys/k", ParseError::NonAscii('\u{200b}')),
        ("backslashes for slashes", r"https:\\abc.vault.azure.net\keys\k", ParseError::Backslash),
        ("backslash in the path", r"https://abc.vault.azure.net/keys\k", ParseError::Backslash),
        ("space in the key's name", "https://abc.vault.azure.net/keys/my key", ParseError::Space),
    ]);
}

#[test]
#[rustfmt::skip] // one case a line
fn scheme() {
    each_is([
        ("http", "http://abc.vault.azure.net/keys/k", ParseError::Http),
        ("HTTP", "HTTP://abc.vault.azure.net/keys/k", ParseError::Http),
        ("another scheme", "ftp://abc.vault.azure.net/keys/k", ParseError::OtherScheme),
        ("no scheme", "abc.vault.azure.net/keys/k", ParseError::MissingScheme),
        ("no scheme, with port", "abc.managedhsm.azure.cn:443/keys/k", ParseError::MissingScheme),
        ("no scheme, a URL in the query", "abc.vault.azure.net/keys/k?u=https://x", ParseError::MissingScheme),
        ("two slashes only", "//abc.vault.azure.net/keys/k", ParseError::MissingScheme),
        ("no scheme, but its slashes", "://abc.vault.azure.net/keys/k", ParseError::MissingScheme),
        ("one slash", "https:/abc.vault.azure.net/keys/k", ParseError::MissingSlashes),
        ("no slash", "https:abc.vault.azure.net/keys/k", ParseError::MissingSlashes),
        ("three slashes", "https:///abc.vault.azure.net/keys/k", ParseError::MissingHost),
        ("the key's name", "my-key", ParseError::NotAUrl),
        ("a path", "/keys/k", ParseError::NotAUrl),
        ("a key vault reference of Azure", "@Microsoft.KeyVault(SecretUri=https://abc.vault.azure.net/secrets/s)", ParseError::NotAUrl),
    ]);
}

#[test]
#[rustfmt::skip] // one case a line
fn host() {
    let nested = |host: &str| ParseError::NestedHost(host.to_owned());
    let look_alike = |host: &str| ParseError::LookAlikeHost(host.to_owned());
    let other = |host: &str| ParseError::OtherHost(host.to_owned());
    each_is([
        ("no host", "https://", ParseError::MissingHost),
        ("port only", "https://:443/keys/k", ParseError::MissingHost),
        ("user and password", "https://me:pw@abc.vault.azure.net/keys/k", ParseError::Credentials),
        ("user", "https://me@abc.vault.azure.net/keys/k", ParseError::Credentials),
        ("the vault as the user of another host", "https://abc.vault.azure.net@evil.com/keys/k", ParseError::Credentials),
        ("the vault and 443 as user and password", "https://abc.vault.azure.net:443@evil.com/keys/k", ParseError::Credentials),
        ("password with a slash", "https://me:p/w@abc.vault.azure.net/keys/k", ParseError::Credentials),
        ("user with a question mark", "https://me?x@abc.vault.azure.net/keys/k", ParseError::Credentials),
        ("password that is not ASCII", "https://me:\u{e9}@abc.vault.azure.net/keys/k", ParseError::Credentials),
        ("password with a tab", "https://me:\t@abc.vault.azure.net/keys/k", ParseError::Credentials),
        ("IPv4", "https://10.0.0.4/keys/k", ParseError::IpAddress),
        ("IPv6", "https://[::1]:443/keys/k", ParseError::IpAddress),
        ("private link", "https://abc.privatelink.vaultcore.azure.net/keys/k", ParseError::PrivateLinkHost),
        ("private link of a Managed HSM", "https://abc.privatelink.managedhsm.azure.net/keys/k", ParseError::PrivateLinkHost),
        ("domain without a vault", "https://vault.azure.net/keys/k", ParseError::BareVaultDomain),
        ("domain with a dot", "https://.vault.azure.net/keys/k", ParseError::BareVaultDomain),
        ("nested subdomain", "https://a.b.vault.azure.net/keys/k", nested("a.b.vault.azure.net")),
        ("empty label", "https://abc..vault.azure.net/keys/k", nested("abc..vault.azure.net")),
        ("the vault as a subdomain of another domain", "https://abc.vault.azure.net.evil.com/keys/k", look_alike("abc.vault.azure.net.evil.com")),
        ("hyphens for dots", "https://vault-azure.net/keys/k", look_alike("vault-azure.net")),
        ("no dot before the domain", "https://evilvault.azure.net/keys/k", look_alike("evilvault.azure.net")),
        ("another top-level domain", "https://abc.vault.azure.com/keys/k", look_alike("abc.vault.azure.com")),
        ("another host", "https://Example.com/keys/k", other("example.com")),
        ("one label", "https://localhost/keys/k", other("localhost")),
        ("root dot", "https://abc.vault.azure.net./keys/k", ParseError::HostTrailingDot),
        ("another port", "https://abc.vault.azure.net:8443/keys/k", ParseError::Port),
        ("empty port", "https://abc.vault.azure.net:/keys/k", ParseError::Port),
        ("port with a zero before it, which URL libraries drop", "https://abc.vault.azure.net:0443/keys/k", ParseError::Port),
        ("vault name of 2 characters", "https://ab.vault.azure.net/keys/k", ParseError::VaultNameLength(2)),
        ("vault name of 25 characters", "https://abcdefghijklmnopqrstuvwxy.vault.azure.net/keys/k", ParseError::VaultNameLength(25)),
        ("name of a Managed HSM of 25 characters", "https://abcdefghijklmnopqrstuvwxy.managedhsm.azure.net/keys/k", ParseError::VaultNameLength(25)),
        ("vault name begins with a digit", "https://1abc.vault.azure.net/keys/k", ParseError::VaultNameStart),
        ("vault name begins with a hyphen", "https://-abc.vault.azure.net/keys/k", ParseError::VaultNameStart),
        ("vault name with an underscore", "https://my_vault.vault.azure.net/keys/k", ParseError::VaultNameCharacter('_')),
        ("percent-encoded letter in the vault name", "https://%61bc.vault.azure.net/keys/k", ParseError::VaultNameCharacter('%')),
    ]);
}

#[test]
#[rustfmt::skip] // one case a line
fn path() {
    each_is([
        ("query", "https://abc.vault.azure.net/keys/k?api-version=7.4", ParseError::Query),
        ("empty query", "https://abc.vault.azure.net/keys/k?", ParseError::Query),
        ("query right after the host", "https://abc.vault.azure.net?x", ParseError::Query),
        ("fragment", "https://abc.vault.azure.net/keys/k#x", ParseError::Fragment),
        ("fragment and query", "https://abc.vault.azure.net/keys/k?x#y", ParseError::Fragment),
        ("secret", "https://abc.vault.azure.net/secrets/s/v1", ParseError::SecretPath),
        ("certificate", "https://abc.vault.azure.net/certificates/c", ParseError::CertificatePath),
        ("Keys", "https://abc.vault.azure.net/Keys/k", ParseError::KeysLetterCase),
        ("another collection", "https://abc.vault.azure.net/storage/k", ParseError::OtherPath),
        ("key", "https://abc.vault.azure.net/key/k", ParseError::OtherPath),
        ("the vault", "https://abc.vault.azure.net", ParseError::MissingKey),
        ("the vault with a slash, as vault_uri has it", "https://abc.vault.azure.net/", ParseError::MissingKey),
        ("no name", "https://abc.vault.azure.net/keys", ParseError::MissingKeyName),
        ("no name behind the slash", "https://abc.vault.azure.net/keys/", ParseError::MissingKeyName),
        ("version without a name", "https://abc.vault.azure.net/keys//v1", ParseError::EmptySegment),
        ("vault_uri and a path joined", "https://abc.vault.azure.net//keys/k", ParseError::EmptySegment),
        ("two slashes at the end", "https://abc.vault.azure.net/keys/k//", ParseError::EmptySegment),
        ("extra segment", "https://abc.vault.azure.net/keys/k/v1/x", ParseError::ExtraSegment),
        ("encoded slash", "https://abc.vault.azure.net/keys/a%2Fb", ParseError::PercentEncoding),
        ("encoded letter", "https://abc.vault.azure.net/%6beys/k", ParseError::PercentEncoding),
        ("dots to another collection", "https://abc.vault.azure.net/keys/../secrets/s", ParseError::DotSegment),
        ("dots in front", "https://abc.vault.azure.net/../keys/k", ParseError::DotSegment),
        ("dot for a name", "https://abc.vault.azure.net/keys/.", ParseError::DotSegment),
        ("underscore in the name", "https://abc.vault.azure.net/keys/my_key", ParseError::KeyNameCharacter('_')),
        ("at sign in the name", "https://abc.vault.azure.net/keys/k@x", ParseError::KeyNameCharacter('@')),
        ("name of 128 characters", &format!("https://abc.vault.azure.net/keys/{}", "k".repeat(128)), ParseError::KeyNameLength(128)),
        ("hyphen in the version", "https://abc.vault.azure.net/keys/k/a-b", ParseError::KeyVersionCharacter('-')),
        ("version of 65 characters", &format!("https://abc.vault.azure.net/keys/k/{}", "9".repeat(65)), ParseError::KeyVersionLength(65)),
    ]);
}

fn each_is<const N: usize>(cases: [(&str, &str, ParseError); N]) {
    for (case, text, expected) in cases {
        assert_eq!(KeyIdentifier::parse(text), Err(expected), "{case}: {text:?}");
    }
}

#[test]
fn a_message_is_one_sentence_with_the_fix() {
    for (text, fix) in [
        ("arn:aws:kms:x", "`azurerm_key_vault_key.<name>.versionless_id`"),
        (KEY_RESOURCE_ID, "`azurerm_key_vault_key.<name>.versionless_id`"),
        ("http://abc.vault.azure.net/keys/k", "`https://`"),
        ("https://abc.vault.azure.net/keys/k\n", "`trimspace()`"),
        ("https://abc.vault.azure.net/keys/a\u{2013}b", "U+2013"),
        ("https://x.example/keys/k", "`x.example`"),
    ] {
        let message = KeyIdentifier::parse(text).unwrap_err().to_string();
        assert!(message.contains(fix), "{message}");
        assert!(message.ends_with('.'), "{message}");
        assert!(!message.contains('{') && !message.contains('\n'), "{message}");
    }
}

#[test]
fn a_host_as_long_as_a_book_is_cut_in_the_message() {
    let text = format!("https://{}.example/keys/k", "x".repeat(100_000));
    let message = KeyIdentifier::parse(&text).unwrap_err().to_string();
    assert!(message.len() < 500, "{}", message.len());
}
