//! The resource `aep_cmk_config`: its life, as Terraform's requests come.

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics, Resource};
use tf_provider_host::{Identity, IdentityAttribute, IdentitySchema, ResourceExt};

use super::apply::{self, Operation};
use super::existing::Claim;
use super::look::{self, release};
use super::model::{
    Computed, IMS_ORG_ID, Model, NAME, Object, Private, Stored, Successor, TIMEOUTS, Timeout, known,
};
use super::plan::{self, BlockedChange, Change};
use super::trouble::{Done, Unfinished};
use super::{messages, schema};
use crate::provider::connection::{Connection, Session, Shared, limits, unconfigured};
use crate::provider::diagnostics::{attribute_path, report};

/// The resource, on a connection that configure will make.
pub struct CmkConfig(pub Shared);

#[async_trait]
impl Resource for CmkConfig {
    type State<'a> = Model;
    type PrivateState<'a> = Option<Private>;
    type ProviderMetaState<'a> = Value<()>;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema::resource())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Model) -> Option<()> {
        let name = config.known_name();
        // An error here would lose what this run has forgotten: the create makes it, with the
        // object at hand.
        if name.and_then(|name| self.0.session().memory.forgotten(name)).is_none() {
            schema::validate(diags, &config);
        }
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: Model,
        private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<Stored> {
        let refreshed = look::refresh(diags, &self.0.session(), state, private).await;
        report(diags, refreshed)
    }

