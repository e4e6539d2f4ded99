//! What the CLI does with one object: the calls it makes, and what it makes of state, taint, plan
//! and private state. Read in Terraform's sources (`node_resource_abstract_instance.go`).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use aep_simulator::Control;
use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;
use tonic::Request;

use super::process::{Adobe, Ended, Service, run};
use super::steps;
use crate::client::{UNKNOWN, read, value};

const TYPE: &str = "aep_cmk_config";

/// An object in the state.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    pub(super) state: Json,
    pub(super) private: Vec<u8>,
    pub(super) is_tainted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Nothing,
    Create,
    Update,
    Replace,
    Delete,
}

struct Planned {
    action: Action,
    after: Json,
    private: Vec<u8>,
}

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Apply,
    /// `apply -replace`
    Replace,
    /// `apply -refresh-only`
    Refresh,
    Destroy,
    Import,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    Done(Action),
    /// Errors of the provider.
    Errors(Vec<pb::Diagnostic>),
    /// Interrupted, and nothing was an error.
    Stopped,
    Killed,
    /// What the CLI calls a bug of the provider, or a promise that does not hold.
    Bug(String),
}

/// What somebody else does at Adobe.
pub(super) type Meanwhile = Box<dyn FnOnce(&Control)>;

/// A folder with a state and a configuration.
pub(super) struct Cli<'a> {
    pub(super) adobe: &'a Adobe,
    pub(super) config: Json,
    pub(super) state: Option<Object>,
    /// The last command destroyed the object to make room for the create after it, which did not
    /// come to its end.
    pub(super) is_between: bool,
    /// What somebody else does before the next apply.
    pub(super) meanwhile: Option<Meanwhile>,
    /// The configuration as the apply knows it, where it knows more than the plan.
    pub(super) late: Option<Json>,
    /// Else `-refresh=false`.
    pub(super) refreshes: bool,
    computed: Arc<BTreeMap<String, bool>>,
}

/// Of each attribute of the resource, whether it is computed.
static COMPUTED: OnceLock<Arc<BTreeMap<String, bool>>> = OnceLock::new();

impl<'a> Cli<'a> {
    /// An empty state, and the usual configuration.
    pub(super) fn new(adobe: &'a Adobe) -> Self {
        Self {
            adobe,
            config: steps::config(json!({})),
            state: None,
            is_between: false,
            meanwhile: None,
            late: None,
            refreshes: true,
            computed: Arc::clone(COMPUTED.get_or_init(|| computed(adobe))),
        }
    }

    /// Runs a command: a process plans, another one applies.
    pub(super) fn run(&mut self, command: Command) -> End {
        self.is_between = false;
        let talk = Talk { adobe: self.adobe, computed: Arc::clone(&self.computed) };
        let config = talk.whole(&self.config);
        let name = config["name"].as_str().unwrap_or_default().to_owned();
        let (before, refreshes) = (self.state.clone(), self.refreshes);
        let planned = run(self.adobe, async |service| {
            let talk = talk.with(service);
            match command {
                Command::Import => talk.import(&name).await.map(|object| (Some(object), None)),
                Command::Refresh => Ok((Some(talk.refresh(&before.unwrap()).await?), None)),
                command => talk.plan_of(before, refreshes, &config, command).await,
            }
        });
        let (object, planned) = match over(planned) {
            Ok(planned) => planned,
            Err(end) => return end,
        };
        let Some(planned) = planned else {
            self.state = object;
            return End::Done(Action::Nothing);
        };
        self.state = object;
        if planned.action == Action::Nothing {
            return End::Done(Action::Nothing);
        }
        if let Some(meanwhile) = self.meanwhile.take() {
            meanwhile(&self.adobe.control);
        }
        let config = self.late.take().map_or(config, |late| talk.whole(&late));
        let (state, is_between) = (&mut self.state, &mut self.is_between);
        let applied = run(self.adobe, async |service| {
            talk.with(service).apply(state, is_between, &planned, &config).await
        });
        match over(applied) {
            Ok(()) => End::Done(planned.action),
            Err(end) => end,
        }
    }
}

