//! The case names are the specification.

use std::time::{Duration, SystemTime};

use super::{
    Again, Backoff, Call, Decision, Outcome, Situation, decide, delivery, is_transient, retry_after,
};
use crate::api::Delivery;

const FRESH: Situation = Situation {
    call: Call::Read,
    outcome: Outcome::Lost,
    retry_after: None,
    retries: 0,
    max_retries: 5,
    left: Duration::from_secs(3600),
    renewable: false,
};

const NEVER_SENT: Outcome = Outcome::NeverSent { again: Again::Often };
const UNRESOLVED: Outcome = Outcome::NeverSent { again: Again::Once };
const BAD_CERTIFICATE: Outcome = Outcome::NeverSent { again: Again::Never };

fn answered(status: u16) -> Outcome {
    Outcome::Answered { status, gateway_code: false }
}

fn by_gateway(status: u16) -> Outcome {
    Outcome::Answered { status, gateway_code: true }
}

#[test]
fn what_is_repeated() {
    use Call::{Mint, Read, Submit};
    let cases = [
        ("a read that never left is repeated", Read, NEVER_SENT, true),
        ("a read over a bad certificate is not", Read, BAD_CERTIFICATE, false),
        ("a read whose answer was lost is repeated", Read, Outcome::Lost, true),
        ("a read after 408 is repeated", Read, answered(408), true),
        ("a read after 429 is repeated", Read, answered(429), true),
        ("a read after 500 is repeated", Read, answered(500), true),
        ("a read after 502 is repeated", Read, answered(502), true),
        ("a read after 503 is repeated", Read, answered(503), true),
        ("a read after 504 is repeated", Read, answered(504), true),
        ("a read after 501 is not", Read, answered(501), false),
        ("a read after 400 is not", Read, answered(400), false),
        ("a read after 403 is not", Read, answered(403), false),
        ("a read after 404 is not", Read, answered(404), false),
        ("a read after a redirect is not", Read, answered(302), false),
        ("a read after a garbled success is not", Read, answered(200), false),
        ("a read that was interrupted is not", Read, Outcome::Ended { sent: true }, false),
        ("a submission that never left is repeated", Submit, NEVER_SENT, true),
        ("a submission over a bad certificate is not", Submit, BAD_CERTIFICATE, false),
        ("a submission after 429 is repeated", Submit, answered(429), true),
        ("a submission after the gateway's 503 is repeated", Submit, by_gateway(503), true),
        ("a submission after a service's 503 is not", Submit, answered(503), false),
        ("a submission whose answer was lost is not", Submit, Outcome::Lost, false),
        ("a submission after 408 is not", Submit, answered(408), false),
        ("a submission after 500 is not", Submit, answered(500), false),
        ("a submission after the gateway's 500 is not", Submit, by_gateway(500), false),
        ("a submission after 502 is not", Submit, answered(502), false),
        ("a submission after 504 is not", Submit, answered(504), false),
        ("a submission after 400 is not", Submit, by_gateway(400), false),
        ("a submission after 409 is not", Submit, answered(409), false),
        ("a submission after a garbled success is not", Submit, answered(201), false),
        ("a submission that was interrupted is not", Submit, Outcome::Ended { sent: true }, false),
        ("a mint that never left is repeated", Mint, NEVER_SENT, true),
        ("a mint whose answer was lost is repeated", Mint, Outcome::Lost, true),
        ("a mint after 500 is repeated", Mint, answered(500), true),
        ("a mint that was refused is not", Mint, answered(400), false),
        ("a mint after 401 is not", Mint, answered(401), false),
    ];
    for (case, call, outcome, repeated) in cases {
        let situation = Situation { call, outcome, ..FRESH };
        let decision = decide(&situation, &Backoff::default(), 0.0);
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
        ("minting has no token to renew", Call::Mint, true, Decision::Stop),
    ];
    for (case, call, renewable, expected) in cases {
        let situation =
            Situation { call, renewable, outcome: by_gateway(401), max_retries: 0, ..FRESH };
        assert_eq!(decide(&situation, &Backoff::default(), 0.0), expected, "{case}");
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
        let situation = Situation {
            retries,
            max_retries: u32::MAX,
            retry_after: asked.map(s),
            left: s(left),
            ..FRESH
        };
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
        let situation = Situation { outcome, retries, max_retries, ..FRESH };
        let decision = decide(&situation, &Backoff::default(), 0.0);
        assert_eq!(decision != Decision::Stop, repeated, "{outcome:?}: {retries} of {max_retries}");
    }
}

