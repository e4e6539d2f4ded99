//! The CLI's side of one object: the calls that it makes, and what it calls a bug of the provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;
use tf_provider_host::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::client::{UNKNOWN, read, value};

const TYPE: &str = "aep_cmk_config";

/// An object in the state.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) state: Json,
    pub(super) private: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Nothing,
    Create,
    Update,
    Replace,
}

#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) action: Action,
    pub(super) after: Json,
    pub(super) private: Vec<u8>,
}

/// Why a case goes no further: an error that the provider gives, which may be right, or what the CLI calls a bug of it.
pub(super) enum End {
    Error(String),
    Bug(String),
}

pub(super) fn bug<T>(what: impl Into<String>) -> Result<T, End> {
    Err(End::Bug(what.into()))
}

pub(super) fn errors(diagnostics: &[pb::Diagnostic]) -> Result<(), End> {
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
pub(super) struct Client {
    pub(super) provider: ProviderClient<Channel>,
    pub(super) computed: Arc<BTreeMap<String, bool>>,
}

impl Client {
    /// A whole object from what is given.
    pub(super) fn whole(&self, given: &Json) -> Json {
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

    pub(super) async fn refresh(&mut self, object: &Object) -> Result<Object, End> {
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

    pub(super) async fn import(&mut self, name: &str) -> Result<Object, End> {
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
    pub(super) async fn plan(
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
    pub(super) async fn apply(
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
pub(super) fn consistent(what: &str, planned: &Json, actual: &Json) -> Result<(), End> {
    match (planned, actual) {
        (planned, _) if planned == UNKNOWN => Ok(()),
        (Json::Object(parts), Json::Object(_)) => parts.iter().try_for_each(|(name, part)| {
            consistent(&format!("{what} .{name}"), part, &actual[name])
        }),
        (planned, actual) if planned == actual => Ok(()),
        _ => bug(format!("{what}: was {planned}, but now {actual}")),
    }
}

pub(super) async fn client(provider: ProviderClient<Channel>) -> Client {
    let mut asked = provider.clone();
    let schema = asked.get_provider_schema(pb::get_provider_schema::Request {}).await;
    let schema = schema.unwrap().into_inner().resource_schemas[TYPE].block.clone().unwrap();
    assert_eq!(schema.block_types.len(), 1, "only `timeouts` is a block");
    let computed =
        schema.attributes.into_iter().map(|attribute| (attribute.name, attribute.computed));
    Client { provider, computed: Arc::new(computed.collect()) }
}
