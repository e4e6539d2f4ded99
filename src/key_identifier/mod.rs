//! The key URL (Azure's "key identifier"): parse it, compare it, explain what is wrong with it.
//!
//! The parser reads the text as it was written. A URL library would repair mistakes before anyone sees them (it strips tabs and
//! line breaks, resolves `..`, turns `\` into `/`, decodes `%2F`, lower-cases IDN hosts), and Adobe would be sent the unrepaired
//! text. The same parser reads what Adobe answers, whose spelling may differ from what was sent.

mod error;
mod host;

use host::VaultDomain;

pub use error::ParseError;

/// The Azure role Adobe's application needs on a key vault.
pub const KEY_VAULT_ROLE: &str = "Key Vault Crypto Service Encryption User";

/// The Azure role Adobe's application needs on a Managed HSM.
pub const MANAGED_HSM_ROLE: &str = "Managed HSM Crypto Service Encryption User";

/// Azure's limit for the name of a key.
const KEY_NAME_MAX: usize = 127;

/// Azure's versions are 32 characters. The bound only keeps out what is no version at all; a strict one might refuse an answer.
const KEY_VERSION_MAX: usize = 64;

/// A key identifier, taken apart.
///
/// `==` compares every part; whether two identifiers mean the same key is [`KeyIdentifier::same_key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyIdentifier {
    vault_name: String,
    domain: &'static VaultDomain,
    key_name: String,
    key_version: Option<String>,
}

impl KeyIdentifier {
    /// Parses `https://<vault-host>[:443]/keys/<name>[/<version>]`, with or without a trailing slash.
    ///
    /// # Errors
    ///
    /// One variant of [`ParseError`] for each mistake; of several mistakes, the one to mend first.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        reject_other_kinds_of_id(text)?;
        reject_characters(text)?;
        let rest = strip_https(text)?;

        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(authority_end);
        let (vault_name, domain) = host::parse_authority(authority, rest)?;

        if rest.contains('#') {
            return Err(ParseError::Fragment);
        }
        if rest.contains('?') {
            return Err(ParseError::Query);
        }
        let (key_name, key_version) = parse_path(rest)?;
        Ok(Self {
            vault_name,
            domain,
            key_name: key_name.to_owned(),
            key_version: key_version.map(str::to_owned),
        })
    }

    /// The vault's URL: `https://<vault-host>` in lower case, without port and slash.
    pub fn key_vault_uri(&self) -> String {
        format!("https://{}.{}", self.vault_name, self.domain.name)
    }

    /// The first label of the vault's host name, in lower case.
    pub fn vault_name(&self) -> &str {
        &self.vault_name
    }

    /// The key's name as it was written.
    pub fn key_name(&self) -> &str {
        &self.key_name
    }

    /// The key's version as it was written, if there is one.
    pub fn key_version(&self) -> Option<&str> {
        self.key_version.as_deref()
    }

    /// The identifier without a version: `https://<vault-host>/keys/<name>`.
    pub fn versionless(&self) -> String {
        format!("{}/keys/{}", self.key_vault_uri(), self.key_name)
    }

    /// The key is in a Managed HSM, not in a key vault.
    pub fn is_managed_hsm(&self) -> bool {
        self.domain.managed_hsm
    }

    /// The Azure role Adobe's application needs where this key is.
    pub fn required_role(&self) -> &'static str {
        if self.domain.managed_hsm { MANAGED_HSM_ROLE } else { KEY_VAULT_ROLE }
    }

    /// Both identifiers mean the same key: vault host and key name are equal, whatever their letter case. The version does not
    /// count, because Adobe stores the vault and the key's name only.
    pub fn same_key(&self, other: &Self) -> bool {
        // Both halves of the host are lower case already.
        self.vault_name == other.vault_name
            && self.domain == other.domain
            && self.key_name.eq_ignore_ascii_case(&other.key_name)
    }
}

/// Things people have at hand that identify a key, or nearly so, but not to Adobe.
fn reject_other_kinds_of_id(text: &str) -> Result<(), ParseError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(ParseError::Empty);
    }
    let lower = trimmed.to_ascii_lowercase();
    if lower.starts_with("arn:") {
        return Err(ParseError::AwsArn);
    }
    // With or without https://management.azure.com before it.
    if lower.starts_with("/subscriptions/") || lower.contains("/providers/microsoft.keyvault/") {
        return Err(if lower.contains("/keys/") {
            ParseError::AzureKeyResourceId
        } else {
            ParseError::AzureVaultResourceId
        });
    }
    if trimmed != text {
        return Err(ParseError::SurroundingWhitespace);
    }
    let quoted = |quote: char| text.starts_with(quote) && text.ends_with(quote);
    if quoted('"') || quoted('\'') {
        return Err(ParseError::Quoted);
    }
    Ok(())
}

