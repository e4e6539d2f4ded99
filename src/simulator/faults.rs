//! Scripted faults: which request is hit, and what happens to it. `recorder` carries them out.

use std::time::Duration;

use super::replies::Reply;

/// The calls that can be hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// `GET /data/infrastructure/manager/byok/app-registration`
    App,
    /// `POST /data/infrastructure/manager/customer/config`
    Submit,
    /// `GET /data/infrastructure/manager/customer/config/{name}`
    Status,
    /// `POST /ims/token/v3`
    Token,
    /// All of them, and paths that do not exist.
    Any,
}

/// What happens to a request that is hit. Unless it says "process", the simulator's state is not
/// touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// This response instead.
    Reply(Reply),
    /// Nothing for this long, then what would have been. A client that leaves meanwhile has sent
    /// nothing.
    Delay(Duration),
    /// As `Delay`, until `Control::release`.
    Hold,
    /// The connection is reset.
    Reset,
    /// Nothing listens for this long when the request comes, so it never leaves its client. Only for
    /// [`Route::Any`]: which request comes next is known, and what it will be is not.
    Unreachable(Duration),
    /// 200, the beginning of a JSON body, and the connection is closed.
    CutBody,
    /// The request takes effect; this response instead of its own.
    ProcessThenReply(Reply),
    /// The request takes effect; its response comes so much later.
    ProcessThenDelay(Duration),
    /// The request takes effect; its response comes after `Control::release`.
    ProcessThenHold,
    /// The request takes effect so much later, whether or not its client is still there, and there
    /// is never a response.
    ProcessLater(Duration),
    /// Something between sends the request twice; the response is the second one's.
    ProcessTwice,
    /// The request takes effect; its response comes byte by byte, this far apart.
    Trickle(Duration),
    /// The request takes effect; its response's body never ends.
    Endless,
    /// This status, with all that the request said quoted in the body.
    Quote(u16),
    /// The request takes effect; the connection is reset before its response.
    ProcessThenReset,
    /// The request takes effect; half of its response's body, and the connection is closed.
    ProcessThenCutBody,
    /// The request takes effect; half of its response's body, and nothing more.
    ProcessThenStallBody,
    /// The request takes effect; its response calls itself `text/html`.
    WrongContentType,
    /// The request takes effect; its response has no body.
    EmptyBody,
}

/// A script for some requests. Of several that fit, the one added first is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The call.
    pub route: Route,
    /// Only for this configuration, by its decoded name.
    pub name: Option<String>,
    /// So many requests that fit are let through first.
    pub skip: u32,
    /// How many are hit after that; `None` is all of them.
    pub times: Option<u32>,
    /// What happens.
    pub action: Action,
}

impl Fault {
    /// Hits the next request of a route, once: most tests want one mishap and then a world that
    /// works.
    #[must_use]
    pub fn on(route: Route, action: Action) -> Self {
        Self { route, name: None, skip: 0, times: Some(1), action }
    }

    /// The same for one configuration only.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same after so many requests.
    #[must_use]
    pub fn skip(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// The same for so many requests.
    #[must_use]
    pub fn times(mut self, requests: u32) -> Self {
        self.times = Some(requests);
        self
    }

    /// The same until it is cleared.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    fn fits(&self, target: &Target) -> bool {
        (self.route == Route::Any || Some(self.route) == target.route)
            && (self.name.is_none() || self.name == target.name)
    }
}

/// What of a request a fault is matched against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// None for a path that does not exist.
    pub(super) route: Option<Route>,
    /// The configuration's name, decoded.
    pub(super) name: Option<String>,
}

/// The fault for a request, used up by one. A fault whose count is used up goes.
pub(super) fn take(faults: &mut Vec<Fault>, target: &Target) -> Option<Action> {
    let mut hit = None;
    for (index, fault) in faults.iter_mut().enumerate().filter(|(_, fault)| fault.fits(target)) {
        match fault.skip.checked_sub(1) {
            Some(fewer) => fault.skip = fewer,
            None => {
                hit = Some(index);
                break;
            }
        }
    }
    let index = hit?;
    let fault = faults.get_mut(index)?;
    let action = fault.action.clone();
    if let Some(times) = &mut fault.times {
        *times = times.saturating_sub(1);
        if *times == 0 {
            faults.remove(index);
        }
    }
    Some(action)
}

/// For how long nothing is to listen when the next request comes. That fault is used up.
pub(super) fn unreachable(faults: &mut Vec<Fault>) -> Option<Duration> {
    let next = faults.iter().position(|fault| fault.route == Route::Any && fault.skip == 0)?;
    let Action::Unreachable(time) = faults.get(next)?.action else {
        return None;
    };
    faults.remove(next);
    Some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(route: Route, name: &str) -> Target {
        Target { route: Some(route), name: Some(name.into()) }
    }

    #[test]
    fn a_fault_skips_hits_and_is_used_up() {
        let mut faults = vec![
            Fault::on(Route::Status, Action::Reset).named("a").skip(1).times(2),
            Fault::on(Route::Any, Action::EmptyBody).forever(),
        ];
        let (a, b) = (target(Route::Status, "a"), target(Route::Status, "b"));
        let hits: Vec<_> =
            [&a, &b, &a, &a, &a].map(|target| take(&mut faults, target).unwrap()).into();
        assert_eq!(
            hits,
            [Action::EmptyBody, Action::EmptyBody, Action::Reset, Action::Reset, Action::EmptyBody]
        );
        assert_eq!(faults.len(), 1);
        assert_eq!(take(&mut faults, &Target { route: None, name: None }), Some(Action::EmptyBody));
        assert_eq!(take(&mut Vec::new(), &a), None);
    }
}
