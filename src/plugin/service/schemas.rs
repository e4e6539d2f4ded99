//! What the provider offers, as the CLI asks for it.

use std::collections::BTreeMap;

use super::Offer;
use crate::adapter::AnyFunction;
use crate::proto::tfplugin6 as pb;
use crate::schema;

fn capabilities() -> pb::ServerCapabilities {
    pb::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: false,
    }
}

/// Names only.
pub(super) fn metadata(offer: &Offer) -> pb::get_metadata::Response {
    let types = |names: Vec<&&'static str>| {
        names
            .into_iter()
            .map(|name| pb::get_metadata::TypeMetadata { type_name: (*name).to_owned() })
            .collect()
    };
    pb::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        diagnostics: Vec::new(),
        data_sources: types(offer.data_sources.keys().collect()),
        resources: types(offer.resources.keys().collect()),
        functions: offer
            .functions
            .keys()
            .map(|name| pb::get_metadata::FunctionMetadata { name: (*name).to_owned() })
            .collect(),
    }
}

/// Everything.
pub(super) fn provider_schema(offer: &Offer) -> pb::get_provider_schema::Response {
    let provider = Some(schema::schema(&offer.provider.declared().schema, &[]));
    let resource_schemas = offer
        .resources
        .iter()
        .map(|(name, resource)| {
            let schema = &resource.declared().schema;
            ((*name).to_owned(), schema::schema(schema, resource.optional_blocks()))
        })
        .collect();
    let data_source_schemas = offer
        .data_sources
        .iter()
        .map(|(name, data_source)| {
            ((*name).to_owned(), schema::schema(&data_source.declared().schema, &[]))
        })
        .collect();
    pb::get_provider_schema::Response {
        provider,
        resource_schemas,
        data_source_schemas,
        diagnostics: Vec::new(),
        provider_meta: None,
        server_capabilities: Some(capabilities()),
        functions: signatures(offer),
    }
}

fn signatures(offer: &Offer) -> BTreeMap<String, pb::Function> {
    let of = |function: &dyn AnyFunction| schema::function(function.signature());
    offer
        .functions
        .iter()
        .map(|(name, function)| ((*name).to_owned(), of(function.as_ref())))
        .collect()
}

/// The functions alone.
pub(super) fn functions(offer: &Offer) -> pb::get_functions::Response {
    pb::get_functions::Response { functions: signatures(offer), diagnostics: Vec::new() }
}

/// The identities of the resources that have one.
pub(super) fn identities(offer: &Offer) -> pb::get_resource_identity_schemas::Response {
    pb::get_resource_identity_schemas::Response {
        identity_schemas: offer
            .resources
            .iter()
            .filter_map(|(name, resource)| {
                Some(((*name).to_owned(), schema::identity(resource.identity_schema()?)))
            })
            .collect(),
        diagnostics: Vec::new(),
    }
}
