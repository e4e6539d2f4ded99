//! The case names are the specification.

use super::{KEY_VAULT_ROLE, KeyIdentifier, MANAGED_HSM_ROLE};

mod properties;

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
#[rustfmt::skip] // one case a line
fn accepted_forms() {
    let long = "k".repeat(127);
    let version = "9".repeat(64);
    for (case, text, expected) in [
        ("without version", "https://abc.vault.azure.net/keys/k", ("abc", "k", None)),
        ("trailing slash after the name", "https://abc.vault.azure.net/keys/k/", ("abc", "k", None)),
        ("trailing slash after the version", "https://abc.vault.azure.net/keys/k/v1/", ("abc", "k", Some("v1"))),
        ("port 443", "https://abc.vault.azure.net:443/keys/k/v1", ("abc", "k", Some("v1"))),
        ("upper-case scheme and host", "HTTPS://ABC.Vault.AZURE.net/keys/K", ("abc", "K", None)),
        ("vault name of 3 characters, hyphens, digits", "https://a-1.vault.azure.net/keys/1-", ("a-1", "1-", None)),
        ("vault name of 24 characters", "https://abcdefghijklmnopqrstuvwx.vault.azure.net/keys/k", ("abcdefghijklmnopqrstuvwx", "k", None)),
        ("key name of 127 characters", &format!("https://abc.vault.azure.net/keys/{long}"), ("abc", &long, None)),
        ("version of 64 characters", &format!("https://abc.vault.azure.net/keys/k/{version}"), ("abc", "k", Some(&*version))),
        ("a key named keys", "https://abc.vault.azure.net/keys/keys/keys", ("abc", "keys", Some("keys"))),
    ] {
        let id = parsed(text);
        assert_eq!((id.vault_name(), id.key_name(), id.key_version()), expected, "{case}");
        assert_eq!(id.key_vault_uri(), format!("https://{}.vault.azure.net", expected.0), "{case}");
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
        ("nothing", "", "identifier is empty"),
        ("white space only", " \t\n", "identifier is empty"),
        ("space before", " https://abc.vault.azure.net/keys/k", "white space before or after"),
        ("line break after, as from file()", "https://abc.vault.azure.net/keys/k\n", "white space before or after"),
        ("no-break space after", "https://abc.vault.azure.net/keys/k\u{a0}", "white space before or after"),
        ("double quotes", "\"https://abc.vault.azure.net/keys/k\"", "quotes around"),
        ("single quotes", "'https://abc.vault.azure.net/keys/k'", "quotes around"),
        ("ARN of a key", "arn:aws:kms:us-east-1:111122223333:key/1234abcd", "ARN of a key in AWS"),
        ("ARN in upper case with a line break", "ARN:AWS:KMS:x\n", "ARN of a key in AWS"),
        ("resource id of a key", KEY_RESOURCE_ID, "Azure resource id of a key"),
        ("resource id of a key, upper case", &KEY_RESOURCE_ID.to_uppercase(), "Azure resource id of a key"),
        ("resource id of a key, version", &format!("{KEY_RESOURCE_ID}/versions/v1"), "Azure resource id of a key"),
        ("resource id behind its host", &format!("https://management.azure.com{KEY_RESOURCE_ID}"), "Azure resource id of a key"),
        ("resource id of a vault", VAULT_RESOURCE_ID, "not one of a key"),
        ("resource id of a Managed HSM", HSM_RESOURCE_ID, "not one of a key"),
        ("page of the portal", "https://portal.azure.com/#@contoso.com/resource/x", "page in the Azure portal"),
    ]);
}