/// The result of a process that came to its end by itself.
fn over<T>(ended: Ended<Result<T, End>>) -> Result<T, End> {
    match ended {
        Ended::Done(result) => result,
        Ended::Stopped(Ok(_)) => Err(End::Stopped),
        Ended::Stopped(Err(end)) => Err(end),
        Ended::Killed => Err(End::Killed),
        Ended::Hangs => Err(End::Bug("it hangs".to_owned())),
    }
}

struct Talk<'a> {
    adobe: &'a Adobe,
    computed: Arc<BTreeMap<String, bool>>,
}

impl<'a> Talk<'a> {
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

    fn with(&self, service: Service) -> Rpcs<'_> {
        Rpcs { service, talk: self }
    }

    /// Shows diagnostics, and gives the errors among them.
    fn said(&self, diagnostics: &[pb::Diagnostic]) -> Result<(), End> {
        let mut shown = self.adobe.shown.borrow_mut();
        for diagnostic in diagnostics {
            shown.push_str(&format!("{}\n{}\n", diagnostic.summary, diagnostic.detail));
        }
        let is_error =
            |diagnostic: &&pb::Diagnostic| diagnostic.severity() == pb::diagnostic::Severity::Error;
        let errors: Vec<_> = diagnostics.iter().filter(is_error).cloned().collect();
        match errors.iter().find(|error| error.detail.contains("a bug in the provider")) {
            Some(error) => Err(End::Bug(format!("{}: {}", error.summary, error.detail))),
            None if errors.is_empty() => Ok(()),
            None => Err(End::Errors(errors)),
        }
    }

    /// What the CLI calls an invalid plan (`AssertPlanValid`).
    fn is_valid(&self, prior: &Json, config: &Json, planned: &Json) -> Result<(), End> {
        if config.is_null() {
            return Ok(());
        }
        let names = self.computed.iter().map(|(name, computed)| (name.as_str(), *computed));
        for (name, computed) in names.chain([("timeouts", false)]) {
            let (planned, config, prior) = (&planned[name], &config[name], &prior[name]);
            let is_kept = planned == prior && !prior.is_null() && !config.is_null();
            if planned != config
                && !(is_kept && name != "timeouts")
                && !(computed && config.is_null())
            {
                let what = format!("invalid plan: {name} = {planned}, configured {config}");
                return Err(End::Bug(what));
            }
        }
        Ok(())
    }

    /// Shows what is stored.
    fn stored(&self, state: &Json, private: &[u8]) {
        let private = String::from_utf8_lossy(private);
        self.adobe.shown.borrow_mut().push_str(&format!("{state}\n{private}\n"));
    }
}

struct Rpcs<'a> {
    service: Service,
    talk: &'a Talk<'a>,
}

