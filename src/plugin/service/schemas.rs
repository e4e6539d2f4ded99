//! What the provider offers, as the CLI asks for it.

use std::collections::BTreeMap;

use tf_provider::Diagnostics;
use tf_provider::schema::FunctionSchema;

use super::Offer;
use crate::adapter::{Declaration, to_protocol};
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
    let mut diags = Diagnostics::default();
    let mut convert = |declaration: &Declaration, optional_blocks: &[&str]| match declaration {
        Ok(declared) => Some(schema::schema(&declared.schema, optional_blocks)),
        Err(errors) => {
            diags.add_diagnostics(errors.clone());
            None
        }
    };
    let provider = convert(offer.provider.declaration(), &[]);
    let resource_schemas = offer
        .resources
        .iter()
        .filter_map(|(name, resource)| {
            let schema = convert(resource.declaration(), resource.optional_blocks())?;
            Some(((*name).to_owned(), schema))
        })
        .collect();
    let data_source_schemas = offer
        .data_sources
        .iter()
        .filter_map(|(name, data_source)| {
            Some(((*name).to_owned(), convert(data_source.declaration(), &[])?))
        })
        .collect();
    let functions = signatures(offer, &mut diags);
    pb::get_provider_schema::Response {
        provider,
        resource_schemas,
        data_source_schemas,
        diagnostics: to_protocol(diags),
        provider_meta: None,
        server_capabilities: Some(capabilities()),
        functions,
    }
}

fn signatures(offer: &Offer, diags: &mut Diagnostics) -> BTreeMap<String, pb::Function> {
    let mut signatures = BTreeMap::new();
    for (name, function) in &offer.functions {
        let signature: &Result<FunctionSchema, Diagnostics> = function.signature();
        match signature {
            Ok(signature) => {
                signatures.insert((*name).to_owned(), schema::function(signature));
            }
            Err(errors) => diags.add_diagnostics(errors.clone()),
        }
    }
    signatures
}

/// The functions alone.
pub(super) fn functions(offer: &Offer) -> pb::get_functions::Response {
    let mut diags = Diagnostics::default();
    pb::get_functions::Response {
        functions: signatures(offer, &mut diags),
        diagnostics: to_protocol(diags),
    }
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
