//! What is asked of Adobe outside an operation: how an object in the state is, what a plan has to
//! know, what an import finds. A read never drops an object: Adobe has no request to delete, so
//! absence is a fact to show.

use tf_provider::value::Value;
use tf_provider::{Diagnostic, Diagnostics};
use tf_provider_host::Identity;

use super::apply::{look_for, moved_from};
use super::existing::{Claim, Moment, Seen, Verdict, Why, verdict};
use super::model::{
    Guarded, IMS_ORG_ID, Model, NAME, NOT_FOUND, Object, Private, Stored, Timeout, known,
};
use super::plan::BlockedChange;
use super::{messages, schema};
use crate::api::{Client, Configuration, Error, Kind};
use crate::provider::connection::{Connection, Session, limits, unconfigured};
use crate::provider::diagnostics::general;
use crate::provider::duration::READ_TIMEOUT;

/// Asks Adobe about an object in the state. Without news the private state is the stored one: CLIs
/// compare it.
pub async fn refresh(
    diags: &mut Diagnostics,
    session: &Session,
    state: Model,
    private: Option<Private>,
) -> Result<Stored, Diagnostic> {
    let stored = private.clone().unwrap_or_default();
    same_organisation(session, &state, &stored)?;
    let (refreshed, warning) = match &session.connection {
        Connection::Ready(client) => {
            ask(client, &state, &stored).await.map_err(messages::at_plan)?
        }
        Connection::Deferred(deferred) => {
            let warning = (!session.defer_if_unknown())
                .then(|| messages::not_refreshed(state.name_text(), &deferred.unknown));
            ((state, stored.clone()), warning)
        }
        Connection::Unconfigured => return Err(unconfigured()),
    };
    diags.warnings.extend(warning);
    session.memory.saw(&refreshed);
    let (refreshed, news) = refreshed;
    let private = if news == stored { private } else { Some(news) };
    Ok((refreshed, private))
}

/// The object after a look at the status endpoint, with a warning if it is not there.
async fn ask(
    client: &Client,
    state: &Model,
    private: &Private,
) -> Result<(Object, Option<Diagnostic>), Diagnostic> {
    let name = state.name_text();
    let id = known(&state.computed.id);
    let moved_from = moved_from(private.endpoint.as_deref(), client);
    let elsewhere =
        |made_at, error| messages::other_endpoint(name, made_at, client.endpoint().as_str(), error);
    match (status(client, state, private).await, moved_from) {
        (Ok(found), Some(made_at)) if id.is_some_and(|id| *id != found.id) => {
            Err(elsewhere(made_at, None))
        }
        (Ok(found), _) => Ok((refreshed(client, state, private, &readable(name, found)?), None)),
        (Err(error), _) if error.kind != Kind::NoSuchConfiguration => {
            let doing = format!("reading the status of the configuration {name:?}");
            Err(messages::from_api(&error, &doing))
        }
        (Err(error), Some(made_at)) => Err(elsewhere(made_at, Some(&error))),
        (Err(error), None) => {
            let mut state = state.clone();
            state.computed.status = Value::Value(NOT_FOUND.to_owned());
            let warning = messages::not_found(name, id.is_some(), &error);
            Ok(((state, private.clone()), Some(warning)))
        }
    }
}

/// One look; where the object was accepted and never seen since, as many as the settling time
/// takes.
async fn status(client: &Client, state: &Model, private: &Private) -> Result<Configuration, Error> {
    let (name, limits) = (state.name_text(), limits(state.timeout(Timeout::Read)));
    let first = client.status(name, &limits).await;
    let is_absent = matches!(&first, Err(error) if error.kind == Kind::NoSuchConfiguration);
    if !is_absent || private.confirmed != Some(false) || state.is_not_found() {
        return first;
    }
    match look_for(client, name, &limits).await? {
        Some(found) => Ok(found),
        None => first,
    }
}

