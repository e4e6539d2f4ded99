//! Random configurations of `aep_cmk_config` over every stored status, through both plan calls and the apply, with the
//! checks that the CLI makes: no plan is invalid, no final plan and no result inconsistent, and nothing is planned twice.
//!
//! A case follows from its number alone. One that fails is printed whole.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use terraform_provider_aep::plugin::proto::tfplugin6 as pb;
use terraform_provider_aep::plugin::proto::tfplugin6::provider_client::ProviderClient;
use terraform_provider_aep::simulator::{Outcome, Simulator, Stages, Terminal};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::client::{UNKNOWN, read, value};
use super::product::{configure, start};
use crate::support::{KEY, KEY_VERSIONLESS, ORG_ID, OTHER_KEY, TOKEN, simulator_with};

const TYPE: &str = "aep_cmk_config";
/// How many cases of each status.
const CASES: u64 = 40;
/// As many requests at a time as the CLI has under way.
const PARALLEL: usize = 10;

/// Where an object stands when it is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stored {
    /// There is none.
    Nothing,
    /// With this status at Adobe and in the state.
    As(&'static str),
    /// Adobe does not find it.
    NotFound,
    /// Accepted, and never confirmed: without id and status.
    Unconfirmed,
}

const STORED: [Stored; 9] = [
    Stored::Nothing,
    Stored::As("NEW"),
    Stored::As("RUNNING"),
    Stored::As("UPDATE_EXISTING_RESOURCES"),
    Stored::As("COMPLETED"),
    Stored::As("FAILED"),
    Stored::As("OF_TOMORROW"),
    Stored::NotFound,
    Stored::Unconfirmed,
];

/// A small generator: the suite needs repeatable cases, not good randomness (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn of(&mut self, values: &[Json]) -> Json {
        values[usize::try_from(self.below(values.len() as u64)).unwrap()].clone()
    }

    /// An argument as it is at plan and at apply: absent, known, known late, or null late. Absent and null are one on the wire.
    fn argument(&mut self, values: &[Json]) -> (Json, Json) {
        let value = self.of(values);
        match self.below(5) {
            0 => (Json::Null, Json::Null),
            1 | 2 => (value.clone(), value),
            3 => (json!(UNKNOWN), value),
            _ => (json!(UNKNOWN), Json::Null),
        }
    }

    /// A required one: mostly the first, mostly known.
    fn required(&mut self, values: &[Json]) -> (Json, Json) {
        let value = if self.one_in(3) { self.of(values) } else { values[0].clone() };
        match self.below(16) {
            0 => (Json::Null, Json::Null),
            1 => (json!(UNKNOWN), Json::Null),
            2..=4 => (json!(UNKNOWN), value),
            _ => (value.clone(), value),
        }
    }

    /// A configuration at plan and at apply.
    fn configuration(&mut self, name: &str, attempts: &[Json]) -> (Json, Json) {
        let flag = [json!(true), json!(false)];
        let lengths = [json!("1h"), json!("90m")];
        let mut pairs = BTreeMap::from([
            ("name", self.required(&[json!(name), json!(format!("{name}-new"))])),
            (
                "key_vault_key_identifier",
                self.required(&[json!(KEY), json!(KEY_VERSIONLESS), json!(OTHER_KEY)]),
            ),
            ("adopt_existing", self.argument(&flag)),
            ("deletion_protection", self.argument(&flag)),
            ("wait_for_completion", self.argument(&flag)),
            ("failed_attempts", self.argument(attempts)),
        ]);
        let (mut early, mut late) = (json!({}), json!({}));
        for limit in ["create", "read", "update"] {
            (early[limit], late[limit]) = self.argument(&lengths);
        }
        let timeouts = match self.below(6) {
            0 | 1 => (early, late),
            // A dynamic block, whose number is known late.
            2 => (json!(UNKNOWN), late),
            3 => (json!(UNKNOWN), Json::Null),
            _ => (Json::Null, Json::Null),
        };
        pairs.insert("timeouts", timeouts);
        let (mut early, mut late) = (json!({}), json!({}));
        for (name, (at_plan, at_apply)) in pairs {
            early[name] = at_plan;
            late[name] = at_apply;
        }
        (early, late)
    }
}

#[derive(Clone)]
struct Case {
    number: u64,
    stored: Stored,
    name: String,
    /// Else it was submitted.
    imported: bool,
    without_id: bool,
    tainted: bool,
    replaced_by_hand: bool,
    refreshed: bool,
    at_plan: Json,
    at_apply: Json,
}

