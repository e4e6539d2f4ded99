//! The case names are the specification.

use std::time::Duration;

use url::Url;

use super::{Backoff, Decision, Situation, decide};
use crate::api::TlsFault;
use crate::api::error::{Call, Delivery, Error, Failure, Kind};

const FRESH: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(16),
    grace: Duration::ZERO,
};

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    NeverSent(Kind),
    Lost,
    Responded { status: u16, by_gateway: bool },
    Ended { sent: bool },
}

const NEVER_SENT: Outcome = Outcome::NeverSent(Kind::Connect);
const UNRESOLVED: Outcome = Outcome::NeverSent(Kind::Unresolved);
const BAD_CERTIFICATE: Outcome = Outcome::NeverSent(Kind::Tls(TlsFault::UnknownIssuer));

fn responded(status: u16) -> Outcome {
    Outcome::Responded { status, by_gateway: false }
}

fn by_gateway(status: u16) -> Outcome {
    Outcome::Responded { status, by_gateway: true }
}

fn error(call: Call, outcome: Outcome) -> Error {
    let mut failure = Failure::of_request(call, &Url::parse("https://h/").unwrap(), 1);
    match outcome {
        Outcome::NeverSent(kind) => failure.into_error(kind, Delivery::NeverSent),
        Outcome::Lost => failure.into_error(Kind::ConnectionLost, Delivery::Unknown),
        Outcome::Responded { status, by_gateway } => {
            failure.status = Some(status);
            let delivery = Delivery::of_status(status, by_gateway);
            failure.into_error(Kind::of_status(call, status), delivery)
        }
        Outcome::Ended { sent: true } => failure.into_error(Kind::Interrupted, Delivery::Unknown),
        Outcome::Ended { sent: false } => failure.into_error(Kind::Deadline, Delivery::NeverSent),
    }
}

/// A fresh request that failed so.
fn first(error: &Error, call: Call) -> Situation<'_> {
    let left = Duration::from_secs(3600);
    Situation { call, error, retries: 0, max_retries: 5, left, renewable: false }
}

#[test]
fn what_is_repeated() {
    use Call::{Read, Submit, Token};
    let cases = [
        ("a read that never left is repeated", Read, NEVER_SENT, true),
        ("a read over a bad certificate is not", Read, BAD_CERTIFICATE, false),
        ("a read whose response was lost is repeated", Read, Outcome::Lost, true),
        ("a read after 408 is repeated", Read, responded(408), true),
        ("a read after 429 is repeated", Read, responded(429), true),
        ("a read after 500 is repeated", Read, responded(500), true),
        ("a read after 502 is repeated", Read, responded(502), true),
        ("a read after 503 is repeated", Read, responded(503), true),
        ("a read after 504 is repeated", Read, responded(504), true),
        ("a read after 501 is not", Read, responded(501), false),
        ("a read after 400 is not", Read, responded(400), false),
        ("a read after 403 is not", Read, responded(403), false),
        ("a read after 404 is not", Read, responded(404), false),
        ("a read after a redirect is not", Read, responded(302), false),
        ("a read after a malformed success is not", Read, responded(200), false),
        ("a read that was interrupted is not", Read, Outcome::Ended { sent: true }, false),
        ("a submission that never left is repeated", Submit, NEVER_SENT, true),
        ("a submission over a bad certificate is not", Submit, BAD_CERTIFICATE, false),
        ("a submission after 429 is repeated", Submit, responded(429), true),
        ("a submission after the gateway's 503 is repeated", Submit, by_gateway(503), true),
        ("a submission after a service's 503 is not", Submit, responded(503), false),
        ("a submission whose response was lost is not", Submit, Outcome::Lost, false),
        ("a submission after 408 is not", Submit, responded(408), false),
        ("a submission after 500 is not", Submit, responded(500), false),
        ("a submission after the gateway's 500 is not", Submit, by_gateway(500), false),
        ("a submission after 502 is not", Submit, responded(502), false),
        ("a submission after 504 is not", Submit, responded(504), false),
        ("a submission after 400 is not", Submit, by_gateway(400), false),
        ("a submission after 409 is not", Submit, responded(409), false),
        ("a submission after a malformed success is not", Submit, responded(201), false),
        ("a submission that was interrupted is not", Submit, Outcome::Ended { sent: true }, false),
        ("a token request that never left is repeated", Token, NEVER_SENT, true),
        ("a token request whose response was lost is repeated", Token, Outcome::Lost, true),
        ("a token request after 500 is repeated", Token, responded(500), true),
        ("a token request that was refused is not", Token, responded(400), false),
        ("a token request after 401 is not", Token, responded(401), false),
    ];
    for (case, call, outcome, repeated) in cases {
        let decision = decide(&first(&error(call, outcome), call), &FRESH, 0.0);
        let expected = match repeated {
            true => Decision::Retry(Duration::from_millis(500)),
            false => Decision::Stop,
        };
        assert_eq!(decision, expected, "{case}");
    }
}

#[test]
fn a_401_renews_the_token_once() {
    let cases = [
        ("a read with a token that can be renewed", Call::Read, true, Decision::Renew),
        ("a submission with a token that can be renewed", Call::Submit, true, Decision::Renew),
        ("a read with a given or just renewed token", Call::Read, false, Decision::Stop),
        ("a submission with a given or just renewed token", Call::Submit, false, Decision::Stop),
        ("a token request has no token to renew", Call::Token, true, Decision::Stop),
    ];
    for (case, call, renewable, expected) in cases {
        let error = error(call, by_gateway(401));
        let situation = Situation { renewable, max_retries: 0, ..first(&error, call) };
        assert_eq!(decide(&situation, &FRESH, 0.0), expected, "{case}");
    }
}

