//! Reads a key URL, and says in one sentence what is wrong with it.
//!
//! The parser reads the text as it was written. A URL library would repair mistakes before anyone
//! sees them (it strips tabs and line breaks, resolves `..`, turns `\` into `/`, decodes `%2F`,
//! lower-cases IDN hosts), and Adobe would be sent the unrepaired text. The same parser reads what
//! Adobe responds, whose spelling may differ from what was sent.

use std::net::Ipv4Addr;

use super::{KeyIdentifier, VAULT_DOMAINS, VaultDomain};

/// Azure's limit for the name of a key.
const KEY_NAME_MAX: usize = 127;

/// Azure's versions are 32 characters. The bound only keeps out what is no version at all; a strict
/// one might refuse a response.
const KEY_VERSION_MAX: usize = 64;

/// The end of most messages: where the right text comes from.
const USE_THE_KEYS_URL: &str = "use the key's URL, in Terraform \
    `azurerm_key_vault_key.<name>.versionless_id` (on a Managed HSM: \
    `azurerm_key_vault_managed_hardware_security_module_key.<name>.id`)";

/// The form of a key's URL.
const FORM: &str = "https://<vault>.vault.azure.net/keys/<key>";

/// The hosts a key can be at.
const HOSTS: &str = "`<vault>.vault.azure.net` or `<hsm>.managedhsm.azure.net` (in sovereign \
                     clouds `.azure.cn` or `.usgovcloudapi.net`)";

/// What is wrong with a key identifier, in one sentence for a person. It never repeats what may be
/// a user name or a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(String);

fn wrong<T>(sentence: impl Into<String>) -> Result<T, ParseError> {
    Err(ParseError(sentence.into()))
}

impl KeyIdentifier {
    /// Parses `https://<vault-host>[:443]/keys/<name>[/<version>]`, with or without a trailing slash.
    ///
    /// # Errors
    ///
    /// The mistake; of several, the one to fix first.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        reject_other_kinds_of_id(text)?;
        reject_characters(text)?;
        let rest = strip_https(text)?;

        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(authority_end);
        let (vault_name, domain) = parse_authority(authority, rest)?;

        if rest.contains('#') {
            return wrong(
                "The key identifier contains a fragment; remove the `#` and what follows it.",
            );
        }
        if rest.contains('?') {
            return wrong(
                "The key identifier contains a query; remove the `?` and what follows it.",
            );
        }
        let (key_name, key_version) = parse_path(rest)?;
        Ok(Self {
            vault_name,
            domain,
            key_name: key_name.to_owned(),
            key_version: key_version.map(str::to_owned),
        })
    }
}

/// Things people have at hand that identify a key, or nearly so, but not to Adobe.
fn reject_other_kinds_of_id(text: &str) -> Result<(), ParseError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return wrong(format!("The key identifier is empty; {USE_THE_KEYS_URL}."));
    }
    let lower = trimmed.to_ascii_lowercase();
    if lower.starts_with("arn:") {
        return wrong(format!(
            "This is the ARN of a key in AWS, but the key has to be in Azure Key Vault or an \
             Azure Managed HSM; {USE_THE_KEYS_URL}."
        ));
    }
    // With or without https://management.azure.com before it.
    if lower.starts_with("/subscriptions/") || lower.contains("/providers/microsoft.keyvault/") {
        return wrong(if lower.contains("/keys/") {
            format!(
                "This is the Azure resource id of a key, which Azure Resource Manager understands \
                 but Adobe does not; {USE_THE_KEYS_URL}."
            )
        } else {
            format!("This is an Azure resource id, and not one of a key; {USE_THE_KEYS_URL}.")
        });
    }
    if trimmed != text {
        return wrong(
            "There is white space before or after the key identifier; remove it, for example with \
             `trimspace()`.",
        );
    }
    let quoted = |quote: char| text.starts_with(quote) && text.ends_with(quote);
    if quoted('"') || quoted('\'') {
        return wrong(
            "The quotes around the key identifier are part of the value; remove them (`terraform \
             output -raw` prints a value without).",
        );
    }
    Ok(())
}

fn credentials() -> ParseError {
    ParseError(
        "There is an `@` in the key identifier, so what is before it looks like a user name or a \
         password; remove it, a key's URL has no credentials, and if it was a real password, \
         change it."
            .to_owned(),
    )
}

