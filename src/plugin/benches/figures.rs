//! What the host costs: start to handshake, memory, an RPC, 1,000 attributes there and back, CPU
//! per resource of a plan.
//!
//! ```sh
//! cargo bench -p tf-provider-host                            # these figures
//! cargo bench -p tf-provider-host -- --against <this program, built at another commit>
//! ```
//!
//! Both are measured in turns, so that a busy machine is busy for both: the ratio is what counts.
//! Linux only, for `/proc`.

// A measurement that cannot be made ends the program.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hyper_util::rt::TokioIo;
use rmpv::Value as Wire;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
use tf_provider::value::{Value, ValueEmpty, ValueList};
use tf_provider::{AttributePath, Diagnostics, Provider, Resource};
use tf_provider_host::proto::tfplugin6 as pb;
use tf_provider_host::proto::tfplugin6::provider_client::ProviderClient;
use tf_provider_host::{About, Plugin, ResourceExt};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};

const ABOUT: About = About {
    name: "terraform-provider-figures",
    address: "registry.terraform.io/example/figures",
    version: "0.1.0",
    description: "Is measured.",
    commands: &[],
};
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

struct Figures;

#[async_trait]
impl Provider for Figures {
    type Config<'a> = ValueEmpty;
    type MetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(Schema { version: 0, block: Block::default() })
    }
}

#[derive(Serialize, Deserialize)]
struct Row {
    text: Value<String>,
    count: Value<i64>,
    flag: Value<bool>,
    note: Value<String>,
}

#[derive(Serialize, Deserialize)]
struct State {
    id: Value<String>,
    name: Value<String>,
    rows: ValueList<Row>,
}

struct Thing;
type D = Diagnostics;
type Written = Option<(State, ())>;

#[async_trait]
impl Resource for Thing {
    type State<'a> = State;
    type PrivateState<'a> = ();
    type ProviderMetaState<'a> = ();

    fn schema(&self, _: &mut D) -> Option<Schema> {
        let attribute = |name: &str, attr_type, constraint| {
            (name.to_owned(), Attribute { attr_type, constraint, ..Attribute::default() })
        };
        let row = [
            ("text".to_owned(), AttributeType::String),
            ("count".to_owned(), AttributeType::Number),
            ("flag".to_owned(), AttributeType::Bool),
            ("note".to_owned(), AttributeType::String),
        ];
        let rows = AttributeType::List(Box::new(AttributeType::Object(row.into())));
        let attributes = [
            attribute("id", AttributeType::String, AttributeConstraint::Computed),
            attribute("name", AttributeType::String, AttributeConstraint::Required),
            attribute("rows", rows, AttributeConstraint::Optional),
        ];
        let block = Block { attributes: attributes.into(), ..Block::default() };
        Some(Schema { version: 0, block })
    }

    async fn read<'a>(&self, _: &mut D, state: State, (): (), (): ()) -> Written {
        Some((state, ()))
    }

    async fn plan_create<'a>(&self, _: &mut D, planned: State, _: State, (): ()) -> Written {
        Some((State { id: Value::Unknown, ..planned }, ()))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut D,
        _: State,
        planned: State,
        _: State,
        (): (),
        (): (),
    ) -> Option<(State, (), Vec<AttributePath>)> {
        Some((planned, (), Vec::new()))
    }

    async fn plan_destroy<'a>(&self, _: &mut D, _: State, (): (), (): ()) -> Option<()> {
        Some(())
    }

    async fn create<'a>(&self, _: &mut D, plan: State, _: State, (): (), (): ()) -> Written {
        Some((plan, ()))
    }

    async fn update<'a>(
        &self,
        _: &mut D,
        _: State,
        plan: State,
        _: State,
        (): (),
        (): (),
    ) -> Written {
        Some((plan, ()))
    }

    async fn destroy<'a>(&self, _: &mut D, _: State, (): (), (): ()) -> Option<()> {
        Some(())
    }
}

impl ResourceExt for Thing {}

/// A plugin that was started, and the handshake line it wrote.
struct Started {
    child: Child,
    line: String,
}

impl Started {
    fn of(binary: &Path, certificate: Option<&str>) -> Self {
        let mut command = Command::new(binary);
        command.env_clear().env(COOKIE.0, COOKIE.1).env("PLUGIN_PROTOCOL_VERSIONS", "6");
        if let Some(pem) = certificate {
            command.env("PLUGIN_CLIENT_CERT", pem);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, line }
    }

    async fn connect(&self) -> ProviderClient<Channel> {
        let path = PathBuf::from(self.line.split('|').nth(3).unwrap());
        let connector = tower::service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        let endpoint = Endpoint::from_static("http://plugin");
        ProviderClient::new(endpoint.connect_with_connector(connector).await.unwrap())
    }

