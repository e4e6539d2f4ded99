use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::super::retry::Backoff;
use super::super::{Client, Delivery, Kind, Settings, Status};
use super::server::{Reply, Server, answer, answer_with, cut, raw, token};
use super::{BACKOFF, KEY, RUNNING, TOKEN, client, limits, oauth_client, settings};

const BUSY_GATEWAY: &str = r#"{"error_code":"503010","message":"Failed to validate the token"}"#;

#[tokio::test]
async fn a_submission_goes_out_to_the_letter() {
    let server = Server::new([answer(201, RUNNING)]).await;
    let accepted = client(&server).submit("Config 1", KEY, &limits()).await.unwrap();
    assert_eq!((accepted.id.as_str(), accepted.status), ("1", Status::from("RUNNING")));
    let seen = &server.seen()[0];
    assert_eq!(seen.line, "POST /data/infrastructure/manager/customer/config HTTP/1.1");
    let mut names: Vec<_> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-api-key",
            "x-gw-ims-org-id"
        ]
    );
    assert_eq!(seen.header("content-type"), ["application/json"]);
    assert_eq!(seen.header("authorization"), [format!("Bearer {TOKEN}")]);
    assert_eq!(
        seen.body,
        r#"{"name":"Config 1","type":"BYOK_CONFIG","imsOrgId":"ORG@AdobeOrg","configData":{"providerType":"AZURE_KEYVAULT","keyVaultKeyIdentifier":"https://v.vault.azure.net/keys/k/1"}}"#
    );
}