#[test]
fn how_long_is_waited() {
    let s = Duration::from_secs_f64;
    let cases = [
        ("the first wait is half a second", 0, 0.0, None, 3600.0, Some(0.5)),
        ("it doubles", 1, 0.0, None, 3600.0, Some(1.0)),
        ("and doubles", 4, 0.0, None, 3600.0, Some(8.0)),
        ("up to 16 s", 5, 0.0, None, 3600.0, Some(16.0)),
        ("and stays there", 70, 0.0, None, 3600.0, Some(16.0)),
        ("jitter shortens by half at most", 1, 1.0, None, 3600.0, Some(0.5)),
        ("Retry-After is waited for", 0, 0.0, Some(40.0), 3600.0, Some(40.0)),
        ("jitter never shortens a Retry-After", 0, 1.0, Some(40.0), 3600.0, Some(40.0)),
        ("a Retry-After of nothing still backs off", 1, 0.0, Some(0.0), 3600.0, Some(1.0)),
        ("a Retry-After past the deadline ends it at once", 0, 0.0, Some(40.0), 39.0, None),
        ("a Retry-After up to the deadline too", 0, 0.0, Some(40.0), 40.0, None),
        ("a backoff past the deadline too", 3, 0.0, None, 3.0, None),
        ("no time left", 0, 0.0, None, 0.0, None),
    ];
    for (case, retries, jitter, asked, left, expected) in cases {
        let mut error = error(Call::Read, Outcome::Lost);
        error.0.retry_after = asked.map(s);
        let (max_retries, left) = (u32::MAX, s(left));
        let situation = Situation { retries, max_retries, left, ..first(&error, Call::Read) };
        let expected = expected.map_or(Decision::Stop, |wait| Decision::Retry(s(wait)));
        assert_eq!(decide(&situation, &Backoff::default(), jitter), expected, "{case}");
    }
}

#[test]
fn max_retries_counts_attempts_after_the_first() {
    for (outcome, max_retries, retries, repeated) in [
        (Outcome::Lost, 0, 0, false),
        (Outcome::Lost, 1, 0, true),
        (Outcome::Lost, 1, 1, false),
        (Outcome::Lost, 5, 4, true),
        (Outcome::Lost, 5, 5, false),
        // A name that does not resolve is worth one more.
        (UNRESOLVED, 0, 0, false),
        (UNRESOLVED, 5, 0, true),
        (UNRESOLVED, 5, 1, false),
    ] {
        let error = error(Call::Submit, outcome);
        let call = if matches!(outcome, Outcome::Lost) { Call::Read } else { Call::Submit };
        let situation = Situation { retries, max_retries, ..first(&error, call) };
        let decision = decide(&situation, &FRESH, 0.0);
        assert_eq!(decision != Decision::Stop, repeated, "{outcome:?}: {retries} of {max_retries}");
    }
}

#[test]
fn what_is_known_about_a_submission() {
    use Delivery::{NeverSent, Refused, Unknown};
    let cases = [
        ("no connection", NEVER_SENT, NeverSent),
        ("a bad certificate", BAD_CERTIFICATE, NeverSent),
        ("ended before", Outcome::Ended { sent: false }, NeverSent),
        ("ended in flight", Outcome::Ended { sent: true }, Unknown),
        ("time-out, reset, cut body", Outcome::Lost, Unknown),
        ("a success that makes no sense", responded(200), Unknown),
        ("an empty success", responded(204), Unknown),
        ("a redirect that is also a response to work done", responded(303), Unknown),
        ("302 is used like 303", responded(302), Unknown),
        ("307: send it there instead", responded(307), Refused),
        ("308: send it there instead", responded(308), Refused),
        ("400", responded(400), Refused),
        ("401", by_gateway(401), Refused),
        ("403", by_gateway(403), Refused),
        ("404", responded(404), Refused),
        ("409", responded(409), Refused),
        ("429", responded(429), Refused),
        ("408: something between gave up", responded(408), Unknown),
        ("500", responded(500), Unknown),
        ("the gateway's 500 says nothing of what it did", by_gateway(500), Unknown),
        ("502", responded(502), Unknown),
        ("a 503 without a gateway code", responded(503), Unknown),
        ("the gateway's 503", by_gateway(503), Refused),
        ("504", by_gateway(504), Unknown),
    ];
    for (case, outcome, expected) in cases {
        assert_eq!(error(Call::Submit, outcome).delivery, expected, "{case}");
    }
}

#[test]
fn nothing_is_repeated_that_may_have_been_taken() {
    let statuses = (100..=599).flat_map(|status| [responded(status), by_gateway(status)]);
    let others = [NEVER_SENT, BAD_CERTIFICATE, Outcome::Lost, Outcome::Ended { sent: true }];
    for outcome in statuses.chain(others) {
        let error = error(Call::Submit, outcome);
        let repeated = decide(&first(&error, Call::Submit), &FRESH, 0.5) != Decision::Stop;
        assert!(!repeated || error.delivery != Delivery::Unknown, "{outcome:?}");
    }
}
