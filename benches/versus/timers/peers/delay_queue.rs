//! [`Delays`]: tokio-util's `DelayQueue`, ticks of 1 ms.
//!
//! It takes the time from a tokio runtime. Here that is one whose clock stands still but for the
//! harness, which moves it on before a poll; the runtime's turn is part of a poll at a new time, as
//! the queue learns of the time in no other way. Only one may live at a time: they share the clock.

use std::task::{Context, Poll, Waker};
use std::time::Instant as StdInstant;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant as TokioInstant;
use tokio_util::time::DelayQueue;
use tokio_util::time::delay_queue::{Expired, Key};
use tourbillon::time::Instant;

use super::std_time::StdTime;
use crate::harness::{Contender, LONGEST};

thread_local! {
    /// One for all, entered once: the queue asks for it whenever it makes a sleep.
    static RUNTIME: &'static Runtime = enter();
}

fn enter() -> &'static Runtime {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime: &'static Runtime = Box::leak(Box::new(runtime.expect("no I/O to fail")));
    // Left only when the process ends: dropped then, the guard would find tokio's own state gone.
    std::mem::forget(runtime.enter());
    runtime
}

/// The queue in its runtime.
pub(crate) struct Delays {
    queue: DelayQueue<u64>,
    time: StdTime,
    runtime: &'static Runtime,
    now: Instant,
}

impl Delays {
    #[inline]
    fn time(&self, time: Instant) -> TokioInstant {
        TokioInstant::from_std(self.time.deadline(time))
    }
}

impl Contender for Delays {
    const NAME: &'static str = "tokio-util DelayQueue";
    const EXACT: bool = false;

    type Key = Key;

    fn with_capacity(capacity: usize) -> Self {
        let runtime = RUNTIME.with(|runtime| *runtime);
        let epoch: StdInstant = TokioInstant::now().into_std();
        let queue = DelayQueue::with_capacity(capacity);
        Self { queue, time: StdTime::from(epoch), runtime, now: Instant::ZERO }
    }

    #[inline]
    fn schedule(&mut self, deadline: Instant, value: u64) -> Key {
        self.queue.insert_at(value, self.time(deadline))
    }

    #[inline]
    fn cancel(&mut self, key: &mut Key) -> Option<u64> {
        self.queue.try_remove(key).map(Expired::into_inner)
    }

    #[inline]
    fn refresh(&mut self, key: &mut Key, now: Instant, _: u64) {
        self.queue.reset_at(key, self.time(now + LONGEST));
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        if now > self.now {
            let step = now.saturating_duration_since(self.now);
            self.now = now;
            self.runtime.block_on(tokio::time::advance(step));
        }
        match self.queue.poll_expired(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(expired)) => {
                let deadline = self.time.back(expired.deadline().into_std());
                Some((deadline, expired.into_inner()))
            }
            _ => None,
        }
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        let key = self.queue.peek()?;
        Some(self.time.back(self.queue.deadline(&key).into_std()))
    }

    #[inline]
    fn look_ahead(&mut self) {
        core::hint::black_box(self.queue.peek().map(|key| self.queue.deadline(&key)));
    }

    fn memory(&self) -> Option<usize> {
        None
    }
}
