//! The data source `aep_cmk_config`.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::Schema;
use tf_provider::value::Value;
use tf_provider::{DataSource, Diagnostics};

use super::model::{Computed, known};
use super::{look, schema};
use crate::provider::connection::Shared;
use crate::provider::diagnostics::{at_plan, report};

/// The data source, on a connection that configure will make.
pub struct CmkConfigDataSource(pub Shared);

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
        report(diags, known(&config.name).map_or(Ok(()), |name| schema::check_name(name)))
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        config: Found,
        _meta: Value<()>,
    ) -> Option<Found> {
        let session = self.0.session();
        if session.defer_if_unknown() {
            return Some(Found {
                key_vault_key_identifier: Value::Unknown,
                computed: Computed::unknown(),
                ..config
            });
        }
        let name = known(&config.name)?.clone();
        let doing = format!("reading the configuration {name:?}");
        let client = report(diags, session.ready(&doing))?;
        let seen = report(diags, look::existing(client, &name, &doing).await.map_err(at_plan))?;
        Some(Found {
            name: config.name,
            key_vault_key_identifier: Value::Value(seen.key_text().to_owned()),
            computed: Computed::of(&seen, client.org_id(), Computed::default()),
        })
    }
}
