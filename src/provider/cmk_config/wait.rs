//! Waiting for a terminal status: a pure [`step`], a pure [`interval`], and the loop around them.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::api::{Client, Configuration, Error, Kind, Limits, Status};

/// What a status means for the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Look again later.
    Pending,
    /// In effect.
    Completed,
    /// Ended without effect.
    Failed,
}

/// What an answer means. Statuses nobody documented are pending. `superseded` is the id of the job that failed before a
/// resubmission was accepted under another id: its `FAILED` is old news.
pub fn step(status: &Status, id: &str, superseded: Option<&str>) -> Step {
    match status {
        Status::Completed => Step::Completed,
        Status::Failed if superseded == Some(id) => Step::Pending,
        Status::Failed => Step::Failed,
        _ => Step::Pending,
    }
}

/// The first poll comes after half a second, so that a short job is seen at once.
const FIRST: f64 = 0.5;
/// Each interval of the beginning is longer than the one before by this factor.
const GROWTH: f64 = 1.4;
/// The end of a short job is seen within 3 s; the rest of them is for the poll itself.
const SHORT: f64 = 2.8;
/// The end of a long job is seen within 5 % of its length; the rest of them is for the poll itself.
const SHARE: f64 = 0.046;
/// And within 30 s at most.
const LONGEST: f64 = 29.0;

/// The time to the next poll. `polls` were made; `elapsed` is the time since the wait began; `jitter` in 0..1 shortens
/// by up to a tenth, so that configurations submitted together do not poll together.
pub fn interval(polls: u32, elapsed: Duration, jitter: f64) -> Duration {
    let growing = FIRST * GROWTH.powf(f64::from(polls.min(64)));
    let of_length = elapsed.as_secs_f64() * SHARE;
    let seconds = growing.min(SHORT.max(of_length)).min(LONGEST);
    Duration::from_secs_f64(seconds * (1.0 - 0.1 * jitter.clamp(0.0, 1.0)))
}

/// The pause before the next poll: at least what the last answer asked for, as long as that ends before the timeout, and
/// shortened so that one more look fits before it; `None` where none does.
fn fitting(pause: Duration, asked: Option<Duration>, left: Duration) -> Option<Duration> {
    let asked = asked.filter(|asked| *asked < left).unwrap_or_default();
    let pause = pause.max(asked);
    if pause < left {
        return Some(pause);
    }
    let last = left.mul_f64(0.8);
    (last >= LAST_LOOK).then_some(last)
}

/// Less time than this before the timeout is not worth another request.
const LAST_LOOK: Duration = Duration::from_millis(800);

/// A wait survives polls that get no answer until both are passed: each poll already had its own retries.
const DROPPED_POLLS: u32 = 5;
/// The time in which a configuration that was just accepted may still not be found.
const DROPPED_FOR: Duration = Duration::from_secs(30);

/// How a wait ended. Whatever the end, the last configuration seen is with the caller.
#[derive(Debug)]
pub enum End {
    /// `COMPLETED`
    Completed,
    /// `FAILED`
    Failed,
    /// The operation's timeout came first.
    TimedOut,
    /// Terraform was interrupted.
    Interrupted,
    /// Polling ended in an error.
    Broken(Error),
}

/// Polls until a terminal status. `seen` is kept up to date with each answer, so that nothing is lost whatever happens.
pub async fn wait(
    client: &Client,
    name: &str,
    seen: &mut Configuration,
    superseded: Option<&str>,
    limits: &Limits,
) -> End {
    let began = Instant::now();
    let mut polls = 0;
    let mut dropped = 0;
    let mut dropped_since = began;
    let mut asked = seen.retry_after;
    loop {
        let pause = interval(polls, began.elapsed(), fastrand::f64());
        let left = limits.deadline.saturating_duration_since(Instant::now());
        let Some(pause) = fitting(pause, asked, left) else {
            tokio::select! {
                () = limits.stop.cancelled() => return End::Interrupted,
                () = sleep(left) => return End::TimedOut,
            }
        };
        tokio::select! {
            () = limits.stop.cancelled() => return End::Interrupted,
            () = sleep(pause) => {}
        }
        polls += 1;
        match client.status(name, limits).await {
            Ok(configuration) => {
                dropped = 0;
                let step = step(&configuration.status, &configuration.id, superseded);
                tracing::info!(
                    configuration = name,
                    status = configuration.status.as_str(),
                    polls,
                    waited_seconds = began.elapsed().as_secs(),
                    "waiting for the configuration"
                );
                asked = configuration.retry_after;
                if step != Step::Pending || superseded != Some(configuration.id.as_str()) {
                    *seen = configuration;
                }
                match step {
                    Step::Completed => return End::Completed,
                    Step::Failed => return End::Failed,
                    Step::Pending => {}
                }
            }
            Err(error) => match error.kind() {
                Kind::Interrupted => return End::Interrupted,
                Kind::Deadline => return End::TimedOut,
                _ => {
                    if dropped == 0 {
                        dropped_since = Instant::now();
                    }
                    dropped += 1;
                    let patient = dropped <= DROPPED_POLLS || dropped_since.elapsed() < DROPPED_FOR;
                    asked = error.retry_after();
                    let left = limits.deadline.saturating_duration_since(Instant::now());
                    let hopeless = asked.is_some_and(|asked| asked >= left);
                    if hopeless || !patient || !survivable(&error) {
                        return End::Broken(error);
                    }
                    tracing::warn!(configuration = name, dropped, error = %error, "a poll was dropped");
                }
            },
        }
    }
}

