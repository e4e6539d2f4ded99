//! One token for all, fetched when it is needed and no sooner.

use std::sync::Arc;

use tokio::sync::Notify;

use super::server::{Reply, Server, raw, reply, token};
use super::{KEY, Kind, RUNNING, limits, oauth_client};
use crate::api::Delivery;

fn running(number: usize) -> impl Iterator<Item = Reply> {
    std::iter::repeat_with(|| reply(200, RUNNING)).take(number)
}

fn sent(server: &Server) -> Vec<String> {
    server.calls().iter().map(|seen| seen.header("authorization").concat()).collect()
}

#[tokio::test]
async fn one_token_for_all_clones() {
    let server = Server::with_ims(running(9), [token("one", 86399)]).await;
    let client = oauth_client(&server);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.status("a", &limits()).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    client.status("a", &limits()).await.unwrap();
    assert_eq!((server.token_requests().len(), server.calls().len()), (1, 9));
}

#[tokio::test]
async fn a_token_at_its_end_is_renewed_before_the_request() {
    let server = Server::with_ims(running(2), [token("first", 0), token("second", 86399)]).await;
    let client = oauth_client(&server);
    client.status("a", &limits()).await.unwrap();
    client.status("a", &limits()).await.unwrap();
    assert_eq!(sent(&server), ["Bearer first", "Bearer second"]);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_by_a_submission_too() {
    let api = [reply(401, ""), reply(201, RUNNING)];
    let server = Server::with_ims(api, [token("old", 86399), token("new", 86399)]).await;
    oauth_client(&server).submit("a", KEY, &limits()).await.unwrap();
    assert_eq!(sent(&server), ["Bearer old", "Bearer new"]);

    let refusals = [reply(401, ""), reply(401, "")];
    let server = Server::with_ims(refusals, [token("old", 86399), token("new", 86399)]).await;
    let error = oauth_client(&server).submit("a", KEY, &limits()).await.unwrap_err();
    assert_eq!((error.kind, error.delivery), (Kind::Unauthorized, Delivery::Refused));
    assert!(error.fetched_token);
    assert_eq!((server.calls().len(), server.token_requests().len()), (2, 2));

    // What may have been taken at IMS is a token.
    let server = Server::with_ims([reply(401, "")], [token("old", 86399), Reply::Reset]).await;
    let error = oauth_client(&server).submit("a", KEY, &limits()).await.unwrap_err();
    assert_eq!((error.at_ims, error.delivery), (true, Delivery::Refused));
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn two_requests_refused_with_one_token_renew_it_once() {
    let gate = Arc::new(Notify::new());
    let refused = || Reply::When(Arc::clone(&gate), raw(401, "", ""));
    let replies =
        [reply(200, RUNNING), refused(), refused(), reply(200, RUNNING), reply(200, RUNNING)];
    // IMS may respond with the same token again: it is a new one nevertheless.
    let server = Server::with_ims(replies, [token("same", 86399), token("same", 86399)]).await;
    let client = oauth_client(&server);
    client.status("a", &limits()).await.unwrap();
    let (limits_a, limits_b) = (limits(), limits());
    let (one, two, ()) =
        tokio::join!(client.status("a", &limits_a), client.status("b", &limits_b), async {
            // A token, the first request, and both of these.
            server.arrived(4).await;
            gate.notify_one();
            gate.notify_one();
            gate.notify_waiters();
        });
    one.unwrap();
    two.unwrap();
    assert_eq!((server.token_requests().len(), server.calls().len()), (2, 5));
}

#[tokio::test]
async fn who_waited_for_a_refusal_shares_it() {
    let gate = Arc::new(Notify::new());
    let refusal = raw(400, "", r#"{"error":"invalid_client"}"#);
    let server =
        Server::with_ims(running(1), [Reply::When(Arc::clone(&gate), refusal), token("t", 86399)])
            .await;
    let client = oauth_client(&server);
    let limits = limits();
    let (one, two, three, ()) = tokio::join!(
        client.status("a", &limits),
        client.status("b", &limits),
        client.status("c", &limits),
        async {
            server.arrived(1).await;
            gate.notify_one();
        }
    );
    for result in [one, two, three] {
        assert_eq!(result.unwrap_err().kind, Kind::Token);
    }
    assert_eq!(server.token_requests().len(), 1);
    // Who comes later asks for itself.
    client.status("d", &limits).await.unwrap();
    assert_eq!(server.token_requests().len(), 2);
}