    /// What all its threads have computed so far.
    fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let spent = tasks.map(|task| {
            let spent = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
            spent.split(' ').next().unwrap().parse::<u64>().unwrap()
        });
        Duration::from_nanos(spent.sum())
    }

    /// The most memory it had, in KiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn value(rows: usize, id: Wire) -> Option<pb::DynamicValue> {
    let row = |nth: usize| {
        Wire::Map(vec![
            ("text".into(), format!("row {nth}").into()),
            ("count".into(), (nth as u64).into()),
            ("flag".into(), true.into()),
            ("note".into(), Wire::Nil),
        ])
    };
    let rows = if rows == 0 { Wire::Nil } else { Wire::Array((0..rows).map(row).collect()) };
    let object =
        Wire::Map(vec![("id".into(), id), ("name".into(), "a name".into()), ("rows".into(), rows)]);
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, &object).unwrap();
    Some(pb::DynamicValue { msgpack, json: Vec::new() })
}

fn micros(began: Instant, times: u32) -> f64 {
    began.elapsed().as_secs_f64() * 1e6 / f64::from(times)
}

/// The figures of one round, in the order of [`NAMES`].
async fn round(binary: &Path, certificate: &str) -> [f64; NAMES.len()] {
    const STARTS: u32 = 10;
    const SMALL: u32 = 1000;
    const LARGE: u32 = 100;
    let began = Instant::now();
    for _ in 0..STARTS {
        drop(Started::of(binary, Some(certificate)));
    }
    let start = micros(began, STARTS) / 1000.0;

    let plugin = Started::of(binary, None);
    let mut client = plugin.connect().await;
    client.get_metadata(pb::get_metadata::Request {}).await.unwrap();
    let began = Instant::now();
    for _ in 0..SMALL {
        client.get_metadata(pb::get_metadata::Request {}).await.unwrap();
    }
    let rpc = micros(began, SMALL);

    let plan = pb::plan_resource_change::Request {
        type_name: "figures_thing".into(),
        prior_state: None,
        proposed_new_state: value(0, Wire::Nil),
        config: value(0, Wire::Nil),
        ..Default::default()
    };
    let validate = pb::validate_resource_config::Request {
        type_name: "figures_thing".into(),
        config: value(0, Wire::Nil),
        ..Default::default()
    };
    let before = plugin.cpu();
    for _ in 0..SMALL {
        client.validate_resource_config(validate.clone()).await.unwrap();
        let planned = client.plan_resource_change(plan.clone()).await.unwrap().into_inner();
        assert_eq!(planned.diagnostics, []);
    }
    let per_resource = (plugin.cpu() - before).as_secs_f64() * 1e6 / f64::from(SMALL);

    let large = pb::read_resource::Request {
        type_name: "figures_thing".into(),
        current_state: value(250, "an id".into()),
        ..Default::default()
    };
    let before = plugin.cpu();
    for _ in 0..LARGE {
        let read = client.read_resource(large.clone()).await.unwrap().into_inner();
        assert_eq!(read.diagnostics, []);
    }
    let attributes = (plugin.cpu() - before).as_secs_f64() * 1e6 / f64::from(LARGE);
    [start, plugin.memory() / 1024.0, rpc, per_resource, attributes]
}

const NAMES: [&str; 5] = [
    "start to handshake, ms",
    "memory at most, MiB",
    "an RPC there and back, µs",
    "CPU per resource of a plan, µs",
    "CPU of 1,000 attributes in and out, µs",
];
const ROUNDS: usize = 15;

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() -> ExitCode {
    if std::env::var_os(COOKIE.0).is_some() {
        return Plugin::new(ABOUT, Figures)
            .resource("figures_thing", Thing)
            .serve(std::env::args_os().skip(1));
    }
    let arguments: Vec<_> = std::env::args().collect();
    let mut binaries = vec![std::env::current_exe().unwrap()];
    if let Some(at) = arguments.iter().position(|argument| argument == "--against") {
        binaries.push(arguments.get(at + 1).expect("--against <program>").into());
    }
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap().pem();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut rounds = vec![Vec::new(); binaries.len()];
    for _ in 0..ROUNDS {
        for (binary, rounds) in binaries.iter().zip(&mut rounds) {
            rounds.push(runtime.block_on(round(binary, &certificate)));
        }
    }
    for (nth, name) in NAMES.iter().enumerate() {
        let of =
            |rounds: &Vec<[f64; NAMES.len()]>| median(rounds.iter().map(|one| one[nth]).collect());
        let here = of(&rounds[0]);
        match rounds.get(1).map(of) {
            None => println!("{name:40} {here:9.2}"),
            Some(there) => {
                println!("{name:40} {here:9.2}  against {there:9.2}: {:.2}", here / there);
            }
        }
    }
    ExitCode::SUCCESS
}
