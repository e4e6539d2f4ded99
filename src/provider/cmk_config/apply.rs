//! Bringing a configuration into effect: find it, submit or adopt it, watch it, submit a failed job
//! again.
//!
//! Once Adobe accepts a submission it always reaches the state: what was accepted is a value in
//! every end.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::existing::{Accepted, Claim, Left, Moment, Obstacle, Seen, Verdict, Why, verdict};
use super::memory::{Memory, Submitted};
use super::model::{Model, Object, Private, Wanted, known};
use super::trouble::{Done, Standing, Trouble, Unfinished};
use super::wait::{End, wait};
use crate::api::{Client, Configuration, Delivery, Error, Kind, Limits};
use crate::key_identifier::KeyIdentifier;

/// How long a configuration that should be there is looked for: Adobe documents no time in which a
/// new one can be found.
const SETTLING: Duration = Duration::from_secs(30);
/// The same after a conflict: what is in the way is there already, and only late to show.
const SHOWING: Duration = Duration::from_secs(10);
/// The look-up that follows an interruption: the CLI waits, but a person pressed Ctrl-C.
const LAST_LOOK_UP: Duration = Duration::from_secs(1);
/// The first pause before a failed job is submitted again; each further one is twice as long, up to
/// [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// Role assignments and firewall rules take up to ten minutes; several pauses of this length cover
/// that.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What is to be brought into effect, and within which limits.
pub struct Operation<'a> {
    /// The connection.
    pub client: &'a Client,
    /// The memory of the run.
    pub memory: &'a Memory,
    /// Name and key.
    pub wanted: &'a Wanted,
    /// The plan, for its settings.
    pub planned: &'a Model,
    /// Who asks.
    pub claim: Claim,
    /// Of an object that is in the state, or was until this run forgot it: only the API's own 404
    /// means that it is not there.
    pub past: Option<&'a Object>,
    /// The operation's end and the stop signal.
    pub limits: Limits,
}

impl Operation<'_> {
    /// Which key, and who asks.
    fn asked(&self) -> (&KeyIdentifier, Claim) {
        (&self.wanted.key, self.claim)
    }
}

/// The endpoint an object was made at, where that is known and another one than the client's.
pub fn moved_from<'a>(made_at: Option<&'a str>, client: &Client) -> Option<&'a str> {
    made_at.filter(|made_at| *made_at != client.endpoint().as_str())
}

/// Finds, submits or adopts, and waits.
pub async fn bring_into_effect(op: &Operation<'_>) -> Result<Done, Box<Unfinished>> {
    let accepted = obtain(op, Moment::Before, 0).await?;
    let is_in_effect = accepted.seen.is_read && accepted.seen.status.is_completed();
    if op.planned.waits() && !is_in_effect {
        return watch(op, accepted).await;
    }
    finished(op, Done { accepted, submitted_again: Vec::new() })
}

/// Waits for a terminal status, and submits a failed job again as often as allowed.
pub async fn watch(op: &Operation<'_>, accepted: Accepted) -> Result<Done, Box<Unfinished>> {
    let Operation { client, wanted, limits, .. } = op;
    let poll = || async { client.status(&wanted.name, limits).await.map(Seen::read) };
    let again = |failed: String, round| async move {
        obtain(op, Moment::AfterFailure(&failed), round).await
    };
    finished(op, follow(&wanted.name, accepted, op.planned.attempts(), limits, poll, again).await?)
}

