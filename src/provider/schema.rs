//! How schemas are made, and the one of the provider block with its published text.

use std::collections::HashMap;

use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, Schema,
};

use super::arguments;

/// The provider block's schema.
pub fn provider() -> Schema {
    let attributes = arguments::ALL.into_iter().map(|it| {
        let text = format!("{} Environment variable: `{}`.", it.text(), it.variable);
        let attribute = attribute(&AttributeConstraint::Optional, it.kind.attribute_type(), &text);
        let sensitive = it.is_secret();
        (it.name.to_owned(), Attribute { sensitive, ..attribute })
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
