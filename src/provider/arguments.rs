//! The arguments of the provider block, each with the environment variable that can stand in for it, and how both are read.

/// An argument of the provider block and the environment variable that can stand in for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Name in HCL.
    pub name: &'static str,
    /// Environment variable.
    pub variable: &'static str,
}

const fn argument(name: &'static str, variable: &'static str) -> Argument {
    Argument { name, variable }
}

/// `org_id`
pub const ORG_ID: Argument = argument("org_id", "AEP_ORG_ID");
/// `region`
pub const REGION: Argument = argument("region", "AEP_REGION");
/// `endpoint`
pub const ENDPOINT: Argument = argument("endpoint", "AEP_ENDPOINT");
/// `access_token`
pub const ACCESS_TOKEN: Argument = argument("access_token", "AEP_ACCESS_TOKEN");
/// `client_id`
pub const CLIENT_ID: Argument = argument("client_id", "AEP_CLIENT_ID");
/// `client_secret`
pub const CLIENT_SECRET: Argument = argument("client_secret", "AEP_CLIENT_SECRET");
/// `scopes`
pub const SCOPES: Argument = argument("scopes", "AEP_SCOPES");
/// `ims_endpoint`
pub const IMS_ENDPOINT: Argument = argument("ims_endpoint", "AEP_IMS_ENDPOINT");
/// `api_key`
pub const API_KEY: Argument = argument("api_key", "AEP_API_KEY");
/// `request_timeout`
pub const REQUEST_TIMEOUT: Argument = argument("request_timeout", "AEP_REQUEST_TIMEOUT");
/// `max_retries`
pub const MAX_RETRIES: Argument = argument("max_retries", "AEP_MAX_RETRIES");
/// `ca_cert_file`
pub const CA_CERT_FILE: Argument = argument("ca_cert_file", "AEP_CA_CERT_FILE");

/// Adobe's region of the plain host name (Adobe's "Multi-cloud overview").
pub const DEFAULT_REGION: &str = "va7";
/// The codes that Adobe's pages name; any other is taken too.
pub const KNOWN_REGIONS: [&str; 5] = [DEFAULT_REGION, "nld2", "aus5", "can2", "gbr9"];

/// The environment, as a function, so that tests need no process-wide variables.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// `text` without what an editor, a shell or a copied line leaves around it: white space, and a byte order mark, which would
/// otherwise become part of a secret unseen.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}
