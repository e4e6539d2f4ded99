//! Waiting for a terminal status: a pure [`step`], a pure [`interval`], a pure [`Patience`], and
//! the loop around them.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::existing::Seen;
use crate::api::{Error, Kind, Limits, Refusal};

/// What a status means for the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Look again later.
    Pending,
    /// In effect.
    Completed,
    /// Ended without effect.
    Failed,
}

/// What a look means. Statuses that are not documented are pending. `superseded` is the id of the
/// job that failed before a resubmission was accepted under another id: its `FAILED` is old news.
fn step(seen: &Seen, superseded: Option<&str>) -> Step {
    match &seen.status {
        status if status.is_completed() => Step::Completed,
        _ if seen.is_failure_of(superseded) => Step::Pending,
        status if status.is_failed() => Step::Failed,
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

/// The time to the next poll. `polls` were made; `elapsed` is the time since the wait began;
/// `jitter` in 0..1 shortens by up to a tenth, so that configurations submitted together do not
/// poll together.
pub fn interval(polls: u32, elapsed: Duration, jitter: f64) -> Duration {
    let growing = FIRST * GROWTH.powf(f64::from(polls.min(64)));
    let of_length = elapsed.as_secs_f64() * SHARE;
    let seconds = growing.min(SHORT.max(of_length)).min(LONGEST);
    Duration::from_secs_f64(seconds * (1.0 - 0.1 * jitter.clamp(0.0, 1.0)))
}

/// The pause before the next poll: at least what the last response asked for, as long as that ends
/// before the timeout, and shortened so that one more look fits before it; `None` where none does.
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

/// How much trouble of one kind is borne. Each poll already had its own retries.
#[derive(Debug, Default)]
struct Patience {
    trouble: Option<(Kind, u32, Duration)>,
}

impl Patience {
    /// Polls of one kind of trouble that are borne whatever the clock says.
    const POLLS: u32 = 6;
    /// The time for which they are borne: what was just accepted may not be found yet.
    const TIME: Duration = Duration::from_secs(30);
    /// A refused token, a missing permission or a proxy's policy does not pass by itself; one poll
    /// or two may be odd.
    const REFUSALS: u32 = 3;

    /// A poll ended in this kind of trouble, at this time of the wait. Says whether the wait goes
    /// on.
    fn bears(&mut self, error: &Error, elapsed: Duration) -> bool {
        let kind = error.kind;
        let (polls, since) = match self.trouble {
            Some((same, polls, since)) if same == kind => (polls + 1, since),
            _ => (1, elapsed),
        };
        self.trouble = Some((kind, polls, since));
        let is_refusal =
            matches!(kind, Kind::Unauthorized | Kind::Forbidden | Kind::ProxyCredentials)
                || error.refusal.is_some_and(Refusal::is_final);
        let is_short = polls < Self::POLLS || elapsed.saturating_sub(since) < Self::TIME;
        is_short && !(is_refusal && polls >= Self::REFUSALS)
    }

    /// A poll went well.
    fn renew(&mut self) {
        self.trouble = None;
    }
}

/// How a wait ended.
#[derive(Debug)]
pub enum End {
    /// `COMPLETED`
    Completed,
    /// `FAILED`
    Failed,
    /// The operation's timeout came first. The error is what the last poll ended in, if it did.
    TimedOut(Option<Error>),
    /// Terraform was interrupted.
    Interrupted,
    /// Trouble that lasts.
    Broken(Error),
}

/// Polls until a terminal status. Whatever the end, what was last seen comes with it.
pub async fn wait<F: Future<Output = Result<Seen, Error>>>(
    mut seen: Seen,
    mut superseded: Option<&str>,
    limits: &Limits,
    mut poll: impl FnMut() -> F,
) -> (Seen, End) {
    let began = Instant::now();
    let mut polls = 0;
    let mut patience = Patience::default();
    let mut last = None;
    let mut asked = seen.retry_after;
    loop {
        let pause = interval(polls, began.elapsed(), fastrand::f64());
        let left = limits.deadline.saturating_duration_since(Instant::now());
        let Some(pause) = fitting(pause, asked, left) else {
            tokio::select! {
                () = limits.stop.cancelled() => return (seen, End::Interrupted),
                () = sleep(left) => return (seen, End::TimedOut(last)),
            }
        };
        tokio::select! {
            () = limits.stop.cancelled() => return (seen, End::Interrupted),
            () = sleep(pause) => {}
        }
        polls += 1;
        let error = match poll().await {
            Ok(found) => {
                patience.renew();
                last = None;
                asked = found.retry_after;
                let step = step(&found, superseded);
                tracing::info!(
                    status = found.status.as_str(),
                    polls,
                    waited_seconds = began.elapsed().as_secs(),
                    "waiting for the configuration"
                );
                let is_superseded = superseded == Some(found.id.as_str());
                if is_superseded && !found.status.is_failed() {
                    // The failed job's id lives on, so its next failure is a new one.
                    superseded = None;
                }
                if !(is_superseded && found.status.is_failed()) {
                    seen = seen.followed_by(found);
                }
                match step {
                    Step::Completed => return (seen, End::Completed),
                    Step::Failed => return (seen, End::Failed),
                    Step::Pending => continue,
                }
            }
            Err(error) => error,
        };
        match error.kind {
            Kind::Interrupted => return (seen, End::Interrupted),
            Kind::Deadline => return (seen, End::TimedOut(last.or(Some(error)))),
            _ => {}
        }
        asked = error.retry_after;
        let left = limits.deadline.saturating_duration_since(Instant::now());
        if asked.is_some_and(|asked| asked >= left) || !patience.bears(&error, began.elapsed()) {
            return (seen, End::Broken(error));
        }
        tracing::warn!(polls, error = %error, "a poll was lost");
        last = Some(error);
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    use crate::provider::cmk_config::existing::tests::seen;

    #[test]
    fn a_status_becomes_a_step() {
        for (case, status, superseded, expected) in [
            ("accepted", "CREATED", None, Step::Pending),
            ("new", "NEW", None, Step::Pending),
            ("checking the key", "RUNNING", None, Step::Pending),
            ("datastores", "UPDATE_EXISTING_RESOURCES", None, Step::Pending),
            ("not documented", "REVALIDATING", None, Step::Pending),
            ("in effect", "COMPLETED", None, Step::Completed),
            ("in another letter case", "Completed", None, Step::Completed),
            ("in effect under the old id", "COMPLETED", Some("1"), Step::Completed),
            ("failed", "FAILED", None, Step::Failed),
            ("failed in another letter case", "failed", None, Step::Failed),
            ("the failure before", "FAILED", Some("1"), Step::Pending),
            ("failed again", "FAILED", Some("0"), Step::Failed),
        ] {
            assert_eq!(step(&seen("1", status, None), superseded), expected, "{case}");
        }
    }

    #[test]
    fn trouble_is_borne_for_some_time() {
        const ODD: &[Kind] = &[Kind::NotFound, Kind::Unavailable, Kind::Malformed, Kind::Redirect];
        for &kind in ODD {
            let mut patience = Patience::default();
            let seconds = Duration::from_secs;
            assert!(
                (0..20).all(|at| patience.bears(&Error::of_kind(kind), seconds(at))),
                "{kind:?}: not for 30 s"
            );
            assert!(!patience.bears(&Error::of_kind(kind), seconds(30)), "{kind:?}: without end");
            let mut patience = Patience::default();
            assert!(
                (0..5).all(|poll| patience.bears(&Error::of_kind(kind), seconds(poll * 60))),
                "{kind:?}: not six"
            );
            assert!(
                !patience.bears(&Error::of_kind(kind), seconds(300)),
                "{kind:?}: more than six"
            );
        }
        for refusal in [
            Error::of_kind(Kind::Unauthorized),
            Error::of_kind(Kind::Forbidden),
            Error::of_kind(Kind::ProxyCredentials),
            Error::of_refusal(Refusal::Status(403)),
        ] {
            let mut patience = Patience::default();
            let borne: Vec<_> = (0..3).map(|_| patience.bears(&refusal, Duration::ZERO)).collect();
            assert_eq!(borne, [true, true, false], "{refusal:?}");
        }
        let mut patience = Patience::default();
        let at = Duration::from_secs(100);
        assert!((0..5).all(|_| patience.bears(&Error::of_kind(Kind::NotFound), Duration::ZERO)));
        assert!(
            patience.bears(&Error::of_kind(Kind::Unavailable), at),
            "another kind of trouble counts anew"
        );
        patience.renew();
        assert!(
            (0..5).all(|_| patience.bears(&Error::of_kind(Kind::Unavailable), at * 2)),
            "a good poll renews it"
        );
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
            ("as long as what is left", 3.0, None, 3.0, Some(2.4)),
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

    /// Polls on paused time. The last response repeats.
    async fn waited(
        responses: Vec<Result<Seen, Kind>>,
        superseded: Option<&str>,
        timeout: Duration,
    ) -> (Seen, End, usize, Duration) {
        let limits = Limits { deadline: Instant::now() + timeout, stop: CancellationToken::new() };
        let began = Instant::now();
        let polls = std::cell::Cell::new(0);
        let poll = || {
            let at = polls.replace(polls.get() + 1).min(responses.len() - 1);
            std::future::ready(responses[at].clone().map_err(Error::of_kind))
        };
        let accepted = Seen { is_read: false, ..seen("1", "CREATED", Some(KEY)) };
        let (seen, end) = wait(accepted, superseded, &limits, poll).await;
        (seen, end, polls.get(), began.elapsed())
    }

    const KEY: &str = "https://vault-a.vault.azure.net/keys/wrap/1";
    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn the_loop_uses_its_tables() {
        let running = || Ok(seen("1", "RUNNING", None));
        let completed = || Ok(seen("1", "Completed", None));
        let failed = |id: &str| Ok(seen(id, "FAILED", None));
        let again = || Ok(seen("0", "RUNNING", None));
        let refused = || Err(Kind::Forbidden);
        for (case, responses, superseded, expected, last) in [
            ("in effect", vec![running(), completed()], None, "Completed", "Completed"),
            ("failed", vec![running(), failed("1")], None, "Failed", "FAILED"),
            (
                "the failure before",
                vec![failed("0"), failed("0"), completed()],
                Some("0"),
                "Completed",
                "Completed",
            ),
            (
                "the failure before, after news",
                vec![running(), failed("0"), completed()],
                Some("0"),
                "Completed",
                "Completed",
            ),
            ("no news", vec![failed("0")], Some("0"), "TimedOut(None)", "CREATED"),
            (
                "the next failure under the same id",
                vec![failed("0"), again(), failed("0")],
                Some("0"),
                "Failed",
                "FAILED",
            ),
            ("under the same id", vec![again()], Some("0"), "TimedOut(None)", "RUNNING"),
            (
                "one odd poll",
                vec![Err(Kind::NotFound), completed()],
                None,
                "Completed",
                "Completed",
            ),
            (
                "two refusals",
                vec![refused(), refused(), completed()],
                None,
                "Completed",
                "Completed",
            ),
            ("a refusal that lasts", vec![refused()], None, "Broken", "CREATED"),
            ("trouble that lasts", vec![Err(Kind::Malformed)], None, "Broken", "CREATED"),
            ("a job that lasts", vec![running()], None, "TimedOut(None)", "RUNNING"),
            ("interrupted", vec![Err(Kind::Interrupted)], None, "Interrupted", "CREATED"),
            (
                "the clock of a poll",
                vec![running(), Err(Kind::Deadline)],
                None,
                "TimedOut(Some",
                "RUNNING",
            ),
        ] {
            let (seen, end, _, _) = waited(responses, superseded, HOUR).await;
            assert!(format!("{end:?}").starts_with(expected), "{case}: {end:?}");
            assert_eq!(seen.status.as_str(), last, "{case}");
            assert_eq!(seen.key_text(), KEY, "{case}: what a poll leaves out is as before");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_of_a_minute_ends_nothing_before_its_time() {
        let (_, end, polls, took) = waited(vec![Err(Kind::NoSuchConfiguration)], None, HOUR).await;
        assert!(matches!(end, End::Broken(_)));
        assert!(polls >= 6 && took >= Duration::from_secs(30), "{polls} polls in {took:?}");
        assert!(took < Duration::from_secs(60), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_pauses_grow_with_the_job() {
        let (_, _, polls, took) = waited(vec![Ok(seen("1", "RUNNING", None))], None, HOUR).await;
        assert!((60..=240).contains(&polls), "{polls} polls in an hour");
        assert_eq!(took.as_secs(), HOUR.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn what_adobe_asks_for_is_waited_for_while_there_is_time() {
        for (case, of_submission, of_poll, expected) in [
            ("of the response to the submission", 1800, 0, 1800..1802),
            ("of a poll", 0, 1800, 1800..1802),
            ("past the timeout, which blinds no wait", 86_400, 86_400, 0..3),
        ] {
            let limits = Limits { deadline: Instant::now() + HOUR, stop: CancellationToken::new() };
            let began = Instant::now();
            let asking = |status, asked| {
                let retry_after = Some(Duration::from_secs(asked));
                Seen { retry_after, ..seen("1", status, None) }
            };
            let mut statuses = ["RUNNING", "COMPLETED"].into_iter();
            let poll = || {
                let status = statuses.next().expect("no poll after the end");
                std::future::ready(Ok(asking(status, of_poll)))
            };
            let (_, end) = wait(asking("NEW", of_submission), None, &limits, poll).await;
            assert!(matches!(end, End::Completed), "{case}: {end:?}");
            let took = began.elapsed().as_secs();
            assert!(expected.contains(&took), "{case}: {took} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn jitter_shortens_each_pause_and_tells_waits_apart() {
        let mut starts = Vec::new();
        for seed in [1, 2] {
            fastrand::seed(seed);
            let limits = Limits { deadline: Instant::now() + HOUR, stop: CancellationToken::new() };
            let began = Instant::now();
            let times = std::cell::RefCell::new(vec![Duration::ZERO]);
            let poll = || {
                times.borrow_mut().push(began.elapsed());
                std::future::ready(Ok(seen("1", "RUNNING", None)))
            };
            wait(seen("1", "CREATED", None), None, &limits, poll).await;
            let times = times.into_inner();
            for (polls, pair) in (0..).zip(times.windows(2)).take(100) {
                // The clock of tokio's timers counts in milliseconds.
                let shortest = interval(polls, pair[0], 1.0);
                let longest = interval(polls, pair[0], 0.0) + Duration::from_millis(1);
                let pause = pair[1] - pair[0];
                assert!(shortest <= pause && pause <= longest, "pause {polls}: {pause:?}");
            }
            starts.push(times[1]);
        }
        assert_ne!(starts[0], starts[1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_says_what_the_last_poll_ended_in() {
        let short = Duration::from_secs(20);
        let responses = vec![Ok(seen("1", "RUNNING", None)), Err(Kind::Unavailable)];
        let (_, end, _, _) = waited(responses, None, short).await;
        let End::TimedOut(Some(error)) = end else { panic!("{end:?}") };
        assert_eq!(error.kind, Kind::Unavailable);
    }
}
