//! The look-up of a new configuration at plan, and the limits of every look.

use tf_provider::Diagnostics;
use tokio::time::Instant;

use super::effect::{self, Finished};
use super::job::Job;
use super::messages;
use super::model::{Model, Operation, Private};
use crate::api::{Client, Kind, Limits, Status};
use crate::key_identifier::KeyIdentifier;
use crate::plugin::ctx;
use crate::provider::connection::Session;
use crate::provider::diagnostics::{from_api, push_api};

/// The operation's end, from now, and the stop signal of the call.
pub fn limits(model: &Model, operation: Operation) -> Limits {
    Limits {
        deadline: Instant::now() + model.timeout(operation),
        stop: ctx::current().stop().clone(),
    }
}

/// Looks the name of a new configuration up, so that the plan already says what apply would find. Answers whether an
/// adoption was announced.
pub async fn at_plan(
    diags: &mut Diagnostics,
    client: &Client,
    session: &Session,
    planned: &Model,
) -> Option<bool> {
    let Some(name) = planned.known_name() else {
        return Some(false);
    };
    // The object was forgotten a moment ago in this run: an error of this plan would lose it. The create that follows meets
    // the same error, and has the object at hand.
    let is_forgotten = session.run.forgotten(name).is_some();
    let key = planned.known_key();
    if let Some(key) = &key
        && let Err(other) = session.run.plan(name, key)
        && !is_forgotten
    {
        diags.errors.push(messages::rival(name, &other, planned.key_text()));
        return None;
    }
    let existing = match client.look_up(name, &limits(planned, Operation::Read)).await {
        Ok(existing) => existing.filter(|found| found.status != Status::Failed),
        Err(_) if is_forgotten => return Some(false),
        Err(error) => {
            push_api(diags, &error, &format!("looking up the new configuration {name:?}"));
            return None;
        }
    };
    let Some(existing) = existing else {
        return Some(false);
    };
    let is_same = key.map(|key| {
        KeyIdentifier::parse(&existing.key_identifier).is_ok_and(|found| found.same_key(&key))
    });
    match is_same {
        Some(false) if is_forgotten => Some(false),
        Some(false) => {
            diags.errors.push(messages::taken(&existing, name, planned.key_text()));
            None
        }
        _ if !planned.adopts() && is_forgotten => Some(false),
        _ if !planned.adopts() => {
            diags.errors.push(messages::not_adopted(&existing, name));
            None
        }
        Some(true) => {
            diags.warnings.push(messages::will_be_adopted(&existing, name));
            Some(true)
        }
        None => {
            diags.warnings.push(messages::may_be_taken(&existing, name));
            Some(false)
        }
    }
}

/// A create of an object that this run has forgotten, at an endpoint where it was not made: it may be there, but nothing is
/// submitted.
pub async fn elsewhere(job: &Job<'_>, private: &Private) -> Finished {
    let made_at = private.endpoint.as_deref().unwrap_or_default();
    match job.client.status(job.name, &job.limits).await {
        Ok(_) => effect::bring_into_effect(job).await,
        Err(error) if error.kind() == Kind::NoSuchConfiguration => Finished {
            error: Some(messages::other_endpoint(
                job.name,
                made_at,
                job.client.endpoint().as_str(),
            )),
            ..Finished::default()
        },
        Err(error) => Finished {
            error: Some(from_api(&error, &format!("looking up the configuration {:?}", job.name))),
            ..Finished::default()
        },
    }
}
