//! One submission: look up, adopt or send, and find out what became of a lost answer.

use std::time::Duration;

use tf_provider::Diagnostic;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::job::{Adoption, Job};
use super::messages;
use super::run::Sent;
use crate::api::{Configuration, Delivery, Error, Kind, Limits, Status};
use crate::provider::diagnostics::from_api;

/// How long a lost submission is looked for: Adobe documents no time in which a new configuration can be found.
const SETTLING: Duration = Duration::from_secs(30);
/// The look-up that follows an interruption: the CLI waits, but a person pressed Ctrl-C.
const LAST_LOOK_UP: Duration = Duration::from_secs(1);

/// How the look-up and the submission ended.
pub enum Submission {
    /// Adobe has it.
    Accepted {
        /// Adobe's last answer.
        configuration: Box<Configuration>,
        /// The job that failed before, under another id.
        superseded: Option<String>,
        /// It was read from the status endpoint, so a terminal status in it is the end.
        is_read: bool,
        /// What a person should know.
        warning: Option<Diagnostic>,
    },
    /// Adobe did not take it.
    Refused(Diagnostic),
    /// Adobe may have taken it.
    Uncertain(Diagnostic),
}

/// Looks the name up, and submits or adopts.
pub async fn look_up_and_submit(job: &Job<'_>) -> Submission {
    let slot = job.run.slot(job.name);
    let mut sent = slot.lock().await;
    match sent.as_ref() {
        Some(Sent::Accepted { configuration, superseded }) => {
            return share(job, configuration, superseded.clone());
        }
        Some(Sent::Uncertain) => {
            return Submission::Refused(messages::rival_uncertain(job.name));
        }
        None => {}
    }
    match look_up(job).await {
        Err(error) => Submission::Refused(error),
        Ok(Some(existing)) if existing.status != Status::Failed => take(job, existing),
        Ok(Some(failed)) => submit(job, Some(failed.id), &mut sent).await,
        Ok(None) => submit(job, None, &mut sent).await,
    }
}

/// Submits again after the job `failed` failed. What another block of this run or somebody else did in the meantime is
/// waited for instead.
pub async fn again(job: &Job<'_>, failed: &str) -> Submission {
    let slot = job.run.slot(job.name);
    let mut sent = slot.lock().await;
    match sent.as_ref() {
        Some(Sent::Accepted { configuration, .. }) if configuration.id != failed => {
            return go_on_with(job, configuration.as_ref().clone(), failed);
        }
        Some(Sent::Uncertain) => {
            return Submission::Refused(messages::rival_uncertain(job.name));
        }
        Some(Sent::Accepted { .. }) | None => {}
    }
    match look_up(job).await {
        Err(error) => Submission::Refused(error),
        Ok(Some(existing)) if existing.status != Status::Failed || existing.id != failed => {
            go_on_with(job, existing, failed)
        }
        Ok(_) => submit(job, Some(failed.to_owned()), &mut sent).await,
    }
}

/// Somebody else submitted the failed configuration again.
fn go_on_with(job: &Job<'_>, existing: Configuration, failed: &str) -> Submission {
    if !job.is_same_key(&existing) {
        return Submission::Refused(messages::taken(&existing, job.name, job.key_text));
    }
    Submission::Accepted {
        superseded: Some(failed.to_owned()).filter(|id| *id != existing.id),
        configuration: Box::new(existing),
        is_read: true,
        warning: None,
    }
}

/// The configuration of this name, if there is one.
async fn look_up(job: &Job<'_>) -> Result<Option<Configuration>, Diagnostic> {
    let answer = if job.is_known {
        match job.client.status(job.name, &job.limits).await {
            Ok(existing) => Ok(Some(existing)),
            Err(error) if error.kind() == Kind::NoSuchConfiguration => Ok(None),
            Err(error) => Err(error),
        }
    } else {
        job.client.look_up(job.name, &job.limits).await
    };
    answer.map_err(|error| match error.kind() {
        Kind::Interrupted => messages::interrupted_before(job.name),
        _ => from_api(
            &error,
            &format!("looking up the configuration {:?} before submitting it", job.name),
        ),
    })
}

