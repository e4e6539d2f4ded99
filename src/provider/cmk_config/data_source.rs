//! The data source `aep_cmk_config`.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::Schema;
use tf_provider::value::Value;
use tf_provider::{DataSource, Diagnostics};

use super::model::{Computed, Model, Operation, known};
use super::{look_up, messages, schema, validate};
use crate::provider::connection::Shared;
use crate::provider::diagnostics::push_api;

/// The data source.
pub struct CmkConfigDataSource {
    shared: Shared,
}

impl CmkConfigDataSource {
    /// A data source on a connection that configure will make.
    pub fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

/// The data source's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Found {
    pub name: Value<String>,
    pub key_vault_key_identifier: Value<String>,
    #[serde(flatten)]
    pub computed: Computed,
}

#[async_trait]
impl DataSource for CmkConfigDataSource {
    type State<'a> = Found;
    type ProviderMetaState<'a> = Value<()>;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema::data_source())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Found) -> Option<()> {
        if let Some(name) = known(&config.name) {
            diags.errors.extend(validate::name_mistake(name));
        }
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        config: Found,
        _meta: Value<()>,
    ) -> Option<Found> {
        let session = self.shared.session();
        if session.defer_if_unknown() {
            return Some(Found {
                key_vault_key_identifier: Value::Unknown,
                computed: Computed::unknown(),
                ..config
            });
        }
        let name = known(&config.name)?.clone();
        let client = session.ready(diags, &format!("reading the configuration {name:?}"))?;
        let limits = look_up::limits(&Model::default(), Operation::Read);
        match client.look_up(&name, &limits).await {
            Ok(Some(configuration)) => Some(Found {
                name: config.name,
                computed: Computed::from_answer(&configuration, client.org_id()),
                key_vault_key_identifier: Value::Value(configuration.key_identifier),
            }),
            Ok(None) => {
                diags.errors.push(messages::absent(&name, client.org_id()));
                None
            }
            Err(error) => {
                push_api(diags, &error, &format!("reading the configuration {name:?}"));
                None
            }
        }
    }
}