#[test]
#[rustfmt::skip] // one case a line
fn characters() {
    each_is([
        ("tab in the host, which URL libraries strip", "https://a\tbc.vault.azure.net/keys/k", "control character U+0009;"),
        ("line break in the path", "https://abc.vault.azure.net/keys/k\n/v1", "control character U+000A;"),
        ("NUL", "https://abc.vault.azure.net/keys/k\0", "control character U+0000;"),
        ("DEL", "https://abc.vault.azure.net/keys/k\u{7f}", "control character U+007F;"),
        ("dash for a hyphen", "https://abc.vault.azure.net/keys/my\u{2013}key", "the character U+2013,"),
        ("Cyrillic letter in the host", "https://\u{430}bc.vault.azure.net/keys/k", "the character U+0430,"),
        ("full-width dot, which IDNA maps to a dot", "https://abc\u{ff0e}vault.azure.net/keys/k", "the character U+FF0E,"),
        ("byte order mark", "\u{feff}https://abc.vault.azure.net/keys/k", "the character U+FEFF,"),
        ("invisible space inside", "https://abc.vault.azure.net/\u{200b}keys/k", "the character U+200B,"),
        ("backslashes for slashes", r"https:\\abc.vault.azure.net\keys\k", "contains a backslash"),
        ("backslash in the path", r"https://abc.vault.azure.net/keys\k", "contains a backslash"),
        ("space in the key's name", "https://abc.vault.azure.net/keys/my key", "contains a space"),
    ]);
}

#[test]
#[rustfmt::skip] // one case a line
fn scheme() {
    each_is([
        ("http", "http://abc.vault.azure.net/keys/k", "begins with `http://`"),
        ("HTTP", "HTTP://abc.vault.azure.net/keys/k", "begins with `http://`"),
        ("another scheme", "ftp://abc.vault.azure.net/keys/k", "scheme is not `https`"),
        ("no scheme", "abc.vault.azure.net/keys/k", "`https://` is missing"),
        ("no scheme, with port", "abc.managedhsm.azure.cn:443/keys/k", "`https://` is missing"),
        ("no scheme, a URL in the query", "abc.vault.azure.net/keys/k?u=https://x", "`https://` is missing"),
        ("two slashes only", "//abc.vault.azure.net/keys/k", "`https://` is missing"),
        ("no scheme, but its slashes", "://abc.vault.azure.net/keys/k", "`https://` is missing"),
        ("one slash", "https:/abc.vault.azure.net/keys/k", "exactly two slashes"),
        ("no slash", "https:abc.vault.azure.net/keys/k", "exactly two slashes"),
        ("three slashes", "https:///abc.vault.azure.net/keys/k", "host name is missing"),
        ("the key's name", "my-key", "not the URL of a key ("),
        ("a path", "/keys/k", "not the URL of a key ("),
        ("a key vault reference of Azure", "@Microsoft.KeyVault(SecretUri=https://abc.vault.azure.net/secrets/s)", "not the URL of a key ("),
    ]);
}

