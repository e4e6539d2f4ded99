use std::time::Duration;

use tokio::time::Instant;

use super::super::{Client, Delivery, Kind, Settings, Status};
use super::server::{Reply, Server, answer, answer_with, cut};
use super::{BACKOFF, RUNNING, TOKEN, client, limits, settings};

const APP: &str = r#"{"id":"byok","name":"n","applicationUri":"u","applicationId":"a","applicationRedirectUrl":"https://l/common/x?redirect_uri=https://adobe.com/n&scope=user.read"}"#;
const SERVICE_404: &str =
    r#"{"type":"t","title":"Not found","status":404,"detail":"no such configuration"}"#;
const GATEWAY_404: &str = r#"{"error_code":"404000","message":"no such route"}"#;

#[tokio::test]
async fn a_read_goes_out_to_the_letter() {
    let server = Server::new([answer(200, APP), answer(200, RUNNING)]).await;
    let client = client(&server);
    let app = client.app_registration(&limits()).await.unwrap();
    assert_eq!(
        app.application_redirect_url,
        "https://l/common/x?redirect_uri=https://adobe.com/n&scope=user.read"
    );
    let found = client.status("My config/ü", &limits()).await.unwrap();
    assert_eq!(found.status, Status::from("RUNNING"));

    let [app, status] = &server.seen()[..] else { panic!("two requests") };
    assert_eq!(app.line, "GET /data/infrastructure/manager/byok/app-registration HTTP/1.1");
    assert_eq!(
        status.line,
        "GET /data/infrastructure/manager/customer/config/My%20config%2F%C3%BC?configType=BYOK_CONFIG HTTP/1.1"
    );
    for seen in [app, status] {
        let mut names: Vec<_> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "accept",
                "accept-encoding",
                "authorization",
                "host",
                "user-agent",
                "x-api-key",
                "x-gw-ims-org-id"
            ]
        );
        assert_eq!(seen.header("accept"), ["application/json"]);
        assert_eq!(seen.header("authorization"), [format!("Bearer {TOKEN}")]);
        assert_eq!(seen.header("user-agent"), ["terraform-provider-aep/test"]);
        assert_eq!(seen.header("x-api-key"), ["acp_provisioning"]);
        assert_eq!(seen.header("x-gw-ims-org-id"), ["ORG@AdobeOrg"]);
        assert_eq!(seen.body, "");
    }
}

#[tokio::test]
async fn a_base_path_is_kept_and_user_info_is_not_sent() {
    let server = Server::new([answer(200, RUNNING)]).await;
    let mut endpoint = server.url("/base/path/");
    endpoint.set_username("user").unwrap();
    endpoint.set_password(Some("pass")).unwrap();
    let settings = Settings { endpoint, ..settings(&server) };
    Client::with_backoff(settings, BACKOFF).unwrap().status("a", &limits()).await.unwrap();
    let seen = &server.seen()[0];
    assert!(seen.line.starts_with("GET /base/path/data/infrastructure/"), "{}", seen.line);
    assert_eq!(seen.header("authorization"), [format!("Bearer {TOKEN}")]);
}

