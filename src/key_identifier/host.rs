//! The host of a key identifier: which ones are Azure's, and what the others probably were meant to be.

use std::net::Ipv4Addr;

use super::ParseError;

/// A domain Azure gives vaults their host names in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct VaultDomain {
    pub(super) name: &'static str,
    pub(super) managed_hsm: bool,
}

/// Public Azure, Azure China (21Vianet), Azure US Government.
static VAULT_DOMAINS: [VaultDomain; 6] = [
    vault("vault.azure.net"),
    managed_hsm("managedhsm.azure.net"),
    vault("vault.azure.cn"),
    managed_hsm("managedhsm.azure.cn"),
    vault("vault.usgovcloudapi.net"),
    managed_hsm("managedhsm.usgovcloudapi.net"),
];

const fn vault(name: &'static str) -> VaultDomain {
    VaultDomain { name, managed_hsm: false }
}

const fn managed_hsm(name: &'static str) -> VaultDomain {
    VaultDomain { name, managed_hsm: true }
}

/// Vault name (lower case) and domain from `<vault-host>[:443]`. `rest` is the text behind it, needed to tell a host from a user name.
pub(super) fn parse_authority(
    authority: &str,
    rest: &str,
) -> Result<(String, &'static VaultDomain), ParseError> {
    if authority.contains('@') {
        return Err(ParseError::Credentials);
    }
    if authority.is_empty() {
        return Err(ParseError::MissingHost);
    }
    if authority.starts_with('[') {
        return Err(ParseError::IpAddress);
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let host = host.to_ascii_lowercase();
    let Some((vault_name, domain)) = split_host(&host) else {
        return Err(explain_host(&host, rest));
    };
    check_vault_name(vault_name)?;
    // The port is not part of the message: it may be the first half of a password with a slash in it.
    if port.is_some_and(|port| port != "443") {
        return Err(ParseError::Port);
    }
    Ok((vault_name.to_owned(), domain))
}

/// The text has the domain of a vault in it, somewhere and more or less.
pub(super) fn mentions_vault_domain(text: &str) -> bool {
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

/// What is wrong with a host that is no vault's. The host is shown in the message only where it cannot be a user name.
fn explain_host(host: &str, rest: &str) -> ParseError {
    if matches!(host, "portal.azure.com" | "portal.azure.us" | "portal.azure.cn") {
        return ParseError::PortalUrl;
    }
    // `https://user:pass/word@host`: what was taken for the host is a user name.
    if rest.contains('@') {
        return ParseError::Credentials;
    }
    if host.is_empty() {
        return ParseError::MissingHost;
    }
    if host.parse::<Ipv4Addr>().is_ok() {
        return ParseError::IpAddress;
    }
    if host.strip_suffix('.').and_then(split_host).is_some() {
        return ParseError::HostTrailingDot;
    }
    if host.contains(".privatelink.") || host.contains(".vaultcore.") {
        return ParseError::PrivateLinkHost;
    }
    if VAULT_DOMAINS.iter().any(|domain| domain.name == host.trim_start_matches('.')) {
        return ParseError::BareVaultDomain;
    }
    let nested = |domain: &VaultDomain| {
        host.strip_suffix(domain.name).is_some_and(|labels| labels.ends_with('.'))
    };
    if VAULT_DOMAINS.iter().any(nested) {
        return ParseError::NestedHost(excerpt(host));
    }
    if mentions_vault_domain(host) {
        return ParseError::LookAlikeHost(excerpt(host));
    }
    ParseError::OtherHost(excerpt(host))
}

/// Enough of a host to recognise it by; it can be as long as the configuration. The text is ASCII.
fn excerpt(host: &str) -> String {
    const SHOWN: usize = 80;
    if host.len() > SHOWN {
        host.chars().take(SHOWN).chain("...".chars()).collect()
    } else {
        host.to_owned()
    }
}

/// Azure's rule for the names of vaults and Managed HSMs.
fn check_vault_name(name: &str) -> Result<(), ParseError> {
    if let Some(wrong) = name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
        return Err(ParseError::VaultNameCharacter(wrong));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(ParseError::VaultNameStart);
    }
    if !(3..=24).contains(&name.len()) {
        return Err(ParseError::VaultNameLength(name.len()));
    }
    Ok(())
}
