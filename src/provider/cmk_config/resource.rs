//! The resource `aep_cmk_config`: its life as Terraform calls it.

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::value::Value;
use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics, Resource};

use super::effect::{self, Finished};
use super::import::{self, origin};
use super::job::{Adoption, Job};
use super::messages::{self, Danger};
use super::model::{Computed, Model, Operation, Private, known};
use super::plan::{self, Change};
use super::schema::{self, IMS_ORG_ID, NAME, TIMEOUTS};
use super::{look_up, refresh, validate};
use crate::api::{Client, Configuration, Status};
use crate::key_identifier::KeyIdentifier;
use crate::plugin::{Identity, IdentityAttribute, IdentitySchema, ResourceExt};
use crate::provider::connection::{Connection, Session, Shared, unconfigured};

/// The resource.
pub struct CmkConfig {
    shared: Shared,
}

impl CmkConfig {
    /// A resource on a connection that configure will make.
    pub fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

type Stored = (Model, Option<Private>);

#[async_trait]
impl Resource for CmkConfig {
    type State<'a> = Model;
    type PrivateState<'a> = Option<Private>;
    type ProviderMetaState<'a> = Value<()>;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema::resource())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Model) -> Option<()> {
        validate::validate(diags, &config);
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: Model,
        private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<Stored> {
        refresh::refresh(diags, &self.shared.session(), state, private).await
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
        let session = self.shared.session();
        let private = prior_private.unwrap_or_default().without_plan();
        session.same_organisation(diags, &prior, &private)?;
        session.defer_if_unknown();
        let planned = match plan::change(&prior, &config) {
            Ok(planned) => planned,
            Err(diagnostic) => {
                diags.errors.push(*diagnostic);
                return None;
            }
        };
        if planned.change == Change::Resubmit
            && let (Some(name), Some(key)) = (planned.state.known_name(), planned.state.known_key())
            && let Err(other) = session.run.plan(name, &key)
        {
            diags.errors.push(messages::rival(name, &other, planned.state.key_text()));
            return None;
        }
        let replaced = match planned.change {
            Change::Replace(attributes) => attributes.into_iter().map(path_of).collect(),
            Change::Settings | Change::Resubmit | Change::Wait => Vec::new(),
        };
        let private = Private { guarded: plan::guard(&prior), ..private };
        Some((planned.state, Some(private), replaced))
    }

    async fn plan_destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Model,
        prior_private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<Option<Private>> {
        let session = self.shared.session();
        let private = prior_private.unwrap_or_default().without_plan();
        session.same_organisation(diags, &prior, &private)?;
        if let Some(guarded) = plan::guard(&prior) {
            diags.errors.push(messages::protected(Danger::Destroy, &guarded));
            return None;
        }
        diags.warnings.push(forgotten(&prior));
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
        let session = self.shared.session();
        let client = session.ready(diags, "creating the configuration")?;
        let name = planned.known_name().unwrap_or_default();
        let key = planned.known_key()?;
        let adoption = if planned.adopts() {
            Adoption::Allowed {
                announced: planned_private.is_some_and(|private| private.adoption_announced),
            }
        } else {
            Adoption::Refused
        };
        let remembered = session.run.forgotten(name);
        let job = Job {
            is_known: remembered.as_ref().is_some_and(|(state, _)| state.computed.id.is_value()),
            ..job(client, &session, &planned, &key, adoption, Operation::Create)
        };
        let mut finished = match &remembered {
            Some((_, private)) if !private.is_made_at(client.endpoint()) => {
                look_up::elsewhere(&job, private).await
            }
            _ => effect::bring_into_effect(&job).await,
        };
        let org_id = client.org_id();
        let state = match (&finished.error, &finished.configuration, remembered) {
            (None, Some(configuration), _) => {
                Some((planned.with_answer(configuration, org_id), origin(client)))
            }
            (Some(_), Some(configuration), _) => {
                Some((planned.with_answer_beside_error(configuration, org_id), origin(client)))
            }
            (_, None, Some(remembered)) => Some(remembered),
            (_, None, None) => {
                finished.is_uncertain.then(|| (planned.uncertain(org_id), origin(client)))
            }
        };
        let state = state.map(|(mut state, private)| {
            if finished.is_uncertain {
                // It may be on its way into effect, so nothing may treat it as failed.
                state.computed.status = Value::Null;
            }
            (state, Some(private))
        });
        if state.is_some() {
            finished.error = finished.error.map(messages::with_untaint);
        }
        report(diags, finished);
        state
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Model,
        planned: Model,
        config: Model,
        planned_private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<Stored> {
        let session = self.shared.session();
        let private = planned_private.unwrap_or_default().without_plan();
        let change = match plan::change(&prior, &config) {
            Ok(change) => change.change,
            Err(diagnostic) => {
                diags.errors.push(*diagnostic);
                return None;
            }
        };
        let is_unseen = match change {
            Change::Settings => {
                return Some((planned, Some(private)));
            }
            Change::Replace(_) => {
                diags.errors.push(messages::needs_new_name(
                    prior.known_name().unwrap_or_default(),
                    prior.key_text(),
                    config.key_text(),
                ));
                return None;
            }
            Change::Resubmit => true,
            Change::Wait => prior.computed.id.is_null(),
        };
        let client = session.ready(diags, "updating the configuration")?;
        let key = planned.known_key()?;
        let job = Job {
            is_known: prior.computed.id.is_value(),
            ..job(client, &session, &planned, &key, Adoption::Own, Operation::Update)
        };
        let finished = if is_unseen {
            effect::bring_into_effect(&job).await
        } else {
            effect::see_through(&job, stored_configuration(&prior), None).await
        };
        let org_id = prior.org_id().unwrap_or(client.org_id()).to_owned();
        let state = match (&finished.error, &finished.configuration) {
            (None, Some(configuration)) => {
                Some((planned.with_answer(configuration, &org_id), origin(client)))
            }
            (Some(_), Some(configuration)) => {
                Some((planned.with_answer_beside_error(configuration, &org_id), origin(client)))
            }
            (_, None) => finished.is_uncertain.then_some((prior, private)),
        };
        let state = state.map(|(mut state, private)| {
            // It is part of the identity, which never changes.
            state.computed.ims_org_id = Value::Value(org_id);
            if finished.is_uncertain {
                state.computed.status = Value::Null;
            }
            (state, Some(private))
        });
        report(diags, finished);
        state
    }

    async fn destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Model,
        private: Option<Private>,
        _meta: Value<()>,
    ) -> Option<()> {
        let session = self.shared.session();
        let private = private.unwrap_or_default().without_plan();
        session.same_organisation(diags, &prior, &private)?;
        // The destroy of a replacement comes with the private state of the create that follows.
        session.same_organisation(diags, &prior, &Private::default())?;
        diags.warnings.push(forgotten(&prior));
        let name = prior.known_name().unwrap_or_default().to_owned();
        session.run.forget(&name, prior, private);
        Some(())
    }

