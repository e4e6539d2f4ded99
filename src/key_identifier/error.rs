//! What can be wrong with a key identifier, and what to do about it.

/// The end of most messages: where the right text comes from.
const USE_THE_KEYS_URL: &str = "use the key's URL, in Terraform `azurerm_key_vault_key.<name>.versionless_id` (on a Managed HSM: `azurerm_key_vault_managed_hardware_security_module_key.<name>.id`)";

/// The form of a key's URL.
const FORM: &str = "https://<vault>.vault.azure.net/keys/<key>";

/// The hosts a key can be at.
const HOSTS: &str = "`<vault>.vault.azure.net` or `<hsm>.managedhsm.azure.net` (in sovereign clouds `.azure.cn` or `.usgovcloudapi.net`)";

/// A mistake in a key identifier. The message is for a person; it never repeats what may be a user name or a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing, or white space only.
    #[error("The key identifier is empty; {USE_THE_KEYS_URL}.")]
    Empty,
    /// Spaces or line breaks before or after it.
    #[error(
        "There is white space before or after the key identifier; remove it, for example with `trimspace()`."
    )]
    SurroundingWhitespace,
    /// Quotes are part of the value.
    #[error(
        "The quotes around the key identifier are part of the value; remove them (`terraform output -raw` prints a value without)."
    )]
    Quoted,
    /// The name of a key in AWS.
    #[error(
        "This is the ARN of a key in AWS, but the key has to be in Azure Key Vault or an Azure Managed HSM; {USE_THE_KEYS_URL}."
    )]
    AwsArn,
    /// Azure's resource id of a key.
    #[error(
        "This is the Azure resource id of a key, which Azure Resource Manager understands but Adobe does not; {USE_THE_KEYS_URL}."
    )]
    AzureKeyResourceId,
    /// Azure's resource id of a vault or of something else.
    #[error("This is an Azure resource id, and not one of a key; {USE_THE_KEYS_URL}.")]
    AzureVaultResourceId,
    /// A page of the Azure portal.
    #[error(
        "This is the address of a page in the Azure portal; copy the \"Key Identifier\" that the portal shows with the key's current version, or {USE_THE_KEYS_URL}."
    )]
    PortalUrl,
    /// A tab, a line break or another control character.
    #[error(
        "The key identifier contains the control character {}; remove it, it often comes from a line break inside the text.",
        code_point(*.0)
    )]
    ControlCharacter(char),
    /// A letter or sign outside ASCII.
    #[error(
        "The key identifier contains the character {}, but a key's URL is plain ASCII; type it again, it often comes from a word processor (a dash for a hyphen, an invisible space).",
        code_point(*.0)
    )]
    NonAscii(char),
    /// `\` for `/`.
    #[error("The key identifier contains a backslash; write `/` as in `{FORM}`.")]
    Backslash,
    /// A space in the middle.
    #[error(
        "The key identifier contains a space; the form is `{FORM}`, and no name in it has spaces."
    )]
    Space,
    /// `http://`.
    #[error("The key identifier begins with `http://`; write `https://`.")]
    Http,
    /// A scheme other than https.
    #[error("The key identifier's scheme is not `https`; the form is `{FORM}`.")]
    OtherScheme,
    /// The host of a vault without `https://` before it.
    #[error("`https://` is missing before the vault's host name; the form is `{FORM}`.")]
    MissingScheme,
    /// `https:/` or `https:`.
    #[error("`https:` has to be followed by exactly two slashes; the form is `{FORM}`.")]
    MissingSlashes,
    /// Nothing like a URL, perhaps the key's name alone.
    #[error(
        "This is not the URL of a key (the name of the key alone is not enough, as it does not say in which vault it is); {USE_THE_KEYS_URL}."
    )]
    NotAUrl,
    /// `https:///keys/…`.
    #[error("The vault's host name is missing after `https://`; the form is `{FORM}`.")]
    MissingHost,
    /// A user name or a password before the host.
    #[error(
        "There is an `@` in the key identifier, so what is before it looks like a user name or a password; remove it, a key's URL has no credentials, and if it was a real password, change it."
    )]
    Credentials,
    /// A numeric address.
    #[error("The host is an IP address; write the vault's own host name, {HOSTS}.")]
    IpAddress,
    /// The name a private endpoint has in DNS.
    #[error(
        "The host is the internal name of a private endpoint; write the vault's own host name, {HOSTS}, which resolves to the private endpoint by itself."
    )]
    PrivateLinkHost,
    /// `vault.azure.net` without a vault.
    #[error("The vault's name is missing before the domain; the host has to be {HOSTS}.")]
    BareVaultDomain,
    /// More than one label before the domain.
    #[error(
        "The host `{0}` has a dot in the place of the vault's name; the host has to be {HOSTS}, with one name before the domain."
    )]
    NestedHost(String),
    /// A host that only looks like a vault's.
    #[error(
        "The host `{0}` looks like the host of a key vault but does not belong to Azure Key Vault; the host has to be {HOSTS}."
    )]
    LookAlikeHost(String),
    /// Any other host.
    #[error(
        "The host `{0}` is not the host of a key vault or a Managed HSM; the host has to be {HOSTS}."
    )]
    OtherHost(String),
    /// `myvault.vault.azure.net.`
    #[error("There is a dot after the vault's host name; remove it.")]
    HostTrailingDot,
    /// A port other than 443, or none after the colon.
    #[error(
        "The port is not 443; remove the colon and what follows it up to the `/`, key vaults have no other port."
    )]
    Port,
    /// Too short or too long.
    #[error("The vault's name is {} long; names of vaults have 3 to 24 characters.", characters(*.0))]
    VaultNameLength(usize),
    /// It begins with a digit or a hyphen.
    #[error("The vault's name does not begin with a letter; names of vaults do.")]
    VaultNameStart,
    /// Something else than letters, digits, hyphens.
    #[error(
        "The vault's name contains `{0}`; names of vaults consist of letters, digits and hyphens."
    )]
    VaultNameCharacter(char),
    /// `?…`
    #[error("The key identifier contains a query; remove the `?` and what follows it.")]
    Query,
    /// `#…`
    #[error("The key identifier contains a fragment; remove the `#` and what follows it.")]
    Fragment,
    /// `/secrets/…`
    #[error("This is the URL of a secret, not of a key; {USE_THE_KEYS_URL}.")]
    SecretPath,
    /// `/certificates/…`
    #[error("This is the URL of a certificate, not of a key; {USE_THE_KEYS_URL}.")]
    CertificatePath,
    /// `/Keys/…`
    #[error("The path has to begin with `/keys/` in lower case; the form is `{FORM}`.")]
    KeysLetterCase,
    /// Any other path.
    #[error("The path does not begin with `/keys/`; {USE_THE_KEYS_URL}.")]
    OtherPath,
    /// The URL of the vault.
    #[error("This is the URL of the vault, without a key; {USE_THE_KEYS_URL}.")]
    MissingKey,
    /// `/keys/` and nothing behind it.
    #[error("The key's name is missing after `/keys/`; {USE_THE_KEYS_URL}.")]
    MissingKeyName,
    /// `%2F` and the like.
    #[error(
        "The path contains a `%`; write it without percent-encoding, names of keys consist of letters, digits and hyphens."
    )]
    PercentEncoding,
    /// `.` or `..`.
    #[error("The path contains a `.` or `..` segment; write it out, the form is `{FORM}`.")]
    DotSegment,
    /// `//`
    #[error("There are two slashes in a row in the path; remove one, the form is `{FORM}`.")]
    EmptySegment,
    /// Something after the version.
    #[error(
        "There is more after the key's version; remove it, the form is `{FORM}` or `{FORM}/<version>`."
    )]
    ExtraSegment,
    /// Something else than letters, digits, hyphens.
    #[error("The key's name contains `{0}`; names of keys consist of letters, digits and hyphens.")]
    KeyNameCharacter(char),
    /// Too long.
    #[error("The key's name is {} long; names of keys have 1 to 127 characters.", characters(*.0))]
    KeyNameLength(usize),
    /// Something else than letters and digits.
    #[error(
        "The key's version contains `{0}`; a version consists of letters and digits, and it can be left out, as Adobe stores the vault and the key's name only."
    )]
    KeyVersionCharacter(char),
    /// Too long to be a version.
    #[error(
        "The key's version is {} long, which is too long for a version (Azure's have 32); it can be left out, as Adobe stores the vault and the key's name only.",
        characters(*.0)
    )]
    KeyVersionLength(usize),
}

/// `U+0009`: a character that cannot be seen, or not told from another, by its number.
fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

fn characters(count: usize) -> String {
    if count == 1 { "1 character".to_owned() } else { format!("{count} characters") }
}
