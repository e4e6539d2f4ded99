use url::Url;

use super::{Call, Delivery, Error, Failure, Kind, Shape};

const URL: &str = "https://h/config/a?configType=BYOK_CONFIG";

fn failure() -> Failure {
    Failure::of_request(Call::Read, &Url::parse(URL).unwrap(), 1)
}

#[test]
fn one_technical_line() {
    let mut full = failure();
    full.status = Some(503);
    full.error_code = Some("503010".into());
    full.message = Some("Failed to validate the token".into());
    full.request_id = Some("abc".into());
    full.attempts = 3;
    let mut proxied = failure();
    proxied.message = Some("tcp connect error".into());
    proxied.proxy = Some("http://p (HTTPS_PROXY)".into());
    let mut page = failure();
    page.status = Some(404);
    page.message = Some("404 - Not Found".into());
    let mut bare = page.clone();
    bare.message = Some("404".into());
    for (failure, kind, expected) in [
        (
            full,
            Kind::Unavailable,
            "HTTP 503, error_code 503010: Failed to validate the token (x-request-id: abc), after 3 attempts",
        ),
        (
            proxied,
            Kind::Connect,
            "no connection through the proxy http://p (HTTPS_PROXY): tcp connect error",
        ),
        (page, Kind::NotFound, "HTTP 404: Not Found"),
        (bare, Kind::NotFound, "HTTP 404"),
    ] {
        let error = failure.into_error(kind, Delivery::Unknown);
        assert_eq!(error.to_string(), format!("GET {URL}: {expected}"));
    }
    assert_eq!(Error::setup("ca_cert_file: gone".into()).to_string(), "ca_cert_file: gone");
}

#[test]
fn a_kind_is_said_where_the_status_does_not_say_it() {
    for (kind, status, expected) in [
        (Kind::Timeout, None, "no response within the request timeout"),
        (Kind::Timeout, Some(408), "HTTP 408"),
        (Kind::Token, None, "no token"),
        (Kind::Token, Some(400), "HTTP 400"),
        (Kind::Other, None, "the request failed"),
        (Kind::Other, Some(418), "HTTP 418"),
        (Kind::Redirect, Some(302), "HTTP 302, a redirect, not followed"),
        (Kind::Malformed, Some(200), "HTTP 200, unexpected response"),
        (Kind::ConnectionLost, None, "the connection broke before the response was complete"),
        (Kind::Unresolved, None, "the host name does not resolve"),
    ] {
        let error = Failure { status, ..failure() }.into_error(kind, Delivery::Unknown);
        assert_eq!(error.to_string(), format!("GET {URL}: {expected}"));
    }
}

#[test]
fn what_a_response_says_of_itself_is_told_from_what_we_say() {
    let of = |message: &str, shape| {
        let message = Some(message.to_owned());
        let failure = Failure { status: Some(404), message, shape, ..failure() };
        failure.into_error(Kind::NotFound, Delivery::Refused).has_message()
    };
    assert!(of("gone", Shape::Object));
    assert!(!of("404", Shape::Text), "a repetition of its status");
    assert!(!of("9 bytes that are not text", Shape::Unreadable));
    let error = |url: &str| {
        let failure = Failure::of_request(Call::Read, &Url::parse(url).unwrap(), 1);
        failure.into_error(Kind::NotFound, Delivery::Refused)
    };
    let api = "https://h/data/infrastructure/manager";
    assert!(error(&format!("{api}/customer/config/a")).is_of_configuration());
    assert!(!error(&format!("{api}/customer/config")).is_of_configuration());
    assert!(!error(&format!("{api}/byok/app-registration")).is_of_configuration());
}

#[test]
fn an_end_by_the_clock_says_what_happened_before() {
    let mut throttled = failure();
    throttled.status = Some(429);
    let throttled = throttled.into_error(Kind::Throttled, Delivery::Refused);
    let mut late = failure();
    late.attempts = 2;
    let late = late.into_error(Kind::Deadline, Delivery::NeverSent).after(Some(&throttled));
    let said = "the time for the operation is over: before that: HTTP 429, after 2 attempts";
    assert_eq!(late.to_string(), format!("GET {URL}: {said}"));
    assert_eq!(late.delivery, Delivery::Refused);
    let stopped = throttled.interrupted().to_string();
    assert_eq!(stopped, format!("GET {URL}: interrupted: before that: HTTP 429"));
    let sent = failure().into_error(Kind::ConnectionLost, Delivery::Unknown);
    assert_eq!(sent.after(Some(&throttled)).delivery, Delivery::Unknown);
}
