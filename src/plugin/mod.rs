//! The plugin host: serves a provider written in tf-provider's traits to Terraform and OpenTofu.
//!
//! It speaks version 6 of the plugin protocol (minor 6.11) over mutual TLS on a unix socket that
//! only the process that started it can use. It knows nothing of any particular provider.
//!
//! ```text
//! process      arguments, cookie, handshake line, signals, the end
//! socket, tls, connections   who gets in
//! dispatch     the services on a connection: service (the provider's), go_plugin (its own)
//! service      one task a request, with its ctx; a panic in it is an error
//! adapter      messages <-> tf_provider's traits and ext::ResourceExt
//! value, schema   values and schemas <-> the wire
//! log, crash, stderr   what the CLI reads on standard error
//! ```

mod adapter;
mod command_line;
mod connections;
mod crash;
pub mod ctx;
mod dispatch;
mod error;
mod ext;
mod go_plugin;
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

#[cfg(test)]
#[path = "../../tests/fuzz/checks/seeds.rs"]
mod seeds;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use tf_provider::schema::{FunctionSchema, Schema};
use tf_provider::{DataSource, Diagnostics, Function, Provider};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use adapter::{DataSourceAdapter, FunctionAdapter, ProviderAdapter, ResourceAdapter};
pub use ext::{Identity, IdentityAttribute, IdentitySchema, ResourceExt};
use service::Registry;
#[cfg(fuzzing)]
pub use value::fuzzing;
pub use value::{Any, Dynamic, NotANumber, Number};

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
    registry: Registry,
    problems: Diagnostics,
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
    /// What is wrong with what was registered: with any of it, [`Plugin::serve`] serves nothing.
    pub diagnostics: Diagnostics,
}

impl<P: Provider> Plugin<P> {
    /// A plugin with the provider block of `provider` and nothing else yet.
    pub fn new(about: About, provider: P) -> Self {
        let mut problems = Diagnostics::default();
        let provider = named(&mut problems, "the provider block", |problems| {
            Arc::new(ProviderAdapter::new(provider, problems))
        });
        Self {
            about,
            problems,
            registry: Registry {
                address: about.address,
                crate_name: log::crate_of(std::any::type_name::<P>()),
                provider,
                resources: BTreeMap::new(),
                data_sources: BTreeMap::new(),
                functions: BTreeMap::new(),
                schemas: OnceLock::new(),
            },
            _provider: std::marker::PhantomData,
        }
    }

    /// Adds a resource under its full type name, such as `toy_thing`. Its schema is made here,
    /// once. What is wrong with it, a second one of the same name too, ends [`Plugin::serve`]
    /// with a sentence.
    #[must_use]
    pub fn resource<R: ResourceExt + 'static>(mut self, name: &'static str, resource: R) -> Self {
        let problems = &mut self.problems;
        let made =
            named(problems, name, |problems| Arc::new(ResourceAdapter::new(resource, problems)));
        if self.registry.resources.insert(name, made).is_some() {
            twice(problems, "resource", name);
        }
        self
    }

    /// Adds a data source under its full type name.
    #[must_use]
    pub fn data_source<D: DataSource + 'static>(
        mut self,
        name: &'static str,
        data_source: D,
    ) -> Self {
        let problems = &mut self.problems;
        let made = named(problems, name, |problems| {
            Arc::new(DataSourceAdapter::new(data_source, problems))
        });
        if self.registry.data_sources.insert(name, made).is_some() {
            twice(problems, "data source", name);
        }
        self
    }

    /// Adds a function.
    #[must_use]
    pub fn function<F: Function + 'static>(mut self, name: &'static str, function: F) -> Self {
        let problems = &mut self.problems;
        let made =
            named(problems, name, |problems| Arc::new(FunctionAdapter::new(function, problems)));
        if self.registry.functions.insert(name, made).is_some() {
            twice(problems, "function", name);
        }
        self
    }

    /// The schemas of everything.
    pub fn schemas(&self) -> Schemas {
        let registry = &self.registry;
        let resource = |resource: &dyn adapter::AnyResource| ResourceSchema {
            schema: resource.declared().schema.clone(),
            optional_blocks: resource.optional_blocks(),
            identity: resource.identity_schema().cloned(),
        };
        let resources = registry.resources.iter();
        let data_sources = registry.data_sources.iter();
        let functions = registry.functions.iter();
        Schemas {
            provider: Some(registry.provider.declared().schema.clone()),
            resources: resources.map(|(name, of)| (*name, resource(of.as_ref()))).collect(),
            data_sources: data_sources
                .map(|(name, of)| (*name, of.declared().schema.clone()))
                .collect(),
            functions: functions.map(|(name, of)| (*name, of.signature().clone())).collect(),
            diagnostics: self.problems.clone(),
        }
    }

    /// The provider service without a process, a socket and TLS around it: for tests that are their
    /// own client. A request runs where it is awaited.
    pub fn service(self) -> impl proto::tfplugin6::provider_server::Provider + Clone {
        let stop = service::Stop::new(&CancellationToken::new());
        Arc::new(service::ProviderService::new(self.registry, stop, TaskTracker::new()))
    }

    /// Runs the plugin with the arguments after the program's name. Returns when the process is to
    /// end.
    pub fn serve(self, arguments: impl Iterator<Item = OsString>) -> ExitCode {
        let problems = self.problems.errors.iter();
        let problems = problems.map(|problem| format!("{}: {}", problem.summary, problem.detail));
        process::run(&self.about, self.registry, problems.collect(), arguments)
    }
}

