//! The register: the provider block, resources, data sources and functions.

mod arguments;
pub mod cmk_app;
pub mod cmk_config;
pub mod config;
mod connection;
mod diagnostics;
pub mod doctor;
mod duration;
pub mod functions;
mod proxy;
#[cfg(fuzzing)]
pub use proxy::fuzzing;
mod schema;

use std::sync::Arc;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::value::Value;
use tf_provider::{Diagnostic, Diagnostics, Provider};
use tf_provider_host::{About, Plugin};

use crate::api::Client;
use crate::provider::arguments::CA_CERT_FILE;
use crate::provider::cmk_app::CmkApp;
use crate::provider::cmk_config::{CmkConfig, CmkConfigDataSource};
use crate::provider::config::{ProviderConfig, Resolved};
use crate::provider::connection::{Connection, Shared};
use crate::provider::diagnostics::{attribute_path, from_api, report};
use crate::provider::functions::{ConsentUrl, ParseKeyIdentifier};

/// Where the registry keeps the provider.
pub const ADDRESS: &str = "registry.terraform.io/aep-cmk/aep";
/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The provider with everything it offers, ready to be served.
pub fn plugin() -> Plugin<Aep> {
    let shared = Shared::default();
    let about = About {
        name: env!("CARGO_PKG_NAME"),
        address: ADDRESS,
        version: VERSION,
        description: env!("CARGO_PKG_DESCRIPTION"),
        commands: &[doctor::COMMAND],
    };
    Plugin::new(about, Aep(shared.clone()))
        .resource("aep_cmk_config", CmkConfig(shared.clone()))
        .data_source("aep_cmk_app", CmkApp(shared.clone()))
        .data_source("aep_cmk_config", CmkConfigDataSource(shared))
        .function("parse_key_identifier", ParseKeyIdentifier)
        .function("consent_url", ConsentUrl)
}

/// The provider block, with the connection that it configures.
pub struct Aep(Shared);

#[async_trait]
impl Provider for Aep {
    type Config<'a> = ProviderConfig;
    type MetaState<'a> = Value<()>;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema::provider())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: ProviderConfig) -> Option<()> {
        diags.errors.extend(config::validate(&config).into_iter().map(Into::into));
        Some(())
    }

    async fn configure<'a>(
        &self,
        diags: &mut Diagnostics,
        terraform_version: String,
        config: ProviderConfig,
    ) -> Option<()> {
        let user_agent =
            config::user_agent(&format!("Terraform/{terraform_version}"), &config::from_process);
        let connection = match config::resolve(&config, &config::from_process, user_agent) {
            Ok(Resolved::Ready(settings)) => {
                let client = Client::new(*settings).map_err(|error| {
                    let names: &[_] =
                        if config.ca_cert_file.is_value() { &[CA_CERT_FILE.name] } else { &[] };
                    let attribute = attribute_path(names);
                    Diagnostic { attribute, ..from_api(&error, "configuring the provider") }
                });
                Connection::Ready(report(diags, client)?)
            }
            Ok(Resolved::Deferred(deferred)) => Connection::Deferred(Arc::new(deferred)),
            Err(errors) => {
                diags.errors.extend(errors.into_iter().map(Into::into));
                return None;
            }
        };
        self.0.configure(connection);
        Some(())
    }
}