impl Case {
    fn new(number: u64, stored: Stored, attempts: &[Json]) -> Self {
        let mut random = Random(number);
        let name = format!("Config{number}");
        let (at_plan, at_apply) = random.configuration(&name, attempts);
        let is_seen = matches!(stored, Stored::As(_));
        Self {
            number,
            stored,
            name,
            imported: is_seen && random.one_in(4),
            without_id: is_seen && random.one_in(8),
            tainted: random.one_in(6),
            replaced_by_hand: random.one_in(8),
            refreshed: stored != Stored::Unconfirmed && random.below(4) > 0,
            at_plan,
            at_apply,
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, stored, at_plan, at_apply, .. } = self;
        write!(f, "case {number}, {stored:?}")?;
        for (is_so, what) in [
            (self.imported, "imported"),
            (self.without_id, "without an id"),
            (self.tainted, "tainted"),
            (self.replaced_by_hand, "with -replace"),
            (!self.refreshed, "with -refresh=false"),
        ] {
            if is_so {
                write!(f, ", {what}")?;
            }
        }
        write!(f, "\n  at plan:  {at_plan}\n  at apply: {at_apply}")
    }
}

/// An object in the state.
#[derive(Clone, Debug)]
struct Object {
    state: Json,
    private: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Nothing,
    Create,
    Update,
    Replace,
}

#[derive(Clone, Debug)]
struct Planned {
    action: Action,
    after: Json,
    private: Vec<u8>,
}

/// Why a case goes no further: an error that the provider gives, which may be right, or what the CLI calls a bug of it.
enum End {
    Error(String),
    Bug(String),
}

fn bug<T>(what: impl Into<String>) -> Result<T, End> {
    Err(End::Bug(what.into()))
}

fn errors(diagnostics: &[pb::Diagnostic]) -> Result<(), End> {
    let error = diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity() == pb::diagnostic::Severity::Error);
    match error {
        Some(error) if error.detail.contains("This is a bug in the provider") => {
            bug(format!("{}: {}", error.summary, error.detail))
        }
        Some(error) => Err(End::Error(error.summary.clone())),
        None => Ok(()),
    }
}

/// The CLI's side of one object. `computed` says of each attribute whether the provider may fill it in.
#[derive(Clone)]
struct Client {
    provider: ProviderClient<Channel>,
    computed: Arc<BTreeMap<String, bool>>,
}

impl Client {
    /// A whole object from what is given.
    fn whole(&self, given: &Json) -> Json {
        let mut whole = json!({ "timeouts": null });
        for name in self.computed.keys() {
            whole[name] = Json::Null;
        }
        for (name, value) in given.as_object().unwrap() {
            whole[name] = value.clone();
        }
        whole
    }

    /// What is configured, and where nothing is, what was computed before.
    fn proposed(&self, prior: &Json, config: &Json) -> Json {
        let mut proposed = config.clone();
        for (name, computed) in &*self.computed {
            if *computed && config[name].is_null() {
                proposed[name] = prior[name].clone();
            }
        }
        proposed
    }

    async fn validate(&mut self, config: &Json) -> Result<(), End> {
        let request = pb::validate_resource_config::Request {
            type_name: TYPE.into(),
            config: value(config),
            ..Default::default()
        };
        let response = self.provider.validate_resource_config(request).await;
        errors(&response.unwrap().into_inner().diagnostics)
    }

    async fn refresh(&mut self, object: &Object) -> Result<Object, End> {
        let request = pb::read_resource::Request {
            type_name: TYPE.into(),
            current_state: value(&object.state),
            private: object.private.clone(),
            ..Default::default()
        };
        let response = self.provider.read_resource(request).await.unwrap().into_inner();
        errors(&response.diagnostics)?;
        let state = read(response.new_state.as_ref());
        if state.is_null() {
            return bug("a read drops the object");
        }
        Ok(Object { state, private: response.private })
    }

    async fn import(&mut self, name: &str) -> Result<Object, End> {
        let request = pb::import_resource_state::Request {
            type_name: TYPE.into(),
            id: name.into(),
            ..Default::default()
        };
        let response = self.provider.import_resource_state(request).await.unwrap().into_inner();
        errors(&response.diagnostics)?;
        let imported = &response.imported_resources[0];
        let object =
            Object { state: read(imported.state.as_ref()), private: imported.private.clone() };
        self.refresh(&object).await
    }

