//! Bringing a configuration into effect: submit or adopt, wait, submit a failed job again.
//!
//! "Accepted but not finished" is one value, [`Finished`]: nothing between Adobe's yes and the returned state can drop it.

use std::time::Duration;

use tf_provider::Diagnostic;
use tokio::time::{Instant, sleep};

use super::job::Job;
use super::messages;
use super::submit::{self, Submission};
use super::wait::{self, End};
use crate::api::{Configuration, Status};
use crate::key_identifier::KeyIdentifier;

/// The first pause before a failed job is submitted again; each further one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// Role assignments and firewall rules take up to ten minutes; several pauses of this length cover that.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

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

/// Looks up, submits or adopts, and waits.
pub async fn bring_into_effect(job: &Job<'_>) -> Finished {
    match submit::look_up_and_submit(job).await {
        Submission::Accepted { configuration, superseded, is_read, warning } => {
            let is_in_effect = is_read && configuration.status == Status::Completed;
            let mut finished = if job.waits && !is_in_effect {
                see_through(job, *configuration, superseded).await
            } else {
                Finished {
                    error: other_key(job, &configuration),
                    configuration: Some(*configuration),
                    ..Finished::default()
                }
            };
            finished.warnings.extend(warning);
            finished
        }
        Submission::Refused(error) => Finished { error: Some(error), ..Finished::default() },
        Submission::Uncertain(error) => {
            Finished { is_uncertain: true, error: Some(error), ..Finished::default() }
        }
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
    // A resubmission by another block of this run counts here too.
    let mut rounds = 0;
    let mut is_uncertain = false;
    let error = loop {
        let end =
            wait::wait(job.client, job.name, &mut seen, superseded.as_deref(), &job.limits).await;
        if !matches!(end, End::Failed) {
            break after(job, end, &seen);
        }
        let pause = pause_before(rounds);
        let is_last = rounds >= job.attempts || Instant::now() + pause >= job.limits.deadline;
        if is_last {
            let key = KeyIdentifier::parse(&seen.key_identifier).ok();
            break Some(messages::failed(
                &seen,
                job.name,
                key.as_ref(),
                &submitted_again,
                job.is_create,
            ));
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
        match submit::again(job, &seen.id).await {
            Submission::Accepted { configuration, superseded: before, is_read, .. } => {
                rounds += 1;
                if !is_read {
                    submitted_again.push(began.elapsed());
                }
                seen = *configuration;
                superseded = before;
            }
            Submission::Refused(error) => break Some(error),
            Submission::Uncertain(error) => {
                is_uncertain = true;
                break Some(error);
            }
        }
    };
    let warnings = if error.is_none() && !submitted_again.is_empty() {
        vec![messages::submitted_again(job.name, &submitted_again)]
    } else {
        Vec::new()
    };
    Finished { configuration: Some(seen), is_uncertain, error, warnings }
}

/// What the end of a wait means, but for a failure.
fn after(job: &Job<'_>, end: End, seen: &Configuration) -> Option<Diagnostic> {
    match end {
        End::Completed | End::Failed => other_key(job, seen),
        End::TimedOut => Some(messages::timed_out(
            seen,
            job.name,
            job.timeout,
            job.timeout_attribute,
            job.is_create,
        )),
        End::Interrupted => Some(messages::interrupted(seen, job.name, job.is_create)),
        End::Broken(error) => Some(messages::broken(&error, seen, job.name, job.is_create)),
    }
}

/// It is undocumented whether a key can be changed, so the answer is compared with what was asked for: what guards the
/// data is the key that Adobe names.
fn other_key(job: &Job<'_>, seen: &Configuration) -> Option<Diagnostic> {
    job.is_other_key(seen).then(|| messages::other_key_at_adobe(seen, job.name, job.key_text))
}

/// The pause before the resubmission number `count`, counted from 0.
fn pause_before(count: u32) -> Duration {
    let doubled = FIRST_PAUSE * 2_u32.pow(count.min(10));
    doubled.min(LONGEST_PAUSE)
}