#[tokio::test]
async fn what_may_have_been_taken_is_never_repeated() {
    for (case, reply, kind) in [
        ("a reset", Reply::Reset, Kind::ConnectionLost),
        ("a cut body", cut(200), Kind::ConnectionLost),
        ("an answer cut in its head", Reply::Cut("HTTP/1.1 20".to_owned()), Kind::ConnectionLost),
        ("a 500", answer(500, r#"{"error_code":"500000","message":"m"}"#), Kind::Unavailable),
        ("a 502", answer(502, "<html>"), Kind::Unavailable),
        ("a 503 without a gateway code", answer(503, r#"{"title":"busy"}"#), Kind::Unavailable),
        ("a 503 whose body is cut", cut(503), Kind::Unavailable),
        ("a 504", answer(504, ""), Kind::Unavailable),
        ("a 408", answer(408, ""), Kind::Timeout),
        ("a 303", answer_with(303, "location: /x\r\n", ""), Kind::Redirect),
        ("an empty success", answer(204, ""), Kind::Malformed),
        ("a success that is no JSON", answer(200, "accepted"), Kind::Malformed),
        ("a success without an id", answer(200, r#"{"status":"CREATED"}"#), Kind::Malformed),
    ] {
        let server = Server::new([reply]).await;
        let error = client(&server).submit("a", KEY, &limits()).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (kind, Delivery::Unknown), "{case}: {error}");
        assert_eq!(server.seen().len(), 1, "{case}");
    }
}

#[tokio::test]
async fn a_time_out_is_never_repeated() {
    let server = Server::new([Reply::Hang]).await;
    let settings = Settings { request_timeout: Duration::from_secs(1), ..settings(&server) };
    let client = Client::with_backoff(settings, BACKOFF).unwrap();
    let error = client.submit("a", KEY, &limits()).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (Kind::Timeout, Delivery::Unknown));

    let server = Server::new([Reply::Hang]).await;
    let mut limits = limits();
    limits.deadline = Instant::now() + Duration::from_secs(1);
    let error = super::client(&server).submit("a", KEY, &limits).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (Kind::Deadline, Delivery::Unknown));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_refusal_goes_up_at_once() {
    for (case, reply, kind) in [
        ("a 400", answer(400, r#"{"title":"Bad"}"#), Kind::BadRequest),
        ("a 400 whose body is cut", cut(400), Kind::BadRequest),
        ("a 401 on a given token", answer(401, ""), Kind::Unauthorized),
        ("a 403", answer(403, ""), Kind::Forbidden),
        ("a 404", answer(404, r#"{"title":"Not found"}"#), Kind::NotFound),
        ("a 409", answer(409, r#"{"title":"Exists"}"#), Kind::Conflict),
        ("a 413", answer(413, ""), Kind::Other),
        ("a 308", answer_with(308, "location: https://elsewhere/\r\n", ""), Kind::Redirect),
    ] {
        let server = Server::new([reply]).await;
        let error = client(&server).submit("a", KEY, &limits()).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (kind, Delivery::Refused), "{case}: {error}");
        assert_eq!(server.seen().len(), 1, "{case}");
    }
}

#[tokio::test]
async fn what_the_gateway_refused_is_sent_again() {
    let server = Server::new([
        answer(429, ""),
        answer(503, BUSY_GATEWAY),
        answer_with(429, "retry-after: 0\r\n", r#"{"error_code":429050}"#),
        answer(201, RUNNING),
    ])
    .await;
    client(&server).submit("a", KEY, &limits()).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|request| request.body == seen[0].body));
}

#[tokio::test]
async fn throttled_to_the_end_was_refused() {
    let server = Server::new([answer(429, ""), answer(503, BUSY_GATEWAY)]).await;
    let settings = Settings { max_retries: 1, ..settings(&server) };
    let client = Client::with_backoff(settings, BACKOFF).unwrap();
    let error = client.submit("a", KEY, &limits()).await.unwrap_err();
    assert_eq!((error.attempts(), error.delivery()), (2, Delivery::Refused));
}

#[tokio::test]
async fn a_401_is_repeated_once_with_a_new_token() {
    let server = Server::with_ims(
        [answer(401, ""), answer(201, RUNNING)],
        [token("old", 86399), token("new", 86399)],
    )
    .await;
    oauth_client(&server).submit("a", KEY, &limits()).await.unwrap();
    let sent: Vec<_> =
        server.calls().iter().map(|seen| seen.header("authorization").concat()).collect();
    assert_eq!(sent, ["Bearer old", "Bearer new"]);

    let refusals = [answer(401, ""), answer(401, "")];
    let server = Server::with_ims(refusals, [token("old", 86399), token("new", 86399)]).await;
    let error = oauth_client(&server).submit("a", KEY, &limits()).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (Kind::Unauthorized, Delivery::Refused));
    assert_eq!((server.calls().len(), server.mints().len()), (2, 2));
}

#[tokio::test]
async fn a_submission_without_a_token_was_never_sent() {
    let server = Server::with_ims([], [answer(400, r#"{"error":"invalid_client"}"#)]).await;
    let error = oauth_client(&server).submit("a", KEY, &limits()).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (Kind::Token, Delivery::NeverSent));
    assert!(error.is_token());

    // Not even if IMS breaks off: what may have been taken there is a token.
    let server = Server::with_ims([answer(401, "")], [token("old", 86399)]).await;
    let error = oauth_client(&server).submit("a", KEY, &limits()).await.unwrap_err();
    assert_eq!((error.is_token(), error.delivery()), (true, Delivery::Refused));
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn in_flight_at_a_stop_it_may_finish() {
    let gate = Arc::new(Notify::new());
    let server = Server::new([Reply::When(Arc::clone(&gate), raw(201, "", RUNNING))]).await;
    let settings = settings(&server);
    let grace = Duration::from_secs(300);
    let client = Client::with_backoff(settings, Backoff { grace, ..BACKOFF }).unwrap();
    let limits = limits();
    let (result, ()) = tokio::join!(client.submit("a", KEY, &limits), async {
        server.arrived(1).await;
        limits.stop.cancel();
        tokio::task::yield_now().await;
        gate.notify_one();
    });
    assert_eq!(result.unwrap().id, "1");
}

#[tokio::test]
async fn in_flight_at_a_stop_it_may_not_hang() {
    let server = Server::new([Reply::Hang]).await;
    let grace = Duration::from_millis(10);
    let client = Client::with_backoff(settings(&server), Backoff { grace, ..BACKOFF }).unwrap();
    let limits = limits();
    let (result, ()) = tokio::join!(client.submit("a", KEY, &limits), async {
        server.arrived(1).await;
        limits.stop.cancel();
    });
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (Kind::Interrupted, Delivery::Unknown));
}

#[tokio::test]
async fn a_stop_between_two_attempts_leaves_it_refused() {
    let gate = Arc::new(Notify::new());
    let throttled = raw(429, "retry-after: 300\r\n", "");
    let server = Server::new([Reply::When(Arc::clone(&gate), throttled)]).await;
    let client = client(&server);
    let limits = limits();
    let (result, ()) = tokio::join!(client.submit("a", KEY, &limits), async {
        server.arrived(1).await;
        limits.stop.cancel();
        gate.notify_one();
    });
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (Kind::Interrupted, Delivery::Refused));
    assert_eq!(error.words(), Some("before that: HTTP 429"));
}

#[tokio::test]
async fn stopped_before_it_was_sent() {
    let server = Server::new([]).await;
    let stopped = limits();
    stopped.stop.cancel();
    let mut late = limits();
    late.deadline = Instant::now();
    for (limits, kind) in [(stopped, Kind::Interrupted), (late, Kind::Deadline)] {
        let error = client(&server).submit("a", KEY, &limits).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.delivery(), error.attempts()),
            (kind, Delivery::NeverSent, 0)
        );
    }
    assert_eq!(server.seen().len(), 0);
}

/// The server ended the idle connection: the request goes out on a new one, or its loss is told; never twice, never lost.
#[tokio::test]
async fn a_connection_that_ended_while_idle() {
    let server = Server::new([Reply::Cut(raw(200, "", RUNNING)), answer(201, RUNNING)]).await;
    let client = client(&server);
    client.status("a", &limits()).await.unwrap();
    let result = client.submit("a", KEY, &limits()).await;
    match result {
        Ok(_) => assert_eq!(server.seen().len(), 2),
        Err(error) => assert_eq!(error.delivery(), Delivery::Unknown),
    }
}
