//! The table of what can come back: what it is taken for, what is known of a submission, and how
//! often a request is sent.

use std::time::Duration;

use tokio::net::TcpSocket;
use url::Url;

use super::server::{Reply, Server, coded, cut, reply, reply_with, token};
use super::{CLIENT_SECRET, Client, KEY, Kind, RUNNING, Settings, client, client_of, limits};
use super::{oauth, oauth_client, settings};
use crate::api::Delivery::{self, NeverSent, Refused, Unknown};
use crate::api::body::tests::gzip;

const SERVICE_404: &str =
    r#"{"type":"t","title":"Not found","status":404,"detail":"no such configuration"}"#;
const GATEWAY_404: &str = r#"{"error_code":"404000","message":"no such route"}"#;
const GATEWAY_503: &str = r#"{"error_code":503010,"message":"Failed to validate the token"}"#;
const ELSEWHERE: &str = "location: https://elsewhere.example/x?token=1\r\n";
const BROTLI: &str = "content-encoding: br\r\n";
const GZIP: &str = "content-encoding: gzip\r\n";
/// Brotli's own sample of an empty stream, and some bytes more.
const BINARY: &[u8] = b"\x0b\x02\x80\x00{\"id\":\x03";

/// What happens, what a read makes of it and how often it is sent, the same of a submission with
/// what is known of it, and what a request for a token makes of it, which is sent as often as a
/// read.
type Row = (&'static str, Event, (Kind, u32), (Kind, Delivery, u32), Kind);

enum Event {
    Reply(fn() -> Reply),
    /// The port is bound, and nobody listens.
    Nobody,
    /// No label may be that long: resolvers refuse it without asking anybody.
    NoSuchHost,
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use Event::{NoSuchHost, Nobody, Reply as On};
    use Kind::*;
    vec![
        ("nobody listens", Nobody, (Connect, 2), (Connect, NeverSent, 2), Connect),
        ("the name does not resolve", NoSuchHost, (Unresolved, 2), (Unresolved, NeverSent, 2), Unresolved),
        ("no response in time", On(|| Reply::Hang), (Timeout, 2), (Timeout, Unknown, 1), Timeout),
        ("a reset", On(|| Reply::Reset), (ConnectionLost, 2), (ConnectionLost, Unknown, 1), ConnectionLost),
        ("a cut head", On(|| Reply::Cut("HTTP/1.1 20".into())), (ConnectionLost, 2), (ConnectionLost, Unknown, 1), ConnectionLost),
        ("a cut body", On(|| cut(200)), (ConnectionLost, 2), (ConnectionLost, Unknown, 1), ConnectionLost),
        ("a cut 400", On(|| cut(400)), (ConnectionLost, 2), (BadRequest, Refused, 1), ConnectionLost),
        ("a cut 503", On(|| cut(503)), (ConnectionLost, 2), (Unavailable, Unknown, 1), ConnectionLost),
        ("204", On(|| reply(204, "")), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("an empty success", On(|| reply(200, "")), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("null", On(|| reply(200, "null")), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("an empty object", On(|| reply(201, "{}")), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("a text", On(|| reply(200, "accepted")), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("a log-in page", On(|| reply(200, "<html><title>Log in</title>")), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("no id", On(|| reply(200, r#"{"status":"CREATED"}"#)), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("no status", On(|| reply(200, r#"{"id":"1"}"#)), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("a coding nobody asked for", On(|| coded(201, BROTLI, BINARY)), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("bytes", On(|| coded(201, "", BINARY)), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("without end", On(|| reply(200, &"x".repeat(2 << 20))), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("a bomb", On(|| coded(200, GZIP, &gzip(&vec![b' '; 3 << 20]))), (Malformed, 1), (Malformed, Unknown, 1), Malformed),
        ("301", On(|| reply_with(301, ELSEWHERE, "")), (Redirect, 1), (Redirect, Unknown, 1), Redirect),
        ("302: used like 303", On(|| reply_with(302, ELSEWHERE, "")), (Redirect, 1), (Redirect, Unknown, 1), Redirect),
        ("303: after the work", On(|| reply_with(303, ELSEWHERE, "")), (Redirect, 1), (Redirect, Unknown, 1), Redirect),
        ("307: not here", On(|| reply_with(307, ELSEWHERE, "")), (Redirect, 1), (Redirect, Refused, 1), Redirect),
        ("308: never here", On(|| reply_with(308, ELSEWHERE, "")), (Redirect, 1), (Redirect, Refused, 1), Redirect),
        ("400", On(|| reply(400, r#"{"title":"Bad"}"#)), (BadRequest, 1), (BadRequest, Refused, 1), Token),
        ("400 in a coding", On(|| coded(400, BROTLI, BINARY)), (BadRequest, 1), (BadRequest, Refused, 1), Token),
        ("401 for a given token", On(|| reply(401, "")), (Unauthorized, 1), (Unauthorized, Refused, 1), Token),
        ("403", On(|| reply(403, "")), (Forbidden, 1), (Forbidden, Refused, 1), Token),
        ("404 of a service", On(|| reply(404, SERVICE_404)), (NoSuchConfiguration, 1), (NotFound, Refused, 1), Token),
        ("404, an empty object", On(|| reply(404, "{}")), (NoSuchConfiguration, 1), (NotFound, Refused, 1), Token),
        ("404, compressed", On(|| coded(404, GZIP, &gzip(b"{}"))), (NoSuchConfiguration, 1), (NotFound, Refused, 1), Token),
        ("404 of the gateway", On(|| reply(404, GATEWAY_404)), (NotFound, 1), (NotFound, Refused, 1), Token),
        ("404 of a proxy", On(|| reply(404, "<html><title>404</title>")), (NotFound, 1), (NotFound, Refused, 1), Token),
        ("404, empty", On(|| reply(404, "")), (NotFound, 1), (NotFound, Refused, 1), Token),
        ("404, an array", On(|| reply(404, "[]")), (NotFound, 1), (NotFound, Refused, 1), Token),
        ("404 in a coding", On(|| coded(404, BROTLI, b"{}")), (NotFound, 1), (NotFound, Refused, 1), Token),
        ("408", On(|| reply(408, "")), (Timeout, 2), (Timeout, Unknown, 1), Timeout),
        ("409", On(|| reply(409, r#"{"title":"Exists"}"#)), (Conflict, 1), (Conflict, Refused, 1), Token),
        ("410", On(|| reply(410, SERVICE_404)), (Other, 1), (Other, Refused, 1), Token),
        ("413", On(|| reply(413, "")), (Other, 1), (Other, Refused, 1), Token),
        ("422", On(|| reply(422, "{}")), (BadRequest, 1), (BadRequest, Refused, 1), Token),
        ("429", On(|| reply(429, "")), (Throttled, 2), (Throttled, Refused, 2), Throttled),
        ("429 for a while", On(|| reply_with(429, "retry-after: 0\r\n", "")), (Throttled, 2), (Throttled, Refused, 2), Throttled),
        ("429 for too long", On(|| reply_with(429, "Retry-After: 1000\r\n", "")), (Throttled, 1), (Throttled, Refused, 1), Throttled),
        ("500", On(|| reply(500, "oops")), (Unavailable, 2), (Unavailable, Unknown, 1), Unavailable),
        ("500 of the gateway", On(|| reply(500, GATEWAY_503)), (Unavailable, 2), (Unavailable, Unknown, 1), Unavailable),
        ("500 in bytes", On(|| coded(500, "", BINARY)), (Unavailable, 2), (Unavailable, Unknown, 1), Unavailable),
        ("501", On(|| reply(501, "")), (Unavailable, 1), (Unavailable, Unknown, 1), Unavailable),
        ("502", On(|| reply(502, "<html>")), (Unavailable, 2), (Unavailable, Unknown, 1), Unavailable),
        ("503", On(|| reply(503, r#"{"title":"busy"}"#)), (Unavailable, 2), (Unavailable, Unknown, 1), Unavailable),
        ("503 of the gateway", On(|| reply(503, GATEWAY_503)), (Unavailable, 2), (Unavailable, Refused, 2), Unavailable),
        ("504", On(|| reply(504, "")), (Unavailable, 2), (Unavailable, Unknown, 1), Unavailable),
        ("504 of the gateway", On(|| reply(504, GATEWAY_503)), (Unavailable, 2), (Unavailable, Unknown, 1), Unavailable),
        ("520", On(|| reply(520, "")), (Unavailable, 1), (Unavailable, Unknown, 1), Unavailable),
    ]
}

#[tokio::test]
async fn a_response_is_taken_for_what_it_is_and_asked_for_again_where_that_is_safe() {
    let unheard = TcpSocket::new_v4().unwrap();
    unheard.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = Url::parse(&format!("http://{}", unheard.local_addr().unwrap())).unwrap();
    let no_such_host = Url::parse(&format!("http://{}.example", "x".repeat(64))).unwrap();
    for (case, event, read, submit, of_token) in rows() {
        for request in ["read", "submit", "token"] {
            let replies = || match event {
                Event::Reply(reply) => vec![reply(), reply(), reply()],
                Event::Nobody | Event::NoSuchHost => vec![],
            };
            let (api, ims) =
                if request == "token" { (vec![], replies()) } else { (replies(), vec![]) };
            let is_silent = api.iter().chain(&ims).any(|reply| matches!(reply, Reply::Hang));
            let server = Server::with_ims(api, ims).await;
            let url = match event {
                Event::Reply(_) => server.url("/"),
                Event::Nobody => nobody.clone(),
                Event::NoSuchHost => no_such_host.clone(),
            };
            let mut settings = Settings { max_retries: 1, ..settings(url.clone()) };
            if request == "token" {
                settings.credentials = oauth(url);
            }
            if is_silent {
                settings.request_timeout = Duration::from_millis(200);
            }
            let client = client_of(settings);
            let error = match request {
                "submit" => client.submit("a", KEY, &limits()).await.unwrap_err(),
                _ => client.status("a", &limits()).await.unwrap_err(),
            };
            let got = (error.kind, error.delivery, error.attempts);
            let expected = match request {
                "read" => (read.0, error.delivery, read.1),
                "submit" => submit,
                // What was asked for with the token never left.
                _ => (of_token, NeverSent, read.1),
            };
            assert_eq!(got, expected, "{case}, {request}: {error}");
            assert_eq!(error.at_ims, request == "token", "{case}, {request}");
            let seen = server.seen().len();
            let sent =
                if error.delivery == NeverSent && request != "token" { 0 } else { error.attempts };
            if matches!(event, Event::Reply(_)) {
                assert_eq!(seen, usize::try_from(sent).unwrap(), "{case}, {request}");
            }
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("sentinel") && !shown.contains('\0'), "{case}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_look_up_is_laxer_than_a_read() {
    for (case, status, body, expected) in [
        ("found", 200, RUNNING, Ok(true)),
        ("a service's 404", 404, SERVICE_404, Ok(false)),
        ("the gateway's 404", 404, GATEWAY_404, Ok(false)),
        ("a proxy's 404", 404, "<html>", Ok(false)),
        ("an empty 404", 404, "", Ok(false)),
        ("a 204", 204, "", Ok(false)),
        ("an empty success", 200, " \r\n", Ok(false)),
        ("a null success", 200, "null", Ok(false)),
        ("an empty object", 200, "{}", Ok(false)),
        ("an empty array", 200, "[]", Ok(false)),
        ("a service's 400", 400, r#"{"title":"unknown name"}"#, Ok(false)),
        ("the gateway's 400", 400, r#"{"error_code":"400003"}"#, Err(Kind::BadRequest)),
        ("a proxy's 400", 400, "<html>", Err(Kind::BadRequest)),
        ("an empty 400", 400, "", Err(Kind::BadRequest)),
        ("a service's 422", 422, r#"{"title":"t"}"#, Err(Kind::BadRequest)),
        ("a success that makes no sense", 200, r#"{"id":"1"}"#, Err(Kind::Malformed)),
        ("a 403", 403, "", Err(Kind::Forbidden)),
    ] {
        let server = Server::new([reply(status, body)]).await;
        let found = client(&server).look_up("a", &limits()).await;
        assert_eq!(found.map(|it| it.is_some()).map_err(|error| error.kind), expected, "{case}");
    }
    let server = Server::new([reply(404, SERVICE_404)]).await;
    let error = client(&server).app_registration(&limits()).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotFound, "an app registration is no configuration");
}

#[tokio::test]
async fn what_passes_is_sent_again_until_it_is_through() {
    let api = [
        Reply::Reset,
        cut(200),
        reply(500, "oops"),
        reply_with(429, "retry-after: 0\r\n", ""),
        reply(503, GATEWAY_503),
        coded(200, GZIP, &gzip(RUNNING.as_bytes())),
        reply(429, ""),
        reply(503, GATEWAY_503),
        coded(201, GZIP, &gzip(RUNNING.as_bytes())),
    ];
    let fetched = br#"{"access_token":"fetched","expires_in":86399}"#;
    let ims = [reply(500, ""), Reply::Reset, cut(200), coded(200, GZIP, &gzip(fetched))];
    let server = Server::with_ims(api, ims).await;
    let client = oauth_client(&server);
    assert_eq!(client.status("a", &limits()).await.unwrap().id, "1");
    assert_eq!((server.token_requests().len(), server.calls().len()), (4, 6));
    assert_eq!(client.submit("a", KEY, &limits()).await.unwrap().id, "1");
    let calls = server.calls();
    assert_eq!(calls.len(), 9);
    assert!(calls[7..].iter().all(|sent| sent.body == calls[6].body));
}

#[tokio::test]
async fn the_last_error_is_shown_with_all_that_is_known() {
    let last = reply_with(503, "x-request-id: req-7\r\n", GATEWAY_503);
    let server = Server::new([reply(500, ""), Reply::Reset, last]).await;
    let settings = Settings { max_retries: 2, ..settings(server.url("/")) };
    let error = client_of(settings).status("a", &limits()).await.unwrap_err();
    let url = server.url("/data/infrastructure/manager/customer/config/a?configType=BYOK_CONFIG");
    assert_eq!(
        error.to_string(),
        format!(
            "GET {url}: HTTP 503, error_code 503010: Failed to validate the token (x-request-id: req-7), after 3 attempts"
        )
    );
    let redirected = reply_with(302, ELSEWHERE, "<html><title>Moved</title>");
    let coding = coded(400, BROTLI, BINARY);
    for (reply, message) in [
        (redirected, "it points to https://elsewhere.example"),
        (coding, "it is encoded as `br`, which was not asked for (Accept-Encoding: gzip, deflate)"),
        (coded(400, "", BINARY), "11 bytes that are not text"),
        (reply(200, &"x".repeat(2 << 20)), "it is longer than 1048576 bytes"),
        (reply(200, r#"{"error":"no"}"#), "`id` is missing in it: no"),
    ] {
        let server = Server::new([reply]).await;
        let error = client(&server).status("a", &limits()).await.unwrap_err();
        assert_eq!(error.message.as_deref(), Some(message));
    }
}

#[tokio::test]
async fn ims_is_shown_with_its_message_alone() {
    let refusal = format!(
        r#"{{"error":"invalid_client","error_description":"invalid client_secret {CLIENT_SECRET} in client_secret=sentinel+client%2Fsecret","token":"sentinel-x"}}"#
    );
    const SAID: &str =
        "invalid_client: invalid client_secret [redacted] in client_secret=[redacted]";
    const NONE: &str = "the response has no access_token";
    for (status, body, kind, message) in [
        (200, refusal.as_str(), Kind::Token, SAID),
        (200, "", Kind::Malformed, NONE),
        (200, "<html>", Kind::Malformed, NONE),
        (200, r#"{"accessToken":"sentinel"}"#, Kind::Malformed, NONE),
        (200, r#"{"access_token":"","sentinel":1}"#, Kind::Malformed, NONE),
        (200, r#"{"access_token":["sentinel"]}"#, Kind::Malformed, NONE),
        (200, r#"{"access_token":"sentinel\n"}"#, Kind::Malformed, NONE),
    ] {
        let server = Server::with_ims([], [reply(status, body)]).await;
        let error = oauth_client(&server).status("a", &limits()).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_deref()), (kind, Some(message)), "{body}");
        assert!(!format!("{error} {error:?}").contains("sentinel"), "{error:?}");
        assert_eq!(server.seen().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_secret_in_a_response_is_not_shown() {
    let echo = r#"{"error_code":"token-two","message":"Oauth token is not valid: token-two"}"#;
    let api = [reply(401, ""), reply_with(401, "x-request-id: token-two\r\n", echo)];
    let server =
        Server::with_ims(api, [token("token-one", 86399), token("token-two", 86399)]).await;
    let error = oauth_client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!((error.kind, error.attempts, error.at_ims), (Kind::Unauthorized, 2, false));
    assert_eq!(error.message.as_deref(), Some("Oauth token is not valid: [redacted]"));
    assert!(!format!("{error} {error:?}").contains("token-two"), "{error:?}");
}

#[tokio::test]
async fn a_retry_after_date_is_measured_by_the_servers_clock() {
    let an_hour =
        "date: Tue, 15 Nov 1994 08:12:31 GMT\r\nretry-after: Tue, 15 Nov 1994 09:12:31 GMT\r\n";
    // Past by our clock and by its own: nothing is waited for, and nothing is hammered.
    let past =
        "date: Tue, 15 Nov 1994 08:12:31 GMT\r\nretry-after: Tue, 15 Nov 1994 07:12:31 GMT\r\n";
    let server =
        Server::new([reply_with(503, an_hour, ""), reply_with(503, past, ""), reply(200, RUNNING)])
            .await;
    let client: Client = client(&server);
    let error = client.status("a", &limits()).await.unwrap_err();
    assert_eq!((error.retry_after, error.attempts), (Some(Duration::from_secs(3600)), 1));
    assert_eq!(client.status("a", &limits()).await.unwrap().retry_after, None);
    assert_eq!(server.seen().len(), 3);
}
