//! What has to hold, whatever befell a run. Judged by what Adobe saw and by what the CLI has, never
//! by what was expected of one run.

use aep_simulator::LoggedRequest;
use serde_json::Value as Json;
use std::time::Duration;
use tf_provider_host::proto::tfplugin6 as pb;

use super::cli::{Cli, End, Object};
use super::faults::Row;
use super::process::Adobe;
use super::steps::{Goal, NAME, NAMES, Step};
use crate::support::{CLIENT_SECRET, KEY, TOKEN};

/// The settling time, less what jitter and the clock's steps take off it.
const SETTLED: Duration = Duration::from_secs(29);

/// What a response to the status request says of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    /// The API's own word that it is not there.
    Absent,
    /// What an unknown name may get for a response.
    PerhapsAbsent,
    Failed,
    Else,
    Nothing,
}

fn shows(request: &LoggedRequest) -> Shows {
    let body: Option<Json> = serde_json::from_str(&request.response).ok();
    let object = body.as_ref().and_then(Json::as_object);
    let is_gateways = object.is_some_and(|object| object.contains_key("error_code"));
    let is_hollow = object.is_some_and(serde_json::Map::is_empty) || body == Some(Json::Null);
    match request.status {
        Some(404) if object.is_some() && !is_gateways => Shows::Absent,
        Some(404 | 204) => Shows::PerhapsAbsent,
        Some(400) if body.is_some() && !is_gateways => Shows::PerhapsAbsent,
        Some(200..=299) if is_hollow || request.response.is_empty() => Shows::PerhapsAbsent,
        Some(200..=299) => match object.and_then(|object| object.get("status")?.as_str()) {
            Some("FAILED") => Shows::Failed,
            Some(_) => Shows::Else,
            None => Shows::Nothing,
        },
        _ => Shows::Nothing,
    }
}

/// Whether the client was told for certain that nothing was taken.
fn is_refused(submission: &LoggedRequest) -> bool {
    match submission.status {
        Some(408) | None => false,
        Some(307 | 308 | 400..=499) => true,
        Some(503) => submission.response.contains("error_code"),
        Some(_) => false,
    }
}

fn is_of(request: &LoggedRequest, name: &str) -> bool {
    match request.method.as_str() {
        "GET" => {
            let escaped = name
                .replace('%', "%25")
                .replace('/', "%2F")
                .replace(' ', "%20")
                .replace('+', "%2B");
            request.path.ends_with(&format!("/customer/config/{escaped}"))
        }
        _ => request.body.contains(&format!("\"name\":\"{name}\"")),
    }
}

/// Nothing is submitted while something may be on its way: before each submission the name was
/// looked up, and showed a failure (of the same key, unless it may be our own), or was absent;
/// after one of unknown fate, absent for the whole settling time. A process that was killed knows
/// of nothing. `known` is the name that was in the state before.
pub(super) fn submissions(
    log: &[LoggedRequest],
    known: Option<&str>,
    remembers: bool,
) -> Result<(), String> {
    for name in NAMES {
        let mut looks: Vec<&LoggedRequest> = Vec::new();
        let mut is_open = known == Some(name);
        let mut is_again = false;
        for request in log.iter().filter(|request| is_of(request, name)) {
            if request.method == "GET" {
                looks.push(request);
                continue;
            }
            let told: Vec<_> = looks
                .iter()
                .map(|look| shows(look))
                .filter(|shows| *shows != Shows::Nothing)
                .collect();
            let shown = looks.iter().rev().find(|look| shows(look) == Shows::Failed);
            let is_allowed = match told.last() {
                Some(Shows::Failed) => {
                    is_open
                        || shown.is_none_or(|shown| {
                            same_key(&key(&shown.response), &key(&request.body))
                        })
                }
                Some(Shows::Absent | Shows::PerhapsAbsent) if !(is_open && remembers) => true,
                Some(Shows::Absent) => {
                    // Beside it, only what told nothing and was asked again.
                    let since = looks
                        .iter()
                        .rev()
                        .take_while(|look| matches!(shows(look), Shows::Absent | Shows::Nothing));
                    let first = since.filter(|look| shows(look) == Shows::Absent).last();
                    first.is_some_and(|first| request.at - first.at >= SETTLED)
                }
                // A repetition of what was refused.
                None => is_again,
                _ => false,
            };
            if !is_allowed {
                let looked: Vec<_> = looks.iter().map(|look| (shows(look), look.at)).collect();
                return Err(format!("submitted at {:?} after {looked:?}: {request:?}", request.at));
            }
            is_again = is_refused(request);
            is_open = is_open || !is_again;
            looks.clear();
        }
    }
    Ok(())
}

/// The key that a body names.
fn key(body: &str) -> String {
    let body: Json = serde_json::from_str(body).unwrap_or_default();
    let in_it =
        ["/configData/keyVaultKeyIdentifier", "/customerConfig/configData/keyVaultKeyIdentifier"];
    let named = in_it.iter().find_map(|path| body.pointer(path)?.as_str());
    named.unwrap_or_default().to_lowercase().replace(":443", "")
}

/// Up to the version.
fn same_key(one: &str, other: &str) -> bool {
    one.split('/').take(5).eq(other.split('/').take(5))
}

/// No secret is in what was shown or stored.
pub(super) fn secrets(adobe: &Adobe) -> Result<(), String> {
    let shown = adobe.shown.borrow();
    match [TOKEN, CLIENT_SECRET, "sim-minted-"].iter().find(|secret| shown.contains(*secret)) {
        None => Ok(()),
        Some(secret) => {
            let line = shown.lines().find(|line| line.contains(secret)).unwrap();
            Err(format!("{secret} is shown: {line}"))
        }
    }
}

