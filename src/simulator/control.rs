//! The other side of the simulator: what a test scripts, moves and asks.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::faults::Fault;
use super::lifecycle::{Configuration, Job};
use super::options::Options;
use super::world::{Counters, LoggedRequest, Shared, World};

/// A handle on a running simulator. Its methods do not block for longer than a lock is held, except
/// the one that waits.
#[derive(Clone, Debug)]
pub struct Control(pub(super) Arc<Shared>);

impl Control {
    /// Changes how the simulator behaves from now on. Jobs that are under way keep their stages and
    /// their end.
    pub fn configure(&self, change: impl FnOnce(&mut Options)) {
        change(&mut self.0.world().options);
    }

    /// Adds a fault after those that are there.
    pub fn fault(&self, fault: Fault) {
        self.0.world().faults.push(fault);
    }

    /// Takes all faults away. Requests that are held stay so until [`Control::release`].
    pub fn clear_faults(&self) {
        self.0.world().faults.clear();
    }

    /// Lets the requests go on that a fault holds now.
    pub fn release(&self) {
        self.0.releases.send_modify(|count| *count += 1);
    }

    /// Moves the clock forward. With [`super::Clock::Automatic`] it is a leap.
    pub fn step(&self, by: Duration) {
        self.0.world().stepped += by;
    }

    /// Moves the clock to the next moment at which some job enters `status`. False, and nothing
    /// happens, if none will and none is in it: a job that is to fail never completes.
    pub fn step_to(&self, status: &str) -> bool {
        let mut world = self.0.world();
        let now = world.now();
        let moment = world.register.moment_of(status, now);
        if let Some(moment) = moment {
            world.stepped += moment.saturating_sub(now);
        }
        moment.is_some()
    }

    /// The configurations as they are now, by name.
    #[must_use]
    pub fn configurations(&self) -> Vec<Configuration> {
        let world = self.0.world();
        world.register.all(world.now())
    }

    /// One of them, as the status call shows it.
    #[must_use]
    pub fn configuration(&self, name: &str) -> Option<Configuration> {
        let world = self.0.world();
        world.register.get(&world.options, world.now(), name)
    }

    /// Puts a configuration there, as if someone else had submitted it; its status stays as given.
    pub fn insert(&self, name: &str, key_identifier: &str, status: &str) {
        let World { options, register, .. } = &mut *self.0.world();
        register.insert(options, name, key_identifier, status);
    }

    /// Changes a configuration's key behind everyone's back; false if there is no such
    /// configuration.
    pub fn set_key(&self, name: &str, key_identifier: &str) -> bool {
        self.change(name, |job| job.key_identifier = key_identifier.into())
    }

    /// Holds a configuration in a status; false if there is no such configuration.
    pub fn set_status(&self, name: &str, status: &str) -> bool {
        self.change(name, |job| job.pinned = Some(status.into()))
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Job)) -> bool {
        let World { options, register, .. } = &mut *self.0.world();
        register.job(options, name).map(change).is_some()
    }

    /// Takes a configuration away, which Adobe's API cannot; false if there was none.
    pub fn remove(&self, name: &str) -> bool {
        let World { options, register, .. } = &mut *self.0.world();
        register.remove(options, name)
    }

    /// All minted tokens are refused with 401 401013 from now on. For given ones, change
    /// [`Options::tokens`].
    pub fn expire_tokens(&self) {
        self.0.world().minted.clear();
    }

    /// What arrived and what it did, since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.0.world().counters
    }

    /// Waits until the counters are as wished, for `limit` of real time at most; whether they are.
    /// For tests that act while a request is under way, together with the faults that hold one.
    #[must_use]
    pub fn wait_until(&self, limit: Duration, wished: impl Fn(&Counters) -> bool) -> bool {
        let Self(shared) = self;
        let (world, _) = shared
            .changed
            .wait_timeout_while(shared.world(), limit, |world| !wished(&world.counters))
            .unwrap_or_else(PoisonError::into_inner);
        wished(&world.counters)
    }

    /// Every request since the start or the last [`Control::clear_log`], in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.0.world().log.clone()
    }

    /// Forgets the requests. Counters stay.
    pub fn clear_log(&self) {
        self.0.world().log.clear();
    }
}
