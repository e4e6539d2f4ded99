//! From a plan to a configuration in effect: look up, submit or adopt, wait, submit again.
//!
//! "Accepted but not finished" is one value, [`Finished`]: nothing between Adobe's yes and the returned state can drop it.

use std::time::Duration;

use tf_provider::Diagnostic;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::messages;
use super::run::{Run, Sent};
use super::wait::{self, End};
use crate::api::{Client, Configuration, Delivery, Error, Kind, Limits, Status};
use crate::key_identifier::KeyIdentifier;
use crate::provider::diagnostics::from_api;

/// How long a lost submission is looked for: Adobe documents no time in which a new configuration can be found.
const SETTLING: Duration = Duration::from_secs(30);
/// The look-up that follows an interruption: the CLI waits, but a person pressed Ctrl-C.
const LAST_LOOK_UP: Duration = Duration::from_secs(1);
/// The first pause before a failed job is submitted again; each further one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// Role assignments and firewall rules take up to ten minutes; several pauses of this length cover that.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Whether a configuration that exists with the same key is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// Take it, and say so unless the plan of this apply already did.
    Allowed {
        /// The plan said it.
        announced: bool,
    },
    /// `adopt_existing = false`
    Refused,
    /// It is the object in the state.
    Own,
}

/// What is to be brought into effect.
pub struct Job<'a> {
    /// The connection.
    pub client: &'a Client,
    /// The memory of the run.
    pub run: &'a Run,
    /// The configuration's name.
    pub name: &'a str,
    /// The key identifier as written: it is submitted so.
    pub key_text: &'a str,
    /// The same, taken apart.
    pub key: &'a KeyIdentifier,
    /// What to do with a configuration that exists.
    pub adoption: Adoption,
    /// `wait_for_completion`
    pub waits: bool,
    /// `failed_attempts`
    pub attempts: u32,
    /// The operation's timeout.
    pub timeout: Duration,
    /// Its name in the `timeouts` block.
    pub timeout_attribute: &'static str,
    /// The operation's end and the stop signal.
    pub limits: Limits,
    /// A create: Terraform taints what it leaves behind on an error.
    pub is_create: bool,
}

/// What is known at the end.
#[derive(Default)]
pub struct Finished {
    /// The last answer about an accepted or adopted configuration.
    pub configuration: Option<Configuration>,
    /// Nobody knows whether Adobe took the submission.
    pub is_uncertain: bool,
    /// What went wrong.
    pub error: Option<Diagnostic>,
    /// What a person should know all the same.
    pub warnings: Vec<Diagnostic>,
}

/// How the look-up and the submission ended.
enum Submission {
    Accepted {
        configuration: Box<Configuration>,
        /// The job that failed before, under another id.
        superseded: Option<String>,
        /// It was read from the status endpoint, so a terminal status in it is the end.
        is_read: bool,
        warning: Option<Diagnostic>,
    },
    /// Adobe did not take it.
    Refused(Diagnostic),
    /// Adobe may have taken it.
    Uncertain(Diagnostic),
}

/// Looks up, submits or adopts, and waits.
pub async fn bring_into_effect(job: &Job<'_>) -> Finished {
    match look_up_and_submit(job).await {
        Submission::Accepted {
            configuration,
            superseded,
            is_read,
            warning,
        } => {
            let is_in_effect = is_read && configuration.status == Status::Completed;
            let mut finished = if job.waits && !is_in_effect {
                see_through(job, *configuration, superseded).await
            } else {
                Finished {
                    configuration: Some(*configuration),
                    ..Finished::default()
                }
            };
            finished.warnings.extend(warning);
            finished
        }
        Submission::Refused(error) => Finished {
            error: Some(error),
            ..Finished::default()
        },
        Submission::Uncertain(error) => Finished {
            is_uncertain: true,
            error: Some(error),
            ..Finished::default()
        },
    }
}

