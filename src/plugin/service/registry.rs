//! Everything a provider offers, and how the CLI asks for it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use tf_provider::Diagnostic;

use crate::adapter::{AnyDataSource, AnyFunction, AnyProvider, AnyResource, diagnostic};
use crate::proto::tfplugin6 as pb;
use crate::schema;

/// Everything a provider offers, by name.
pub(crate) struct Registry {
    pub(crate) address: &'static str,
    /// The crate the provider is written in: its log is written, too.
    pub(crate) crate_name: &'static str,
    pub(crate) provider: Arc<dyn AnyProvider>,
    pub(crate) resources: BTreeMap<&'static str, Arc<dyn AnyResource>>,
    pub(crate) data_sources: BTreeMap<&'static str, Arc<dyn AnyDataSource>>,
    pub(crate) functions: BTreeMap<&'static str, Arc<dyn AnyFunction>>,
    /// Made when it is first asked for.
    pub(crate) schemas: OnceLock<pb::get_provider_schema::Response>,
}

fn find<T: ?Sized>(
    all: &BTreeMap<&'static str, Arc<T>>,
    summary: &'static str,
    name: &str,
) -> Result<Arc<T>, Diagnostic> {
    all.get(name).cloned().ok_or_else(|| {
        diagnostic(summary, format!("The provider has nothing of the name {name:?}."))
    })
}

/// What a request is about.
impl Registry {
    pub(super) fn itself(self: &Arc<Self>, _: &str) -> Result<Arc<Self>, Diagnostic> {
        Ok(Arc::clone(self))
    }

    pub(super) fn provider(&self, _: &str) -> Result<Arc<dyn AnyProvider>, Diagnostic> {
        Ok(Arc::clone(&self.provider))
    }

    pub(super) fn resource(&self, name: &str) -> Result<Arc<dyn AnyResource>, Diagnostic> {
        find(&self.resources, "Unknown resource type", name)
    }

    pub(super) fn data_source(&self, name: &str) -> Result<Arc<dyn AnyDataSource>, Diagnostic> {
        find(&self.data_sources, "Unknown data source type", name)
    }

    pub(super) fn function(&self, name: &str) -> Result<Arc<dyn AnyFunction>, Diagnostic> {
        find(&self.functions, "Unknown function", name)
    }
}

/// What it says of itself.
impl Registry {
    /// Names only.
    pub(super) async fn metadata(
        &self,
        _: pb::get_metadata::Request,
    ) -> pb::get_metadata::Response {
        use pb::get_metadata::{FunctionMetadata, TypeMetadata};
        let of = |name: &&str| TypeMetadata { type_name: (*name).to_owned() };
        let function = |name: &&str| FunctionMetadata { name: (*name).to_owned() };
        pb::get_metadata::Response {
            server_capabilities: Some(CAPABILITIES),
            diagnostics: Vec::new(),
            data_sources: self.data_sources.keys().map(of).collect(),
            resources: self.resources.keys().map(of).collect(),
            functions: self.functions.keys().map(function).collect(),
        }
    }

    /// Everything.
    pub(super) async fn provider_schema(
        &self,
        _: pb::get_provider_schema::Request,
    ) -> pb::get_provider_schema::Response {
        let make = || pb::get_provider_schema::Response {
            provider: Some(schema::schema(&self.provider.declared().schema, &[])),
            resource_schemas: named(&self.resources, |resource| {
                schema::schema(&resource.declared().schema, resource.optional_blocks())
            }),
            data_source_schemas: named(&self.data_sources, |data_source| {
                schema::schema(&data_source.declared().schema, &[])
            }),
            diagnostics: Vec::new(),
            provider_meta: None,
            server_capabilities: Some(CAPABILITIES),
            functions: self.functions(),
        };
        self.schemas.get_or_init(make).clone()
    }

    fn functions(&self) -> BTreeMap<String, pb::Function> {
        named(&self.functions, |function| schema::function(function.signature()))
    }

    /// The functions alone.
    pub(super) async fn signatures(
        &self,
        _: pb::get_functions::Request,
    ) -> pb::get_functions::Response {
        pb::get_functions::Response { functions: self.functions(), diagnostics: Vec::new() }
    }

    /// The identities of the resources that have one.
    pub(super) async fn identities(
        &self,
        _: pb::get_resource_identity_schemas::Request,
    ) -> pb::get_resource_identity_schemas::Response {
        let with = self.resources.iter().filter_map(|(name, resource)| {
            Some(((*name).to_owned(), schema::identity(resource.identity_schema()?)))
        });
        pb::get_resource_identity_schemas::Response {
            identity_schemas: with.collect(),
            diagnostics: Vec::new(),
        }
    }
}

const CAPABILITIES: pb::ServerCapabilities = pb::ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: false,
};

fn named<T: ?Sized, S>(
    all: &BTreeMap<&'static str, Arc<T>>,
    schema: impl Fn(&T) -> S,
) -> BTreeMap<String, S> {
    all.iter().map(|(name, one)| ((*name).to_owned(), schema(one))).collect()
}
