use url::Url;

use super::{Call, Delivery, Error, Failure, Kind};

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
    let sent = failure().into_error(Kind::ConnectionLost, Delivery::Unknown);
    assert_eq!(sent.after(Some(&throttled)).delivery, Delivery::Unknown);
}