    async fn plan_call(
        &mut self,
        prior: &Json,
        private: &[u8],
        config: &Json,
    ) -> Result<(Json, Vec<u8>, bool), End> {
        let request = pb::plan_resource_change::Request {
            type_name: TYPE.into(),
            prior_state: value(prior),
            proposed_new_state: value(&self.proposed(prior, config)),
            config: value(config),
            prior_private: private.to_vec(),
            ..Default::default()
        };
        let response = self.provider.plan_resource_change(request).await.unwrap().into_inner();
        errors(&response.diagnostics)?;
        let after = read(response.planned_state.as_ref());
        self.valid(prior, config, &after)?;
        if let Some(identity) = &response.planned_identity {
            let identity = read(identity.identity_data.as_ref());
            if identity.as_object().unwrap().values().any(|part| part == UNKNOWN) {
                return bug(format!("a planned identity is half known: {identity}"));
            }
        }
        let replaces = response.requires_replace.iter().any(|path| {
            use pb::attribute_path::step::Selector::AttributeName;
            let Some(AttributeName(name)) = &path.steps[0].selector else { panic!("{path:?}") };
            after[name] == UNKNOWN || after[name] != prior[name]
        });
        Ok((after, response.planned_private, replaces))
    }

    /// Both calls, as the CLI makes them, for an object or for none.
    async fn plan(
        &mut self,
        object: Option<&Object>,
        config: &Json,
        by_hand: bool,
    ) -> Result<Planned, End> {
        self.validate(config).await?;
        let Some(Object { state, private }) = object else {
            let (after, private, _) = self.plan_call(&Json::Null, &[], config).await?;
            return Ok(Planned { action: Action::Create, after, private });
        };
        let (after, private, replaces) = self.plan_call(state, private, config).await?;
        if replaces || by_hand {
            let (after, private, _) = self.plan_call(&Json::Null, &private, config).await?;
            return Ok(Planned { action: Action::Replace, after, private });
        }
        if after == *state {
            return Ok(Planned { action: Action::Nothing, after, private });
        }
        // Contract: while one waits, or submits again, the id may change.
        if after["status"] == UNKNOWN && after["id"] != UNKNOWN {
            return bug(format!(
                "the id is planned as {} where the status is unknown",
                after["id"]
            ));
        }
        Ok(Planned { action: Action::Update, after, private })
    }

    async fn apply_call(
        &mut self,
        prior: &Json,
        planned: &Json,
        config: &Json,
        private: &[u8],
    ) -> Result<Option<Object>, End> {
        let request = pb::apply_resource_change::Request {
            type_name: TYPE.into(),
            prior_state: value(prior),
            planned_state: value(planned),
            config: value(config),
            planned_private: private.to_vec(),
            ..Default::default()
        };
        let response = self.provider.apply_resource_change(request).await.unwrap().into_inner();
        let state = read(response.new_state.as_ref());
        if state.to_string().contains(UNKNOWN) {
            return bug(format!("something is unknown after the apply: {state}"));
        }
        errors(&response.diagnostics)?;
        consistent("inconsistent result after apply", planned, &state)?;
        Ok((!state.is_null()).then_some(Object { state, private: response.private }))
    }

    /// Carries a plan out: destroys what is replaced, plans again with what is known by now, and applies that.
    async fn apply(
        &mut self,
        object: Option<&Object>,
        planned: &Planned,
        config: &Json,
    ) -> Result<Option<Object>, End> {
        if planned.action == Action::Nothing {
            return Ok(object.cloned());
        }
        let mut prior = object;
        if planned.action == Action::Replace {
            let state = &object.unwrap().state;
            let gone = self.apply_call(state, &Json::Null, &Json::Null, &planned.private).await?;
            assert!(gone.is_none());
            prior = None;
        }
        let again = self.plan(prior, config, false).await?;
        match (planned.action, again.action) {
            (Action::Update, Action::Nothing) | (Action::Replace, Action::Create) => {}
            (before, after) if before == after => {}
            (before, after) => {
                return bug(format!("inconsistent final plan: {before:?} became {after:?}"));
            }
        }
        consistent("inconsistent final plan", &planned.after, &again.after)?;
        if again.action == Action::Nothing {
            return Ok(object.cloned());
        }
        let prior = prior.map_or(&Json::Null, |object| &object.state);
        self.apply_call(prior, &again.after, config, &again.private).await
    }

