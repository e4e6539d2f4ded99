use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::server::{Reply, Server, reply, reply_with, token};
use super::{KEY, RUNNING, limits, oauth_client};

/// Every event of the process's current thread, one line each.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(format!("{} ", event.metadata().level()));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}

#[tokio::test]
async fn one_line_an_attempt_and_no_secret() {
    let lines = Lines::default();
    // With a single subscriber alive, tracing asks the thread that meets an event first whether
    // anybody listens, and that may be another test's. With two it asks the subscribers.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard =
        tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
    let echo = r#"{"error_code":"401013","message":"sentinel-fetched is not valid"}"#;
    let server = Server::with_ims(
        [
            reply(401, echo),
            Reply::Reset,
            reply_with(200, "x-request-id: req-1\r\n", RUNNING),
            reply(409, echo),
        ],
        [token("sentinel-fetched", 86399), token("sentinel-renewed", 86399)],
    )
    .await;
    let client = oauth_client(&server);
    client.status("a", &limits()).await.unwrap();
    client.submit("a", KEY, &limits()).await.unwrap_err();

    let lines = lines.0.lock().unwrap().clone();
    assert!(!lines.concat().contains("sentinel"), "{lines:#?}");
    let requests: Vec<_> =
        lines.iter().filter(|line| line.contains("message=HTTP request")).collect();
    assert_eq!(requests.len(), 6, "{lines:#?}");
    let url = server.url("/data/infrastructure/manager/customer/config/a?configType=BYOK_CONFIG");
    for (line, expected) in [
        (
            requests[0],
            vec!["method=\"POST\"", "/ims/token/v3", "status=200", "attempt=1", "duration_ms="],
        ),
        (requests[1], vec!["method=\"GET\"", url.as_str(), "status=401", "attempt=1"]),
        (requests[3], vec!["attempt=2", "error=\"the connection broke"]),
        (requests[4], vec!["status=200", "attempt=3", "request_id=\"req-1\""]),
        (requests[5], vec!["method=\"POST\"", "status=409", "attempt=1"]),
    ] {
        assert!(line.starts_with("DEBUG "), "{line}");
        for part in expected {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
}
