//! What every request passes on its way to a route: it is read, logged and counted, and a scripted
//! fault is carried out.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};

use super::faults::{Action, Target};
use super::replies::Reply;
use super::routes;
use super::world::{LoggedRequest, Shared, World};

/// The service of each connection. Its only error of its own is `ConnectionReset`, which a fault
/// asks for.
pub(super) async fn record(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> io::Result<Response<Outgoing>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let target = routes::target(parts.method.as_str(), parts.uri.path(), &body);
    // Subscribed before anyone can see the arrival: a release that responds to it is not missed.
    let mut releases = shared.releases.subscribe();
    let arrived = Arrived { target, parts, body };
    let (request_id, action) = shared.world().arrive(&arrived);
    shared.changed.notify_all();

    if let Some(Action::ProcessLater(time)) = action {
        shared.world().postpone(time, arrived);
        return std::future::pending().await;
    }
    let process = || {
        let reply = arrived.reply(&mut shared.world());
        shared.changed.notify_all();
        reply
    };
    // An error of the subscription would mean that the sender is gone, and `shared` holds it.
    match &action {
        Some(Action::Reset) => return Err(shared.broken()),
        Some(Action::Delay(time)) => tokio::time::sleep(*time).await,
        Some(Action::Hold) => drop(releases.changed().await),
        _ => {}
    }
    let mut reply = match &action {
        Some(Action::Reply(reply)) => reply.clone(),
        Some(Action::CutBody) => Reply::text(200, "application/json", "{\"id\":\"4df7886b-a122"),
        Some(Action::Quote(status)) => {
            let quoted = format!("{:?} {:?}", arrived.parts.headers, arrived.body);
            Reply::gateway(*status, &format!("{status}000"), &quoted)
        }
        Some(Action::ProcessTwice) => {
            process();
            process()
        }
        _ => process(),
    };
    let mut end = End::Whole;
    match action {
        Some(Action::ProcessThenReply(instead)) => reply = instead,
        Some(Action::ProcessThenReset) => return Err(shared.broken()),
        Some(Action::ProcessThenDelay(time)) => tokio::time::sleep(time).await,
        Some(Action::ProcessThenHold) => {
            shared.world().counters.held += 1;
            drop(releases.changed().await);
        }
        Some(Action::CutBody | Action::ProcessThenCutBody) => end = End::Cut,
        Some(Action::ProcessThenStallBody) => end = End::Stall,
        Some(Action::Trickle(pause)) => end = End::Slow(pause, Box::pin(tokio::time::sleep(pause))),
        Some(Action::Endless) => end = End::Never,
        Some(Action::WrongContentType) => {
            reply.headers.retain(|(name, _)| name != "content-type");
            reply = reply.with_header("content-type", "text/html");
        }
        Some(Action::EmptyBody) => reply.body.clear(),
        _ => {}
    }
    if shared.close_door_if_scripted() {
        reply = reply.with_header("connection", "close");
    }
    // Logged before it is sent: a client that has its response finds it in the log.
    shared.world().replied(&request_id, &reply);
    shared.changed.notify_all();
    if shared.world().options.request_ids {
        reply = reply.with_header("x-request-id", &request_id);
    }
    Ok(response(reply, end))
}

/// A request that has been read.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) target: Target,
    parts: Parts,
    body: Bytes,
}

impl Arrived {
    /// What it does, and how Adobe responds.
    pub(super) fn reply(&self, world: &mut World) -> Reply {
        routes::reply(world, &self.target, &self.parts, &self.body)
    }

    /// Its entry in the log, as long as there is no response.
    pub(super) fn logged(&self, request_id: String, at: Duration) -> LoggedRequest {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let Parts { method, uri, headers, .. } = &self.parts;
        let headers =
            headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes())));
        LoggedRequest {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().map(Into::into),
            headers: headers.collect(),
            body: text(&self.body),
            status: None,
            response: String::new(),
            request_id,
            at,
        }
    }
}

/// A header that HTTP cannot carry is left out: a script's typing error, not a reason to fail.
fn response(reply: Reply, end: End) -> Response<Outgoing> {
    let mut bytes = Bytes::from(reply.body);
    let announced = bytes.len() + 1;
    let breaks_off = matches!(end, End::Cut | End::Stall);
    if breaks_off {
        bytes.truncate(bytes.len().div_ceil(2));
    }
    let mut response = Response::new(Outgoing { bytes, end });
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    if breaks_off {
        // One byte more than there was, in case the whole is empty.
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(announced));
    }
    response
}

/// How a body ends.
#[derive(Debug)]
enum End {
    Whole,
    /// Half of it, and the connection is closed.
    Cut,
    /// Half of it, and nothing more.
    Stall,
    /// Byte by byte.
    Slow(Duration, Pin<Box<tokio::time::Sleep>>),
    /// The whole of it, and blanks for ever.
    Never,
}

/// A body that may end before the `content-length` it was given.
#[derive(Debug)]
pub(super) struct Outgoing {
    bytes: Bytes,
    end: End,
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        if this.bytes.is_empty() {
            return match this.end {
                End::Stall => Poll::Pending,
                End::Never => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 8192]))))),
                End::Whole | End::Cut | End::Slow(..) => Poll::Ready(None),
            };
        }
        let length = match &mut this.end {
            End::Slow(pause, sleep) => {
                ready!(sleep.as_mut().poll(cx));
                sleep.as_mut().reset(tokio::time::Instant::now() + *pause);
                1
            }
            _ => this.bytes.len(),
        };
        Poll::Ready(Some(Ok(Frame::data(this.bytes.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty() && !matches!(self.end, End::Stall | End::Never)
    }

    /// Unknown for half a body: hyper then believes the header.
    fn size_hint(&self) -> SizeHint {
        match self.end {
            End::Whole => SizeHint::with_exact(self.bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
