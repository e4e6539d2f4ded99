//! The provider block.

use async_trait::async_trait;
use rmpv::Value;
use tf_provider::{Diagnostics, Provider};

use super::{Declared, Family, decode, diagnostic, required, to_protocol, typed};
use crate::proto::tfplugin6 as pb;
use crate::value::{self, Ty};

/// A [`Provider`] without its types.
#[async_trait]
pub(crate) trait AnyProvider: Send + Sync {
    fn declared(&self) -> &Declared;
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
    declared: Declared,
}

impl<P: Provider> ProviderAdapter<P> {
    pub(crate) fn new(provider: P, problems: &mut Diagnostics) -> Self {
        let declared = Declared::by(problems, |diags| provider.schema(diags));
        // Where tf-provider's own server asks, and this host does not.
        let mut ignored = Diagnostics::default();
        let meta = provider.meta_schema(&mut ignored).map(|schema| schema.block);
        let has_meta =
            meta.is_some_and(|block| !(block.attributes.is_empty() && block.blocks.is_empty()));
        let registers = [
            (has_meta, "Provider::meta_schema is not called: provider metadata is not offered."),
            (
                provider.get_resources(&mut ignored).is_some_and(|all| !all.is_empty()),
                "Provider::get_resources is not called: register with Plugin::resource.",
            ),
            (
                provider.get_data_sources(&mut ignored).is_some_and(|all| !all.is_empty()),
                "Provider::get_data_sources is not called: register with Plugin::data_source.",
            ),
            (
                provider.get_functions(&mut ignored).is_some_and(|all| !all.is_empty()),
                "Provider::get_functions is not called: register with Plugin::function.",
            ),
        ];
        for (_, detail) in registers.into_iter().filter(|(does, _)| *does) {
            problems.errors.push(diagnostic("The provider has what is not served", detail));
        }
        Self { provider, declared }
    }

    async fn try_validate(
        &self,
        diags: &mut Diagnostics,
        config: Option<&pb::DynamicValue>,
    ) -> Option<()> {
        let ty = &self.declared.ty;
        let sent = decode::<Config<P>>(diags, config, ty)?;
        let (config, _) = typed::<Config<P>>(diags, &sent, ty)?;
        let validated = self.provider.validate(diags, config).await;
        required(diags, validated, "no result of the validation")
    }

    async fn try_configure(
        &self,
        diags: &mut Diagnostics,
        request: pb::configure_provider::Request,
    ) -> Option<()> {
        let ty = &self.declared.ty;
        let sent = decode::<Config<P>>(diags, request.config.as_ref(), ty)?;
        let (config, _) = typed::<Config<P>>(diags, &sent, ty)?;
        let configured = self.provider.configure(diags, request.terraform_version, config).await;
        required(diags, configured, "no result of the configuration")
    }
}

/// The type of its values.
struct Config<P>(std::marker::PhantomData<P>);

impl<P: Provider> Family for Config<P> {
    type Of<'a> = P::Config<'a>;

    fn held(of: &Self::Of<'_>, ty: &Ty) -> Option<Value> {
        value::written(of, ty).ok()
    }
}

#[async_trait]
impl<P: Provider> AnyProvider for ProviderAdapter<P> {
    fn declared(&self) -> &Declared {
        &self.declared
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
