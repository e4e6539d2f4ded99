use std::sync::Arc;

use tokio::sync::Notify;

use super::super::{Client, Kind, Settings};
use super::server::{Reply, Server, answer, answer_with, cut, raw, token};
use super::{BACKOFF, CLIENT_SECRET, RUNNING, limits, oauth, oauth_client, settings};

fn running(number: usize) -> impl Iterator<Item = Reply> {
    std::iter::repeat_with(|| answer(200, RUNNING)).take(number)
}

#[tokio::test]
async fn a_token_request_goes_out_to_the_letter() {
    let server = Server::with_ims(running(1), [token("minted", 86399)]).await;
    oauth_client(&server).status("a", &limits()).await.unwrap();
    let mint = &server.mints()[0];
    assert_eq!(mint.line, "POST /ims/token/v3 HTTP/1.1");
    assert_eq!(mint.header("content-type"), ["application/x-www-form-urlencoded"]);
    assert_eq!(mint.header("authorization"), [""; 0]);
    assert_eq!(mint.header("x-gw-ims-org-id"), [""; 0]);
    assert_eq!(
        mint.body,
        "grant_type=client_credentials&client_id=client+id&client_secret=sentinel+client%2Fsecret&scope=openid%2CAdobeID"
    );
    assert_eq!(server.calls()[0].header("authorization"), ["Bearer minted"]);
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
    assert_eq!((server.mints().len(), server.calls().len()), (1, 9));
}

#[tokio::test]
async fn a_token_at_its_end_is_renewed_before_the_call() {
    let server = Server::with_ims(running(2), [token("first", 0), token("second", 86399)]).await;
    let client = oauth_client(&server);
    client.status("a", &limits()).await.unwrap();
    client.status("a", &limits()).await.unwrap();
    let sent: Vec<_> =
        server.calls().iter().map(|seen| seen.header("authorization").concat()).collect();
    assert_eq!(sent, ["Bearer first", "Bearer second"]);
}

#[tokio::test]
async fn two_calls_refused_with_one_token_renew_it_once() {
    let gate = Arc::new(Notify::new());
    let refused = || Reply::When(Arc::clone(&gate), raw(401, "", ""));
    let replies =
        [answer(200, RUNNING), refused(), refused(), answer(200, RUNNING), answer(200, RUNNING)];
    // IMS may answer with the same token again: it is a new one nevertheless.
    let server = Server::with_ims(replies, [token("same", 86399), token("same", 86399)]).await;
    let client = oauth_client(&server);
    client.status("a", &limits()).await.unwrap();
    let (limits_a, limits_b) = (limits(), limits());
    let (one, two, ()) =
        tokio::join!(client.status("a", &limits_a), client.status("b", &limits_b), async {
            // A token, the first call, and both of these.
            server.arrived(4).await;
            gate.notify_one();
            gate.notify_one();
            gate.notify_waiters();
        });
    one.unwrap();
    two.unwrap();
    assert_eq!((server.mints().len(), server.calls().len()), (2, 5));
}

#[tokio::test]
async fn a_renewed_token_that_is_refused_too_is_an_error() {
    let refused = answer(401, r#"{"error_code":"401013","message":"Oauth token is not valid"}"#);
    let again =
        answer(401, r#"{"error_code":"401013","message":"Oauth token is not valid: token-two"}"#);
    let server =
        Server::with_ims([refused, again], [token("token-one", 86399), token("token-two", 86399)])
            .await;
    let error = oauth_client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_token()), (Kind::Unauthorized, 2, false));
    assert_eq!(error.error_code(), Some("401013"));
    assert_eq!(error.words(), Some("Oauth token is not valid: [redacted]"));
}

#[tokio::test]
async fn minting_is_repeated_through_all_that_may_pass() {
    let server = Server::with_ims(
        running(1),
        [
            answer(500, ""),
            Reply::Reset,
            cut(200),
            answer_with(429, "retry-after: 0\r\n", ""),
            token("late", 86399),
        ],
    )
    .await;
    oauth_client(&server).status("a", &limits()).await.unwrap();
    assert_eq!(server.mints().len(), 5);
}