#[tokio::test]
async fn a_read_is_repeated_through_all_that_may_pass() {
    let server = Server::new([
        Reply::Reset,
        cut(200),
        answer(500, "oops"),
        answer_with(429, "retry-after: 0\r\n", ""),
        answer(503, r#"{"error_code":503010,"message":"m"}"#),
        answer(200, RUNNING),
    ])
    .await;
    let found = client(&server).status("a", &limits()).await.unwrap();
    assert_eq!(found.id, "1");
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn retries_end_with_the_apis_own_error() {
    let last = answer_with(
        503,
        "x-request-id: req-7\r\n",
        r#"{"error_code":503010,"message":"Failed to validate the token"}"#,
    );
    let server = Server::new([answer(500, ""), Reply::Reset, last]).await;
    let settings = Settings { max_retries: 2, ..settings(&server) };
    let client = Client::with_backoff(settings, BACKOFF).unwrap();
    let error = client.status("a", &limits()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.http_status(), error.attempts()),
        (Kind::Unavailable, Some(503), 3)
    );
    assert_eq!(error.error_code(), Some("503010"));
    assert_eq!(error.request_id(), Some("req-7"));
    assert_eq!(error.words(), Some("Failed to validate the token"));
    assert_eq!(error.method(), Some("GET"));
    assert!(error.is_transient() && !error.is_token());
    let url = server.url("/data/infrastructure/manager/customer/config/a?configType=BYOK_CONFIG");
    assert_eq!(
        error.to_string(),
        format!(
            "GET {url}: HTTP 503, error_code 503010: Failed to validate the token (x-request-id: req-7), after 3 attempts"
        )
    );
}

#[tokio::test]
async fn a_retry_after_past_the_deadline_ends_it_at_once() {
    let server = Server::new([answer_with(429, "Retry-After: 1000\r\n", "")]).await;
    let error = client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Throttled, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1000)));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_retry_after_date_is_measured_by_the_servers_clock() {
    let headers =
        "date: Tue, 15 Nov 1994 08:12:31 GMT\r\nretry-after: Tue, 15 Nov 1994 09:12:31 GMT\r\n";
    let server = Server::new([answer_with(503, headers, "")]).await;
    let error = client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn gone_is_only_a_services_404() {
    for (case, status, body, expected) in [
        ("a service's 404", 404, SERVICE_404, Kind::NoSuchConfiguration),
        ("an empty object", 404, "{}", Kind::NoSuchConfiguration),
        ("the gateway's 404", 404, GATEWAY_404, Kind::NotFound),
        ("a proxy's 404", 404, "<html><title>404</title></html>", Kind::NotFound),
        ("an empty 404", 404, "", Kind::NotFound),
        ("a 404 that is no object", 404, "[]", Kind::NotFound),
        ("a 410", 410, SERVICE_404, Kind::Other),
        ("a 400", 400, SERVICE_404, Kind::BadRequest),
        ("a 204", 204, "", Kind::Malformed),
        ("an empty success", 200, "", Kind::Malformed),
        ("a null success", 200, "null", Kind::Malformed),
        ("a success without a status", 200, r#"{"id":"1"}"#, Kind::Malformed),
        ("an empty object as a success", 200, "{}", Kind::Malformed),
        ("a log-in page", 200, "<html><title>Log in</title></html>", Kind::Malformed),
        ("a 403", 403, r#"{"error_code":"403025","message":"m"}"#, Kind::Forbidden),
        (
            "a 401 on a given token",
            401,
            r#"{"error_code":"401013","message":"m"}"#,
            Kind::Unauthorized,
        ),
    ] {
        let server = Server::new([answer(status, body)]).await;
        let error = client(&server).status("a", &limits()).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{case}");
        assert_eq!(error.http_status(), Some(status), "{case}");
        assert_eq!(server.seen().len(), 1, "{case}");
    }
    let server = Server::new([answer(404, SERVICE_404)]).await;
    let error = client(&server).app_registration(&limits()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "an app registration is never gone");
}

#[tokio::test]
async fn a_look_up_is_laxer() {
    let free: &[(&str, u16, &str)] = &[
        ("a service's 404", 404, SERVICE_404),
        ("the gateway's 404", 404, GATEWAY_404),
        ("a proxy's 404", 404, "<html>"),
        ("an empty 404", 404, ""),
        ("a 204", 204, ""),
        ("an empty success", 200, " \r\n"),
        ("a null success", 200, "null"),
        ("an empty object", 200, "{}"),
        ("an empty array", 200, "[]"),
        ("a service's 400", 400, r#"{"title":"unknown name"}"#),
    ];
    for (case, status, body) in free {
        let server = Server::new([answer(*status, body)]).await;
        assert_eq!(client(&server).look_up("a", &limits()).await.unwrap(), None, "{case}");
    }
    for (case, status, body, expected) in [
        ("the gateway's 400", 400, r#"{"error_code":"400003","message":"m"}"#, Kind::BadRequest),
        ("a proxy's 400", 400, "<html>", Kind::BadRequest),
        ("an empty 400", 400, "", Kind::BadRequest),
        ("a service's 422", 422, r#"{"title":"t"}"#, Kind::BadRequest),
        ("a success that makes no sense", 200, r#"{"id":"1"}"#, Kind::Malformed),
        ("a 403", 403, "", Kind::Forbidden),
    ] {
        let server = Server::new([answer(status, body)]).await;
        let error = client(&server).look_up("a", &limits()).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{case}");
    }
    let server = Server::new([answer(200, RUNNING)]).await;
    let found = client(&server).look_up("a", &limits()).await.unwrap().unwrap();
    assert_eq!(found.status, Status::from("RUNNING"));
}

#[tokio::test]
async fn a_name_that_addresses_something_else_is_never_sent() {
    let server = Server::new([]).await;
    let client = client(&server);
    for name in ["", ".", ".."] {
        for error in [
            client.status(name, &limits()).await.unwrap_err(),
            client.look_up(name, &limits()).await.unwrap_err(),
            client.submit(name, super::KEY, &limits()).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.delivery()), (Kind::Other, Delivery::NeverSent));
        }
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_redirect_is_named_and_not_followed() {
    let target = "location: https://login.example.com/x?token=1\r\n";
    let server = Server::new([answer_with(302, target, "<html><title>Moved</title></html>")]).await;
    let error = client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Redirect);
    assert_eq!(error.words(), Some("it points to https://login.example.com"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn no_answer_within_the_request_timeout() {
    let server = Server::new([Reply::Hang, answer(200, RUNNING)]).await;
    let settings = Settings { request_timeout: Duration::from_secs(1), ..settings(&server) };
    let client = Client::with_backoff(settings, BACKOFF).unwrap();
    client.status("a", &limits()).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn the_deadline_ends_a_read_and_says_what_happened_before() {
    let server = Server::new([answer(503, "busy"), Reply::Hang]).await;
    let mut limits = limits();
    limits.deadline = Instant::now() + Duration::from_secs(2);
    let error = client(&server).status("a", &limits).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Deadline, 2));
    assert_eq!(error.words(), Some("before that: HTTP 503: busy"));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn the_stop_token_ends_a_read_at_once() {
    let server = Server::new([Reply::Hang]).await;
    let client = client(&server);
    let limits = limits();
    let (result, ()) = tokio::join!(client.status("a", &limits), async {
        server.arrived(1).await;
        limits.stop.cancel();
    });
    assert_eq!(result.unwrap_err().kind(), Kind::Interrupted);

    let error = client.status("a", &limits).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (Kind::Interrupted, 0),
        "nothing is sent any more"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_stop_token_ends_a_wait_at_once() {
    let server = Server::new([answer_with(503, "retry-after: 300\r\n", "busy")]).await;
    let client = client(&server);
    let limits = limits();
    // The wait is 300 s long: an end is an end by the stop token.
    let (result, ()) = tokio::join!(client.status("a", &limits), async {
        server.arrived(1).await;
        tokio::task::yield_now().await;
        limits.stop.cancel();
    });
    assert_eq!(result.unwrap_err().kind(), Kind::Interrupted);
}

#[tokio::test]
async fn a_port_where_nobody_listens() {
    // Bound and not listening: the port is refused, and nobody else can get it.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let server = Server::new([]).await;
    let settings = Settings {
        endpoint: format!("http://{address}").parse().unwrap(),
        max_retries: 2,
        ..settings(&server)
    };
    let client = Client::with_backoff(settings, BACKOFF).unwrap();
    for error in [
        client.status("a", &limits()).await.unwrap_err(),
        client.submit("a", super::KEY, &limits()).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.attempts()), (Kind::Connect, 3), "{error}");
        assert_eq!((error.delivery(), error.http_status()), (Delivery::NeverSent, None));
        assert!(error.words().is_some_and(|words| !words.contains("http://")), "{error}");
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_tried_twice() {
    let server = Server::new([]).await;
    // No label may be that long: resolvers refuse it without asking anybody.
    let endpoint = format!("http://{}.example", "x".repeat(64)).parse().unwrap();
    let settings = Settings { endpoint, ..settings(&server) };
    let client = Client::with_backoff(settings, BACKOFF).unwrap();
    for error in [
        client.status("a", &limits()).await.unwrap_err(),
        client.submit("a", super::KEY, &limits()).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.attempts()), (Kind::Unresolved, 2), "{error}");
        assert!(error.is_transient() && error.delivery() == Delivery::NeverSent);
    }
}

#[tokio::test]
async fn a_body_without_end_is_not_read() {
    let server = Server::new([answer(200, &"x".repeat(2 << 20))]).await;
    let error = client(&server).status("a", &limits()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
}