/// Another block of this run has submitted this name.
fn share(job: &Job<'_>, configuration: &Configuration, superseded: Option<String>) -> Submission {
    if !job.is_same_key(configuration) {
        return Submission::Refused(messages::rival(
            job.name,
            &configuration.key_identifier,
            job.key_text,
        ));
    }
    match take(job, configuration.clone()) {
        Submission::Accepted { configuration, warning, .. } => {
            Submission::Accepted { configuration, superseded, is_read: true, warning }
        }
        refused => refused,
    }
}

/// A configuration of this name exists.
fn take(job: &Job<'_>, existing: Configuration) -> Submission {
    if !job.is_same_key(&existing) {
        return Submission::Refused(messages::taken(&existing, job.name, job.key_text));
    }
    let warning = match job.adoption {
        Adoption::Refused => {
            return Submission::Refused(messages::not_adopted(&existing, job.name));
        }
        Adoption::Allowed { announced: false } => Some(messages::adopted(&existing, job.name)),
        Adoption::Allowed { announced: true } | Adoption::Own => None,
    };
    Submission::Accepted {
        configuration: Box::new(existing),
        superseded: None,
        is_read: true,
        warning,
    }
}

/// One submission. `failed` is the id of the job that is stored as `FAILED` under this name.
async fn submit(job: &Job<'_>, failed: Option<String>, sent: &mut Option<Sent>) -> Submission {
    let error = match job.client.submit(job.name, job.key_text, &job.limits).await {
        // A success that shows somebody else's key is no acceptance: the name was taken since the look-up.
        Ok(existing) if failed.is_none() && job.is_other_key(&existing) => {
            return Submission::Refused(messages::taken(&existing, job.name, job.key_text));
        }
        Ok(configuration) => return accepted(configuration, false, failed, sent),
        Err(error) => error,
    };
    if error.delivery() == Delivery::Unknown {
        return settle(job, &error, failed, sent).await;
    }
    match error.kind() {
        Kind::Interrupted => Submission::Refused(messages::interrupted_before(job.name)),
        Kind::BadRequest | Kind::Conflict => {
            let refused = Submission::Refused(from_api(&error, &submitting(job)));
            match job.client.look_up(job.name, &job.limits).await {
                Ok(Some(existing)) if existing.status != Status::Failed => take(job, existing),
                Ok(_) | Err(_) => refused,
            }
        }
        _ => Submission::Refused(from_api(&error, &submitting(job))),
    }
}

fn submitting(job: &Job<'_>) -> String {
    format!("submitting the configuration {:?}", job.name)
}

fn accepted(
    configuration: Configuration,
    is_read: bool,
    failed: Option<String>,
    sent: &mut Option<Sent>,
) -> Submission {
    let superseded = failed.filter(|id| *id != configuration.id);
    *sent = Some(Sent::Accepted {
        configuration: Box::new(configuration.clone()),
        superseded: superseded.clone(),
    });
    Submission::Accepted {
        superseded,
        configuration: Box::new(configuration),
        is_read,
        warning: None,
    }
}

/// The answer was lost: Adobe may have taken the submission, so the name is looked up until it is found or has had time
/// to appear. Nothing is sent again.
async fn settle(
    job: &Job<'_>,
    lost: &Error,
    failed: Option<String>,
    sent: &mut Option<Sent>,
) -> Submission {
    let began = Instant::now();
    let mut pause = Duration::from_millis(500);
    loop {
        let is_last = job.limits.stop.is_cancelled();
        let limits = if is_last {
            Limits { deadline: Instant::now() + LAST_LOOK_UP, stop: CancellationToken::new() }
        } else {
            Limits { deadline: began + SETTLING, stop: job.limits.stop.clone() }
        };
        let looked_up = job.client.look_up(job.name, &limits).await;
        if let Ok(Some(found)) = &looked_up {
            let is_old_failure =
                found.status == Status::Failed && failed.as_deref() == Some(found.id.as_str());
            if !is_old_failure {
                if job.is_same_key(found) {
                    return accepted(found.clone(), true, failed, sent);
                }
                return Submission::Refused(messages::taken(found, job.name, job.key_text));
            }
        }
        if is_last || began.elapsed() + pause >= SETTLING {
            *sent = Some(Sent::Uncertain);
            return Submission::Uncertain(messages::answer_lost(
                lost,
                job.name,
                looked_up.err().as_ref(),
                began.elapsed(),
                job.is_create,
            ));
        }
        tokio::select! {
            () = job.limits.stop.cancelled() => {}
            () = sleep(pause) => {}
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}
