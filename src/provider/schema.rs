//! How schemas are made, and the one of the provider block with its published text.

use std::collections::HashMap;

use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, Schema,
};

use super::arguments::{
    ACCESS_TOKEN, API_KEY, Argument, CA_CERT_FILE, CLIENT_ID, CLIENT_SECRET, ENDPOINT,
    IMS_ENDPOINT, MAX_RETRIES, ORG_ID, REGION, REQUEST_TIMEOUT, SCOPES,
};

/// Each argument with its type, whether it is a secret, and its published text.
pub fn arguments() -> [(Argument, AttributeType, bool, &'static str); 12] {
    let text = |argument, text| (argument, AttributeType::String, false, text);
    [
        text(
            ORG_ID,
            "IMS organisation whose data the key encrypts, such as \
             `1234567890ABCDEF12345678@AdobeOrg`. Required, here or in the environment.",
        ),
        text(
            REGION,
            "Code of the region the organisation is in: `va7`, `nld2`, `aus5`, `can2`, `gbr9` or \
             another one, in any letter case. Default: `va7`.",
        ),
        text(
            ENDPOINT,
            "Base URL of the API, in the place of the one that `region` stands for; it overrides \
             `region`, wherever the two come from. Has to be `https`, except on a loopback \
             address.",
        ),
        (
            ACCESS_TOKEN,
            AttributeType::String,
            true,
            "Access token made elsewhere; it is not renewed. Excludes `client_id` and \
             `client_secret`.",
        ),
        text(
            CLIENT_ID,
            "Client id of an OAuth server-to-server credential of the Adobe Developer Console. \
             Goes with `client_secret`.",
        ),
        (
            CLIENT_SECRET,
            AttributeType::String,
            true,
            "Client secret of that credential. Goes with `client_id`.",
        ),
        (
            SCOPES,
            AttributeType::List(Box::new(AttributeType::String)),
            false,
            "Scopes to request with `client_id`; in the variable they are separated by commas. \
             Default: `openid`, `AdobeID`, `session`, `read_organizations`, \
             `additional_info.projectedProductContext`.",
        ),
        text(
            IMS_ENDPOINT,
            "Base URL of Adobe's identity service, which issues the tokens. It does not follow \
             `region`. Default: `https://ims-na1.adobelogin.com`.",
        ),
        text(
            API_KEY,
            "API key that is sent with each request: the static one of this API, not the \
             credential's client id. Leave it out unless Adobe tells you another one. Default: \
             `acp_provisioning`.",
        ),
        text(
            REQUEST_TIMEOUT,
            "Longest time one HTTP attempt may take, such as `30s` or `2m`. Default: `60s`.",
        ),
        (
            MAX_RETRIES,
            AttributeType::Number,
            false,
            "How many more times a request that is safe to repeat is sent after a failure that may \
             pass, from 0 to 100. Default: `5`.",
        ),
        text(
            CA_CERT_FILE,
            "File with root certificates in PEM format to trust beside those of the system (or of \
             `SSL_CERT_FILE` and `SSL_CERT_DIR`), for example of a corporate proxy that inspects \
             TLS.",
        ),
    ]
}

/// The provider block's schema.
pub fn provider() -> Schema {
    let attributes = arguments().into_iter().map(|(argument, attr_type, sensitive, text)| {
        let text = format!("{text} Environment variable: `{}`.", argument.variable);
        let attribute = attribute(&AttributeConstraint::Optional, attr_type, &text);
        (argument.name.to_owned(), Attribute { sensitive, ..attribute })
    });
    schema(
        attributes,
        "Customer-managed keys in Adobe Experience Platform: submits a key in Azure Key Vault or \
         Managed HSM to Adobe, waits until it is in effect, and shows drift.\n\n\
         !> **Nothing here has run against Adobe yet.** [What is \
         verified](guides/what-is-verified.md) tells fact from guess, and has a protocol for the \
         first run in a real organisation.\n\n\
         ~> **Adobe offers no way back once a key is in effect.** Read [Getting \
         started](guides/getting-started.md) before the first apply, and [Operating a \
         key](guides/operating.md) before anything is changed or taken away.\n\n\
         Further guides: [who needs which right](guides/rights.md) · [taking over what \
         exists](guides/taking-over.md) · [secrets and CI](guides/secrets-and-ci.md) · [module \
         tests and policies](guides/modules-and-policies.md) · [troubleshooting by error \
         text](guides/troubleshooting.md).\n\n\
         Each argument of the provider block can be given in the block or as an environment \
         variable; the block wins, argument by argument. Required are `org_id` and one way to \
         authenticate: `client_id` with `client_secret` (OAuth server-to-server, renewed by \
         itself), or `access_token`.\n\n\
         Proxies are taken from `HTTPS_PROXY` and `NO_PROXY`, as the CLI itself takes them. One \
         provider block for an organisation is enough: two aliases are two processes, which can \
         submit the same name at once.",
    )
}

/// A schema without blocks.
pub fn schema(attributes: impl Iterator<Item = (String, Attribute)>, text: &str) -> Schema {
    Schema { version: 0, block: block(attributes, text) }
}

/// A block of these attributes.
pub fn block(attributes: impl Iterator<Item = (String, Attribute)>, text: &str) -> Block {
    Block {
        version: 0,
        attributes: attributes.collect(),
        blocks: HashMap::new(),
        description: Description::markdown(text),
        deprecated: false,
    }
}

/// Attributes by name, type and published text, all with this constraint.
pub fn attributes<const N: usize>(
    constraint: AttributeConstraint,
    rows: [(&str, AttributeType, &str); N],
) -> impl Iterator<Item = (String, Attribute)> + use<N> {
    rows.map(|(name, attr_type, text)| (name.to_owned(), attribute(&constraint, attr_type, text)))
        .into_iter()
}

/// A row of [`attributes`] that is a string.
pub const fn text<'a>(name: &'a str, text: &'a str) -> (&'a str, AttributeType, &'a str) {
    (name, AttributeType::String, text)
}

fn attribute(constraint: &AttributeConstraint, attr_type: AttributeType, text: &str) -> Attribute {
    Attribute {
        attr_type,
        description: Description::markdown(text),
        constraint: constraint.clone(),
        sensitive: false,
        deprecated: false,
    }
}
