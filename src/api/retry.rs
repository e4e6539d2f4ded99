//! When a request is sent again: a pure decision. It looks at what happened, never at a clock or a socket.
//!
//! A read may be repeated whenever another try could help. A submission is repeated only where it certainly was not taken:
//! the request never left, or the gateway refused it. Everything else goes up to the caller, who looks the name up.

use std::time::{Duration, SystemTime};

/// What kind of request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A GET: repeating it changes nothing.
    Read,
    /// The POST that submits a configuration: it may take effect once at most.
    Submit,
    /// The POST for a token: it changes nothing at Adobe, so it is repeated like a read.
    Mint,
}

/// How an attempt ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// No connection, or no tunnel, or no TLS session: not a byte of the request left.
    NeverSent {
        /// How often another try is worth it.
        again: Again,
    },
    /// It was sent, or may have been, and no whole answer came back: time-out, reset, cut body.
    Lost,
    /// The server answered.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body carries the gateway's `error_code`: the request did not get past the gateway.
        gateway_code: bool,
    },
    /// The stop token or the deadline ended it.
    Ended {
        /// Whether it was in flight by then.
        sent: bool,
    },
}

/// Whether another try may get a request out that did not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// The same would happen again, as with a certificate that does not verify.
    Never,
    /// A name that does not resolve is mostly a wrong one, and seldom a moment's trouble.
    Once,
    /// As often as the settings allow.
    Often,
}

/// What is known about a request that failed. It matters for a submission, which must not be made twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Not a byte of it left.
    NeverSent,
    /// It was answered with a refusal: Adobe certainly did not take it.
    Refused,
    /// It may have been taken: look it up.
    Unknown,
}

/// What [`decide`] looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    pub(super) call: Call,
    pub(super) outcome: Outcome,
    /// What the answer's `Retry-After` asks for.
    pub(super) retry_after: Option<Duration>,
    /// Repetitions so far; a repetition after a renewed token does not count.
    pub(super) retries: u32,
    /// Repetitions allowed.
    pub(super) max_retries: u32,
    /// Time to the caller's deadline.
    pub(super) left: Duration,
    /// The token can be renewed and was not yet in this call.
    pub(super) renewable: bool,
}

/// What to do about a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Send it again after this time.
    Retry(Duration),
    /// Renew the token and send it again at once.
    Renew,
    /// Give the error to the caller.
    Stop,
}

/// The times of repetitions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    /// Before the first repetition; it doubles from one to the next.
    pub(super) first: Duration,
    /// The longest that is waited without a `Retry-After`.
    pub(super) longest: Duration,
    /// How long a submission in flight may go on after the stop token fired. Terraform waits for the provider after an
    /// interrupt, and an answer that arrives is worth more than a look-up later.
    pub(super) grace: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(16),
            grace: Duration::from_secs(3),
        }
    }
}

impl Backoff {
    /// The wait before repetition number `retries + 1`. `jitter` is drawn from 0.0..1.0 and only shortens, by half at most:
    /// callers that failed together come back apart, and nobody waits longer than the documented doubling.
    fn before(&self, retries: u32, jitter: f64) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(retries).unwrap_or(u32::MAX));
        doubled.min(self.longest).mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }
}

/// Whether the attempt is repeated, and after what time.
///
/// A wait that reaches past the deadline is not begun: the API's own error is worth more than a time-out later.
pub(super) fn decide(situation: &Situation, backoff: &Backoff, jitter: f64) -> Decision {
    let renewable = situation.renewable && situation.call != Call::Mint;
    if renewable && matches!(situation.outcome, Outcome::Answered { status: 401, .. }) {
        return Decision::Renew;
    }
    let most = match situation.outcome {
        Outcome::NeverSent { again: Again::Once } => situation.max_retries.min(1),
        _ => situation.max_retries,
    };
    if !is_repeatable(situation.call, situation.outcome) || situation.retries >= most {
        return Decision::Stop;
    }
    // `Retry-After: 0` asks for no hammering.
    let wait =
        situation.retry_after.unwrap_or_default().max(backoff.before(situation.retries, jitter));
    if wait >= situation.left {
        return Decision::Stop;
    }
    Decision::Retry(wait)
}

fn is_repeatable(call: Call, outcome: Outcome) -> bool {
    match (call, outcome) {
        (_, Outcome::NeverSent { again }) => again != Again::Never,
        (_, Outcome::Ended { .. }) => false,
        (Call::Submit, Outcome::Lost) => false,
        (Call::Submit, Outcome::Answered { status, gateway_code }) => {
            status == 429 || (status == 503 && gateway_code)
        }
        (Call::Read | Call::Mint, outcome) => is_transient(outcome),
    }
}

/// Whether the same request could succeed a little later.
pub(super) fn is_transient(outcome: Outcome) -> bool {
    match outcome {
        Outcome::NeverSent { again } => again != Again::Never,
        Outcome::Lost => true,
        Outcome::Answered { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
        Outcome::Ended { .. } => false,
    }
}

/// What is known about a submission that ended this way.
///
/// `Refused` is said only where it is certain. A 408 and a 5xx can come from something between that gave up waiting; a
/// redirect other than 307 and 308 ("send it there instead") is also what a server answers after it did the work.
pub(super) fn delivery(outcome: Outcome) -> Delivery {
    match outcome {
        Outcome::NeverSent { .. } | Outcome::Ended { sent: false } => Delivery::NeverSent,
        Outcome::Lost | Outcome::Ended { sent: true } => Delivery::Unknown,
        Outcome::Answered { status: 408, .. } => Delivery::Unknown,
        Outcome::Answered { status: 307 | 308 | 400..=499, .. }
        | Outcome::Answered { status: 503, gateway_code: true } => Delivery::Refused,
        Outcome::Answered { .. } => Delivery::Unknown,
    }
}

/// The time a `Retry-After` asks for: seconds, or an HTTP date, which is measured from `now`. A date gone by asks for no
/// time at all; what is neither is ignored.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds).min(LONGEST_ASKED));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default().min(LONGEST_ASKED))
}

/// A year: past every deadline, and far from what overflows a clock.
const LONGEST_ASKED: Duration = Duration::from_secs(365 * 24 * 3600);

#[cfg(test)]
#[path = "tests/retry.rs"]
mod tests;
