//! When a request is sent again: a pure decision. It looks at what happened, never at a clock or a
//! socket.
//!
//! A read may be repeated whenever another try could help. A submission is repeated only where it
//! certainly was not taken: the request never left, or the gateway refused it. Everything else goes
//! up to the caller, who looks the name up.

use std::time::Duration;

use super::error::{Call, Delivery, Error, Kind};

/// What [`decide`] looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation<'a> {
    pub(super) call: Call,
    /// How the last attempt failed.
    pub(super) error: &'a Error,
    /// Repetitions so far; a repetition after a renewed token does not count.
    pub(super) retries: u32,
    /// Repetitions allowed.
    pub(super) max_retries: u32,
    /// Time to the caller's deadline.
    pub(super) left: Duration,
    /// The token can be renewed and was not yet for this request.
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
    /// How long a submission in flight may go on after the stop token fired. Terraform waits for
    /// the provider after an interrupt, and a response that arrives is worth more than a
    /// look-up later.
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
    /// The wait before repetition number `retries + 1`. `jitter` is drawn from 0.0..1.0 and only
    /// shortens, by half at most: callers that failed together come back apart, and nobody
    /// waits longer than the documented doubling.
    fn before(&self, retries: u32, jitter: f64) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(retries).unwrap_or(u32::MAX));
        doubled.min(self.longest).mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }
}

/// Whether the attempt is repeated, and after what time.
///
/// A wait that reaches past the deadline is not begun: the API's own error is worth more than a
/// time-out later.
pub(super) fn decide(situation: &Situation<'_>, backoff: &Backoff, jitter: f64) -> Decision {
    let Situation { call, error, retries, max_retries, left, renewable } = *situation;
    if renewable && error.kind == Kind::Unauthorized {
        return Decision::Renew;
    }
    let may_be_taken = call == Call::Submit && error.delivery == Delivery::Unknown;
    // A name that does not resolve is mostly a wrong one, and seldom a moment's trouble.
    let most = if error.kind == Kind::Unresolved { max_retries.min(1) } else { max_retries };
    if may_be_taken || !error.is_transient() || retries >= most {
        return Decision::Stop;
    }
    // `Retry-After: 0` asks for no hammering.
    let wait = error.retry_after.unwrap_or_default().max(backoff.before(retries, jitter));
    if wait >= left { Decision::Stop } else { Decision::Retry(wait) }
}

#[cfg(test)]
#[path = "tests/retry.rs"]
mod tests;