/// The loop of [`watch`]: `again` submits once more what failed under this id, or finds what
/// another block of this run submitted since this round.
async fn follow<P, A>(
    name: &str,
    mut accepted: Accepted,
    attempts: u32,
    limits: &Limits,
    mut poll: impl FnMut() -> P,
    mut again: impl FnMut(String, u32) -> A,
) -> Result<Done, Box<Unfinished>>
where
    P: Future<Output = Result<Seen, Error>>,
    A: Future<Output = Result<Accepted, Box<Unfinished>>>,
{
    let began = Instant::now();
    let mut submitted_again = Vec::new();
    // A resubmission by another block of this run counts here too.
    let mut rounds = 0;
    let trouble = loop {
        let superseded = accepted.superseded.as_deref();
        let (seen, end) = wait(accepted.seen, superseded, limits, &mut poll).await;
        accepted.superseded = seen.still_supersedes(superseded);
        accepted.seen = seen;
        match end {
            End::Completed => return Ok(Done { accepted, submitted_again }),
            End::TimedOut(last) => {
                // What did not show for so long may have come to nothing.
                accepted.superseded.take_if(|_| began.elapsed() >= SETTLING);
                break Trouble::TimedOut(last);
            }
            End::Interrupted => break Trouble::Interrupted,
            End::Broken(error) => break Trouble::Broken(error),
            End::Failed => {}
        }
        let pause = pause_before(rounds);
        if rounds >= attempts || Instant::now() + pause >= limits.deadline {
            break Trouble::Failed(submitted_again);
        }
        tracing::warn!(
            configuration = name,
            id = accepted.seen.id,
            pause_seconds = pause.as_secs(),
            "the job failed and will be submitted again"
        );
        tokio::select! {
            () = limits.stop.cancelled() => break Trouble::Interrupted,
            () = sleep(pause) => {}
        }
        match again(accepted.seen.id.clone(), accepted.round).await {
            Ok(next) => {
                rounds += 1;
                // By whichever block of this run.
                if !next.seen.is_read {
                    submitted_again.push(began.elapsed());
                }
                let Accepted { has_past, is_adopted, .. } = accepted;
                accepted = Accepted { has_past, is_adopted, ..next };
            }
            // What failed is still there.
            Err(unfinished) => match *unfinished {
                Unfinished { trouble: Trouble::InterruptedBefore, .. } => {
                    break Trouble::Interrupted;
                }
                Unfinished { trouble, left: Left::Nothing } => break trouble,
                Unfinished { trouble, left: Left::Uncertain { .. } } => {
                    // A lost response takes no past away.
                    return Err(trouble.leaves(Left::Uncertain { has_past: accepted.has_past }));
                }
                unfinished => return Err(Box::new(unfinished)),
            },
        }
    };
    Err(trouble.leaves(Left::Accepted(Box::new(accepted))))
}

/// It is not documented whether a key can be changed, so the response is compared with what was
/// submitted: what guards the data is the key that Adobe names.
fn finished(op: &Operation<'_>, done: Done) -> Result<Done, Box<Unfinished>> {
    if done.accepted.seen.has_key(Some(&op.wanted.key)) == Some(false) {
        return Err(Trouble::OtherKey.leaves(Left::Accepted(Box::new(done.accepted))));
    }
    Ok(done)
}

/// The configuration at Adobe, by whatever way it became ours. One block of a run at a time.
/// `since` is the last submission of this run that the caller knows of.
async fn obtain(
    op: &Operation<'_>,
    moment: Moment<'_>,
    since: u32,
) -> Result<Accepted, Box<Unfinished>> {
    let turn = op.memory.turn(&op.wanted.name);
    let Some(mut submitted) = in_time(turn.lock(), &op.limits).await else {
        // Nothing is sent any more, and the error says why.
        return Err(match look_up(op, moment).await {
            Err(ended) => ended,
            Ok(_) => Trouble::InterruptedBefore.into(),
        });
    };
    let round = match submitted.as_ref() {
        Some(Submitted::Uncertain) => return Err(Trouble::RivalUncertain.into()),
        Some(Submitted::Accepted { accepted, key }) if accepted.round > since => {
            return share(op.asked(), accepted, key, moment);
        }
        Some(Submitted::Accepted { accepted, .. }) => accepted.round,
        None => 0,
    };
    let found = look_up(op, moment).await?;
    if let Some(accepted) = existing(op.asked(), found.as_ref(), moment, round)? {
        return Ok(accepted);
    }
    if let Some(accepted) = hidden(op.past, found.as_ref()).filter(|_| moment == Moment::Before) {
        return Ok(accepted);
    }
    // What is found and yet submitted again is a job that failed.
    let supersedes = found.as_ref().map(|seen| seen.id.as_str()).or(moment.failed());
    submit(op, supersedes, moment, round, &mut submitted).await
}

/// What comes before the end of the operation.
async fn in_time<F: Future>(work: F, limits: &Limits) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = work => Some(output),
        () = limits.stop.cancelled() => None,
        () = sleep_until(limits.deadline) => None,
    }
}

/// Another block of this run has submitted this name.
fn share(
    (wanted, claim): (&KeyIdentifier, Claim),
    accepted: &Accepted,
    key: &KeyIdentifier,
    moment: Moment<'_>,
) -> Result<Accepted, Box<Unfinished>> {
    if !key.same_key(wanted) {
        return Err(Trouble::Rival(key.versionless()).into());
    }
    let seen = accepted.seen.clone();
    let is_adopted = match claim {
        Claim::Create { adopts: false, .. } if moment == Moment::Before => {
            return Err(Box::new(Obstacle { seen, why: Why::NotAdopted }).into());
        }
        Claim::Create { .. } => moment == Moment::Before,
        Claim::Own { .. } => false,
    };
    Ok(Accepted { seen, is_adopted, ..accepted.clone() })
}

