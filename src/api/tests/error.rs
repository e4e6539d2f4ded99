use url::Url;

use super::{Error, Kind, Report};
use crate::api::Delivery;
use crate::api::retry::{Again, Call, Outcome};

fn report() -> Report {
    Report::of_request(
        Call::Read,
        &Url::parse("https://h/config/a?configType=BYOK_CONFIG").unwrap(),
        1,
    )
}

#[test]
fn one_technical_line() {
    let mut full = report();
    full.status = Some(503);
    full.error_code = Some("503010".into());
    full.words = Some("Failed to validate the token".into());
    full.request_id = Some("abc".into());
    full.attempts = 3;
    let outcome = Outcome::Answered { status: 503, gateway_code: true };
    assert_eq!(
        full.into_error(Kind::Unavailable, outcome).to_string(),
        "GET https://h/config/a?configType=BYOK_CONFIG: HTTP 503, error_code 503010: Failed to validate the token \
         (x-request-id: abc), after 3 attempts"
    );
    let mut refused = report();
    refused.words = Some("tcp connect error".into());
    assert_eq!(
        refused.into_error(Kind::Connect, Outcome::NeverSent { again: Again::Often }).to_string(),
        "GET https://h/config/a?configType=BYOK_CONFIG: no connection: tcp connect error"
    );
    assert_eq!(Error::setup("ca_cert_file: gone".into()).to_string(), "ca_cert_file: gone");
}

#[test]
fn an_end_by_the_clock_says_what_happened_before() {
    let mut throttled = report();
    throttled.status = Some(429);
    let throttled = throttled
        .into_error(Kind::Throttled, Outcome::Answered { status: 429, gateway_code: false });
    let mut late = report();
    late.attempts = 2;
    let late = late.into_error(Kind::Deadline, Outcome::Ended { sent: false });
    let late = late.unsent(Some(&throttled)).after(Some(&throttled));
    assert_eq!(
        late.to_string(),
        "GET https://h/config/a?configType=BYOK_CONFIG: the time for the operation is over: before that: HTTP 429, after 2 attempts"
    );
    assert_eq!(late.delivery(), Delivery::Refused);
}

#[test]
fn a_setup_error_was_never_sent_and_does_not_pass() {
    let error = Error::setup("org_id: bad".into());
    assert_eq!(
        (error.kind(), error.delivery(), error.attempts()),
        (Kind::Setup, Delivery::NeverSent, 0)
    );
    assert!(
        !error.is_transient()
            && !error.is_token()
            && error.url().is_none()
            && error.method().is_none()
    );
}

#[test]
fn kinds_of_statuses() {
    for (call, status, expected) in [
        (Call::Read, 400, Kind::BadRequest),
        (Call::Read, 401, Kind::Unauthorized),
        (Call::Read, 403, Kind::Forbidden),
        (Call::Read, 404, Kind::NotFound),
        (Call::Read, 408, Kind::Timeout),
        (Call::Submit, 409, Kind::Conflict),
        (Call::Submit, 410, Kind::Other),
        (Call::Submit, 422, Kind::BadRequest),
        (Call::Read, 429, Kind::Throttled),
        (Call::Read, 302, Kind::Redirect),
        (Call::Read, 503, Kind::Unavailable),
        (Call::Read, 599, Kind::Unavailable),
        (Call::Mint, 400, Kind::Token),
        (Call::Mint, 401, Kind::Token),
        (Call::Mint, 404, Kind::Token),
        (Call::Mint, 429, Kind::Throttled),
        (Call::Mint, 500, Kind::Unavailable),
        (Call::Mint, 302, Kind::Redirect),
    ] {
        assert_eq!(Kind::of_status(call, status), expected, "{call:?} {status}");
    }
}
