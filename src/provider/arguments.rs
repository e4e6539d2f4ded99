//! The arguments of the provider block: one table, from which their schema, settings, messages and
//! the doctor's options are made.

use tf_provider::schema::AttributeType;

/// An argument of the provider block and the environment variable that can stand in for it.
#[derive(Debug)]
pub struct Argument {
    /// Name in HCL.
    pub name: &'static str,
    /// Environment variable.
    pub variable: &'static str,
    /// What is written.
    pub kind: Kind,
    /// What counts where it is written nowhere, as it would be written in the variable.
    pub default: Option<&'static str>,
    /// What it is for.
    text: &'static str,
}

/// What an argument holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Text,
    Secret,
    Number,
    /// A list of texts; in the variable they are separated by commas.
    List,
}

impl Kind {
    /// The type in the schema.
    pub fn attribute_type(self) -> AttributeType {
        match self {
            Self::Text | Self::Secret => AttributeType::String,
            Self::Number => AttributeType::Number,
            Self::List => AttributeType::List(Box::new(AttributeType::String)),
        }
    }
}

impl Argument {
    /// Its value is a secret, which no line of HCL, option or message may show.
    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }

    /// The published text, with the default.
    pub fn text(&self) -> String {
        match self.default {
            Some(default) => format!("{} Default: `{}`.", self.text, default.replace(',', "`, `")),
            None => self.text.to_owned(),
        }
    }
}

/// `org_id`
pub static ORG_ID: Argument = Argument {
    name: "org_id",
    variable: "AEP_ORG_ID",
    kind: Kind::Text,
    default: None,
    text: "IMS organisation whose data the key encrypts, such as \
           `1234567890ABCDEF12345678@AdobeOrg`. Required, here or in the environment.",
};
/// `region`
pub static REGION: Argument = Argument {
    name: "region",
    variable: "AEP_REGION",
    kind: Kind::Text,
    default: Some(DEFAULT_REGION),
    text: "Code of the region the organisation is in: `va7`, `nld2`, `aus5`, `can2`, `gbr9` or \
           another one, in any letter case.",
};
/// `endpoint`
pub static ENDPOINT: Argument = Argument {
    name: "endpoint",
    variable: "AEP_ENDPOINT",
    kind: Kind::Text,
    default: None,
    text: "Base URL of the API, in the place of the one that `region` stands for; it overrides \
           `region`, wherever the two come from. Has to be `https`, except on a loopback address.",
};
/// `access_token`
pub static ACCESS_TOKEN: Argument = Argument {
    name: "access_token",
    variable: "AEP_ACCESS_TOKEN",
    kind: Kind::Secret,
    default: None,
    text: "Access token made elsewhere; it is not renewed. Excludes `client_id` and \
           `client_secret`.",
};
/// `client_id`
pub static CLIENT_ID: Argument = Argument {
    name: "client_id",
    variable: "AEP_CLIENT_ID",
    kind: Kind::Text,
    default: None,
    text: "Client id of an OAuth server-to-server credential of the Adobe Developer Console. Goes \
           with `client_secret`.",
};
/// `client_secret`
pub static CLIENT_SECRET: Argument = Argument {
    name: "client_secret",
    variable: "AEP_CLIENT_SECRET",
    kind: Kind::Secret,
    default: None,
    text: "Client secret of that credential. Goes with `client_id`.",
};
/// `scopes`. Those a project with the Experience Platform API has (Adobe Developer Console).
pub static SCOPES: Argument = Argument {
    name: "scopes",
    variable: "AEP_SCOPES",
    kind: Kind::List,
    default: Some(
        "openid,AdobeID,session,read_organizations,additional_info.projectedProductContext",
    ),
    text: "Scopes to request with `client_id`; in the variable they are separated by commas.",
};
/// `ims_endpoint`. Access tokens are issued there, whatever the region (Adobe Developer Console,
/// "Server-to-server authentication").
pub static IMS_ENDPOINT: Argument = Argument {
    name: "ims_endpoint",
    variable: "AEP_IMS_ENDPOINT",
    kind: Kind::Text,
    default: Some("https://ims-na1.adobelogin.com"),
    text: "Base URL of Adobe's identity service, which issues the tokens. It does not follow \
           `region`.",
};
/// `api_key`. The static key of the customer-managed key API (Adobe's API guide).
pub static API_KEY: Argument = Argument {
    name: "api_key",
    variable: "AEP_API_KEY",
    kind: Kind::Text,
    default: Some("acp_provisioning"),
    text: "API key that is sent with each request: the static one of this API, not the \
           credential's client id. Leave it out unless Adobe tells you another one.",
};
/// `request_timeout`
pub static REQUEST_TIMEOUT: Argument = Argument {
    name: "request_timeout",
    variable: "AEP_REQUEST_TIMEOUT",
    kind: Kind::Text,
    default: Some("60s"),
    text: "Longest time one HTTP attempt may take, such as `30s` or `2m`.",
};
/// `max_retries`
pub static MAX_RETRIES: Argument = Argument {
    name: "max_retries",
    variable: "AEP_MAX_RETRIES",
    kind: Kind::Number,
    default: Some("5"),
    text: "How many more times a request that is safe to repeat is sent after a failure that may \
           pass, from 0 to 100.",
};
/// `ca_cert_file`
pub static CA_CERT_FILE: Argument = Argument {
    name: "ca_cert_file",
    variable: "AEP_CA_CERT_FILE",
    kind: Kind::Text,
    default: None,
    text: "File with root certificates in PEM format to trust beside those of the system (or of \
           `SSL_CERT_FILE` and `SSL_CERT_DIR`), for example of a corporate proxy that inspects \
           TLS.",
};

/// All of them, in the order of the pages.
pub static ALL: [&Argument; 12] = [
    &ORG_ID,
    &REGION,
    &ENDPOINT,
    &ACCESS_TOKEN,
    &CLIENT_ID,
    &CLIENT_SECRET,
    &SCOPES,
    &IMS_ENDPOINT,
    &API_KEY,
    &REQUEST_TIMEOUT,
    &MAX_RETRIES,
    &CA_CERT_FILE,
];

/// Adobe's region of the plain host name (Adobe's "Multi-cloud overview").
pub const DEFAULT_REGION: &str = "va7";
/// The codes that Adobe's pages name; any other is taken too.
pub const KNOWN_REGIONS: [&str; 5] = [DEFAULT_REGION, "nld2", "aus5", "can2", "gbr9"];

/// The environment, as a function, so that tests need no process-wide variables.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// `text` without what an editor, a shell or a copied line leaves around it: white space, and a
/// byte order mark, which would otherwise become part of a secret unseen.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}