    async fn import<'a>(&self, diags: &mut Diagnostics, id: String) -> Option<Stored> {
        import::by_name(diags, &self.shared.session(), id).await
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
        if let Some(guarded) = prior_private.and_then(|private| private.guarded) {
            diags.errors.push(messages::protected(Danger::Replace, &guarded));
            return None;
        }
        let mut planned = config.with_defaults();
        planned.computed = Computed::unknown();
        let session = self.shared.session();
        // A tainted object is planned as a create without a past. Its replacement would forget and adopt, but before the
        // adoption Terraform would delete the key upstream.
        if planned.key_vault_key_identifier.is_unknown()
            && let Some(guarded) = planned.known_name().and_then(|name| session.run.guarded(name))
        {
            diags.errors.push(messages::protected(Danger::UnknownKeyOfTainted, &guarded));
            return None;
        }
        let client = match &session.connection {
            Connection::Ready(client) => client,
            Connection::Deferred(_) => {
                session.defer_if_unknown();
                return Some((planned, None));
            }
            Connection::Unconfigured => return unconfigured(diags),
        };
        let mut private = origin(client);
        private.adoption_announced = look_up::at_plan(diags, client, &session, &planned).await?;
        Some((planned, Some(private)))
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        Some(IdentitySchema {
            version: 0,
            attributes: vec![
                IdentityAttribute {
                    name: NAME,
                    description: "Name of the configuration at Adobe, case-sensitive.",
                    required_for_import: true,
                },
                IdentityAttribute {
                    name: IMS_ORG_ID,
                    description: "IMS organisation that the configuration belongs to; the provider has to be configured for it.",
                    required_for_import: true,
                },
            ],
        })
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
        import::by_identity(diags, &self.shared.session(), &identity).await
    }
}

/// Moves the outcome's words into the diagnostics.
fn report(diags: &mut Diagnostics, finished: Finished) {
    diags.errors.extend(finished.error);
    diags.warnings.extend(finished.warnings);
}

fn job<'a>(
    client: &'a Client,
    session: &'a Session,
    planned: &'a Model,
    key: &'a KeyIdentifier,
    adoption: Adoption,
    operation: Operation,
) -> Job<'a> {
    Job {
        client,
        run: &session.run,
        name: planned.known_name().unwrap_or_default(),
        key_text: planned.key_text(),
        key,
        adoption,
        waits: planned.waits(),
        attempts: planned.attempts(),
        timeout: planned.timeout(operation),
        timeout_attribute: operation.attribute(),
        limits: look_up::limits(planned, operation),
        is_create: operation == Operation::Create,
        is_known: false,
    }
}

/// What the state knows of an accepted configuration, to go on waiting from.
fn stored_configuration(prior: &Model) -> Configuration {
    let text = |value: &Value<String>| known(value).cloned();
    let computed = &prior.computed;
    Configuration {
        id: text(&computed.id).unwrap_or_default(),
        status: prior.status().unwrap_or_else(|| Status::Other("unknown".to_owned())),
        application_name: text(&computed.application_name),
        config_type: text(&computed.config_type),
        provider_type: text(&computed.provider_type),
        ims_org_id: text(&computed.ims_org_id),
        subscription_id: text(&computed.subscription_id),
        key_identifier: prior.key_text().to_owned(),
        key_vault_uri: text(&computed.key_vault_uri),
        key_version: text(&computed.key_version),
        retry_after: None,
    }
}

fn forgotten(prior: &Model) -> Diagnostic {
    messages::forgotten(
        prior.known_name().unwrap_or_default(),
        prior.key_text(),
        prior.status() == Some(Status::Failed),
    )
}

fn path_of(attribute: &'static str) -> AttributePath {
    AttributePath { steps: vec![AttributePathStep::Attribute(attribute.into())] }
}
