//! The key URL (Azure's "key identifier"): its parts, and which two mean the same key. `parse` reads
//! it and explains what is wrong with it.

mod parse;

pub use parse::ParseError;

/// What holds for anything that comes in: for the tests, and for the fuzz targets in `tests/fuzz`.
#[cfg(any(test, fuzzing))]
#[path = "../../tests/fuzz/checks/key_identifier.rs"]
pub mod fuzzing;

/// The Azure role Adobe's application needs on a key vault.
pub const KEY_VAULT_ROLE: &str = "Key Vault Crypto Service Encryption User";

/// The Azure role Adobe's application needs on a Managed HSM.
pub const MANAGED_HSM_ROLE: &str = "Managed HSM Crypto Service Encryption User";

/// A domain Azure gives vaults their host names in.
#[derive(Debug, PartialEq, Eq)]
struct VaultDomain {
    name: &'static str,
    managed_hsm: bool,
}

/// Public Azure, Azure China (21Vianet), Azure US Government.
static VAULT_DOMAINS: [VaultDomain; 6] = [
    VaultDomain { name: "vault.azure.net", managed_hsm: false },
    VaultDomain { name: "managedhsm.azure.net", managed_hsm: true },
    VaultDomain { name: "vault.azure.cn", managed_hsm: false },
    VaultDomain { name: "managedhsm.azure.cn", managed_hsm: true },
    VaultDomain { name: "vault.usgovcloudapi.net", managed_hsm: false },
    VaultDomain { name: "managedhsm.usgovcloudapi.net", managed_hsm: true },
];

/// A key identifier, taken apart.
///
/// `==` compares every part; whether two identifiers mean the same key is
/// [`KeyIdentifier::same_key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyIdentifier {
    vault_name: String,
    domain: &'static VaultDomain,
    key_name: String,
    key_version: Option<String>,
}

impl KeyIdentifier {
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

    /// Both identifiers mean the same key: vault host and key name are equal, whatever their letter
    /// case. The version does not count, because Adobe stores the vault and the key's name
    /// only.
    pub fn same_key(&self, other: &Self) -> bool {
        // Both halves of the host are lower case already.
        self.vault_name == other.vault_name
            && self.domain == other.domain
            && self.key_name.eq_ignore_ascii_case(&other.key_name)
    }
}

#[cfg(test)]
mod tests;
