//! The provider block.

use std::sync::OnceLock;

use async_trait::async_trait;
use tf_provider::{Diagnostics, Provider};

use super::{Declaration, declare, declared_type, decode, require_error, to_protocol, typed};
use crate::proto::tfplugin6 as pb;
use crate::value::{Data, from_data};

/// A [`Provider`] without its types.
#[async_trait]
pub(crate) trait AnyProvider: Send + Sync {
    fn declaration(&self) -> &Declaration;
    async fn validate(
        &self,
        request: pb::validate_provider_config::Request,
    ) -> pb::validate_provider_config::Response;
    async fn configure(
        &self,
        request: pb::configure_provider::Request,
    ) -> pb::configure_provider::Response;
}

pub(crate) struct ProviderAdapter<P> {
    provider: P,
    declaration: OnceLock<Declaration>,
}

impl<P: Provider> ProviderAdapter<P> {
    pub(crate) fn new(provider: P) -> Self {
        Self { provider, declaration: OnceLock::new() }
    }

    async fn try_validate(
        &self,
        diags: &mut Diagnostics,
        config: Option<&pb::DynamicValue>,
    ) -> Option<()> {
        let ty = declared_type(diags, self.declaration())?;
        let data = decode(diags, config, ty)?;
        let config = typed(diags, &data, ty, &fits::<P>)?;
        let answer = self.provider.validate(diags, config).await;
        if answer.is_none() {
            require_error(diags, "no result of the validation");
        }
        answer
    }

    async fn try_configure(
        &self,
        diags: &mut Diagnostics,
        request: pb::configure_provider::Request,
    ) -> Option<()> {
        let ty = declared_type(diags, self.declaration())?;
        let data = decode(diags, request.config.as_ref(), ty)?;
        let config = typed(diags, &data, ty, &fits::<P>)?;
        let answer = self.provider.configure(diags, request.terraform_version, config).await;
        if answer.is_none() {
            require_error(diags, "no result of the configuration");
        }
        answer
    }
}

fn fits<P: Provider>(data: &Data) -> bool {
    from_data::<P::Config<'_>>(data).is_ok()
}

#[async_trait]
impl<P: Provider> AnyProvider for ProviderAdapter<P> {
    fn declaration(&self) -> &Declaration {
        self.declaration.get_or_init(|| declare(|diags| self.provider.schema(diags)))
    }

    async fn validate(
        &self,
        request: pb::validate_provider_config::Request,
    ) -> pb::validate_provider_config::Response {
        let mut diags = Diagnostics::default();
        _ = self.try_validate(&mut diags, request.config.as_ref()).await;
        pb::validate_provider_config::Response { diagnostics: to_protocol(diags) }
    }

    async fn configure(
        &self,
        request: pb::configure_provider::Request,
    ) -> pb::configure_provider::Response {
        let mut diags = Diagnostics::default();
        _ = self.try_configure(&mut diags, request).await;
        pb::configure_provider::Response { diagnostics: to_protocol(diags) }
    }
}
