//! The arguments of the provider block, each with the environment variable that can stand in for it.

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