#[tokio::test]
async fn a_refusal_keeps_the_words_of_ims_and_no_secret() {
    let body = format!(
        r#"{{"error":"invalid_client","error_description":"invalid client_secret {CLIENT_SECRET} in client_secret=sentinel+client%2Fsecret"}}"#
    );
    let server = Server::with_ims([], [answer_with(400, "x-request-id: ims-1\r\n", &body)]).await;
    let error = oauth_client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.http_status(), error.is_token()),
        (Kind::Token, Some(400), true)
    );
    assert_eq!(
        error.words(),
        Some("invalid_client: invalid client_secret [redacted] in client_secret=[redacted]")
    );
    assert_eq!(error.request_id(), Some("ims-1"));
    assert!(!format!("{error} {error:?}").contains("sentinel"), "{error:?}");
    assert_eq!(server.mints().len(), 1);
}

#[tokio::test]
async fn an_answer_without_a_token_shows_nothing_of_itself() {
    for body in [
        "",
        "null",
        "<html>",
        r#"{"accessToken":"sentinel"}"#,
        r#"{"access_token":"","sentinel":1}"#,
        r#"{"access_token":["sentinel"]}"#,
        r#"{"access_token":"sentinel\n"}"#,
    ] {
        let server = Server::with_ims([], [answer(200, body)]).await;
        let error = oauth_client(&server).status("a", &limits()).await.unwrap_err();
        assert_eq!((error.kind(), error.http_status()), (Kind::Malformed, Some(200)), "{body}");
        assert!(!format!("{error} {error:?}").contains("sentinel"), "{error:?}");
        assert_eq!(server.mints().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_refusal_with_a_200_is_one_and_shows_its_message_alone() {
    let body = format!(
        r#"{{"error":"invalid_scope","error_description":"not for {CLIENT_SECRET}","token":"sentinel-x"}}"#
    );
    let server = Server::with_ims([], [answer(200, &body)]).await;
    let error = oauth_client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (Kind::Token, Some(200)));
    assert_eq!(error.words(), Some("invalid_scope: not for [redacted]"));
    assert!(!format!("{error} {error:?}").contains("sentinel"), "{error:?}");
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
        assert_eq!(result.unwrap_err().kind(), Kind::Token);
    }
    assert_eq!(server.mints().len(), 1);
    // Who comes later asks for itself.
    client.status("d", &limits).await.unwrap();
    assert_eq!(server.mints().len(), 2);
}

#[tokio::test]
async fn one_callers_interruption_is_not_anothers() {
    let gate = Arc::new(Notify::new());
    let server = Server::with_ims(running(1), [Reply::Hang, token("t", 86399)]).await;
    let client = oauth_client(&server);
    let (stopped, patient) = (limits(), limits());
    let (one, two, ()) =
        tokio::join!(client.status("a", &stopped), client.status("b", &patient), async {
            server.arrived(1).await;
            stopped.stop.cancel();
            gate.notify_one();
        });
    let error = one.unwrap_err();
    assert_eq!((error.kind(), error.is_token()), (Kind::Interrupted, true));
    two.unwrap();
}

#[tokio::test]
async fn a_wait_for_anothers_token_ends_with_the_callers_own_limits() {
    let server = Server::with_ims([], [Reply::Hang]).await;
    let client = oauth_client(&server);
    let (minting, waiting) = (limits(), limits());
    let (one, two, ()) = tokio::join!(
        client.status("a", &minting),
        async {
            let result = client.status("b", &waiting).await;
            minting.stop.cancel();
            result
        },
        async {
            server.arrived(1).await;
            waiting.stop.cancel();
        }
    );
    assert_eq!(two.unwrap_err().kind(), Kind::Interrupted);
    assert_eq!(one.unwrap_err().kind(), Kind::Interrupted);
}

#[tokio::test]
async fn a_base_path_of_ims_is_kept() {
    let server = Server::with_ims(running(1), [token("t", 86399)]).await;
    let mut credentials = oauth(&server);
    if let super::super::Credentials::ClientSecret { ims_endpoint, .. } = &mut credentials {
        *ims_endpoint = server.url("/proxy/");
    }
    let settings = Settings { credentials, ..settings(&server) };
    Client::with_backoff(settings, BACKOFF).unwrap().status("a", &limits()).await.unwrap();
    assert_eq!(server.mints()[0].line, "POST /proxy/ims/token/v3 HTTP/1.1");
}