/// What Adobe shows, with a key that can be read: nothing else may be stored as the key that guards
/// the data.
fn readable(name: &str, configuration: Configuration) -> Result<Seen, Diagnostic> {
    let key_text = configuration.key_identifier.clone();
    let seen = Seen::read(configuration);
    match seen.details.is_some() || key_text.is_none() && seen.status.is_pending() {
        true => Ok(seen),
        false => Err(messages::unreadable_key(name, key_text.as_deref())),
    }
}

/// The object with what Adobe shows. Its private state changes only together with an attribute.
fn refreshed(client: &Client, state: &Model, private: &Private, seen: &Seen) -> Object {
    // The submission that was accepted after that failure does not show yet.
    if seen.is_failure_of(private.superseded.as_deref()) {
        return (state.clone(), private.clone());
    }
    // Version 0.1.0 stored Adobe's spelling of the organisation.
    let is_ours = private.org_id.as_deref() == Some(client.org_id());
    let org_id = state.org_id().filter(|_| !is_ours).unwrap_or(client.org_id());
    let after = state.clone().with_seen(seen, org_id);
    if after == *state {
        return (after, private.clone());
    }
    let in_effect = Some(private.was_in_effect() || seen.status.is_completed());
    let confirmed = Some(true);
    let superseded = seen.still_supersedes(private.superseded.as_deref());
    (after, Private { in_effect, confirmed, superseded, ..Private::origin(client) })
}

/// Stops before any request where the object was made in another organisation. Version 0.1.0 stored
/// Adobe's spelling, which may leave `@AdobeOrg` out.
pub fn same_organisation(
    session: &Session,
    state: &Model,
    private: &Private,
) -> Result<(), Diagnostic> {
    let bare = |org_id: &str| org_id.strip_suffix("@AdobeOrg").unwrap_or(org_id).to_owned();
    let made_in = private.org_id.as_deref().or_else(|| state.org_id());
    match (made_in, session.org_id()) {
        (Some(made_in), Some(configured)) if bare(made_in) != bare(configured) => {
            Err(messages::other_organisation(state.name_text(), made_in, configured))
        }
        _ => Ok(()),
    }
}

/// Imports the configuration `name`, with the defaults of every argument.
pub async fn import_by_name(session: &Session, name: String) -> Result<Stored, Diagnostic> {
    schema::check_name(&name)?;
    let doing = format!("importing the configuration {name:?}");
    let client = session.ready(&doing)?;
    let seen = existing(client, &name, &doing).await?;
    let mut state = Model::default().with_defaults().with_seen(&seen, client.org_id());
    state.name = Value::Value(name);
    // What it was before is unknown.
    let in_effect = Some(true);
    Ok((state, Some(Private { in_effect, confirmed: Some(true), ..Private::origin(client) })))
}

/// Imports by identity: the organisation has to be the provider's.
pub async fn import_by_identity(
    session: &Session,
    identity: &Identity,
) -> Result<Stored, Diagnostic> {
    let part = |name: &str| identity.get(name).and_then(known).cloned();
    let (Some(name), Some(org_id)) = (part(NAME), part(IMS_ORG_ID)) else {
        let detail = "An import by identity needs both `name` and `ims_org_id`.";
        return Err(general("The identity is not complete", detail));
    };
    let client = session.ready(&format!("importing the configuration {name:?}"))?;
    if client.org_id() != org_id {
        let detail = format!(
            "Correct `ims_org_id` in the `import` block, which is {org_id}, or `org_id` \
             (AEP_ORG_ID) of the provider, which is {}. Nothing was sent.",
            client.org_id()
        );
        return Err(general("The identity names another organisation", detail));
    }
    import_by_name(session, name).await
}

/// A configuration that has to be there.
pub async fn existing(client: &Client, name: &str, doing: &str) -> Result<Seen, Diagnostic> {
    match client.status(name, &limits(READ_TIMEOUT)).await {
        Ok(configuration) => readable(name, configuration).and_then(|seen| match seen.details {
            Some(_) => Ok(seen),
            None => Err(messages::unreadable_key(name, None)),
        }),
        Err(error) if error.kind == Kind::NoSuchConfiguration => {
            Err(messages::absent(name, client.org_id(), &error))
        }
        Err(error) => Err(messages::from_api(&error, doing)),
    }
}

