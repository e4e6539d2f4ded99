//! The host on the wire. A client starts the toy provider exactly as the CLI does and speaks to it
//! over the socket; what only a CLI decides, the real ones do. Bytes and types alone are `value`'s
//! own tests.

// A test's helpers fail the test, as the test itself does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
#[allow(dead_code, reason = "the tests of the provider use more of it")]
mod client;
#[allow(dead_code, reason = "the tests of the provider use more of it")]
#[path = "../../../../tests/suite/support/clis.rs"]
mod clis;
mod functions;
mod identity;
mod life;
mod logs;
mod offers;
mod panics;
mod resources;
mod robust;
mod start;
mod terraform;
mod values;

use std::path::Path;

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;
use tf_provider_host::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use client::{Launch, Plugin, UNKNOWN, plan, value};

/// The toy provider. A program of this package, so that no old one is ever tested.
fn toy() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_terraform-provider-toy"))
}

impl Launch {
    /// The toy provider as the CLI starts it.
    fn toy() -> Self {
        Self::of(toy())
    }
}

/// A toy provider that runs, with a client. Each RPC is a method that gives the response.
struct Toy {
    plugin: Plugin,
    provider: ProviderClient<Channel>,
}

macro_rules! rpcs {
    ($($rpc:ident)*) => {
        impl Toy {
            $(async fn $rpc(&self, request: pb::$rpc::Request) -> pb::$rpc::Response {
                self.provider.clone().$rpc(request).await.unwrap().into_inner()
            })*
        }
    };
}

rpcs! {
    apply_resource_change
    call_function
    configure_provider
    get_functions
    get_metadata
    get_provider_schema
    get_resource_identity_schemas
    import_resource_state
    move_resource_state
    plan_resource_change
    read_data_source
    read_resource
    stop_provider
    upgrade_resource_identity
    upgrade_resource_state
    validate_data_resource_config
    validate_provider_config
    validate_resource_config
}

impl Toy {
    async fn start() -> Self {
        Self::of(Launch::toy()).await
    }

    async fn of(launch: Launch) -> Self {
        let plugin = launch.start().await;
        let provider = plugin.provider().await;
        Self { plugin, provider }
    }

    async fn configured(&self, endpoint: &str) -> pb::configure_provider::Response {
        let config = value(&json!({ "endpoint": endpoint, "retries": null }));
        let request = pb::configure_provider::Request { config, ..Default::default() };
        self.configure_provider(request).await
    }

    async fn plan(&self, of: &str, prior: &Json, to: &Json) -> pb::plan_resource_change::Response {
        self.plan_resource_change(plan(of, prior, to)).await
    }

    async fn apply(
        &self,
        of: &str,
        prior: &Json,
        to: &Json,
    ) -> pb::apply_resource_change::Response {
        self.apply_resource_change(apply(of, prior, to)).await
    }

    async fn read(&self, of: &str, state: &Json) -> pb::read_resource::Response {
        self.read_resource(refresh(of, state)).await
    }
}

fn apply(of: &str, prior: &Json, planned: &Json) -> pb::apply_resource_change::Request {
    pb::apply_resource_change::Request {
        type_name: of.into(),
        prior_state: value(prior),
        planned_state: value(planned),
        config: value(planned),
        ..Default::default()
    }
}

fn refresh(of: &str, state: &Json) -> pb::read_resource::Request {
    let current_state = value(state);
    pb::read_resource::Request { type_name: of.into(), current_state, ..Default::default() }
}

const DEFERRAL: Option<pb::ClientCapabilities> =
    Some(pb::ClientCapabilities { deferral_allowed: true, write_only_attributes_allowed: false });

/// A whole `toy_thing`: nulls and no blocks, but for what is given.
fn thing(given: Json) -> Json {
    let mut thing = json!({ "name": "a", "owner": [], "disk": [], "network": [] });
    for null in [
        "id",
        "secret",
        "generation",
        "count_of",
        "weight",
        "ratio",
        "extra",
        "tags",
        "labels",
        "settings",
        "rules",
        "limits",
    ] {
        thing[null] = json!(null);
    }
    let Json::Object(given) = given else { panic!("an object") };
    thing.as_object_mut().unwrap().extend(given);
    thing
}

/// A whole `toy_puppet` that is told this.
fn puppet(how: &str) -> Json {
    json!({ "how": how, "diary": null, "linger": null, "result": UNKNOWN })
}

/// The same as the host writes it: every number in decimal digits.
fn written(json: &Json) -> Json {
    match json {
        Json::Number(number) => json!(number.to_string()),
        Json::Array(elements) => elements.iter().map(written).collect(),
        Json::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), written(value))).collect()
        }
        other => other.clone(),
    }
}
