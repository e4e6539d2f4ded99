//! Data sources.

use async_trait::async_trait;
use tf_provider::{DataSource, Diagnostics};

use super::{
    Declared, decode, deferred, encode, encode_data, meta, require_deferral_or_error,
    require_error, to_protocol, typed,
};
use crate::proto::tfplugin6 as pb;
use crate::value::{self, Data, from_data};

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
        let ty = &self.declared.ty;
        let data = decode(diags, config, ty)?;
        let data = value::admit(&data, ty, &fits::<D>);
        let config = typed(diags, &data, ty, &fits::<D>)?;
        let answer = self.data_source.validate(diags, config).await;
        if answer.is_none() {
            require_error(diags, "no result of the validation");
        }
        answer
    }

    async fn try_read(
        &self,
        diags: &mut Diagnostics,
        config: Option<&pb::DynamicValue>,
    ) -> Option<pb::DynamicValue> {
        let ty = &self.declared.ty;
        let data = decode(diags, config, ty)?;
        let config = typed(diags, &data, ty, &fits::<D>)?;
        let meta = meta(diags)?;
        match self.data_source.read(diags, config, meta).await {
            Some(state) => encode(diags, &state, ty, None),
            // Null would be an object that is missing.
            None if deferred().is_some() => encode_data(diags, &Data::Unknown, ty),
            None => {
                require_deferral_or_error(diags, "no data");
                None
            }
        }
    }
}

fn fits<D: DataSource>(data: &Data) -> bool {
    from_data::<D::State<'_>>(data).is_ok()
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
