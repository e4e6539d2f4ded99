//! What every request passes on its way to a route: it is read, logged and counted, and a scripted fault is carried out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio_stream::Stream;

use super::answers::Answer;
use super::connection::Line;
use super::faults::Action;
use super::routes;
use super::world::{LoggedRequest, Shared};

/// More than any request of this API by far, and little enough to hold.
const BODY_LIMIT: usize = 1 << 20;

/// The middleware around all simulated routes.
pub(super) async fn record(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Answer::empty(413).into_response();
    };
    let target = routes::target(&parts.method, parts.uri.path(), &body);
    // Subscribed before anyone can see the arrival: a release that answers to it is not missed.
    let mut releases = shared.releases();
    let arrival = shared.world().arrive(&target, logged(&parts, &body));
    shared.announce();

    let process = async {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        shared.announce();
        response
    };
    // An error of the subscription would mean that the sender is gone, and `shared` holds it.
    let response = match arrival.action {
        None => process.await,
        Some(Action::Answer(answer)) => answer.into_response(),
        Some(Action::Delay(time)) => {
            tokio::time::sleep(time).await;
            process.await
        }
        Some(Action::Hold) => {
            let _ = releases.changed().await;
            process.await
        }
        Some(Action::Reset) => return reset(&line),
        Some(Action::CutBody) => {
            partial(
                Answer::text(200, "application/json", "{\"id\":\"4df7886b-a122").into_response(),
                End::Cut,
            )
            .await
        }
        Some(Action::ProcessThenAnswer(answer)) => {
            process.await;
            answer.into_response()
        }
        Some(Action::ProcessThenDelay(time)) => {
            let response = process.await;
            tokio::time::sleep(time).await;
            response
        }
        Some(Action::ProcessThenHold) => {
            let response = process.await;
            let _ = releases.changed().await;
            response
        }
        Some(Action::ProcessThenReset) => {
            process.await;
            return reset(&line);
        }
        Some(Action::ProcessThenCutBody) => partial(process.await, End::Cut).await,
        Some(Action::ProcessThenStallBody) => partial(process.await, End::Stall).await,
        Some(Action::WrongContentType) => {
            let mut response = process.await;
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
            response
        }
        Some(Action::EmptyBody) => {
            let mut response = process.await;
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(header::CONTENT_LENGTH);
            response
        }
    };
    finish(&shared, arrival.number, &arrival.request_id, response)
}

/// Logged before it is sent: a client that has its answer finds it in the log.
fn finish(shared: &Shared, number: usize, request_id: &str, mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::try_from(request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    shared.world().answered(number, response.status().as_u16());
    shared.announce();
    response
}

fn logged(parts: &Parts, body: &Bytes) -> LoggedRequest {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    LoggedRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().into(),
        query: parts.uri.query().map(Into::into),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: String::from_utf8_lossy(body).into_owned(),
        status: None,
        request_id: String::new(),
        at: std::time::Duration::ZERO,
    }
}

/// Hyper tries to write the answer, and the cut line turns that into a RST.
fn reset(line: &Line) -> Response {
    line.cut();
    Answer::empty(500).into_response()
}

/// How a partial body ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Cut,
    Stall,
}

/// The answer with a `content-length` that its body does not reach.
async fn partial(response: Response, end: End) -> Response {
    let (mut parts, body) = response.into_parts();
    // A body of ours is in memory and small: it cannot fail to be read.
    let whole = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    let half = whole.slice(..whole.len().div_ceil(2));
    // One byte more than there is, in case the whole is empty.
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len() + 1));
    Response::from_parts(
        parts,
        Body::from_stream(Partial { half: Some(half), flushed: false, end }),
    )
}

/// Half a body, and then nothing, or an error, upon which hyper closes the connection.
struct Partial {
    half: Option<Bytes>,
    flushed: bool,
    end: End,
}

impl Stream for Partial {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(half)));
        }
        match self.end {
            End::Stall => Poll::Pending,
            End::Cut if self.flushed => {
                Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into())))
            }
            End::Cut => {
                // Hyper flushes when a body has nothing ready; an error right away would discard status line and half.
                self.flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}
