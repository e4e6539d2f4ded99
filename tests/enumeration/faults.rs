//! What can befall a request.

use std::time::{Duration, SystemTime};

use aep_simulator::{Action, Fault, Reply, Route};
use serde_json::json;

use super::front::Handshake;
use super::process::Interrupt;

/// One attempt of the steps takes no longer.
pub(super) const ATTEMPT: Duration = Duration::from_secs(5);

/// How long what may have been accepted is looked for.
const SETTLING: Duration = Duration::from_secs(30);

/// A row of the table.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) name: String,
    action: Action,
    /// What happens to the process while the request is held.
    pub(super) interrupt: Option<Interrupt>,
    /// While nothing can be reached it breaks so, as there is TLS.
    pub(super) handshake: Option<Handshake>,
    /// It passes, it is there for all attempts of one request, or for the rest of the command.
    times: Option<u32>,
}

impl Row {
    /// One request is hit, and the process goes on.
    pub(super) fn passes(&self) -> bool {
        self.times == Some(1) && self.interrupt.is_none()
    }

    /// The request is held.
    pub(super) fn holds(&self) -> bool {
        matches!(self.action, Action::Hold | Action::ProcessThenHold)
    }

    /// What it does may come after the command.
    pub(super) fn is_late(&self) -> bool {
        matches!(self.action, Action::ProcessLater(_))
    }

    /// A read that it befalls once succeeds at the second attempt: it is lost, or what is there for
    /// a moment.
    pub(super) fn is_transient(&self) -> bool {
        match &self.action {
            Action::Reply(reply) | Action::ProcessThenReply(reply) => {
                matches!(reply.status, 408 | 429 | 500 | 502 | 503 | 504) && !self.asks_for_a_day()
            }
            Action::Quote(status) => *status == 500,
            Action::EmptyBody | Action::WrongContentType | Action::Endless => false,
            _ => self.handshake.is_none(),
        }
    }

    /// A submission that it befalls once arrives all the same, or certainly did not and is sent
    /// again.
    pub(super) fn is_overcome(&self) -> bool {
        match &self.action {
            Action::Reply(reply) => {
                let is_sent_again = reply.status == 429 && !self.asks_for_a_day();
                is_sent_again || reply.body.contains("\"503010\"")
            }
            Action::Reset | Action::Hold | Action::CutBody | Action::Quote(_) => false,
            Action::ProcessLater(time) => *time < SETTLING,
            _ => self.handshake.is_none(),
        }
    }

    /// It asks for a longer pause than there is time.
    pub(super) fn asks_for_a_day(&self) -> bool {
        self.name.starts_with("429 for a day")
    }

    /// Befalls the request after this many.
    pub(super) fn at(&self, position: usize) -> Fault {
        let fault = Fault::on(Route::Any, self.action.clone()).skip(position as u32);
        match self.times {
            Some(times) => fault.times(times),
            None => fault.forever(),
        }
    }
}

/// Instead of the response, or after the request took effect.
fn responses() -> Vec<(&'static str, Reply, bool)> {
    let seconds = |seconds| SystemTime::now() + Duration::from_secs(seconds);
    let (refused, doubtful) = (false, true);
    vec![
        ("302", Reply::empty(302).with_header("location", "https://login.example.com/"), doubtful),
        ("307", Reply::redirect("https://login.example.com/"), refused),
        ("400 of the service", Reply::service(400, "Bad Request", "No."), refused),
        ("400 of the gateway", Reply::org_missing(), refused),
        ("401", Reply::token_invalid(), refused),
        ("403 without a token", Reply::token_missing(), refused),
        ("403 of the service", Reply::service(403, "Forbidden", "No."), refused),
        ("404 of the service", Reply::not_found(), refused),
        ("404 of the gateway", Reply::no_such_path(), refused),
        ("404 of a proxy", Reply::html(404), refused),
        ("404, empty", Reply::empty(404), refused),
        ("408", Reply::empty(408), doubtful),
        ("409", Reply::service(409, "Conflict", "In use."), refused),
        ("413", Reply::html(413), refused),
        ("429", Reply::throttled(), refused),
        ("429 for 1 s", Reply::throttled_for(1), refused),
        ("429 for a day", Reply::throttled_for(86_400), refused),
        ("429 until soon", Reply::throttled_until(seconds(2)), refused),
        ("429 until long ago", Reply::throttled_until(SystemTime::UNIX_EPOCH), refused),
        ("500", Reply::service(500, "Internal Server Error", "No."), doubtful),
        ("502 of a proxy", Reply::html(502), doubtful),
        ("503 of the service", Reply::service_unavailable(), doubtful),
        ("503 of the gateway", Reply::gateway_unavailable(), refused),
        ("504", Reply::gateway(504, "504000", "Timed out"), doubtful),
        ("520", Reply::html(520), doubtful),
        ("204", Reply::empty(204), doubtful),
        ("200, empty", Reply::empty(200), doubtful),
        ("200 null", Reply::json(200, &json!(null)), doubtful),
        ("200 {}", Reply::json(200, &json!({})), doubtful),
        ("200 of a proxy", Reply::html(200), doubtful),
        ("200, no JSON", Reply::text(200, "application/json", "{\"id\": \"1"), doubtful),
        ("200, wrong types", Reply::json(200, &json!({"id": 1, "status": ["RUNNING"]})), doubtful),
        ("200, foreign", Reply::json(200, &json!({"ok": true, "status": "UP"})), doubtful),
        ("200, huge", Reply::text(200, "application/json", &"[".repeat(1 << 21)), doubtful),
    ]
}

