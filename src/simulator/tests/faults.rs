//! Faults as the client sees them, and what they leave behind.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::{Call, PATIENCE, finish, start};
use crate::simulator::{Action, Answer, Fault, Options, Route, Simulator};

fn faulty(fault: Fault) -> Simulator {
    let simulator = start(Options::default());
    simulator.control().fault(fault);
    simulator
}

/// How many submissions took effect.
fn accepted(simulator: &Simulator) -> u64 {
    simulator.control().counters().submissions_accepted
}

#[test]
fn a_reset_is_a_reset_with_or_without_effect() {
    for (action, effect) in [(Action::Reset, 0), (Action::ProcessThenReset, 1)] {
        let simulator = faulty(Fault::on(Route::Submit, action));
        let error = Call::submit("c").send(&simulator).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(accepted(&simulator), effect);
        assert_eq!(simulator.control().requests()[0].status, None);
        assert_eq!(Call::app().ok(&simulator).status, 200, "only that connection");
    }
}

#[test]
fn a_cut_body_has_its_head_and_a_beginning_and_no_end() {
    for (action, effect) in [(Action::CutBody, 0), (Action::ProcessThenCutBody, 1)] {
        let simulator = faulty(Fault::on(Route::Submit, action));
        let mut text = String::new();
        Call::submit("c").start(&simulator).read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let length = head
            .to_lowercase()
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        assert!(body.starts_with('{') && body.len() < length.unwrap(), "{text}");
        assert_eq!(accepted(&simulator), effect);
    }
}

#[test]
fn a_stalled_body_never_ends() {
    let simulator = faulty(Fault::on(Route::App, Action::ProcessThenStallBody));
    let mut stream = Call::app().start(&simulator);
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("\"applicationId\"") {
        let mut bytes = [0; 512];
        let read = stream.read(&mut bytes).unwrap();
        assert_ne!(read, 0, "closed too early");
        seen.extend_from_slice(&bytes[..read]);
    }
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let rest = stream.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(rest.kind(), ErrorKind::WouldBlock);
}

#[test]
fn an_answer_instead_leaves_no_effect_and_one_after_it_does() {
    let simulator = faulty(Fault::on(Route::Submit, Action::Answer(Answer::gateway_unavailable())));
    assert_eq!(Call::submit("c").ok(&simulator).refusal(), (503, "503010".into()));
    assert_eq!(accepted(&simulator), 0);
    simulator
        .control()
        .fault(Fault::on(Route::Submit, Action::ProcessThenAnswer(Answer::html(502))).named("c"));
    assert_eq!(Call::submit("other").ok(&simulator).status, 200);
    let lost = Call::submit("c").ok(&simulator);
    assert_eq!((lost.status, lost.header("content-type")), (502, Some("text/html; charset=utf-8")));
    assert!(lost.header("x-request-id").is_some());
    assert_eq!(accepted(&simulator), 2);
    assert_eq!(Call::status("c").ok(&simulator).status, 200);
    assert_eq!(simulator.control().counters().faults, 2);
}

#[test]
fn canned_answers_have_their_headers() {
    for (answer, status, name, value) in [
        (Answer::throttled(), 429, "retry-after", None),
        (Answer::throttled_for(7), 429, "retry-after", Some("7")),
        (
            Answer::throttled_until(UNIX_EPOCH),
            429,
            "retry-after",
            Some("Thu, 01 Jan 1970 00:00:00 GMT"),
        ),
        (Answer::redirect("http://elsewhere/"), 307, "location", Some("http://elsewhere/")),
        (Answer::html(200), 200, "content-type", Some("text/html; charset=utf-8")),
        (Answer::not_found(), 404, "content-type", Some("application/json")),
    ] {
        let simulator = faulty(Fault::on(Route::Any, Action::Answer(answer)));
        let reply = Call::app().ok(&simulator);
        assert_eq!((reply.status, reply.header(name)), (status, value));
    }
}

#[test]
fn the_right_answer_can_be_mislabelled_or_emptied() {
    let simulator = faulty(Fault::on(Route::App, Action::WrongContentType));
    let reply = Call::app().ok(&simulator);
    assert_eq!(
        (reply.header("content-type"), reply.json()["id"].as_str()),
        (Some("text/html"), Some("byok"))
    );
    simulator.control().fault(Fault::on(Route::App, Action::EmptyBody));
    let reply = Call::app().ok(&simulator);
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
}

#[test]
fn a_client_that_leaves_a_delay_has_sent_nothing() {
    let simulator = faulty(Fault::on(Route::Submit, Action::Hold));
    let stream = Call::submit("c").start(&simulator);
    assert!(simulator.control().wait_until(PATIENCE, |seen| seen.submissions == 1));
    drop(stream);
    // The server has seen the end of that connection once it has answered a later one's.
    simulator.control().fault(Fault::on(Route::App, Action::Delay(Duration::from_millis(20))));
    let start = Instant::now();
    assert_eq!(Call::app().ok(&simulator).status, 200);
    assert!(start.elapsed() >= Duration::from_millis(20));
    simulator.control().release();
    Call::app().ok(&simulator);
    assert_eq!(accepted(&simulator), 0);
}

#[test]
fn a_held_request_goes_on_when_released() {
    for (action, before) in [(Action::Hold, 0), (Action::ProcessThenHold, 1)] {
        let simulator = faulty(Fault::on(Route::Submit, action));
        let stream = Call::submit("c").start(&simulator);
        let control = simulator.control();
        assert!(control.wait_until(PATIENCE, |seen| seen.submissions == 1
            && seen.submissions_accepted == before));
        assert_eq!(control.requests()[0].status, None);
        control.release();
        assert_eq!(finish(stream).unwrap().status, 200);
        assert_eq!(accepted(&simulator), 1);
    }
}

#[test]
fn the_answer_of_a_processed_request_can_come_late() {
    let delay = Duration::from_millis(30);
    let simulator = faulty(Fault::on(Route::Submit, Action::ProcessThenDelay(delay)));
    let start = Instant::now();
    let stream = Call::submit("c").start(&simulator);
    assert!(simulator.control().wait_until(PATIENCE, |seen| seen.submissions_accepted == 1));
    assert_eq!(finish(stream).unwrap().status, 200);
    assert!(start.elapsed() >= delay);
}