/// Waits for a terminal status, and submits a failed job again as often as allowed.
pub async fn see_through(
    job: &Job<'_>,
    mut seen: Configuration,
    mut superseded: Option<String>,
) -> Finished {
    let began = Instant::now();
    let mut submitted_again = Vec::new();
    let error = loop {
        let end = wait::wait(
            job.client,
            job.name,
            &mut seen,
            superseded.as_deref(),
            &job.limits,
        )
        .await;
        match end {
            End::Completed => break None,
            End::Failed => {
                let failed = messages::failed(
                    &seen,
                    job.name,
                    KeyIdentifier::parse(&seen.key_identifier).ok().as_ref(),
                    &submitted_again,
                    job.is_create,
                );
                if submitted_again.len() >= job.attempts as usize {
                    break Some(failed);
                }
                let pause = pause_before(submitted_again.len());
                if Instant::now() + pause >= job.limits.deadline {
                    break Some(failed);
                }
                tracing::warn!(
                    configuration = job.name,
                    id = seen.id,
                    pause_seconds = pause.as_secs(),
                    "the job failed and will be submitted again"
                );
                tokio::select! {
                    () = job.limits.stop.cancelled() =>
                        break Some(messages::interrupted(&seen, job.name, job.is_create)),
                    () = sleep(pause) => {}
                }
                submitted_again.push(began.elapsed());
                let slot = job.run.slot(job.name);
                let mut sent = slot.lock().await;
                match submit(job, Some(seen.id.clone()), &mut sent).await {
                    Submission::Accepted {
                        configuration,
                        superseded: before,
                        ..
                    } => {
                        seen = *configuration;
                        superseded = before;
                    }
                    Submission::Refused(error) | Submission::Uncertain(error) => break Some(error),
                }
            }
            End::TimedOut => {
                break Some(messages::timed_out(
                    &seen,
                    job.name,
                    job.timeout,
                    job.timeout_attribute,
                    job.is_create,
                ));
            }
            End::Interrupted => {
                break Some(messages::interrupted(&seen, job.name, job.is_create));
            }
            End::Broken(error) => {
                break Some(messages::broken(&error, &seen, job.name, job.is_create));
            }
        }
    };
    let warnings = if error.is_none() && !submitted_again.is_empty() {
        vec![messages::submitted_again(job.name, &submitted_again)]
    } else {
        Vec::new()
    };
    Finished {
        configuration: Some(seen),
        is_uncertain: false,
        error,
        warnings,
    }
}

/// The pause before the resubmission number `count`, counted from 0.
fn pause_before(count: usize) -> Duration {
    let doubled = FIRST_PAUSE * 2_u32.pow(u32::try_from(count).unwrap_or(u32::MAX).min(10));
    doubled.min(LONGEST_PAUSE)
}

async fn look_up_and_submit(job: &Job<'_>) -> Submission {
    let slot = job.run.slot(job.name);
    let mut sent = slot.lock().await;
    match sent.as_ref() {
        Some(Sent::Accepted(configuration)) => return share(job, configuration),
        Some(Sent::Uncertain) => {
            return Submission::Refused(messages::rival_uncertain(job.name));
        }
        None => {}
    }
    match job.client.look_up(job.name, &job.limits).await {
        Err(error) if error.kind() == Kind::Interrupted => {
            Submission::Refused(messages::interrupted_before(job.name))
        }
        Err(error) => Submission::Refused(from_api(
            &error,
            &format!(
                "looking up the configuration {:?} before submitting it",
                job.name
            ),
        )),
        Ok(Some(existing)) if existing.status != Status::Failed => take(job, existing),
        Ok(Some(failed)) => submit(job, Some(failed.id), &mut sent).await,
        Ok(None) => submit(job, None, &mut sent).await,
    }
}

/// Another block of this run has submitted this name.
fn share(job: &Job<'_>, configuration: &Configuration) -> Submission {
    if is_same_key(job, configuration) {
        take(job, configuration.clone())
    } else {
        Submission::Refused(messages::rival(
            job.name,
            &configuration.key_identifier,
            job.key_text,
        ))
    }
}

/// A configuration of this name exists.
fn take(job: &Job<'_>, existing: Configuration) -> Submission {
    if !is_same_key(job, &existing) {
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

fn is_same_key(job: &Job<'_>, existing: &Configuration) -> bool {
    KeyIdentifier::parse(&existing.key_identifier).is_ok_and(|key| key.same_key(job.key))
}

/// Only what can be read tells that: an accepted submission is not given up over an answer that makes no sense.
fn is_other_key(job: &Job<'_>, answered: &Configuration) -> bool {
    KeyIdentifier::parse(&answered.key_identifier).is_ok_and(|key| !key.same_key(job.key))
}

/// One submission. `failed` is the id of the job that is stored as `FAILED` under this name.
async fn submit(job: &Job<'_>, failed: Option<String>, sent: &mut Option<Sent>) -> Submission {
    let error = match job.client.submit(job.name, job.key_text, &job.limits).await {
        // A success that shows somebody else's key is no acceptance: the name was taken since the look-up.
        Ok(existing) if is_other_key(job, &existing) => {
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
    *sent = Some(Sent::Accepted(Box::new(configuration.clone())));
    Submission::Accepted {
        superseded: failed.filter(|id| *id != configuration.id),
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
            Limits {
                deadline: Instant::now() + LAST_LOOK_UP,
                stop: CancellationToken::new(),
            }
        } else {
            Limits {
                deadline: began + SETTLING,
                stop: job.limits.stop.clone(),
            }
        };
        let looked_up = job.client.look_up(job.name, &limits).await;
        if let Ok(Some(found)) = &looked_up {
            let is_old_failure =
                found.status == Status::Failed && failed.as_deref() == Some(found.id.as_str());
            if !is_old_failure {
                if is_same_key(job, found) {
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