/// What was found, where the block goes on with it; `None` where it is to be submitted.
fn existing(
    (key, claim): (&KeyIdentifier, Claim),
    found: Option<&Seen>,
    moment: Moment<'_>,
    round: u32,
) -> Result<Option<Accepted>, Box<Obstacle>> {
    let verdict = verdict(found, Some(key), claim, moment)?;
    Ok(found.filter(|_| verdict != Verdict::Submit).map(|seen| Accepted {
        seen: seen.clone(),
        superseded: moment.failed().filter(|failed| *failed != seen.id).map(str::to_owned),
        round,
        has_past: true,
        is_adopted: verdict == Verdict::Adopt,
    }))
}

/// What was accepted earlier, while all that shows is the failure before it.
fn hidden(past: Option<&Object>, found: Option<&Seen>) -> Option<Accepted> {
    let (state, private) = past?;
    found?.is_failure_of(private.superseded.as_deref()).then(|| stored(state, private))?
}

/// What the state knows of an accepted configuration, to go on waiting from.
pub fn stored(state: &Model, private: &Private) -> Option<Accepted> {
    let (id, status) = (known(&state.computed.id)?.clone(), state.status()?);
    let seen = Seen { id, status, details: None, retry_after: None, is_read: false };
    let superseded = private.superseded.clone();
    Some(Accepted { seen, superseded, round: 0, has_past: true, is_adopted: false })
}

/// What is there before a submission. An object that was there once is looked for until the
/// settling time is over.
async fn look_up(op: &Operation<'_>, moment: Moment<'_>) -> Result<Option<Seen>, Box<Unfinished>> {
    let Operation { client, wanted, limits, .. } = op;
    let is_known = op.past.is_some() || moment != Moment::Before;
    let moved_from = moved_from(op.past.and_then(|(_, past)| past.endpoint.as_deref()), client);
    let looked = match moved_from {
        // No submission follows, however long one looks.
        Some(_) => client.status(&wanted.name, limits).await.map(Some),
        None if is_known => look_for(client, &wanted.name, limits).await,
        None => client.look_up(&wanted.name, limits).await,
    };
    let error = match looked {
        Ok(found) => return Ok(found.map(Seen::read)),
        Err(error) => error,
    };
    Err(Box::from(match (error.kind, moved_from) {
        (Kind::NoSuchConfiguration, Some(made_at)) => Trouble::OtherEndpoint {
            made_at: made_at.to_owned(),
            configured: client.endpoint().to_string(),
            error,
        },
        (Kind::Interrupted, _) => Trouble::InterruptedBefore,
        _ => Trouble::LookUp(error),
    }))
}

/// Looks for a configuration that should be there, for the settling time: only the API's own 404,
/// throughout, means that it is not.
pub async fn look_for(
    client: &Client,
    name: &str,
    limits: &Limits,
) -> Result<Option<Configuration>, Error> {
    let look = async |limits| match client.status(name, &limits).await {
        Ok(configuration) => Ok(Some(configuration)),
        Err(error) if error.kind == Kind::NoSuchConfiguration => Ok(None),
        Err(error) => Err(error),
    };
    find(Errors::End, SETTLING, limits, look, |_| true).await
}