    /// What the CLI calls an invalid plan (`AssertPlanValid`).
    fn valid(&self, prior: &Json, config: &Json, planned: &Json) -> Result<(), End> {
        for (name, computed) in &*self.computed {
            let (planned, config, prior) = (&planned[name], &config[name], &prior[name]);
            let is_kept = planned == prior && !prior.is_null() && !config.is_null();
            let is_filled_in = *computed && config.is_null();
            if planned != config && !is_kept && !is_filled_in {
                return bug(format!("invalid plan: {name} = {planned}, configured {config}"));
            }
        }
        if planned["timeouts"] != config["timeouts"] {
            let (planned, config) = (&planned["timeouts"], &config["timeouts"]);
            return bug(format!("invalid plan: timeouts {planned}, configured {config}"));
        }
        Ok(())
    }
}

/// What was known in a plan stays what it is (`AssertObjectCompatible`).
fn consistent(what: &str, planned: &Json, actual: &Json) -> Result<(), End> {
    match (planned, actual) {
        (planned, _) if planned == UNKNOWN => Ok(()),
        (Json::Object(parts), Json::Object(_)) => parts.iter().try_for_each(|(name, part)| {
            consistent(&format!("{what} .{name}"), part, &actual[name])
        }),
        (planned, actual) if planned == actual => Ok(()),
        _ => bug(format!("{what}: was {planned}, but now {actual}")),
    }
}

async fn client(provider: ProviderClient<Channel>) -> Client {
    let mut asked = provider.clone();
    let schema = asked.get_provider_schema(pb::get_provider_schema::Request {}).await;
    let schema = schema.unwrap().into_inner().resource_schemas[TYPE].block.clone().unwrap();
    assert_eq!(schema.block_types.len(), 1, "only `timeouts` is a block");
    let computed =
        schema.attributes.into_iter().map(|attribute| (attribute.name, attribute.computed));
    Client { provider, computed: Arc::new(computed.collect()) }
}

/// Makes the object that a case begins with.
async fn prepare(
    mut client: Client,
    simulator: &Simulator,
    case: &Case,
) -> Result<Option<Object>, End> {
    let control = simulator.control();
    let status = match case.stored {
        Stored::Nothing => return Ok(None),
        Stored::As(status) => status,
        Stored::NotFound => "COMPLETED",
        Stored::Unconfirmed => "RUNNING",
    };
    let mut object = if case.imported {
        control.insert(&case.name, KEY, status);
        client.import(&case.name).await?
    } else {
        let mut random = Random(case.number ^ u64::MAX);
        let mut config = json!({
            "name": case.name, "key_vault_key_identifier": KEY, "wait_for_completion": false,
        });
        // Mostly without the guard, behind which little is left to agree on.
        for setting in ["adopt_existing", "deletion_protection"] {
            config[setting] = random.of(&[json!(true), json!(false), json!(false), json!(null)]);
        }
        let config = client.whole(&config);
        let planned = client.plan(None, &config, false).await?;
        let submitted = client.apply(None, &planned, &config).await?.unwrap();
        assert!(control.set_status(&case.name, status));
        client.refresh(&submitted).await?
    };
    if case.stored == Stored::NotFound {
        control.remove(&case.name);
        object = client.refresh(&object).await?;
    }
    if case.stored == Stored::Unconfirmed {
        object.state["status"] = Json::Null;
    }
    if case.without_id || case.stored == Stored::Unconfirmed {
        object.state["id"] = Json::Null;
    }
    Ok(Some(object))
}

/// Runs a step of every case, some at a time.
async fn each<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    steps: impl Iterator<Item = (u64, F)>,
) -> BTreeMap<u64, T> {
    let turns = Arc::new(Semaphore::new(PARALLEL));
    let mut running = JoinSet::new();
    for (number, step) in steps {
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            (number, step.await)
        });
    }
    running.join_all().await.into_iter().collect()
}

