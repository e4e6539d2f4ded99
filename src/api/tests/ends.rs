//! The clock and the stop token.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::server::{Reply, Server, raw, reply, reply_with, token};
use super::{BACKOFF, Client, KEY, Kind, RUNNING, client, limits, oauth_client, settings, within};
use crate::api::Delivery;
use crate::api::retry::Backoff;

#[tokio::test]
async fn the_deadline_ends_a_request_and_says_what_happened_before() {
    let server = Server::new([reply(503, "busy"), Reply::Hang, Reply::Hang]).await;
    let client = client(&server);
    let error = client.status("a", &within(Duration::from_secs(1))).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (Kind::Deadline, 2));
    assert_eq!(error.message.as_deref(), Some("before that: HTTP 503: busy"));
    let error = client.submit("a", KEY, &within(Duration::from_millis(200))).await.unwrap_err();
    assert_eq!((error.kind, error.delivery), (Kind::Deadline, Delivery::Unknown));
}

#[tokio::test]
async fn the_stop_token_ends_a_read_at_once_and_a_submission_when_its_grace_is_over() {
    for (submits, grace) in [(false, 0), (true, 3)] {
        let server = Server::new([Reply::Hang]).await;
        let client = Client::new(settings(server.url("/"))).unwrap();
        let limits = limits();
        let request = async {
            match submits {
                true => client.submit("a", KEY, &limits).await.unwrap_err(),
                false => client.status("a", &limits).await.unwrap_err(),
            }
        };
        let (error, stopped) = tokio::join!(request, async {
            server.arrived(1).await;
            // No packet is awaited any more, so the clock may jump.
            tokio::time::pause();
            limits.stop.cancel();
            Instant::now()
        });
        assert_eq!((error.kind, error.delivery), (Kind::Interrupted, Delivery::Unknown));
        assert_eq!(stopped.elapsed().as_secs(), grace);
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_submission_in_flight_may_finish_within_its_grace() {
    let gate = Arc::new(Notify::new());
    let server = Server::new([Reply::When(Arc::clone(&gate), raw(201, "", RUNNING))]).await;
    let backoff = Backoff { grace: Duration::from_secs(300), ..BACKOFF };
    let client = Client::with_backoff(settings(server.url("/")), backoff).unwrap();
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
async fn nothing_is_sent_after_the_end() {
    let stopped = limits();
    stopped.stop.cancel();
    let server = Server::new([]).await;
    for (limits, kind) in [(stopped, Kind::Interrupted), (within(Duration::ZERO), Kind::Deadline)] {
        let error = client(&server).submit("a", KEY, &limits).await.unwrap_err();
        assert_eq!((error.kind, error.delivery, error.attempts), (kind, Delivery::NeverSent, 0));
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_stop_between_two_attempts_leaves_a_submission_refused() {
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
    assert_eq!((error.kind, error.delivery), (Kind::Interrupted, Delivery::Refused));
    assert_eq!(error.message.as_deref(), Some("before that: HTTP 429"));
}

#[tokio::test]
async fn the_stop_token_ends_a_pause_at_once() {
    let server = Server::new([reply_with(503, "retry-after: 300\r\n", "busy")]).await;
    let client = client(&server);
    let limits = limits();
    // The pause is 300 s long: an end is an end by the stop token.
    let (result, ()) = tokio::join!(client.status("a", &limits), async {
        server.arrived(1).await;
        tokio::task::yield_now().await;
        limits.stop.cancel();
    });
    assert_eq!(result.unwrap_err().kind, Kind::Interrupted);
}

#[tokio::test]
async fn who_waits_for_anothers_token_ends_by_its_own_limits_and_outlives_the_others() {
    let server = Server::with_ims([reply(200, RUNNING)], [Reply::Hang, token("t", 86399)]).await;
    let client = oauth_client(&server);
    let (fetching, waiting, patient) = (limits(), limits(), limits());
    let (first, second, third, ()) = tokio::join!(
        client.status("a", &fetching),
        async {
            let result = client.status("b", &waiting).await;
            fetching.stop.cancel();
            result
        },
        client.status("c", &patient),
        async {
            server.arrived(1).await;
            waiting.stop.cancel();
        }
    );
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!((error.kind, error.at_ims), (Kind::Interrupted, true));
    }
    third.unwrap();
}

#[tokio::test]
async fn a_repetition_waits() {
    let server = Server::new([reply(503, "busy"), reply(200, RUNNING)]).await;
    let wait = Duration::from_millis(300);
    let backoff = Backoff { first: wait, longest: wait, ..BACKOFF };
    let client = Client::with_backoff(settings(server.url("/")), backoff).unwrap();
    let began = std::time::Instant::now();
    client.status("a", &limits()).await.unwrap();
    // Jitter takes off half at most.
    assert!(began.elapsed() >= wait / 2);
}