    async fn plan_create<'a>(
        &self,
        diags: &mut Diagnostics,
        proposed: Model,
        config: Model,
        meta: Value<()>,
    ) -> Option<Stored> {
        self.plan_create_with(diags, proposed, config, None, meta).await
    }

    async fn plan_update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Model,
        _proposed: Model,
        config: Model,
        prior_private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<(Model, Option<Private>, Vec<AttributePath>)> {
        let session = self.0.session();
        let private = prior_private.unwrap_or_default().stored();
        report(diags, look::same_organisation(&session, &prior, &private))?;
        session.defer_if_unknown();
        let planned = change(diags, &prior, &private, &config)?;
        // While the provider is not known, the update of a known key asks: it submits only over a
        // `FAILED`.
        let is_asked_later = matches!(session.connection, Connection::Deferred(_))
            && planned.change == Change::Resubmit
            && planned.state.wanted().is_some();
        if let Some((blocked, guarded)) = planned.gives_up
            && !is_asked_later
        {
            report(diags, release(&session, blocked, guarded).await)?;
        }
        if planned.change == Change::Resubmit {
            let alone = look::no_rival(&session, &planned.state);
            report(diags, alone.map_err(messages::at_plan))?;
        }
        let is_replaced = matches!(planned.change, Change::Replace(_));
        if planned.state.key_vault_key_identifier.is_unknown() && !is_replaced && !prior.is_failed()
        {
            diags.warnings.push(messages::key_known_late(&prior));
        }
        let replaced = match planned.change {
            Change::Replace(names) => names.iter().map(|name| attribute_path(&[*name])).collect(),
            Change::Settings | Change::Resubmit | Change::Wait => Vec::new(),
        };
        // A replacement by a change has been through the guard; any other one shows only in the
        // plan of its create.
        let guarded = plan::guard(&prior, &private).filter(|_| !is_replaced);
        let private = Private { guarded, ..private };
        Some((planned.state, Some(private), replaced))
    }

    async fn plan_destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Model,
        prior_private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<Option<Private>> {
        let session = self.0.session();
        let private = prior_private.unwrap_or_default().stored();
        report(diags, look::same_organisation(&session, &prior, &private))?;
        if let Some(guarded) = plan::guard(&prior, &private)
            && !is_copy(&session, &prior)
        {
            let released = release(&session, BlockedChange::Destroy, guarded).await;
            report(diags, released)?;
        }
        diags.warnings.push(messages::forgotten(&prior, &private));
        Some(Some(private))
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: Model,
        _config: Model,
        planned_private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<Stored> {
        let session = self.0.session();
        // What this run forgot to make room is back in the state, whatever stops the create.
        let past = planned.known_name().and_then(|name| session.memory.forgotten(name));
        let kept = || past.clone().map(|(state, private)| (state, Some(private)));
        let ready = session.ready("creating the configuration");
        let Some(client) = report(diags, ready) else { return kept() };
        schema::validate(diags, &planned);
        if !diags.errors.is_empty() {
            return kept();
        }
        let wanted = planned.wanted()?;
        if let Some(org_id) = planned.org_id().filter(|org_id| *org_id != client.org_id()) {
            diags.errors.push(messages::other_organisation(&wanted.name, org_id, client.org_id()));
            return kept();
        }
        let operation = Operation {
            client,
            memory: &session.memory,
            wanted: &wanted,
            planned: &planned,
            claim: look::claim(&session, &planned),
            past: past.as_ref(),
            limits: limits(planned.timeout(Timeout::Create)),
        };
        let ended = apply::bring_into_effect(&operation).await;
        if ended.is_ok() {
            session.memory.make(&wanted.name, &wanted.key);
        }
        let is_announced = planned_private.is_some_and(|private| private.adoption_announced);
        outcome(diags, &operation, Timeout::Create, ended, is_announced, past.as_ref())
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Model,
        planned: Model,
        _config: Model,
        planned_private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<Stored> {
        let session = self.0.session();
        let private = planned_private.unwrap_or_default().stored();
        report(diags, look::same_organisation(&session, &prior, &private))?;
        // The plan and not the configuration, which knows nothing of `ignore_changes`.
        let change = change(diags, &prior, &private, &planned)?.change;
        if change == Change::Settings {
            return Some((planned, Some(private)));
        }
        let client = report(diags, session.ready("updating the configuration"))?;
        let wanted = planned.wanted()?;
        let is_guarded =
            plan::guard(&prior, &private).is_some_and(|guarded| !guarded.unless_failed);
        let past = (prior, private);
        let operation = Operation {
            client,
            memory: &session.memory,
            wanted: &wanted,
            planned: &planned,
            claim: Claim::Own { may_rekey: !is_guarded },
            past: Some(&past),
            limits: limits(planned.timeout(Timeout::Update)),
        };
        let ended = match apply::stored(&past.0, &past.1) {
            Some(accepted) if change == Change::Wait => apply::watch(&operation, accepted).await,
            _ => apply::bring_into_effect(&operation).await,
        };
        outcome(diags, &operation, Timeout::Update, ended, true, Some(&past))
    }

    async fn destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Model,
        planned_private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<()> {
        let session = self.0.session();
        let mut private = planned_private.unwrap_or_default();
        let successor = private.successor.take();
        let blocked = match &successor {
            // The private state is the one of the create that follows.
            Some(successor) => {
                private = successor.private_of(&prior);
                plan::guard_of_pair(&prior, successor)
            }
            None => plan::guard(&prior, &private).map(|guarded| (BlockedChange::Destroy, guarded)),
        };
        report(diags, look::same_organisation(&session, &prior, &private))?;
        if let Some((blocked, guarded)) = blocked
            && !is_copy(&session, &prior)
        {
            report(diags, release(&session, blocked, guarded).await)?;
        }
        diags.warnings.push(messages::forgotten(&prior, &private));
        session.memory.forget(&(prior, private.stored()));
        Some(())
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Option<Stored> {
        report(diags, look::import_by_name(&self.0.session(), id).await)
    }
}

#[async_trait]
impl ResourceExt for CmkConfig {
    fn optional_blocks(&self) -> &'static [&'static str] {
        &[TIMEOUTS]
    }

    async fn plan_create_with<'a>(
        &self,
        diags: &mut Diagnostics,
        _proposed: Model,
        config: Model,
        prior_private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<Stored> {
        let session = self.0.session();
        let mut planned = config.with_defaults();
        planned.computed = Computed {
            ims_org_id: session.org_id().map_or(Value::Unknown, |id| Value::Value(id.to_owned())),
            ..Computed::unknown()
        };
        let name = planned.known_name();
        let read = name.and_then(|name| session.memory.read(name));
        let is_tainted = prior_private.is_none();
        let replaced = prior_private
            .clone()
            .or_else(|| read.as_ref().map(|(_, private)| private.clone()))
            .map(Private::stored);
        let key = known(&planned.key_vault_key_identifier).cloned();
        let successor = Successor { name: name.map(str::to_owned), key, replaced, is_tainted };
        if let Some(guarded) = prior_private.and_then(|private| private.guarded) {
            let blocked = plan::replacement(&guarded, &successor);
            report(diags, release(&session, blocked, guarded).await)?;
        } else if let Some((tainted, _)) = read.filter(|_| is_tainted)
            // A tainted object is planned as a create without a past.
            && let Some((blocked, guarded)) = plan::guard_of_pair(&tainted, &successor)
            && !guarded.unless_failed
        {
            diags.errors.push(messages::protected(&blocked, &guarded));
            return None;
        }
        let origin = match &session.connection {
            Connection::Ready(client) => {
                let looked = look::at_plan(diags, client, &session, &planned).await;
                let adoption_announced = report(diags, looked)?;
                Private { adoption_announced, ..Private::origin(client) }
            }
            Connection::Deferred(_) => {
                session.defer_if_unknown();
                Private::default()
            }
            Connection::Unconfigured => return report(diags, Err(unconfigured())),
        };
        // All that is stored where the create does not come to its end.
        let confirmed = Some(false);
        Some((planned, Some(Private { successor: Some(Box::new(successor)), confirmed, ..origin })))
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        let attribute =
            |name, description| IdentityAttribute { name, description, required_for_import: true };
        let attributes = vec![
            attribute(NAME, "Name of the configuration at Adobe, case-sensitive."),
            attribute(
                IMS_ORG_ID,
                "IMS organisation that the configuration belongs to; the provider has to be \
                 configured for it.",
            ),
        ];
        Some(IdentitySchema { version: 0, attributes })
    }

    fn identity(&self, state: &Model) -> Option<Identity> {
        Some(Identity::from([
            (NAME.to_owned(), state.name.clone()),
            (IMS_ORG_ID.to_owned(), state.computed.ims_org_id.clone()),
        ]))
    }

    async fn import_identity<'a>(
        &self,
        diags: &mut Diagnostics,
        identity: Identity,
    ) -> Option<Stored> {
        report(diags, look::import_by_identity(&self.0.session(), &identity).await)
    }
}

