//! Configurations and their jobs: what is submitted, what a POST of a name in use does, which
//! status is shown when. Time is a number that is handed in; nothing here reads a clock.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use super::options::{Options, Resubmit, ResubmitFailed};
use super::replies::Reply;

const COMPLETED: &str = "COMPLETED";
const FAILED: &str = "FAILED";
const IN_USE: &str = "A customer configuration with this name already exists.";

/// A configuration as the status call shows it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The name it was submitted under.
    pub name: String,
    /// The id of the job.
    pub id: String,
    /// The key as submitted.
    pub key_identifier: String,
    /// The status of the job.
    pub status: String,
    /// How many jobs were accepted under this name.
    pub attempts: usize,
}

/// What a POST that is not refused did.
#[derive(Debug)]
pub(super) enum Submission {
    /// A job was started.
    Accepted(Configuration),
    /// Nothing: the response shows what was there.
    Existing(Configuration),
}

/// One attempt.
#[derive(Clone, Debug)]
pub(super) struct Job {
    id: String,
    pub(super) key_identifier: String,
    submitted: Duration,
    stages: Vec<(&'static str, Duration)>,
    end: &'static str,
    /// A status set by hand, which no longer moves.
    pub(super) pinned: Option<String>,
}

impl Job {
    fn status(&self, now: Duration) -> &str {
        let reached = self.timeline().take_while(|(_, start)| *start <= now).last();
        self.pinned.as_deref().unwrap_or(reached.map_or(self.end, |(status, _)| status))
    }

    /// Every status that will be seen, with the moment it begins.
    fn timeline(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let mut start = self.submitted;
        let stages = self.stages.iter().filter(|(_, length)| !length.is_zero()).copied();
        stages.chain([(self.end, Duration::ZERO)]).map(move |(status, length)| {
            let begins = start;
            start += length;
            (status, begins)
        })
    }
}

#[derive(Clone, Debug)]
struct Entry {
    job: Job,
    attempts: usize,
    /// What the status call shows until when: the failed job before, or nothing.
    stale: Option<(Option<Job>, Duration)>,
}

impl Entry {
    fn shown(&self, now: Duration) -> Option<&Job> {
        match &self.stale {
            Some((job, until)) if now < *until => job.as_ref(),
            _ => Some(&self.job),
        }
    }
}

/// Every configuration of the organisation, by its case-sensitive name.
#[derive(Clone, Debug, Default)]
pub(super) struct Register {
    entries: BTreeMap<String, Entry>,
    ids: u64,
}

impl Register {
    /// The POST.
    pub(super) fn submit(
        &mut self,
        options: &Options,
        now: Duration,
        name: &str,
        key: &str,
    ) -> Result<Submission, Reply> {
        let name = &*spelt(options, name);
        let Some(entry) = self.entries.get(name) else {
            return Ok(Submission::Accepted(self.start(options, now, name, key, None)));
        };
        let failed = entry.job.status(now) == FAILED;
        if failed && options.resubmit_failed != ResubmitFailed::AsInUse {
            let previous = Some(entry.job.clone());
            return Ok(Submission::Accepted(self.start(options, now, name, key, previous)));
        }
        match options.resubmit {
            Resubmit::Conflict => Err(Reply::service(409, "Conflict", IN_USE)),
            Resubmit::BadRequest => Err(Reply::bad_request(IN_USE)),
            Resubmit::Existing => {
                Ok(Submission::Existing(configuration(name, entry, &entry.job, now)))
            }
        }
    }

    /// A job of `name`. `failed` is the one it follows, if the rules for failed ones let it.
    fn start(
        &mut self,
        options: &Options,
        now: Duration,
        name: &str,
        key: &str,
        failed: Option<Job>,
    ) -> Configuration {
        let attempts = self.entries.get(name).map_or(0, |entry| entry.attempts);
        let hidden = Some((failed.clone(), now + options.visible_after));
        let (id, stale) = match (options.resubmit_failed, failed) {
            (ResubmitFailed::SameId, Some(job)) => (job.id, None),
            (ResubmitFailed::NewIdAfter(lag), Some(job)) => {
                (self.next_id(), Some((Some(job), now + lag)))
            }
            _ => (self.next_id(), hidden),
        };
        let job = Job {
            id,
            key_identifier: key.into(),
            submitted: now,
            stages: options.stages.clone(),
            end: options.outcomes.get(attempts).or(options.outcomes.last()).unwrap_or(&COMPLETED),
            pinned: None,
        };
        let entry = Entry { job, attempts: attempts + 1, stale };
        // Adobe's API page, sample of the POST's response: the inner status is NEW, whatever the
        // job does next.
        let accepted =
            Configuration { status: "NEW".into(), ..configuration(name, &entry, &entry.job, now) };
        self.entries.insert(name.into(), entry);
        accepted
    }

    /// The status call.
    pub(super) fn get(
        &self,
        options: &Options,
        now: Duration,
        name: &str,
    ) -> Option<Configuration> {
        let name = &*spelt(options, name);
        let entry = self.entries.get(name)?;
        Some(configuration(name, entry, entry.shown(now)?, now))
    }

    /// All of them, by name, as they are.
    pub(super) fn all(&self, now: Duration) -> Vec<Configuration> {
        let entries = self.entries.iter();
        entries.map(|(name, entry)| configuration(name, entry, &entry.job, now)).collect()
    }

    /// Puts a configuration there as if it had always been, in a status that stays.
    pub(super) fn insert(&mut self, options: &Options, name: &str, key: &str, status: &str) {
        let job = Job {
            id: self.next_id(),
            key_identifier: key.into(),
            submitted: Duration::ZERO,
            stages: Vec::new(),
            end: COMPLETED,
            pinned: Some(status.into()),
        };
        let entry = Entry { job, attempts: 1, stale: None };
        self.entries.insert(spelt(options, name).into_owned(), entry);
    }

    /// The job of a name.
    pub(super) fn job(&mut self, options: &Options, name: &str) -> Option<&mut Job> {
        self.entries.get_mut(&*spelt(options, name)).map(|entry| &mut entry.job)
    }

    /// Takes a configuration away; false if there is none.
    pub(super) fn remove(&mut self, options: &Options, name: &str) -> bool {
        self.entries.remove(&*spelt(options, name)).is_some()
    }

    /// The next moment at which some job enters `status`; `now` if none will and one is in it.
    pub(super) fn moment_of(&self, status: &str, now: Duration) -> Option<Duration> {
        let jobs = || self.entries.values().map(|entry| &entry.job);
        jobs()
            .filter(|job| job.pinned.is_none())
            .flat_map(Job::timeline)
            .filter_map(|(at, begins)| (at == status && begins > now).then_some(begins))
            .min()
            .or_else(|| jobs().any(|job| job.status(now) == status).then_some(now))
    }

    /// Shaped as in Adobe's samples, and counted, so that a test's failure names the same id every
    /// time.
    fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("4df7886b-a122-4391-880b-{:012x}", self.ids)
    }
}

/// The name as it is kept.
fn spelt<'a>(options: &Options, name: &'a str) -> Cow<'a, str> {
    if options.folds_names { name.to_lowercase().into() } else { name.into() }
}

fn configuration(name: &str, entry: &Entry, job: &Job, now: Duration) -> Configuration {
    Configuration {
        name: name.into(),
        id: job.id.clone(),
        key_identifier: job.key_identifier.clone(),
        status: job.status(now).into(),
        attempts: entry.attempts,
    }
}
