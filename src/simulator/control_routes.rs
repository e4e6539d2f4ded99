//! [`Control`] over HTTP, for the stand-alone simulator: JSON under `/_control`. Not logged, not counted, and out of reach of faults.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::answers::Answer;
use super::control::Control;
use super::faults::{Fault, seconds};
use super::lifecycle::Configuration;
use super::options::{Outcome, Resubmit, ResubmitFailed, UnknownName, Versionless};
use super::world::{Counters, LoggedRequest};

/// The control interface.
pub(super) fn router(control: Control) -> Router {
    Router::new()
        .route("/_control/faults", post(add_fault).delete(clear_faults))
        .route("/_control/release", post(release))
        .route("/_control/configurations", get(configurations))
        .route(
            "/_control/configurations/{name}",
            post(put_configuration).delete(remove_configuration),
        )
        .route("/_control/step", post(step))
        .route("/_control/options", post(options))
        .route("/_control/tokens", delete(expire_tokens))
        .route("/_control/counters", get(counters))
        .route("/_control/requests", get(requests).delete(clear_log))
        .with_state(control)
}

/// A body of the control interface. What cannot be read is answered with the reason.
type Input<T> = Result<Json<T>, JsonRejection>;

fn read<T>(input: Input<T>) -> Result<T, Answer> {
    let rejected = |error: JsonRejection| {
        Answer::json(error.status().as_u16(), &json!({"error": error.body_text()}))
    };
    input.map(|Json(value)| value).map_err(rejected)
}

fn done() -> Answer {
    Answer::empty(204)
}

/// Found, or 404.
fn found(found: bool, name: &str) -> Result<Answer, Answer> {
    if found {
        Ok(done())
    } else {
        Err(Answer::json(404, &json!({"error": format!("no configuration is called {name:?}")})))
    }
}

async fn add_fault(State(control): State<Control>, fault: Input<Fault>) -> Result<Answer, Answer> {
    control.fault(read(fault)?);
    Ok(done())
}

async fn clear_faults(State(control): State<Control>) -> Answer {
    control.clear_faults();
    done()
}

async fn release(State(control): State<Control>) -> Answer {
    control.release();
    done()
}

async fn configurations(State(control): State<Control>) -> Json<Vec<Configuration>> {
    Json(control.configurations())
}

/// What is given is changed. A name that is not there is put there, for which a key is needed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    key: Option<String>,
    status: Option<String>,
}

async fn put_configuration(
    State(control): State<Control>,
    Path(name): Path<String>,
    change: Input<Change>,
) -> Result<Answer, Answer> {
    let Change { key, status } = read(change)?;
    match (control.configuration(&name), key) {
        (None, Some(key)) => control.insert(&name, &key, status.as_deref().unwrap_or("COMPLETED")),
        (None, None) => return found(false, &name),
        (Some(_), key) => {
            let _ = key.map(|key| control.set_key(&name, &key));
            let _ = status.map(|status| control.set_status(&name, &status));
        }
    }
    Ok(done())
}

async fn remove_configuration(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<Answer, Answer> {
    found(control.remove(&name), &name)
}

/// `{"seconds": 1.5}` or `{"status": "COMPLETED"}`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Seconds(#[serde(deserialize_with = "seconds")] std::time::Duration),
    Status(String),
}

async fn step(State(control): State<Control>, step: Input<Step>) -> Result<Answer, Answer> {
    match read(step)? {
        Step::Seconds(by) => control.step(by),
        Step::Status(status) if control.step_to(&status) => {}
        Step::Status(status) => {
            return Err(Answer::json(
                409,
                &json!({"error": format!("no job is or will be {status:?}")}),
            ));
        }
    }
    Ok(done())
}

/// What can be changed of the options without a restart; what is not given stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    outcome: Option<Outcome>,
    resubmit: Option<Resubmit>,
    resubmit_failed: Option<ResubmitFailed>,
    unknown_name: Option<UnknownName>,
    versionless: Option<Versionless>,
}

async fn options(
    State(control): State<Control>,
    changes: Input<Changes>,
) -> Result<Answer, Answer> {
    let changes = read(changes)?;
    control.configure(|options| {
        set(&mut options.outcome, changes.outcome);
        set(&mut options.resubmit, changes.resubmit);
        set(&mut options.resubmit_failed, changes.resubmit_failed);
        set(&mut options.unknown_name, changes.unknown_name);
        set(&mut options.versionless, changes.versionless);
    });
    Ok(done())
}

fn set<T>(option: &mut T, change: Option<T>) {
    if let Some(change) = change {
        *option = change;
    }
}

async fn expire_tokens(State(control): State<Control>) -> Answer {
    control.expire_tokens();
    done()
}

async fn counters(State(control): State<Control>) -> Json<Counters> {
    Json(control.counters())
}

async fn requests(State(control): State<Control>) -> Json<Vec<LoggedRequest>> {
    Json(control.requests())
}

async fn clear_log(State(control): State<Control>) -> Answer {
    control.clear_log();
    done()
}
