//! What a plan asks Adobe: what is there under a new name, and whether a protected object may go.

use tf_provider::Diagnostics;

use super::existing::{Claim, Moment, Seen, Verdict, verdict};
use super::model::{Guarded, Model, NOT_FOUND, Timeout};
use super::plan::BlockedChange;
use super::{apply, messages};
use crate::api::{Client, Kind};
use crate::provider::connection::Session;

/// Looks the name of a new configuration up, so that the plan already says what apply would find. Answers whether an
/// adoption was announced.
///
/// An object that this run has forgotten a moment ago would be lost by an error of this plan: the create that follows meets
/// the same, and has the object at hand.
pub async fn at_plan(
    diags: &mut Diagnostics,
    client: &Client,
    session: &Session,
    planned: &Model,
) -> Option<bool> {
    let Some(name) = planned.known_name() else {
        return Some(false);
    };
    let is_forgotten = session.memory.forgotten(name).is_some();
    let stop = |diags: &mut Diagnostics, diagnostic| {
        if is_forgotten {
            return Some(false);
        }
        diags.errors.push(messages::at_plan(diagnostic));
        None
    };
    let key = planned.known_key();
    if let Some(wanted) = planned.wanted()
        && let Err(other) = session.memory.plan(name, &wanted.key)
    {
        return stop(diags, messages::rival(&wanted, &other.versionless()));
    }
    let found = match client.look_up(name, &apply::limits(planned, Timeout::Read)).await {
        Ok(found) => found.map(Seen::read),
        Err(error) => {
            let doing = format!("looking up the new configuration {name:?}");
            return stop(diags, messages::from_api(&error, &doing));
        }
    };
    match verdict(found.as_ref(), key.as_ref(), claim(session, planned), Moment::Before) {
        Verdict::Submit { .. } | Verdict::GoOn(_) => Some(false),
        Verdict::Adopt(seen) => {
            diags.warnings.push(messages::will_be_adopted(seen, name));
            Some(true)
        }
        Verdict::Taken(seen) => stop(diags, messages::taken(seen, name, planned.key_text())),
        Verdict::NotAdopted(seen) => stop(diags, messages::not_adopted(seen, name)),
        Verdict::KeyUnknown(seen) if key.is_some() => {
            stop(diags, messages::key_unknown(seen, name))
        }
        Verdict::KeyUnknown(seen) => {
            diags.warnings.push(messages::may_be_taken(seen, name));
            Some(false)
        }
    }
}

/// Lets a protected object go, or not: only of a `FAILED` that was never in effect, and only while Adobe says so.
pub async fn release(
    diags: &mut Diagnostics,
    session: &Session,
    blocked: BlockedChange,
    mut guarded: Guarded,
) -> Option<()> {
    if guarded.unless_failed {
        let doing =
            format!("asking Adobe whether the configuration {:?} is still FAILED", guarded.name);
        let client = session.ready(diags, &doing)?;
        let endpoint = client.endpoint().as_str();
        if let Some(made_at) = apply::moved_from(guarded.endpoint.as_deref(), client) {
            diags.errors.push(messages::other_endpoint(&guarded.name, made_at, endpoint, None));
            return None;
        }
        let limits = apply::limits(&Model::default(), Timeout::Read);
        match client.status(&guarded.name, &limits).await {
            Ok(configuration) if configuration.status.is_failed() => return Some(()),
            Ok(configuration) => guarded.status = configuration.status.as_str().to_owned(),
            Err(error) if error.kind() == Kind::NoSuchConfiguration => {
                guarded.status = NOT_FOUND.to_owned();
            }
            Err(error) => {
                diags.errors.push(messages::from_api(&error, &doing));
                return None;
            }
        }
    }
    diags.errors.push(messages::protected(&blocked, &guarded));
    None
}

/// The claim of a create.
pub fn claim(session: &Session, planned: &Model) -> Claim {
    let name = planned.known_name().unwrap_or_default();
    let own = session.memory.forgotten(name).or_else(|| session.memory.read(name));
    Claim::Create {
        adopts: planned.adopts(),
        may_rekey: own
            .is_some_and(|(state, private)| state.is_failed() && !private.was_in_effect()),
    }
}
