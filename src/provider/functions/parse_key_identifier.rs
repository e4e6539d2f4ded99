//! `provider::aep::parse_key_identifier(id)`.

use async_trait::async_trait;
use serde::Serialize;
use tf_provider::schema::{Description, FunctionSchema, Type};
use tf_provider::value::Value;
use tf_provider::{Diagnostics, Function, map};

use super::{argument_error, string_parameter};
use crate::key_identifier::KeyIdentifier;
use crate::provider::diagnostics::report;

/// Takes a key identifier apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParseKeyIdentifier;

/// The object the function returns. The field names are the attributes' names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParsedKeyIdentifier {
    key_vault_uri: Value<String>,
    vault_name: Value<String>,
    key_name: Value<String>,
    key_version: Value<String>,
    versionless_id: Value<String>,
    managed_hsm: Value<bool>,
    required_role: Value<String>,
}

#[async_trait]
impl Function for ParseKeyIdentifier {
    type Input<'a> = (String,);
    type Output<'a> = ParsedKeyIdentifier;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![string_parameter(
                "id",
                "URL of a key in Azure Key Vault or Managed HSM, with or without a version, for \
                 example `azurerm_key_vault_key.cmk.versionless_id`.",
            )],
            return_type: Type::Object(map! {
                "key_vault_uri" => Type::String,
                "vault_name" => Type::String,
                "key_name" => Type::String,
                "key_version" => Type::String,
                "versionless_id" => Type::String,
                "managed_hsm" => Type::Bool,
                "required_role" => Type::String,
            }),
            summary: "Takes the URL of an Azure key apart".to_owned(),
            description: Description::markdown(
                "Checks the URL of a key (its \"key identifier\") as `aep_cmk_config` does, and \
                 returns its parts as an object:\n\n\
                 - `key_vault_uri` (String) URL of the vault, in lower case, without port and \
                 trailing slash.\n\
                 - `vault_name` (String) Name of the vault or Managed HSM, in lower case.\n\
                 - `key_name` (String) Name of the key, as written.\n\
                 - `key_version` (String) Version of the key; null if the URL has none.\n\
                 - `versionless_id` (String) URL of the key without a version.\n\
                 - `managed_hsm` (Boolean) Whether the key is in a Managed HSM.\n\
                 - `required_role` (String) Name of the Azure role that Adobe's app needs on the \
                 vault or Managed HSM.\n\n\
                 A text that is not the URL of a key is an error that says what is wrong with \
                 it.\n\n\
                 Needs Terraform 1.8, OpenTofu 1.7 or later.",
            ),
            ..FunctionSchema::default()
        })
    }

    async fn call<'a>(
        &self,
        diags: &mut Diagnostics,
        (id,): Self::Input<'a>,
    ) -> Option<Self::Output<'a>> {
        let parsed = KeyIdentifier::parse(&id).map_err(|error| argument_error(0, &error));
        let id = report(diags, parsed)?;
        Some(ParsedKeyIdentifier {
            key_vault_uri: Value::Value(id.key_vault_uri()),
            vault_name: Value::Value(id.vault_name().to_owned()),
            key_name: Value::Value(id.key_name().to_owned()),
            key_version: id.key_version().map_or(Value::Null, |it| Value::Value(it.to_owned())),
            versionless_id: Value::Value(id.versionless()),
            managed_hsm: Value::Value(id.is_managed_hsm()),
            required_role: Value::Value(id.required_role().to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tf_provider::schema::Type;
    use tf_provider::{AttributePathStep, Diagnostics, Function};

    use super::ParseKeyIdentifier;

    async fn call(id: &str) -> (Option<serde_json::Value>, Diagnostics) {
        let mut diags = Diagnostics::default();
        let output = ParseKeyIdentifier.call(&mut diags, (id.to_owned(),)).await;
        let output = output.map(|output| serde_json::to_value(output).unwrap());
        (output, diags)
    }

    #[tokio::test]
    async fn the_parts_of_a_versioned_key() {
        let (output, diags) = call("https://ABC.vault.azure.net:443/keys/My-Key/v1/").await;
        assert_eq!(diags, Diagnostics::default());
        assert_eq!(
            output,
            Some(json!({
                "key_vault_uri": "https://abc.vault.azure.net",
                "vault_name": "abc",
                "key_name": "My-Key",
                "key_version": "v1",
                "versionless_id": "https://abc.vault.azure.net/keys/My-Key",
                "managed_hsm": false,
                "required_role": "Key Vault Crypto Service Encryption User",
            }))
        );
    }

    #[tokio::test]
    async fn a_versionless_key_in_a_managed_hsm_has_a_null_version() {
        let (output, _) = call("https://abc.managedhsm.azure.net/keys/k").await;
        let output = output.unwrap();
        assert_eq!(output["key_version"], json!(null));
        assert_eq!(output["managed_hsm"], json!(true));
        assert_eq!(output["required_role"], "Managed HSM Crypto Service Encryption User");
    }

    #[tokio::test]
    async fn the_object_has_the_attributes_of_the_schema() {
        let schema = ParseKeyIdentifier.schema(&mut Diagnostics::default());
        let Type::Object(types) = schema.unwrap().return_type else {
            panic!("the return type is an object");
        };
        let (output, _) = call("https://abc.vault.azure.net/keys/k/v1").await;
        let output = output.unwrap();
        let attributes = output.as_object().unwrap();
        assert_eq!(attributes.len(), types.len());
        for (name, value) in attributes {
            let expected = if value.is_boolean() { Type::Bool } else { Type::String };
            assert_eq!(types.get(name), Some(&expected), "{name}");
        }
    }

    #[tokio::test]
    async fn a_mistake_is_an_error_on_the_argument() {
        let (output, diags) = call("arn:aws:kms:x").await;
        assert_eq!(output, None);
        let [error] = diags.errors.as_slice() else {
            panic!("one error: {diags:?}");
        };
        assert!(error.summary.contains("ARN"), "{}", error.summary);
        assert_eq!(error.detail, "");
        assert_eq!(error.attribute.steps, [AttributePathStep::Index(0)]);
    }
}