/// Words by which a person is told what to do.
const IMPERATIVES: [&str; 27] = [
    "Add ", "Apply ", "Ask ", "Check ", "Choose ", "Create ", "Fix ", "Give ", "Have ", "Import ",
    "Keep ", "Leave ", "Look ", "Name ", "Put ", "Run ", "Set ", "Use ", "Wait ", "Write ", "run ",
    "apply ", "check ", "give ", "untaint", "add ", "choose ",
];

/// Each error says what a person does next.
pub(super) fn next_steps(errors: &[pb::Diagnostic]) -> Result<(), String> {
    let is_silent = |error: &&pb::Diagnostic| {
        !IMPERATIVES.iter().any(|imperative| error.detail.contains(imperative))
    };
    match errors.iter().find(is_silent) {
        Some(error) => Err(format!("no next step: {}: {}", error.summary, error.detail)),
        None => Ok(()),
    }
}

/// After a command that a fault may have befallen.
pub(super) fn after(
    cli: &Cli<'_>,
    step: &Step,
    was_guarded: bool,
    accepted: u64,
    end: &End,
) -> Result<(), String> {
    match end {
        End::Bug(bug) => return Err(bug.clone()),
        End::Errors(errors) => next_steps(errors)?,
        End::Done(_) if matches!(step.goal, Goal::Refused | Goal::Impossible) => {
            return Err("it was not refused".to_owned());
        }
        End::Done(_) | End::Stopped | End::Killed => {}
    }
    // Where the provider ends between the destroy and the create of a pair, no provider can help.
    let may_go = step.goal == Goal::Forgotten || cli.is_between;
    if was_guarded && !may_go && cli.state.is_none() {
        return Err(format!("a guarded object is gone after {end:?}"));
    }
    let state = cli.state.as_ref().map(|object| &object.state);
    if let Some(state) = state.filter(|state| state["status"] == "NOT_FOUND") {
        let name = state["name"].as_str().unwrap();
        let log = cli.adobe.control.requests();
        if !log.iter().any(|one| is_of(one, name) && shows(one) == Shows::Absent) {
            return Err(format!("not found, it says, after {}", told(&log)));
        }
    }
    if accepted > 0 && *end != End::Killed && cli.state.is_none() {
        return Err(format!("what was accepted is not in the state after {end:?}"));
    }
    Ok(())
}

/// A fault that passes is borne where it can be: a lost read is repeated, an odd poll ends nothing,
/// a submission that arrived is found, and one that certainly did not is sent again.
pub(super) fn is_borne(row: &Row, at: usize, log: &[LoggedRequest]) -> bool {
    let Some(hit) = log.get(at).filter(|_| row.passes()) else {
        return false;
    };
    let is_submission = |request: &LoggedRequest| request.method == "POST" && !is_token(request);
    let is_renewed = row.name == "401, once" && log.iter().any(is_token);
    // After a failure comes the look before another submission, which has to be sure.
    let last_look = || log[..at].iter().rev().find(|one| one.method == "GET").map(shows);
    let is_waiting = || {
        log[..at].iter().any(is_submission)
            && !row.asks_for_a_day()
            && last_look() != Some(Shows::Failed)
    };
    match is_submission(hit) {
        true => row.is_overcome() || is_renewed,
        false => row.is_transient() || is_waiting() || is_renewed && !is_token(hit),
    }
}

/// The requests, short enough to be read.
pub(super) fn told(log: &[LoggedRequest]) -> String {
    let line = |one: &LoggedRequest| {
        let (at, method, status) = (one.at, &one.method, one.status);
        format!("\n  {at:?} {method} {status:?} {:?} {}", shows(one), one.response)
    };
    log.iter().map(line).collect()
}

fn is_token(request: &LoggedRequest) -> bool {
    request.path.starts_with("/ims/")
}

/// Once the faults have stopped, and some commands later.
pub(super) fn settled(cli: &Cli<'_>, goal: Goal) -> Result<(), String> {
    let control = &cli.adobe.control;
    let name = cli.config["name"].as_str().unwrap();
    let there = match goal {
        Goal::InEffect | Goal::Renamed => control.configuration(name),
        Goal::Refused | Goal::Forgotten => control.configuration(NAME),
        // Where a fault told it that the name was free, it was submitted over a failure.
        Goal::Taken => control.configuration(NAME).filter(|there| there.key_identifier == KEY),
        Goal::Impossible => {
            // A submission whose response was a fault's may have been processed: its fate stays
            // unknown, and the state says so.
            let is_right = match &cli.state {
                None => control.configurations().is_empty(),
                Some(object) => object.state["id"].is_null(),
            };
            return is_right.then_some(()).ok_or_else(|| format!("there is {:?}", cli.state));
        }
    };
    if goal == Goal::Taken && there.is_none() {
        let is_left = control.configuration(NAME).is_some_and(|there| {
            let is_adopted = |object: &Object| object.state["status"] == there.status.as_str();
            there.attempts == 1
                && (there.status == "FAILED" || !cli.state.as_ref().is_some_and(is_adopted))
        });
        return is_left.then_some(()).ok_or_else(|| format!("it took {:?}", cli.state));
    }
    let there = there.ok_or("Adobe has nothing")?;
    if goal == Goal::Forgotten {
        return match &cli.state {
            None => Ok(()),
            Some(object) => Err(format!("it is not forgotten: {object:?}")),
        };
    }
    let object = cli.state.as_ref().ok_or("the state has nothing")?;
    let state = &object.state;
    if state["id"] != there.id.as_str() || state["status"] != there.status.as_str() {
        return Err(format!("Adobe has {there:?}, the state {state}"));
    }
    if goal != Goal::Refused && (object.is_tainted || there.status != "COMPLETED") {
        return Err(format!("it is not in effect: {object:?}"));
    }
    Ok(())
}