impl Rpcs<'_> {
    async fn plan_of(
        &self,
        before: Option<Object>,
        refreshes: bool,
        config: &Json,
        command: Command,
    ) -> Result<(Option<Object>, Option<Planned>), End> {
        let object = match before {
            Some(before) if refreshes => Some(self.refresh(&before).await?),
            before => before,
        };
        let mut planned = self.plan(object.as_ref(), config, command == Command::Replace).await?;
        if command == Command::Destroy {
            let Some(Object { state, private, .. }) = &object else {
                let nothing = Planned { action: Action::Nothing, ..planned };
                return Ok((None, Some(nothing)));
            };
            let (after, private, _) = self.plan_call(state, private, &Json::Null).await?;
            planned = Planned { action: Action::Delete, after, private };
        }
        Ok((object, Some(planned)))
    }

    async fn refresh(&self, object: &Object) -> Result<Object, End> {
        let request = pb::read_resource::Request {
            type_name: TYPE.into(),
            current_state: value(&object.state),
            private: object.private.clone(),
            ..Default::default()
        };
        let response = self.service.read_resource(Request::new(request)).await;
        let response = response.unwrap().into_inner();
        self.talk.said(&response.diagnostics)?;
        let state = read(response.new_state.as_ref());
        if state.is_null() {
            return Err(End::Bug("a read drops the object".to_owned()));
        }
        self.talk.stored(&state, &response.private);
        Ok(Object { state, private: response.private, ..*object })
    }

    async fn import(&self, name: &str) -> Result<Object, End> {
        let request = pb::import_resource_state::Request {
            type_name: TYPE.into(),
            id: name.into(),
            ..Default::default()
        };
        let response = self.service.import_resource_state(Request::new(request)).await;
        let response = response.unwrap().into_inner();
        self.talk.said(&response.diagnostics)?;
        let imported = &response.imported_resources[0];
        let object = Object {
            state: read(imported.state.as_ref()),
            private: imported.private.clone(),
            is_tainted: false,
        };
        self.refresh(&object).await
    }

    async fn plan_call(
        &self,
        prior: &Json,
        private: &[u8],
        config: &Json,
    ) -> Result<(Json, Vec<u8>, bool), End> {
        // What is configured, and where nothing is, what was computed before.
        let mut proposed = config.clone();
        for (name, computed) in &*self.talk.computed {
            if *computed && !config.is_null() && config[name].is_null() {
                proposed[name] = prior[name].clone();
            }
        }
        let request = pb::plan_resource_change::Request {
            type_name: TYPE.into(),
            prior_state: value(prior),
            proposed_new_state: value(&proposed),
            config: value(config),
            prior_private: private.to_vec(),
            ..Default::default()
        };
        let response = self.service.plan_resource_change(Request::new(request)).await;
        let response = response.unwrap().into_inner();
        self.talk.said(&response.diagnostics)?;
        let after = read(response.planned_state.as_ref());
        self.talk.stored(&after, &response.planned_private);
        self.talk.is_valid(prior, config, &after)?;
        if let Some(identity) = &response.planned_identity {
            let identity = read(identity.identity_data.as_ref());
            if identity.as_object().unwrap().values().any(|part| part == UNKNOWN) {
                return Err(End::Bug(format!("a planned identity is half known: {identity}")));
            }
        }
        let replaces = response.requires_replace.iter().any(|path| {
            use pb::attribute_path::step::Selector::AttributeName;
            let Some(AttributeName(name)) = &path.steps[0].selector else { panic!("{path:?}") };
            after[name] == UNKNOWN || after[name] != prior[name]
        });
        Ok((after, response.planned_private, replaces))
    }

    async fn plan(
        &self,
        object: Option<&Object>,
        config: &Json,
        by_hand: bool,
    ) -> Result<Planned, End> {
        let request = pb::validate_resource_config::Request {
            type_name: TYPE.into(),
            config: value(config),
            ..Default::default()
        };
        let response = self.service.validate_resource_config(Request::new(request)).await;
        self.talk.said(&response.unwrap().into_inner().diagnostics)?;
        let Some(Object { state, private, .. }) = object.filter(|object| !object.is_tainted) else {
            let (after, private, _) = self.plan_call(&Json::Null, &[], config).await?;
            let action = if object.is_some() { Action::Replace } else { Action::Create };
            return Ok(Planned { action, after, private });
        };
        let (after, private, replaces) = self.plan_call(state, private, config).await?;
        if replaces || by_hand {
            let (after, private, _) = self.plan_call(&Json::Null, &private, config).await?;
            return Ok(Planned { action: Action::Replace, after, private });
        }
        // Contract: while one waits, or submits again, the id may change.
        if after["status"] == UNKNOWN && after["id"] != UNKNOWN {
            let id = &after["id"];
            return Err(End::Bug(format!("the status is planned as unknown, the id as {id}")));
        }
        let action = if after == *state { Action::Nothing } else { Action::Update };
        Ok(Planned { action, after, private })
    }

    /// The object after the call, and its errors. A provider that gives nothing beside an error
    /// leaves what was.
    async fn apply_call(
        &self,
        prior: &Json,
        planned: &Json,
        config: &Json,
        private: &[u8],
    ) -> (Option<Object>, Result<(), End>) {
        let request = pb::apply_resource_change::Request {
            type_name: TYPE.into(),
            prior_state: value(prior),
            planned_state: value(planned),
            config: value(config),
            planned_private: private.to_vec(),
            ..Default::default()
        };
        let response = self.service.apply_resource_change(Request::new(request)).await;
        let response = response.unwrap().into_inner();
        let state = read(response.new_state.as_ref());
        self.talk.stored(&state, &response.private);
        let mut said = self.talk.said(&response.diagnostics);
        if state.to_string().contains(UNKNOWN) {
            said = Err(End::Bug(format!("something is unknown after the apply: {state}")));
        }
        if said.is_ok() {
            said = consistent("inconsistent result after apply", planned, &state);
        }
        let is_there = !state.is_null();
        let object = Object { state, private: response.private, is_tainted: false };
        (is_there.then_some(object), said)
    }

    /// Carries a plan out. `state` is at each moment what the CLI would write if it lost the
    /// provider.
    async fn apply(
        &self,
        state: &mut Option<Object>,
        is_between: &mut bool,
        planned: &Planned,
        config: &Json,
    ) -> Result<(), End> {
        // Once it is interrupted, the CLI begins nothing more.
        let is_stopped = || self.talk.adobe.stopped.get();
        if is_stopped() {
            return Ok(());
        }
        if let (Action::Replace | Action::Delete, Some(object)) = (planned.action, &*state) {
            let null = Json::Null;
            let (left, said) = self.apply_call(&object.state, &null, &null, &planned.private).await;
            said?;
            if left.is_some() {
                return Err(End::Bug("a destroy leaves an object and no error".to_owned()));
            }
            *state = None;
            if planned.action == Action::Delete {
                return Ok(());
            }
            *is_between = true;
        }
        let prior = state.as_ref().filter(|_| planned.action == Action::Update);
        let again = self.plan(prior, config, false).await.inspect_err(|_| *is_between = false)?;
        match (planned.action, again.action) {
            (Action::Update, Action::Nothing) | (Action::Replace, Action::Create) => {}
            (before, after) if before == after => {}
            (before, after) => {
                return Err(End::Bug(format!(
                    "inconsistent final plan: {before:?}, then {after:?}"
                )));
            }
        }
        consistent("inconsistent final plan", &planned.after, &again.after)?;
        let before = prior.map_or(&Json::Null, |object| &object.state);
        if again.action == Action::Nothing || is_stopped() {
            return Ok(());
        }
        let (left, said) = self.apply_call(before, &again.after, config, &again.private).await;
        *is_between = false;
        if let Some(mut left) = left {
            left.is_tainted = prior.is_none() && said.is_err();
            *state = Some(left);
        } else if said.is_ok() {
            return Err(End::Bug("an apply leaves nothing and no error".to_owned()));
        }
        said
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
        _ => Err(End::Bug(format!("{what}: was {planned}, but now {actual}"))),
    }
}

/// Of each attribute, whether the provider may fill it in.
fn computed(adobe: &Adobe) -> Arc<BTreeMap<String, bool>> {
    let schema = run(adobe, async |service| {
        let request = Request::new(pb::get_provider_schema::Request {});
        service.get_provider_schema(request).await.unwrap().into_inner()
    });
    let Ended::Done(mut schema) = schema else { panic!("no schema") };
    let block = schema.resource_schemas.remove(TYPE).unwrap().block.unwrap();
    Arc::new(block.attributes.into_iter().map(|one| (one.name, one.computed)).collect())
}
