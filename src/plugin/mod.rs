//! The plugin host: serves a provider written in tf-provider's traits to Terraform and OpenTofu.
//!
//! It speaks version 6 of the plugin protocol (minor 6.11) over mutual TLS on a unix socket that only the process that
//! started it can use. It knows nothing of any particular provider.
//!
//! ```text
//! process      arguments, cookie, handshake line, signals, the end
//! socket, tls, connections   who gets in
//! dispatch     the services on a connection: service (the provider's), companions (go-plugin's)
//! service      one task a request, with its ctx; a panic in it is an answer
//! adapter      messages <-> tf_provider's traits and ext::ResourceExt
//! value, schema   values and schemas <-> the wire
//! log, crash, stderr   what the CLI reads on standard error
//! ```

mod adapter;
mod command_line;
mod companions;
mod connections;
mod crash;
pub mod ctx;
mod dispatch;
mod error;
mod ext;
mod log;
mod process;
#[doc(hidden)]
pub mod proto;
mod schema;
mod service;
mod signals;
mod socket;
mod stderr;
mod tls;
mod value;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use tf_provider::schema::{FunctionSchema, Schema};
use tf_provider::{DataSource, Diagnostics, Function, Provider};

use adapter::{DataSourceAdapter, FunctionAdapter, ProviderAdapter, ResourceAdapter};
pub use ext::{Identity, IdentityAttribute, IdentitySchema, ResourceExt};
use service::Offer;
#[cfg(fuzzing)]
pub use value::fuzzing;
pub use value::{Data, Dynamic, NotANumber, Number, Ty};

/// What the binary says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The binary's name, `terraform-provider-…`.
    pub name: &'static str,
    /// The provider's address, `registry.terraform.io/namespace/type`.
    pub address: &'static str,
    /// Its version.
    pub version: &'static str,
    /// One sentence for `--help`.
    pub description: &'static str,
    /// What else the binary's main does, each with a few words for `--help`.
    pub commands: &'static [(&'static str, &'static str)],
}

impl About {
    /// The provider's type: the last part of its address.
    fn kind(&self) -> &'static str {
        self.address.rsplit('/').next().unwrap_or(self.address)
    }
}

/// A provider with everything it offers, ready to be served.
pub struct Plugin<P> {
    about: About,
    offer: Offer,
    _provider: std::marker::PhantomData<P>,
}

/// A resource's part of [`Schemas`].
#[derive(Clone, Debug)]
pub struct ResourceSchema {
    /// The schema.
    pub schema: Schema,
    /// Single blocks of its root that may be left out.
    pub optional_blocks: &'static [&'static str],
    /// The identity schema, if it has one.
    pub identity: Option<IdentitySchema>,
}

/// All schemas of a plugin, for those who document it.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// The provider block's.
    pub provider: Option<Schema>,
    /// By type name.
    pub resources: BTreeMap<&'static str, ResourceSchema>,
    /// By type name.
    pub data_sources: BTreeMap<&'static str, Schema>,
    /// By name.
    pub functions: BTreeMap<&'static str, FunctionSchema>,
    /// Why a schema is missing, if one is.
    pub diagnostics: Diagnostics,
}

impl<P: Provider> Plugin<P> {
    /// A plugin with the provider block of `provider` and nothing else yet.
    pub fn new(about: About, provider: P) -> Self {
        Self {
            about,
            offer: Offer {
                address: about.address,
                crate_name: log::crate_of(std::any::type_name::<P>()),
                provider: Arc::new(ProviderAdapter::new(provider)),
                resources: BTreeMap::new(),
                data_sources: BTreeMap::new(),
                functions: BTreeMap::new(),
            },
            _provider: std::marker::PhantomData,
        }
    }

    /// Adds a resource under its full type name, such as `toy_thing`.
    #[must_use]
    pub fn resource<R: ResourceExt + 'static>(mut self, name: &'static str, resource: R) -> Self {
        self.offer.resources.insert(name, Arc::new(ResourceAdapter::new(resource)));
        self
    }

    /// Adds a data source under its full type name.
    #[must_use]
    pub fn data_source<D: DataSource + 'static>(
        mut self,
        name: &'static str,
        data_source: D,
    ) -> Self {
        self.offer.data_sources.insert(name, Arc::new(DataSourceAdapter::new(data_source)));
        self
    }

    /// Adds a function.
    #[must_use]
    pub fn function<F: Function + 'static>(mut self, name: &'static str, function: F) -> Self {
        self.offer.functions.insert(name, Arc::new(FunctionAdapter::new(function)));
        self
    }

    /// The schemas of everything.
    pub fn schemas(&self) -> Schemas {
        let mut schemas = Schemas::default();
        let mut kept = |declaration: &adapter::Declaration| match declaration {
            Ok(declared) => Some(declared.schema.clone()),
            Err(errors) => {
                schemas.diagnostics.add_diagnostics(errors.clone());
                None
            }
        };
        schemas.provider = kept(self.offer.provider.declaration());
        for (name, resource) in &self.offer.resources {
            if let Some(schema) = kept(resource.declaration()) {
                let schema = ResourceSchema {
                    schema,
                    optional_blocks: resource.optional_blocks(),
                    identity: resource.identity_schema().cloned(),
                };
                schemas.resources.insert(name, schema);
            }
        }
        for (name, data_source) in &self.offer.data_sources {
            if let Some(schema) = kept(data_source.declaration()) {
                schemas.data_sources.insert(name, schema);
            }
        }
        for (name, function) in &self.offer.functions {
            match function.signature() {
                Ok(signature) => {
                    schemas.functions.insert(name, signature.clone());
                }
                Err(errors) => schemas.diagnostics.add_diagnostics(errors.clone()),
            }
        }
        schemas
    }

    /// Runs the plugin with the arguments after the program's name. Returns when the process is to end.
    pub fn serve(self, arguments: impl Iterator<Item = OsString>) -> ExitCode {
        process::run(&self.about, self.offer, arguments)
    }
}