/// Characters that have no place anywhere in a key identifier and that URL libraries like to strip or replace.
fn reject_characters(text: &str) -> Result<(), ParseError> {
    // With an `@` about, the character may be one of a password, and the message would show it.
    let in_credentials = text.contains('@');
    for character in text.chars() {
        match character {
            _ if character.is_control() && !in_credentials => {
                return Err(ParseError::ControlCharacter(character));
            }
            _ if !character.is_ascii() && !in_credentials => {
                return Err(ParseError::NonAscii(character));
            }
            _ if character.is_control() || !character.is_ascii() => {
                return Err(ParseError::Credentials);
            }
            '\\' => return Err(ParseError::Backslash),
            ' ' => return Err(ParseError::Space),
            _ => {}
        }
    }
    Ok(())
}

/// What comes after `https://`.
fn strip_https(text: &str) -> Result<&str, ParseError> {
    if let Some((scheme, rest)) = text.split_once("://")
        && !scheme.contains(['/', '?', '#', '@'])
    {
        return match scheme.to_ascii_lowercase().as_str() {
            "https" => Ok(rest),
            "http" => Err(ParseError::Http),
            "" => Err(ParseError::MissingScheme),
            _ => Err(ParseError::OtherScheme),
        };
    }
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("https:") || lower.starts_with("http:") {
        return Err(ParseError::MissingSlashes);
    }
    let before_path = lower.trim_start_matches('/').split('/').next().unwrap_or_default();
    if lower.starts_with("//") || host::mentions_vault_domain(before_path) {
        return Err(ParseError::MissingScheme);
    }
    Err(ParseError::NotAUrl)
}

/// Key name and version from `/keys/<name>[/<version>][/]`.
fn parse_path(path: &str) -> Result<(&str, Option<&str>), ParseError> {
    if path.contains('%') {
        return Err(ParseError::PercentEncoding);
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Err(ParseError::MissingKey);
    }
    let mut segments = path.split('/');
    match segments.next() {
        Some("keys") => {}
        Some("") => return Err(ParseError::EmptySegment),
        Some(other) => return Err(other_collection(other)),
        None => return Err(ParseError::MissingKey),
    }
    let rest: Vec<&str> = segments.collect();
    if rest.iter().any(|segment| matches!(*segment, "." | "..")) {
        return Err(ParseError::DotSegment);
    }
    if rest.iter().any(|segment| segment.is_empty()) {
        return Err(ParseError::EmptySegment);
    }
    let (name, version) = match rest.as_slice() {
        [] => return Err(ParseError::MissingKeyName),
        [name] => (*name, None),
        [name, version] => (*name, Some(*version)),
        [_, _, _, ..] => return Err(ParseError::ExtraSegment),
    };
    check_key_name(name)?;
    version.map(check_key_version).transpose()?;
    Ok((name, version))
}

/// What is wrong with a path that does not begin with `/keys/`.
fn other_collection(segment: &str) -> ParseError {
    match segment.to_ascii_lowercase().as_str() {
        "keys" => ParseError::KeysLetterCase,
        "secrets" => ParseError::SecretPath,
        "certificates" => ParseError::CertificatePath,
        "." | ".." => ParseError::DotSegment,
        _ => ParseError::OtherPath,
    }
}

fn check_key_name(name: &str) -> Result<(), ParseError> {
    if let Some(wrong) = name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
        return Err(ParseError::KeyNameCharacter(wrong));
    }
    if name.len() > KEY_NAME_MAX {
        return Err(ParseError::KeyNameLength(name.len()));
    }
    Ok(())
}

/// Letters and digits. No check for hexadecimal: Adobe's own sample has an `l` and an `o` in it.
fn check_key_version(version: &str) -> Result<(), ParseError> {
    if let Some(wrong) = version.chars().find(|c| !c.is_ascii_alphanumeric()) {
        return Err(ParseError::KeyVersionCharacter(wrong));
    }
    if version.len() > KEY_VERSION_MAX {
        return Err(ParseError::KeyVersionLength(version.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
