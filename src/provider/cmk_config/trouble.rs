//! How an operation ends, as data. [`super::messages`] says it.

use std::time::Duration;

use super::existing::{Accepted, Left, Obstacle};
use crate::api::Error;

/// The operation came to its goal.
#[derive(Debug)]
pub struct Done {
    /// What is in effect, or accepted where the block does not wait.
    pub accepted: Accepted,
    /// When failed jobs were submitted again, from the start of the wait.
    pub submitted_again: Vec<Duration>,
}

/// The end of an operation that did not come to its goal.
#[derive(Debug)]
pub struct Unfinished {
    /// What went wrong.
    pub trouble: Trouble,
    /// What Adobe has of ours all the same.
    pub left: Left,
}

/// What was known of a name when it was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: it was free.
    New,
    /// Its job is `FAILED`.
    Failed,
    /// It is in the state, and Adobe did not find it.
    Missing,
}

/// What went wrong.
#[derive(Debug)]
pub enum Trouble {
    /// The look-up before a submission failed.
    LookUp(Error),
    /// It is not at this endpoint, and was made at another one.
    OtherEndpoint {
        /// Where it was made.
        made_at: String,
        /// Where it was looked for.
        configured: String,
        /// The response there.
        error: Error,
    },
    /// The block cannot have the name.
    Obstacle(Box<Obstacle>),
    /// Another block of this run submitted the name with this key.
    Rival(String),
    /// Another block of this run submitted the name, and it is unknown whether Adobe accepted that.
    RivalUncertain,
    /// Adobe certainly did not accept the submission.
    Refused(Error, Standing),
    /// The response to the submission was lost and the name was not found for this long.
    Lost {
        /// What the submission ended in.
        error: Error,
        /// What the last look-up ended in, if it failed.
        last: Option<Error>,
        /// How long the name was looked for.
        settled: Duration,
        /// All that was found is the job that had failed before.
        shows_failed: bool,
    },
    /// Terraform was interrupted before anything was submitted.
    InterruptedBefore,
    /// The job ended in `FAILED`, after resubmissions at these times.
    Failed(Vec<Duration>),
    /// It ended with another key than the one that was submitted.
    OtherKey,
    /// The operation's timeout came first; the last poll ended in this.
    TimedOut(Option<Error>),
    /// Terraform was interrupted while it waited.
    Interrupted,
    /// The polls ended in an error.
    Broken(Error),
}

impl Trouble {
    /// With this at Adobe.
    pub fn leaves(self, left: Left) -> Box<Unfinished> {
        Box::new(Unfinished { trouble: self, left })
    }
}

/// Trouble before anything was accepted.
impl From<Trouble> for Box<Unfinished> {
    fn from(trouble: Trouble) -> Self {
        trouble.leaves(Left::Nothing)
    }
}

impl From<Box<Obstacle>> for Box<Unfinished> {
    fn from(obstacle: Box<Obstacle>) -> Self {
        Trouble::Obstacle(obstacle).into()
    }
}
