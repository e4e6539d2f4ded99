//! Where the provider's methods run: on the thread that received the request, one at a time, and to
//! their end.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;

/// Methods take turns: whatever they do, at most one of the host's threads is theirs. Requests wait
/// for a network, they do not compute, so one is enough. To hand each request over to a thread of
/// their own would cost more CPU than all the rest of it.
#[derive(Default)]
pub(super) struct Turn(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    taken: bool,
    others: Vec<Waker>,
}

/// The turn of one method, until it is dropped.
struct Held<'a>(&'a Turn);

impl Turn {
    fn take(&self, context: &Context<'_>) -> Option<Held<'_>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.taken {
            waiting.others.push(context.waker().clone());
            return None;
        }
        waiting.taken = true;
        Some(Held(self))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.taken = false;
        std::mem::take(&mut waiting.others).into_iter().for_each(Waker::wake);
    }
}

/// A request's work. Dropped before its end, because the client went away, it goes on as a task.
pub(super) struct Work<F: Future<Output: Send> + Send + 'static>(Option<InTurn<F>>);

struct InTurn<F> {
    turn: Arc<Turn>,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for InTurn<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { turn, work } = self.get_mut();
        match turn.take(context) {
            Some(_held) => work.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Work<F> {
    pub(super) fn new(turn: Arc<Turn>, work: F) -> Self {
        Self(Some(InTurn { turn, work: Box::pin(work) }))
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Work<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(work) = &mut self.0 else { return Poll::Pending };
        let result = Pin::new(work).poll(context);
        if result.is_ready() {
            self.0 = None;
        }
        result
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Work<F> {
    fn drop(&mut self) {
        if let (Some(rest), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(rest);
        }
    }
}
