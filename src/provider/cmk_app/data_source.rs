//! The data source `aep_cmk_app`.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{AttributeConstraint, Schema};
use tf_provider::value::Value;
use tf_provider::{DataSource, Diagnostic, Diagnostics};

use super::consent_url::{ConsentUrlError, check_tenant_id, consent_url};
use crate::key_identifier::{KEY_VAULT_ROLE, MANAGED_HSM_ROLE};
use crate::provider::connection::{Shared, limits};
use crate::provider::diagnostics::{at, at_plan, from_api, report};
use crate::provider::duration::READ_TIMEOUT;
use crate::provider::schema::{attributes, schema, text};

/// `tenant_id`
const TENANT_ID: &str = "tenant_id";
/// `application_redirect_url`
const REDIRECT_URL: &str = "application_redirect_url";

/// The data source, on a connection that configure will make.
pub struct CmkApp(pub Shared);

/// The data source's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct App {
    pub tenant_id: Value<String>,
    pub id: Value<String>,
    pub name: Value<String>,
    pub application_uri: Value<String>,
    pub application_id: Value<String>,
    pub application_redirect_url: Value<String>,
    pub consent_url: Value<String>,
    pub key_vault_role: Value<String>,
    pub managed_hsm_role: Value<String>,
}

#[async_trait]
impl DataSource for CmkApp {
    type State<'a> = App;
    type ProviderMetaState<'a> = Value<()>;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(app_schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: App) -> Option<()> {
        if let Value::Value(tenant_id) = &config.tenant_id
            && let Err(error) = check_tenant_id(tenant_id)
        {
            let summary = "This is not the id of an Azure tenant";
            diags.errors.push(at(TENANT_ID, summary, error.to_string()));
        }
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        config: App,
        _meta: Value<()>,
    ) -> Option<App> {
        let session = self.0.session();
        if session.defer_if_unknown() {
            return Some(App {
                tenant_id: config.tenant_id,
                id: Value::Unknown,
                name: Value::Unknown,
                application_uri: Value::Unknown,
                application_id: Value::Unknown,
                application_redirect_url: Value::Unknown,
                consent_url: Value::Unknown,
                key_vault_role: Value::Unknown,
                managed_hsm_role: Value::Unknown,
            });
        }
        let doing = "reading Adobe's app registration";
        let client = report(diags, session.ready(doing))?;
        let app = client.app_registration(&limits(READ_TIMEOUT)).await;
        let app = report(diags, app.map_err(|error| at_plan(from_api(&error, doing))))?;
        let consent = match &config.tenant_id {
            Value::Value(tenant_id) => {
                let url = consent_url(&app.application_redirect_url, tenant_id);
                Value::Value(report(diags, url.map_err(no_consent_url))?)
            }
            Value::Null | Value::Unknown => Value::Null,
        };
        Some(App {
            tenant_id: config.tenant_id,
            id: Value::Value(app.id),
            name: Value::Value(app.name),
            application_uri: Value::Value(app.application_uri),
            application_id: Value::Value(app.application_id),
            application_redirect_url: Value::Value(app.application_redirect_url),
            consent_url: consent,
            key_vault_role: Value::Value(KEY_VAULT_ROLE.to_owned()),
            managed_hsm_role: Value::Value(MANAGED_HSM_ROLE.to_owned()),
        })
    }
}

fn no_consent_url(error: ConsentUrlError) -> Diagnostic {
    let attribute = if error.is_about_tenant_id() { TENANT_ID } else { REDIRECT_URL };
    at(attribute, "There is no consent URL for this tenant", error.to_string())
}

fn app_schema() -> Schema {
    let tenant_id = text(
        TENANT_ID,
        "Directory (tenant) id, a GUID, of the Azure tenant that the vault is in. Needed for \
         `consent_url` only.",
    );
    let computed = [
        text("id", "Adobe's id of the registration, `byok`."),
        text("name", "Name of the app."),
        text("application_uri", "Identifier URI of the app."),
        text(
            "application_id",
            "Application (client) id of the app, the `client_id` of an \
             `azuread_service_principal`.",
        ),
        text(
            REDIRECT_URL,
            "URL at which a person gives consent, exactly as in Adobe's response: for whichever \
             tenant that person is signed in to. Where there is more than one tenant use \
             `consent_url`.",
        ),
        text(
            "consent_url",
            "URL at which a person gives consent in the tenant `tenant_id` and in no other one; \
             null without `tenant_id`.",
        ),
        text("key_vault_role", "Name of the Azure role that the app needs on a key vault."),
        text("managed_hsm_role", "Name of the Azure role that the app needs on a Managed HSM."),
    ];
    schema(
        attributes(AttributeConstraint::Optional, [tenant_id])
            .chain(attributes(AttributeConstraint::Computed, computed)),
        "Adobe's app in Azure that uses the customer-managed key. Before a key is submitted, the \
                 app needs a service principal in the tenant of the vault (that is the consent: a \
                 person accepts at `consent_url`, or `azuread_service_principal` makes it) and the \
                 role `key_vault_role` or `managed_hsm_role` there.",
    )
}