/// Errors that a later poll may not meet again: the network, the service, a proxy's page, a configuration that is
/// accepted but not yet to be found.
fn survivable(error: &Error) -> bool {
    error.is_transient() || matches!(error.kind(), Kind::NoSuchConfiguration | Kind::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_becomes_a_step() {
        for (case, status, id, superseded, expected) in [
            ("accepted", "CREATED", "1", None, Step::Pending),
            ("new", "NEW", "1", None, Step::Pending),
            ("checking the key", "RUNNING", "1", None, Step::Pending),
            ("datastores", "UPDATE_EXISTING_RESOURCES", "1", None, Step::Pending),
            ("nobody documented it", "REVALIDATING", "1", None, Step::Pending),
            ("letter case is Adobe's", "completed", "1", None, Step::Pending),
            ("in effect", "COMPLETED", "1", None, Step::Completed),
            ("in effect under the old id", "COMPLETED", "1", Some("1"), Step::Completed),
            ("failed", "FAILED", "1", None, Step::Failed),
            ("the failure before", "FAILED", "1", Some("1"), Step::Pending),
            ("failed again", "FAILED", "2", Some("1"), Step::Failed),
        ] {
            assert_eq!(step(&Status::from(status), id, superseded), expected, "{case}");
        }
    }

    /// The times of the polls of a job of this length, in seconds, without jitter.
    fn polls(length: f64, jitter: f64) -> Vec<f64> {
        let mut at = 0.0;
        let mut times = Vec::new();
        while at < length {
            at += interval(times.len() as u32, Duration::from_secs_f64(at), jitter).as_secs_f64();
            times.push(at);
        }
        times
    }

    #[test]
    fn the_end_of_a_job_is_seen_in_time() {
        for jitter in [0.0, 0.5, 1.0] {
            for (length, within) in [
                (0.6, 0.9),
                (5.0, 3.0),
                (20.0, 3.0),
                (60.0, 3.0),
                (600.0, 30.0),
                (3600.0, 30.0),
                (86_400.0, 30.0),
            ] {
                let late = polls(length, jitter).last().unwrap() - length;
                let allowed = if length > 60.0 { f64::min(length * 0.05, within) } else { within };
                assert!(late <= allowed, "a job of {length} s is seen {late} s late");
            }
        }
    }

    #[test]
    fn a_pause_fits_before_the_timeout() {
        let seconds = Duration::from_secs_f64;
        for (case, pause, asked, left, expected) in [
            ("as planned", 3.0, None, 60.0, Some(3.0)),
            ("as asked", 3.0, Some(20.0), 60.0, Some(20.0)),
            ("asked for less", 3.0, Some(1.0), 60.0, Some(3.0)),
            ("asked for more than is left", 3.0, Some(600.0), 60.0, Some(3.0)),
            ("asked for all that is left", 3.0, Some(60.0), 60.0, Some(3.0)),
            ("asked for nearly all that is left", 3.0, Some(59.5), 60.0, Some(59.5)),
            ("asked for too much, and one more look", 3.0, Some(600.0), 2.0, Some(1.6)),
            ("asked for what fits where the pause does not", 3.0, Some(1.0), 2.0, Some(1.6)),
            ("one more look", 3.0, None, 2.0, Some(1.6)),
            ("too late", 3.0, None, 0.5, None),
        ] {
            assert_eq!(
                fitting(seconds(pause), asked.map(seconds), seconds(left)),
                expected.map(seconds),
                "{case}"
            );
        }
    }

    #[test]
    fn polls_are_few() {
        for jitter in [0.0, 1.0] {
            assert!(polls(20.0, jitter).len() <= 14);
            assert!(polls(3600.0, jitter).len() <= 200);
        }
    }
}
