//! Data sources.

use async_trait::async_trait;
use rmpv::Value;
use tf_provider::{DataSource, Diagnostics};

use super::{
    Declared, Family, decode, deferred, encode, encode_value, meta, or_deferred, required,
    to_protocol, typed,
};
use crate::proto::tfplugin6 as pb;
use crate::value::{self, Ty};

/// A [`DataSource`] without its types.
#[async_trait]
pub(crate) trait AnyDataSource: Send + Sync {
    fn declared(&self) -> &Declared;
    async fn validate(
        &self,
        request: pb::validate_data_resource_config::Request,
    ) -> pb::validate_data_resource_config::Response;
    async fn read(&self, request: pb::read_data_source::Request) -> pb::read_data_source::Response;
}

pub(crate) struct DataSourceAdapter<D> {
    data_source: D,
    declared: Declared,
}

impl<D: DataSource> DataSourceAdapter<D> {
    pub(crate) fn new(data_source: D, problems: &mut Diagnostics) -> Self {
        let declared = Declared::by(problems, |diags| data_source.schema(diags));
        Self { data_source, declared }
    }

    async fn try_validate(
        &self,
        diags: &mut Diagnostics,
        config: Option<&pb::DynamicValue>,
    ) -> Option<()> {
        let sent = self.declared.configuration::<State<D>>(diags, config)?;
        let (config, _) = typed::<State<D>>(diags, &sent, &self.declared.ty)?;
        let validated = self.data_source.validate(diags, config).await;
        required(diags, validated, "no result of the validation")
    }

    async fn try_read(
        &self,
        diags: &mut Diagnostics,
        config: Option<&pb::DynamicValue>,
    ) -> Option<pb::DynamicValue> {
        let ty = &self.declared.ty;
        let sent = decode::<State<D>>(diags, config, ty)?;
        let (config, _) = typed::<State<D>>(diags, &sent, ty)?;
        let meta = meta(diags)?;
        let read = self.data_source.read(diags, config, meta).await;
        let read = match read {
            Some(state) => Some(encode(diags, &state, ty, None)?),
            None => None,
        };
        // Null would be an object that is missing.
        or_deferred(diags, read, "no data", |diags| encode_value(diags, Ok(value::unknown())))
    }
}

/// The type of its values.
struct State<D>(std::marker::PhantomData<D>);

impl<D: DataSource> Family for State<D> {
    type Of<'a> = D::State<'a>;

    fn held(of: &Self::Of<'_>, ty: &Ty) -> Option<Value> {
        value::written(of, ty).ok()
    }
}

#[async_trait]
impl<D: DataSource> AnyDataSource for DataSourceAdapter<D> {
    fn declared(&self) -> &Declared {
        &self.declared
    }

    async fn validate(
        &self,
        request: pb::validate_data_resource_config::Request,
    ) -> pb::validate_data_resource_config::Response {
        let mut diags = Diagnostics::default();
        _ = self.try_validate(&mut diags, request.config.as_ref()).await;
        pb::validate_data_resource_config::Response { diagnostics: to_protocol(diags) }
    }

    async fn read(&self, request: pb::read_data_source::Request) -> pb::read_data_source::Response {
        let mut diags = Diagnostics::default();
        let state = self.try_read(&mut diags, request.config.as_ref()).await;
        pb::read_data_source::Response {
            state,
            diagnostics: to_protocol(diags),
            deferred: deferred(),
        }
    }
}