/// One submission. `supersedes` is the id of the job that is `FAILED` under this name.
async fn submit(
    op: &Operation<'_>,
    supersedes: Option<&str>,
    moment: Moment<'_>,
    round: u32,
    submitted: &mut Option<Submitted>,
) -> Result<Accepted, Box<Unfinished>> {
    let Operation { client, wanted, limits, .. } = op;
    // What was `FAILED` before this run submitted anything may have been in effect.
    let has_past = supersedes.is_some() && moment == Moment::Before;
    let mut accept = |seen: Seen| {
        let superseded = supersedes.filter(|id| *id != seen.id).map(str::to_owned);
        let accepted = Accepted { superseded, seen, round: round + 1, has_past, is_adopted: false };
        let key = wanted.key.clone();
        *submitted = Some(Submitted::Accepted { accepted: Box::new(accepted.clone()), key });
        accepted
    };
    let error = match client.submit(&wanted.name, &wanted.key_text, limits).await {
        Ok(configuration) => {
            let seen = Seen::submitted(configuration);
            // A success that shows somebody else's key is no acceptance: the name was taken since
            // the look-up.
            if supersedes.is_none() && seen.has_key(Some(&wanted.key)) == Some(false) {
                return Err(Box::new(Obstacle { seen, why: Why::Taken }).into());
            }
            return Ok(accept(seen));
        }
        Err(error) => error,
    };
    let standing = match supersedes {
        Some(_) => Standing::Failed,
        None if op.past.is_some() => Standing::Missing,
        None => Standing::New,
    };
    let look =
        async |limits: Limits| Ok(client.look_up(&wanted.name, &limits).await?.map(Seen::read));
    let began = Instant::now();
    match (error.delivery, error.kind) {
        (Delivery::Unknown, _) => {
            let mut shows_failed = false;
            let is_news = |seen: &Seen| {
                shows_failed = seen.is_failure_of(supersedes);
                !shows_failed
            };
            let last = match find(Errors::Borne, SETTLING, limits, look, is_news).await {
                Ok(Some(seen)) => {
                    existing(op.asked(), Some(&seen), Moment::AfterLostResponse, round)?;
                    return Ok(accept(seen));
                }
                Ok(None) => None,
                Err(last) => Some(last),
            };
            *submitted = Some(Submitted::Uncertain);
            let lost = Trouble::Lost { error, last, settled: began.elapsed(), shows_failed };
            Err(lost.leaves(Left::Uncertain { has_past }))
        }
        (_, Kind::Interrupted) => Err(Trouble::InterruptedBefore.into()),
        // Something is in the way: a configuration that appeared since the look-up, perhaps. It may
        // be our own: of a submission that a gateway delivered twice, the second conflicts
        // with the first, which may not show yet.
        (_, Kind::BadRequest | Kind::Conflict) => {
            let is_news = |seen: &Seen| supersedes != Some(seen.id.as_str());
            let found: Result<_, Error> = match error.kind {
                Kind::Conflict => find(Errors::Borne, SHOWING, limits, look, is_news).await,
                _ => look(limits.clone()).await.or(Ok(None)),
            };
            let found = match found {
                Ok(found) => found,
                Err(last) => {
                    *submitted = Some(Submitted::Uncertain);
                    let (last, settled) = (Some(last), began.elapsed());
                    let lost = Trouble::Lost { error, last, settled, shows_failed: false };
                    return Err(lost.leaves(Left::Uncertain { has_past }));
                }
            };
            // What was not there before and has failed by now is what was submitted.
            let is_ours = found.as_ref().is_some_and(|seen| seen.status.is_failed());
            let moment = match supersedes {
                None if is_ours => Moment::AfterLostResponse,
                _ => moment,
            };
            match existing(op.asked(), found.as_ref(), moment, round) {
                Ok(Some(accepted)) => Ok(accepted),
                Err(obstacle) if obstacle.why != Why::KeyUnknown => Err(obstacle.into()),
                Ok(None) | Err(_) => Err(Trouble::Refused(error, standing).into()),
            }
        }
        _ => Err(Trouble::Refused(error, standing).into()),
    }
}

/// What an error of a look means while something is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errors {
    /// It ends the search.
    End,
    /// The search goes on.
    Borne,
}

/// Looks until `is_it` says so or the time is over; then what the last look said. An
/// interruption ends it after one more look.
async fn find<T, F: Future<Output = Result<Option<T>, Error>>>(
    errors: Errors,
    time: Duration,
    limits: &Limits,
    mut look: impl FnMut(Limits) -> F,
    mut is_it: impl FnMut(&T) -> bool,
) -> Result<Option<T>, Error> {
    let settled = Instant::now() + time;
    // What may have been accepted is looked for past the operation's timeout. Elsewhere a timeout
    // that comes before the settling time is over is an error: nothing is known to be absent by
    // then.
    let deadline = match errors {
        Errors::End => limits.deadline,
        Errors::Borne => settled + LAST_LOOK_UP,
    };
    let mut pause = Duration::from_millis(500);
    loop {
        let is_last = limits.stop.is_cancelled();
        let (deadline, stop) = match is_last {
            true => (Instant::now() + LAST_LOOK_UP, CancellationToken::new()),
            false => (deadline, limits.stop.clone()),
        };
        match look(Limits { deadline, stop }).await {
            Ok(Some(found)) if is_it(&found) => return Ok(Some(found)),
            Err(error) if errors == Errors::End => return Err(error),
            looked if is_last || Instant::now() >= settled => {
                return looked.map(|_| None);
            }
            _ => {}
        }
        tokio::select! {
            () = limits.stop.cancelled() => {}
            () = sleep_until(settled.min(deadline).min(Instant::now() + pause)) => {}
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// The pause before the resubmission number `count`, counted from 0.
fn pause_before(count: u32) -> Duration {
    let doubled = FIRST_PAUSE * 2_u32.pow(count.min(10));
    doubled.min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