#[test]
#[rustfmt::skip] // one case a line
fn host() {
    each_is([
        ("no host", "https://", "host name is missing"),
        ("port only", "https://:443/keys/k", "host name is missing"),
        ("user and password", "https://me:pw@abc.vault.azure.net/keys/k", "an `@` in the key identifier"),
        ("user", "https://me@abc.vault.azure.net/keys/k", "an `@` in the key identifier"),
        ("the vault as the user of another host", "https://abc.vault.azure.net@evil.com/keys/k", "an `@` in the key identifier"),
        ("the vault and 443 as user and password", "https://abc.vault.azure.net:443@evil.com/keys/k", "an `@` in the key identifier"),
        ("password with a slash", "https://me:p/w@abc.vault.azure.net/keys/k", "an `@` in the key identifier"),
        ("user with a question mark", "https://me?x@abc.vault.azure.net/keys/k", "an `@` in the key identifier"),
        ("password that is not ASCII", "https://me:\u{e9}@abc.vault.azure.net/keys/k", "an `@` in the key identifier"),
        ("password with a tab", "https://me:\t@abc.vault.azure.net/keys/k", "an `@` in the key identifier"),
        ("IPv4", "https://10.0.0.4/keys/k", "an IP address"),
        ("IPv6", "https://[::1]:443/keys/k", "an IP address"),
        ("private link", "https://abc.privatelink.vaultcore.azure.net/keys/k", "private endpoint;"),
        ("private link of a Managed HSM", "https://abc.privatelink.managedhsm.azure.net/keys/k", "private endpoint;"),
        ("domain without a vault", "https://vault.azure.net/keys/k", "vault's name is missing"),
        ("domain with a dot", "https://.vault.azure.net/keys/k", "vault's name is missing"),
        ("nested subdomain", "https://a.b.vault.azure.net/keys/k", "host `a.b.vault.azure.net` has a dot"),
        ("empty label", "https://abc..vault.azure.net/keys/k", "host `abc..vault.azure.net` has a dot"),
        ("the vault as a subdomain of another domain", "https://abc.vault.azure.net.evil.com/keys/k", "host `abc.vault.azure.net.evil.com` looks like"),
        ("hyphens for dots", "https://vault-azure.net/keys/k", "host `vault-azure.net` looks like"),
        ("no dot before the domain", "https://evilvault.azure.net/keys/k", "host `evilvault.azure.net` looks like"),
        ("another top-level domain", "https://abc.vault.azure.com/keys/k", "host `abc.vault.azure.com` looks like"),
        ("another host", "https://Example.com/keys/k", "host `example.com` is not"),
        ("one label", "https://localhost/keys/k", "host `localhost` is not"),
        ("root dot", "https://abc.vault.azure.net./keys/k", "dot after the vault's host"),
        ("another port", "https://abc.vault.azure.net:8443/keys/k", "port is not 443"),
        ("empty port", "https://abc.vault.azure.net:/keys/k", "port is not 443"),
        ("port with a zero before it, which URL libraries drop", "https://abc.vault.azure.net:0443/keys/k", "port is not 443"),
        ("vault name of 2 characters", "https://ab.vault.azure.net/keys/k", "vault's name is 2 characters"),
        ("vault name of 25 characters", "https://abcdefghijklmnopqrstuvwxy.vault.azure.net/keys/k", "vault's name is 25 characters"),
        ("name of a Managed HSM of 25 characters", "https://abcdefghijklmnopqrstuvwxy.managedhsm.azure.net/keys/k", "vault's name is 25 characters"),
        ("vault name begins with a digit", "https://1abc.vault.azure.net/keys/k", "does not begin with a letter"),
        ("vault name begins with a hyphen", "https://-abc.vault.azure.net/keys/k", "does not begin with a letter"),
        ("vault name with two hyphens in a row", "https://my--vault.vault.azure.net/keys/k", "two hyphens in a row"),
        ("vault name that looks like an international one", "https://xn--vault.vault.azure.net/keys/k", "two hyphens in a row"),
        ("vault name ends with a hyphen", "https://vault-.managedhsm.azure.net/keys/k", "one at its end"),
        ("vault name with an underscore", "https://my_vault.vault.azure.net/keys/k", "vault's name contains `_`"),
        ("percent-encoded letter in the vault name", "https://%61bc.vault.azure.net/keys/k", "vault's name contains `%`"),
    ]);
}