/// The table.
pub(super) fn rows() -> Vec<Row> {
    let mut kinds: Vec<(String, Action)> = Vec::new();
    for (name, reply, is_doubtful) in responses() {
        kinds.push((name.to_owned(), Action::Reply(reply.clone())));
        if is_doubtful {
            kinds.push((format!("{name}, processed"), Action::ProcessThenReply(reply)));
        }
    }
    let (second, long) = (Duration::from_secs(1), Duration::from_secs(24 * 3600));
    for (name, action) in [
        ("reset", Action::Reset),
        ("processed, reset", Action::ProcessThenReset),
        ("late", Action::Delay(second)),
        ("processed, late", Action::ProcessThenDelay(second)),
        ("never", Action::Hold),
        ("processed, never", Action::ProcessThenHold),
        ("processed a little later", Action::ProcessLater(ATTEMPT + second * 5)),
        ("processed after the settling time", Action::ProcessLater(second * 90)),
        ("cut", Action::CutBody),
        ("processed, cut", Action::ProcessThenCutBody),
        ("processed, stalls", Action::ProcessThenStallBody),
        ("processed, trickles", Action::Trickle(second / 20)),
        ("processed, endless", Action::Endless),
        ("processed, of another type", Action::WrongContentType),
        ("processed, empty", Action::EmptyBody),
        ("processed twice", Action::ProcessTwice),
        ("400 that quotes", Action::Quote(400)),
        ("500 that quotes", Action::Quote(500)),
    ] {
        kinds.push((name.to_owned(), action));
    }
    let mut rows = Vec::new();
    for (name, action) in kinds {
        for (how, times) in [("once", Some(1)), ("twice", Some(2)), ("for ever", None)] {
            let (name, action) = (format!("{name}, {how}"), action.clone());
            rows.push(Row { name, action, interrupt: None, handshake: None, times });
        }
    }
    for (name, time) in [("unreachable, once", second / 5), ("unreachable, for ever", long)] {
        let action = Action::Unreachable(time);
        let whole =
            Row { name: name.to_owned(), action, times: Some(1), interrupt: None, handshake: None };
        for (what, handshake) in [
            ("no TLS", Handshake::Foreign),
            ("a cut handshake", Handshake::Cut),
            ("an untrusted certificate", Handshake::Untrusted),
        ] {
            let name = name.replace("unreachable", what);
            rows.push(Row { name, handshake: Some(handshake), ..whole.clone() });
        }
        rows.push(whole);
    }
    let name = "StopProvider in the pause after it".to_owned();
    let (action, interrupt) = (Action::Delay(Duration::ZERO), Some(Interrupt::StopInPause));
    rows.push(Row { name, action, interrupt, handshake: None, times: Some(1) });
    for (name, interrupt) in [
        ("kill -9", Interrupt::Kill),
        ("StopProvider", Interrupt::Stop),
        ("StopProvider, then the response", Interrupt::StopThenRelease),
        ("SIGTERM", Interrupt::Term),
    ] {
        for (when, action) in [("before", Action::Hold), ("after", Action::ProcessThenHold)] {
            let name = format!("{name} {when} it was processed");
            let interrupt = Some(interrupt);
            rows.push(Row { name, action, interrupt, handshake: None, times: Some(1) });
        }
    }
    rows
}
