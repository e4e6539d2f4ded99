//! The arguments of the provider block and their published text.

use std::collections::HashMap;

use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, Schema,
};

use super::config::{
    ACCESS_TOKEN, API_KEY, Argument, CA_CERT_FILE, CLIENT_ID, CLIENT_SECRET, ENDPOINT,
    IMS_ENDPOINT, MAX_RETRIES, ORG_ID, REGION, REQUEST_TIMEOUT, SCOPES,
};

/// The provider block's schema.
pub fn provider() -> Schema {
    let text = |argument, description| (argument, AttributeType::String, false, description);
    let arguments = [
        text(
            ORG_ID,
            "IMS organisation that owns the data, `…@AdobeOrg`. Required, here or in the environment.",
        ),
        text(
            REGION,
            "Region code of the organisation, in any letter case: `va7` (default), `nld2`, `aus5`, `can2`, `gbr9`, or \
             another one.",
        ),
        text(
            ENDPOINT,
            "Base URL of the API; overrides `region`. Plain http is accepted for loopback addresses only.",
        ),
        (
            ACCESS_TOKEN,
            AttributeType::String,
            true,
            "Access token minted elsewhere. Excludes `client_id` and `client_secret`.",
        ),
        text(
            CLIENT_ID,
            "Client id of an OAuth server-to-server credential of the Adobe Developer Console.",
        ),
        (
            CLIENT_SECRET,
            AttributeType::String,
            true,
            "Client secret of that credential.",
        ),
        (
            SCOPES,
            AttributeType::List(Box::new(AttributeType::String)),
            false,
            "Scopes to ask for; comma-separated in the variable. Default: `openid`, `AdobeID`, `session`, \
             `read_organizations`, `additional_info.projectedProductContext`.",
        ),
        text(
            IMS_ENDPOINT,
            "Base URL of Adobe's identity service. Default: `https://ims-na1.adobelogin.com`, in every region.",
        ),
        text(
            API_KEY,
            "Static API key of the customer-managed key API, not the client id. Default: `acp_provisioning`.",
        ),
        text(
            REQUEST_TIMEOUT,
            "Longest time of one HTTP attempt, as a Go duration string. Default: `60s`.",
        ),
        (
            MAX_RETRIES,
            AttributeType::Number,
            false,
            "Attempts after the first for requests that are safe to repeat. Default: `5`.",
        ),
        text(
            CA_CERT_FILE,
            "File with further root certificates in PEM form, for example of a corporate proxy.",
        ),
    ];
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes: arguments
                .into_iter()
                .map(|(argument, attr_type, sensitive, description)| {
                    named(argument, attr_type, sensitive, description)
                })
                .collect(),
            blocks: HashMap::new(),
            description: Description::markdown(
                "Customer-managed keys in Adobe Experience Platform: submits keys in Azure Key Vault to Adobe, waits \
                 until they are in effect, and shows drift.",
            ),
            deprecated: false,
        },
    }
}

fn named(
    argument: Argument,
    attr_type: AttributeType,
    sensitive: bool,
    description: &str,
) -> (String, Attribute) {
    (
        argument.name.to_owned(),
        Attribute {
            attr_type,
            description: Description::markdown(format!(
                "{description} Environment variable: `{}`.",
                argument.variable
            )),
            constraint: AttributeConstraint::Optional,
            sensitive,
            deprecated: false,
        },
    )
}