#[test]
#[rustfmt::skip] // one case a line
fn path() {
    each_is([
        ("query", "https://abc.vault.azure.net/keys/k?api-version=7.4", "contains a query"),
        ("empty query", "https://abc.vault.azure.net/keys/k?", "contains a query"),
        ("query right after the host", "https://abc.vault.azure.net?x", "contains a query"),
        ("fragment", "https://abc.vault.azure.net/keys/k#x", "contains a fragment"),
        ("fragment and query", "https://abc.vault.azure.net/keys/k?x#y", "contains a fragment"),
        ("secret", "https://abc.vault.azure.net/secrets/s/v1", "URL of a secret"),
        ("certificate", "https://abc.vault.azure.net/certificates/c", "URL of a certificate"),
        ("Keys", "https://abc.vault.azure.net/Keys/k", "in lower case"),
        ("another collection", "https://abc.vault.azure.net/storage/k", "does not begin with `/keys/`"),
        ("key", "https://abc.vault.azure.net/key/k", "does not begin with `/keys/`"),
        ("the vault", "https://abc.vault.azure.net", "URL of the vault, without a key"),
        ("the vault with a slash, as vault_uri has it", "https://abc.vault.azure.net/", "URL of the vault, without a key"),
        ("no name", "https://abc.vault.azure.net/keys", "missing after `/keys/`"),
        ("no name behind the slash", "https://abc.vault.azure.net/keys/", "missing after `/keys/`"),
        ("version without a name", "https://abc.vault.azure.net/keys//v1", "two slashes in a row"),
        ("vault_uri and a path joined", "https://abc.vault.azure.net//keys/k", "two slashes in a row"),
        ("two slashes at the end", "https://abc.vault.azure.net/keys/k//", "two slashes in a row"),
        ("extra segment", "https://abc.vault.azure.net/keys/k/v1/x", "more after the key's version"),
        ("encoded slash", "https://abc.vault.azure.net/keys/a%2Fb", "contains a `%`"),
        ("encoded letter", "https://abc.vault.azure.net/%6beys/k", "contains a `%`"),
        ("dots to another collection", "https://abc.vault.azure.net/keys/../secrets/s", "`.` or `..` segment"),
        ("dots in front", "https://abc.vault.azure.net/../keys/k", "`.` or `..` segment"),
        ("dot for a name", "https://abc.vault.azure.net/keys/.", "`.` or `..` segment"),
        ("underscore in the name", "https://abc.vault.azure.net/keys/my_key", "key's name contains `_`"),
        ("quote behind the name", "https://abc.vault.azure.net/keys/k\"", "key's name contains `\"`"),
        ("at sign in the name", "https://abc.vault.azure.net/keys/k@x", "key's name contains `@`"),
        ("name of 128 characters", &format!("https://abc.vault.azure.net/keys/{}", "k".repeat(128)), "key's name is 128 characters"),
        ("hyphen in the version", "https://abc.vault.azure.net/keys/k/a-b", "version contains `-`"),
        ("version of 65 characters", &format!("https://abc.vault.azure.net/keys/k/{}", "9".repeat(65)), "version is 65 characters"),
    ]);
}

/// A part of the sentence that no other one has.
fn each_is<const N: usize>(cases: [(&str, &str, &str); N]) {
    for (case, text, expected) in cases {
        let message = KeyIdentifier::parse(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{case}: {text:?}: {message}");
    }
}

/// What the sentences are made with is filled in.
#[test]
fn a_message_is_one_sentence_with_the_fix() {
    for (text, sentence) in [
        (
            "",
            "The key identifier is empty; use the key's URL, in Terraform `azurerm_key_vault_key.<name>.versionless_id` (on a Managed HSM: `azurerm_key_vault_managed_hardware_security_module_key.<name>.id`).",
        ),
        (
            "https://abc.vault.azure.net/Keys/k",
            "The path has to begin with `/keys/` in lower case; the form is `https://<vault>.vault.azure.net/keys/<key>`.",
        ),
        (
            "https://[::1]/keys/k",
            "The host is an IP address; write the vault's own host name, `<vault>.vault.azure.net` or `<hsm>.managedhsm.azure.net` (in sovereign clouds `.azure.cn` or `.usgovcloudapi.net`).",
        ),
        (
            "https://a.vault.azure.net/keys/k",
            "The vault's name is 1 character long; names of vaults have 3 to 24 characters.",
        ),
    ] {
        assert_eq!(KeyIdentifier::parse(text).unwrap_err().to_string(), sentence);
    }
}

#[test]
fn a_host_as_long_as_a_book_is_cut_in_the_message() {
    for (length, shown) in [(80, 80), (81, 80), (100_000, 80)] {
        let host = format!("{}.example", "x".repeat(length - ".example".len()));
        let message = KeyIdentifier::parse(&format!("https://{host}/keys/k")).unwrap_err();
        let dots = if length > shown { "..." } else { "" };
        let expected = format!("The host `{}{dots}` is not", &host[..shown]);
        assert!(message.to_string().starts_with(&expected), "{length}");
    }
}