/// Under create_before_destroy, a copy of what this very process has created or adopted a moment
/// ago.
fn is_copy(session: &Session, prior: &Model) -> bool {
    session.memory.has_made(prior.name_text(), prior.known_key().as_ref())
}

/// What `config` makes of `prior`, or the error that stops it.
fn change(
    diags: &mut Diagnostics,
    prior: &Model,
    private: &Private,
    config: &Model,
) -> Option<plan::Planned> {
    let changed = plan::change(prior, private, config)
        .map_err(|stopped| messages::stopped(&stopped, prior, config.key_text()));
    report(diags, changed)
}

/// The end of an operation as state and diagnostics; `past` is the object as it was before.
fn outcome(
    diags: &mut Diagnostics,
    op: &Operation<'_>,
    timeout: Timeout,
    ended: Result<Done, Box<Unfinished>>,
    is_announced: bool,
    past: Option<&Object>,
) -> Option<Stored> {
    let Operation { client, wanted, planned, .. } = *op;
    let object = match ended {
        Ok(done) => {
            diags.warnings.extend(messages::done(wanted, &done, is_announced));
            Some(planned.done(&done.accepted, past, client))
        }
        Err(unfinished) => {
            let object = planned.after(&unfinished.left, past, client);
            let is_tainted = timeout == Timeout::Create && object.is_some();
            let allowed = (timeout, planned.timeout(timeout));
            diags.errors.push(messages::unfinished(wanted, &unfinished, allowed, is_tainted));
            object
        }
    };
    object.map(|(state, private)| (state, Some(private)))
}