/// Looks the name of a new configuration up, so that the plan already says what apply would find.
/// Returns whether an adoption was announced.
///
/// An object that this run has forgotten a moment ago would be lost by an error of this plan: the
/// create that follows meets the same, and has the object at hand.
pub async fn at_plan(
    diags: &mut Diagnostics,
    client: &Client,
    session: &Session,
    planned: &Model,
) -> Result<bool, Diagnostic> {
    let Some(name) = planned.known_name() else {
        return Ok(false);
    };
    match what_a_create_finds(client, session, planned, name).await {
        Ok((is_adoption, warning)) => {
            diags.warnings.extend(warning);
            Ok(is_adoption)
        }
        Err(_) if session.memory.forgotten(name).is_some() => Ok(false),
        Err(error) => Err(messages::at_plan(error)),
    }
}

/// Whether a create would adopt, and what there is to warn of.
async fn what_a_create_finds(
    client: &Client,
    session: &Session,
    planned: &Model,
    name: &str,
) -> Result<(bool, Option<Diagnostic>), Diagnostic> {
    no_rival(session, planned)?;
    let found =
        client.look_up(name, &limits(planned.timeout(Timeout::Read))).await.map_err(|error| {
            messages::from_api(&error, &format!("looking up the new configuration {name:?}"))
        })?;
    let found = found.map(Seen::read);
    let key = planned.known_key();
    match verdict(found.as_ref(), key.as_ref(), claim(session, planned), Moment::Before) {
        Ok(Verdict::Adopt) => Ok((true, found.map(|it| messages::will_be_adopted(&it, name)))),
        Ok(Verdict::Submit | Verdict::GoOn) => Ok((false, None)),
        Err(obstacle) if obstacle.why == Why::KeyUnknown && key.is_none() => {
            Ok((false, Some(messages::may_be_taken(&obstacle.seen, name))))
        }
        Err(obstacle) => Err(messages::obstacle(&obstacle, name, planned.key_text())),
    }
}

/// Notes name and key for the run: no other block of it may have the name with another key.
pub fn no_rival(session: &Session, planned: &Model) -> Result<(), Diagnostic> {
    let Some(wanted) = planned.wanted() else { return Ok(()) };
    let noted = session.memory.plan(&wanted.name, &wanted.key);
    noted.map_err(|other| messages::rival(&wanted, &other.versionless()))
}

/// Lets a protected object go, or not: only of a `FAILED` that was never in effect, and only while
/// Adobe says so.
pub async fn release(
    session: &Session,
    blocked: BlockedChange,
    mut guarded: Guarded,
) -> Result<(), Diagnostic> {
    if guarded.unless_failed {
        let name = guarded.name.as_str();
        let doing = format!("asking Adobe whether the configuration {name:?} is still FAILED");
        let client = session.ready(&doing)?;
        if let Some(made_at) = moved_from(guarded.endpoint.as_deref(), client) {
            return Err(messages::other_endpoint(name, made_at, client.endpoint().as_str(), None));
        }
        match client.status(name, &limits(READ_TIMEOUT)).await {
            Ok(found) if found.status.is_failed() => return Ok(()),
            Ok(found) => guarded.status = found.status.as_str().to_owned(),
            Err(error) if error.kind == Kind::NoSuchConfiguration => {
                guarded.status = NOT_FOUND.to_owned();
            }
            Err(error) => return Err(messages::from_api(&error, &doing)),
        }
    }
    Err(messages::protected(&blocked, &guarded))
}

/// The claim of a create.
pub fn claim(session: &Session, planned: &Model) -> Claim {
    let name = planned.name_text();
    let own = session.memory.forgotten(name).or_else(|| session.memory.read(name));
    let may_rekey =
        own.is_some_and(|(state, private)| state.is_failed() && !private.was_in_effect());
    Claim::Create { adopts: planned.adopts(), may_rekey }
}