/// Characters that have no place anywhere in a key identifier and that URL libraries like to strip
/// or replace.
fn reject_characters(text: &str) -> Result<(), ParseError> {
    // With an `@` about, the character may be one of a password, and the message would show it.
    let in_credentials = text.contains('@');
    for character in text.chars() {
        // A character that cannot be seen, or not told from another, is named by its number.
        let number = u32::from(character);
        match character {
            _ if in_credentials && (character.is_control() || !character.is_ascii()) => {
                return Err(credentials());
            }
            _ if character.is_control() => {
                return wrong(format!(
                    "The key identifier contains the control character U+{number:04X}; remove it, \
                     it often comes from a line break inside the text."
                ));
            }
            _ if !character.is_ascii() => {
                return wrong(format!(
                    "The key identifier contains the character U+{number:04X}, but a key's URL is \
                     plain ASCII; type it again, it often comes from a word processor (a dash for \
                     a hyphen, an invisible space)."
                ));
            }
            '\\' => {
                return wrong(format!(
                    "The key identifier contains a backslash; write `/` as in `{FORM}`."
                ));
            }
            ' ' => {
                return wrong(format!(
                    "The key identifier contains a space; the form is `{FORM}`, and no name in it \
                     has spaces."
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What comes after `https://`.
fn strip_https(text: &str) -> Result<&str, ParseError> {
    let missing = || {
        wrong(format!("`https://` is missing before the vault's host name; the form is `{FORM}`."))
    };
    if let Some((scheme, rest)) = text.split_once("://")
        && !scheme.contains(['/', '?', '#', '@'])
    {
        return match scheme.to_ascii_lowercase().as_str() {
            "https" => Ok(rest),
            "http" => wrong("The key identifier begins with `http://`; write `https://`."),
            "" => missing(),
            _ => {
                wrong(format!("The key identifier's scheme is not `https`; the form is `{FORM}`."))
            }
        };
    }
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("https:") || lower.starts_with("http:") {
        return wrong(format!(
            "`https:` has to be followed by exactly two slashes; the form is `{FORM}`."
        ));
    }
    let before_path = lower.trim_start_matches('/').split('/').next().unwrap_or_default();
    if lower.starts_with("//") || mentions_vault_domain(before_path) {
        return missing();
    }
    wrong(format!(
        "This is not the URL of a key (the name of the key alone is not enough, as it does not \
         say in which vault it is); {USE_THE_KEYS_URL}."
    ))
}

/// Vault name (lower case) and domain from `<vault-host>[:443]`. `rest` is the text behind it,
/// needed to tell a host from a user name.
fn parse_authority(
    authority: &str,
    rest: &str,
) -> Result<(String, &'static VaultDomain), ParseError> {
    if authority.contains('@') {
        return Err(credentials());
    }
    if authority.starts_with('[') {
        return wrong(ip_address());
    }
    let (host, port) =
        authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let host = host.to_ascii_lowercase();
    let Some((vault_name, domain)) = split_host(&host) else {
        // `https://user:pass/word@host`: what was taken for the host is a user name.
        let is_user_name = !authority.is_empty() && rest.contains('@');
        return Err(explain_host(&host, is_user_name));
    };
    check_vault_name(vault_name)?;
    // The port is not part of the message: it may be the first half of a password with a slash in
    // it.
    if port.is_some_and(|port| port != "443") {
        return wrong(
            "The port is not 443; remove the colon and what follows it up to the `/`, key vaults \
             have no other port.",
        );
    }
    Ok((vault_name.to_owned(), domain))
}

/// The text has the domain of a vault in it, somewhere and more or less.
fn mentions_vault_domain(text: &str) -> bool {
    let dotted = text.to_ascii_lowercase().replace(['-', '_'], ".");
    // Without the last label, so that vault.azure.com is found too.
    VAULT_DOMAINS.iter().any(|domain| {
        let stem = domain.name.rsplit_once('.').map_or("", |(stem, _)| stem);
        dotted.contains(stem)
    })
}

/// `<label>.<domain of Azure's>`; the label is not checked further than that.
fn split_host(host: &str) -> Option<(&str, &'static VaultDomain)> {
    VAULT_DOMAINS.iter().find_map(|domain| {
        let label = host.strip_suffix(domain.name)?.strip_suffix('.')?;
        (!label.is_empty() && !label.contains('.')).then_some((label, domain))
    })
}

/// What is wrong with a host that is no vault's. The host is shown in the message only where it
/// cannot be a user name.
fn explain_host(host: &str, is_user_name: bool) -> ParseError {
    // Enough of a host to recognise it by; it can be as long as the configuration. The text is
    // ASCII.
    let shown = match host.get(..80) {
        Some(beginning) if host.len() > 80 => format!("{beginning}..."),
        _ => host.to_owned(),
    };
    let nested = |domain: &VaultDomain| {
        host.strip_suffix(domain.name).is_some_and(|labels| labels.ends_with('.'))
    };
    ParseError(match host {
        "portal.azure.com" | "portal.azure.us" | "portal.azure.cn" => format!(
            "This is the address of a page in the Azure portal; copy the \"Key Identifier\" that \
             the portal shows with the key's current version, or {USE_THE_KEYS_URL}."
        ),
        _ if is_user_name => return credentials(),
        "" => format!("The vault's host name is missing after `https://`; the form is `{FORM}`."),
        _ if host.parse::<Ipv4Addr>().is_ok() => ip_address(),
        _ if host.strip_suffix('.').and_then(split_host).is_some() => {
            "There is a dot after the vault's host name; remove it.".to_owned()
        }
        _ if host.contains(".privatelink.") || host.contains(".vaultcore.") => format!(
            "The host is the internal name of a private endpoint; write the vault's own host \
             name, {HOSTS}, which resolves to the private endpoint by itself."
        ),
        _ if VAULT_DOMAINS.iter().any(|domain| domain.name == host.trim_start_matches('.')) => {
            format!("The vault's name is missing before the domain; the host has to be {HOSTS}.")
        }
        _ if VAULT_DOMAINS.iter().any(nested) => format!(
            "The host `{shown}` has a dot in the place of the vault's name; the host has to be \
             {HOSTS}, with one name before the domain."
        ),
        _ if mentions_vault_domain(host) => format!(
            "The host `{shown}` looks like the host of a key vault but does not belong to Azure \
             Key Vault; the host has to be {HOSTS}."
        ),
        _ => format!(
            "The host `{shown}` is not the host of a key vault or a Managed HSM; the host has to \
             be {HOSTS}."
        ),
    })
}

fn ip_address() -> String {
    format!("The host is an IP address; write the vault's own host name, {HOSTS}.")
}

/// Azure's rules for the names of vaults and Managed HSMs. "Not consecutive -" also keeps out
/// `xn--`, which a URL library takes for an international name. Source: "About keys, secrets, and
/// certificates", and the naming rules of Azure resources.
fn check_vault_name(name: &str) -> Result<(), ParseError> {
    if let Some(other) = name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
        return wrong(format!(
            "The vault's name contains `{other}`; names of vaults consist of letters, digits and \
             hyphens."
        ));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return wrong("The vault's name does not begin with a letter; names of vaults do.");
    }
    if !(3..=24).contains(&name.len()) {
        let plural = if name.len() == 1 { "" } else { "s" };
        return wrong(format!(
            "The vault's name is {} character{plural} long; names of vaults have 3 to 24 \
             characters.",
            name.len()
        ));
    }
    if name.contains("--") || name.ends_with('-') {
        return wrong(
            "The vault's name has two hyphens in a row, or one at its end; names of vaults have \
             neither.",
        );
    }
    Ok(())
}

/// Key name and version from `/keys/<name>[/<version>][/]`.
fn parse_path(path: &str) -> Result<(&str, Option<&str>), ParseError> {
    if path.contains('%') {
        return wrong(
            "The path contains a `%`; write it without percent-encoding, names of keys consist of \
             letters, digits and hyphens.",
        );
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return wrong(format!("This is the URL of the vault, without a key; {USE_THE_KEYS_URL}."));
    }
    let (collection, rest) = path.split_once('/').map_or((path, None), |(a, b)| (a, Some(b)));
    let rest: Vec<&str> = rest.map_or(Vec::new(), |rest| rest.split('/').collect());
    // What is wrong with the collection is said first.
    let segments = if collection == "keys" { rest.as_slice() } else { &[collection] };
    if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
        return wrong(format!(
            "The path contains a `.` or `..` segment; write it out, the form is `{FORM}`."
        ));
    }
    if segments.iter().any(|segment| segment.is_empty()) {
        return wrong(format!(
            "There are two slashes in a row in the path; remove one, the form is `{FORM}`."
        ));
    }
    if collection != "keys" {
        return wrong(match collection.to_ascii_lowercase().as_str() {
            "keys" => {
                format!("The path has to begin with `/keys/` in lower case; the form is `{FORM}`.")
            }
            "secrets" => format!("This is the URL of a secret, not of a key; {USE_THE_KEYS_URL}."),
            "certificates" => {
                format!("This is the URL of a certificate, not of a key; {USE_THE_KEYS_URL}.")
            }
            _ => format!("The path does not begin with `/keys/`; {USE_THE_KEYS_URL}."),
        });
    }
    let (name, version) = match segments {
        [] => {
            return wrong(format!("The key's name is missing after `/keys/`; {USE_THE_KEYS_URL}."));
        }
        [name] => (*name, None),
        [name, version] => (*name, Some(*version)),
        [_, _, _, ..] => {
            return wrong(format!(
                "There is more after the key's version; remove it, the form is `{FORM}` or \
                 `{FORM}/<version>`."
            ));
        }
    };
    check_key_name(name)?;
    version.map(check_key_version).transpose()?;
    Ok((name, version))
}

fn check_key_name(name: &str) -> Result<(), ParseError> {
    if let Some(other) = name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
        return wrong(format!(
            "The key's name contains `{other}`; names of keys consist of letters, digits and \
             hyphens."
        ));
    }
    if name.len() > KEY_NAME_MAX {
        return wrong(format!(
            "The key's name is {} characters long; names of keys have 1 to 127 characters.",
            name.len()
        ));
    }
    Ok(())
}

/// Letters and digits. No check for hexadecimal: Adobe's own sample has an `l` and an `o` in it.
fn check_key_version(version: &str) -> Result<(), ParseError> {
    if let Some(other) = version.chars().find(|c| !c.is_ascii_alphanumeric()) {
        return wrong(format!(
            "The key's version contains `{other}`; a version consists of letters and digits, and \
             it can be left out, as Adobe stores the vault and the key's name only."
        ));
    }
    if version.len() > KEY_VERSION_MAX {
        return wrong(format!(
            "The key's version is {} characters long, which is too long for a version (Azure's \
             have 32); it can be left out, as Adobe stores the vault and the key's name only.",
            version.len()
        ));
    }
    Ok(())
}