/// Registers what has `name`, which its problems are said to be of.
fn named<T>(
    problems: &mut Diagnostics,
    name: &str,
    register: impl FnOnce(&mut Diagnostics) -> T,
) -> T {
    let mut found = Diagnostics::default();
    let registered = register(&mut found);
    for problem in &mut found.errors {
        problem.detail = format!("{name}: {}", problem.detail).into();
    }
    problems.add_diagnostics(found);
    registered
}

fn twice(problems: &mut Diagnostics, kind: &str, name: &str) {
    let detail = format!("{name}: a {kind} of this name is registered already.");
    problems.errors.push(adapter::diagnostic("A name is registered twice", detail));
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tf_provider::schema::{Attribute, Block, FunctionSchema, Schema};
    use tf_provider::value::ValueEmpty;
    use tf_provider::{DataSource, Diagnostics, Function, Provider};

    use super::{About, Plugin};

    struct Toy;

    #[async_trait]
    impl Provider for Toy {
        type Config<'a> = ValueEmpty;
        type MetaState<'a> = ValueEmpty;

        fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
            Some(Schema { version: 0, block: Block::default() })
        }

        fn meta_schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
            Lookup(Some("module")).schema(diags)
        }
    }

    struct Nothing;

    #[async_trait]
    impl Function for Nothing {
        type Input<'a> = ();
        type Output<'a> = ValueEmpty;

        fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
            Some(FunctionSchema::default())
        }

        async fn call<'a>(&self, _: &mut Diagnostics, (): ()) -> Option<ValueEmpty> {
            None
        }
    }

    /// A data source with an attribute of this name, or without a schema.
    struct Lookup(Option<&'static str>);

    #[async_trait]
    impl DataSource for Lookup {
        type State<'a> = ValueEmpty;
        type ProviderMetaState<'a> = ();

        fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
            let attributes = [(self.0?.to_owned(), Attribute::default())].into();
            Some(Schema { version: 0, block: Block { attributes, ..Block::default() } })
        }

        async fn read<'a>(&self, _: &mut Diagnostics, _: ValueEmpty, (): ()) -> Option<ValueEmpty> {
            None
        }
    }

    #[test]
    fn what_is_registered_wrongly_ends_the_process_with_a_sentence_each() {
        let about = About {
            name: "terraform-provider-toy",
            address: "registry.terraform.io/example/toy",
            version: "0.0.1",
            description: "",
            commands: &[],
        };
        let plugin = Plugin::new(about, Toy)
            .function("nothing", Nothing)
            .function("nothing", Nothing)
            .data_source("toy_good", Lookup(Some("good")))
            .data_source("toy_camel", Lookup(Some("camelCase")))
            .data_source("toy_none", Lookup(None));
        let problems = plugin.schemas().diagnostics.errors;
        let details: Vec<_> = problems.iter().map(|problem| problem.detail.as_ref()).collect();
        for (detail, expected) in [
            "the provider block: Provider::meta_schema is not called",
            "nothing: a function of this name",
            "toy_camel: \"camelCase\"",
            "toy_none: The provider returned no schema",
        ]
        .iter()
        .enumerate()
        .map(|(index, expected)| (details.get(index), expected))
        {
            assert!(detail.is_some_and(|detail| detail.starts_with(expected)), "{details:?}");
        }
        assert_eq!(details.len(), 4);
        let sentences = problems.iter().map(|problem| problem.summary.to_string()).collect();
        let debug = ["--debug".into()].into_iter();
        let ended = super::process::obey(&about, plugin.registry, sentences, debug).unwrap_err();
        assert!(ended.to_string().contains("A name is registered twice"), "{ended}");
    }
}