#[test]
fn what_is_known_about_a_submission() {
    use Delivery::{NeverSent, Refused, Unknown};
    let cases = [
        ("no connection", NEVER_SENT, NeverSent),
        ("a bad certificate", BAD_CERTIFICATE, NeverSent),
        ("interrupted before", Outcome::Ended { sent: false }, NeverSent),
        ("interrupted in flight", Outcome::Ended { sent: true }, Unknown),
        ("time-out, reset, cut body", Outcome::Lost, Unknown),
        ("a success that makes no sense", answered(200), Unknown),
        ("an empty success", answered(204), Unknown),
        ("a redirect that is also an answer to work done", answered(303), Unknown),
        ("302 is used like 303", answered(302), Unknown),
        ("307: send it there instead", answered(307), Refused),
        ("308: send it there instead", answered(308), Refused),
        ("400", answered(400), Refused),
        ("401", by_gateway(401), Refused),
        ("403", by_gateway(403), Refused),
        ("404", answered(404), Refused),
        ("409", answered(409), Refused),
        ("429", answered(429), Refused),
        ("408: something between gave up", answered(408), Unknown),
        ("500", answered(500), Unknown),
        ("the gateway's 500 says nothing of what it did", by_gateway(500), Unknown),
        ("502", answered(502), Unknown),
        ("a 503 without a gateway code", answered(503), Unknown),
        ("the gateway's 503", by_gateway(503), Refused),
        ("504", by_gateway(504), Unknown),
    ];
    for (case, outcome, expected) in cases {
        assert_eq!(delivery(outcome), expected, "{case}");
    }
}

#[test]
fn nothing_is_repeated_that_may_have_been_taken() {
    let statuses = (100..=599).flat_map(|status| [answered(status), by_gateway(status)]);
    let others = [NEVER_SENT, BAD_CERTIFICATE, Outcome::Lost, Outcome::Ended { sent: true }];
    for outcome in statuses.chain(others) {
        let situation = Situation { call: Call::Submit, outcome, ..FRESH };
        let repeated = decide(&situation, &Backoff::default(), 0.5) != Decision::Stop;
        assert!(!repeated || delivery(outcome) != Delivery::Unknown, "{outcome:?}");
    }
}

#[test]
fn transient_is_what_a_read_is_repeated_for() {
    for outcome in (100..=599).map(answered).chain([NEVER_SENT, BAD_CERTIFICATE, Outcome::Lost]) {
        let decision = decide(&Situation { outcome, ..FRESH }, &Backoff::default(), 0.0);
        assert_eq!(decision != Decision::Stop, is_transient(outcome), "{outcome:?}");
    }
}

#[test]
fn retry_after_in_both_spellings() {
    let now = httpdate::parse_http_date("Tue, 15 Nov 1994 08:12:31 GMT").unwrap();
    for (case, value, expected) in [
        ("seconds", "120", Some(120)),
        ("white space around", " 7 ", Some(7)),
        ("none", "0", Some(0)),
        ("a date", "Tue, 15 Nov 1994 08:13:01 GMT", Some(30)),
        ("a date in an old spelling", "Tuesday, 15-Nov-94 08:13:01 GMT", Some(30)),
        ("a date gone by", "Tue, 15 Nov 1994 08:00:00 GMT", Some(0)),
        ("negative", "-1", None),
        ("nonsense", "soon", None),
        ("nothing", "", None),
    ] {
        assert_eq!(retry_after(value, now), expected.map(Duration::from_secs), "{case}");
    }
    assert_eq!(retry_after("18446744073709551615", SystemTime::now()), Some(super::LONGEST_ASKED));
}