/// Every case: three runs of the CLI in one process, as each run configures the provider anew.
async fn play(end: Terminal, attempts: &[Json], first: u64) {
    let simulator = Arc::new(simulator_with(|options| {
        options.stages = Stages::none();
        options.outcome = Outcome::PerAttempt(vec![end]);
    }));
    let plugin = start().await;
    let mut provider = plugin.provider().await;
    let client = client(provider.clone()).await;
    let block = json!({ "org_id": ORG_ID, "access_token": TOKEN, "endpoint": simulator.url() });
    let cases: BTreeMap<u64, Case> = (first..)
        .zip(STORED.iter().flat_map(|stored| (0..CASES).map(move |_| *stored)))
        .map(|(number, stored)| (number, Case::new(number, stored, attempts)))
        .collect();
    let mut ends: BTreeMap<(Stored, String), u32> = BTreeMap::new();
    let mut bugs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut note = |case: &Case, when: &str, end: Result<(), End>| {
        let end = match end {
            Ok(()) => when.to_owned(),
            Err(End::Error(summary)) => format!("{when}: {summary}"),
            Err(End::Bug(what)) => {
                // Of one kind, whatever the values are.
                let kind: Vec<_> = what.split('"').step_by(2).collect();
                let kind = format!("{when}: {}", kind.join("…"));
                bugs.entry(kind).or_default().push(case.to_string());
                return;
            }
        };
        *ends.entry((case.stored, end)).or_default() += 1;
    };

    configure(&mut provider, &block).await;
    let prepared = each(cases.iter().map(|(number, case)| {
        let (client, simulator, case) = (client.clone(), Arc::clone(&simulator), case.clone());
        (*number, async move { prepare(client, &simulator, &case).await })
    }))
    .await;

    configure(&mut provider, &block).await;
    let mut plans = BTreeMap::new();
    for (number, object) in prepared {
        match object {
            Ok(object) => _ = plans.insert(number, object),
            Err(end) => note(&cases[&number], "prepared", Err(end)),
        }
    }
    let planned = each(plans.into_iter().map(|(number, object)| {
        let (mut client, case) = (client.clone(), cases[&number].clone());
        let step = async move {
            let config = client.whole(&case.at_plan);
            let object = match object {
                Some(object) if case.refreshed => Some(client.refresh(&object).await?),
                object => object,
            };
            let prior = object.as_ref().filter(|_| !case.tainted);
            let mut planned = client.plan(prior, &config, case.replaced_by_hand).await?;
            if case.tainted && object.is_some() {
                planned.action = Action::Replace;
            }
            Ok((object, planned))
        };
        (number, step)
    }))
    .await;

    // What is under way ends, and what was gone is back: nothing is waited for.
    for case in cases.values() {
        match case.stored {
            Stored::As("COMPLETED" | "FAILED") | Stored::Nothing => {}
            Stored::NotFound => simulator.control().insert(&case.name, KEY, end_status(end)),
            _ => _ = simulator.control().set_status(&case.name, end_status(end)),
        }
    }
    configure(&mut provider, &block).await;
    let mut applies = BTreeMap::new();
    for (number, planned) in planned {
        match planned {
            Ok(planned) => _ = applies.insert(number, planned),
            Err(end) => note(&cases[&number], "planned", Err(end)),
        }
    }
    let applied = each(applies.into_iter().map(|(number, (object, planned))| {
        let (mut client, case) = (client.clone(), cases[&number].clone());
        let step = async move {
            let config = client.whole(&case.at_apply);
            let object = client.apply(object.as_ref(), &planned, &config).await?.unwrap();
            // What was applied plans empty.
            let object = client.refresh(&object).await?;
            let again = client.plan(Some(&object), &config, false).await?;
            if object.state["status"] == "COMPLETED" && again.action != Action::Nothing {
                return bug(format!("planned again: {} to {}", object.state, again.after));
            }
            Ok(planned.action)
        };
        (number, step)
    }))
    .await;
    for (number, end) in applied {
        let when = match &end {
            Ok(action) => format!("applied {action:?}"),
            Err(_) => "applied".to_owned(),
        };
        note(&cases[&number], &when, end.map(drop));
    }

    for ((stored, end), count) in &ends {
        println!("{stored:?}: {count} × {end}");
    }
    let bugs: Vec<_> = bugs
        .iter()
        .map(|(kind, cases)| format!("{} × {kind}\n  the first: {}", cases.len(), cases[0]))
        .collect();
    assert!(bugs.is_empty(), "of {} cases\n{}", cases.len(), bugs.join("\n"));
    for stored in STORED {
        let applied = ends.keys().any(|(of, end)| *of == stored && end.starts_with("applied "));
        assert!(applied || end == Terminal::Failed, "no case of {stored:?} comes to its end");
    }
}

fn end_status(end: Terminal) -> &'static str {
    match end {
        Terminal::Completed => "COMPLETED",
        Terminal::Failed => "FAILED",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_known_late_plan_and_apply_agree() {
    play(Terminal::Completed, &[json!("0"), json!("1"), json!("2")], 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_known_late_plan_and_apply_agree_where_jobs_fail() {
    // Without a further attempt, as the pause before one is minutes.
    play(Terminal::Failed, &[json!("0")], 100_000).await;
}
