//! The timeouts of a stream: which count, and the timers on the reactor behind them.
//!
//! A timer is scheduled when its timeout starts to count and cancelled when it stops. Progress is
//! one `touch`: a store, when the timeout is a common one.

use crate::reactor::{Reactor, Ready, SourceTimer};
use crate::timers::{After, TimerKey};

use super::{StreamKey, Timeout};

/// One value for each timer of a stream: for reading, for writing, for idling, and for the
/// farewell of a closing one.
#[derive(Copy, Clone, Default, Debug)]
pub(super) struct PerTimer<T> {
    pub(super) read: T,
    pub(super) write: T,
    pub(super) idle: T,
    pub(super) linger: T,
}

const READ: SourceTimer = SourceTimer::new(0);
const WRITE: SourceTimer = SourceTimer::new(1);
const IDLE: SourceTimer = SourceTimer::new(2);
const LINGER: SourceTimer = SourceTimer::new(3);

/// The bit of a timer that is never scheduled: to be called again, for no other reason.
pub(super) const AGAIN: Ready = Ready::timer(SourceTimer::new(4));

/// What a timeout does now, and whether there was progress since it was last asked.
#[derive(Copy, Clone, Default, Debug)]
pub(super) struct Count {
    pub(super) counts: bool,
    pub(super) progress: bool,
}

#[derive(Default, Debug)]
struct Countdown {
    after: Option<After>,
    timer: Option<TimerKey>,
    /// Set anew: start again from now, in the queue of the new duration.
    restart: bool,
}

#[derive(Default, Debug)]
pub(super) struct Timeouts {
    countdowns: PerTimer<Countdown>,
}

impl Timeouts {
    pub(super) fn set(&mut self, which: Timeout, after: Option<After>) {
        match which {
            Timeout::Read => self.countdowns.read.set(after),
            Timeout::Write => self.countdowns.write.set(after),
            Timeout::Idle => self.countdowns.idle.set(after),
        }
    }

    pub(super) fn set_linger(&mut self, after: After) {
        self.countdowns.linger.set(Some(after));
    }

    /// Which timers fired; each is forgotten, since its key is stale.
    pub(super) fn fired(&mut self, ready: Ready) -> PerTimer<bool> {
        PerTimer {
            read: self.countdowns.read.fired(ready, READ),
            write: self.countdowns.write.fired(ready, WRITE),
            idle: self.countdowns.idle.fired(ready, IDLE),
            linger: self.countdowns.linger.fired(ready, LINGER),
        }
    }

    /// Brings the timers in line with what counts.
    pub(super) fn settle<S>(
        &mut self,
        reactor: &mut Reactor<S>,
        stream: StreamKey,
        now: PerTimer<Count>,
    ) {
        let PerTimer { read, write, idle, linger } = &mut self.countdowns;
        read.settle(reactor, stream, READ, now.read);
        write.settle(reactor, stream, WRITE, now.write);
        idle.settle(reactor, stream, IDLE, now.idle);
        linger.settle(reactor, stream, LINGER, now.linger);
    }

    /// The stream is taken out of the reactor: nobody is left whom its timers could tell.
    pub(super) fn cancel<S>(&mut self, reactor: &mut Reactor<S>) {
        let PerTimer { read, write, idle, linger } = &mut self.countdowns;
        for countdown in [read, write, idle, linger] {
            if let Some(timer) = countdown.timer.take() {
                reactor.cancel(timer);
            }
        }
    }

    /// The stream is attached anew: timers of its former life are not its own any more.
    pub(super) fn forget(&mut self) {
        let PerTimer { read, write, idle, linger } = &mut self.countdowns;
        for countdown in [read, write, idle, linger] {
            countdown.timer = None;
        }
    }
}

impl Countdown {
    fn set(&mut self, after: Option<After>) {
        self.after = after;
        self.restart = true;
    }

    fn fired(&mut self, ready: Ready, timer: SourceTimer) -> bool {
        let fired = ready.is_timer(timer);
        if fired {
            self.timer = None;
        }
        fired
    }

    #[inline]
    fn settle<S>(
        &mut self,
        reactor: &mut Reactor<S>,
        stream: StreamKey,
        id: SourceTimer,
        now: Count,
    ) {
        let restart = std::mem::take(&mut self.restart);
        let Some(after) = self.after.filter(|_| now.counts) else {
            if let Some(timer) = self.timer.take() {
                reactor.cancel(timer);
            }
            return;
        };
        if let Some(timer) = self.timer {
            if restart {
                reactor.cancel(timer);
            } else if !now.progress || start_again(reactor, timer, after) {
                return;
            }
        }
        self.timer = Some(reactor.source_timer_after(stream, id, after));
    }
}

/// Has the timer count from now. False: it is gone.
fn start_again<S>(reactor: &mut Reactor<S>, timer: TimerKey, after: After) -> bool {
    // A duration that is not registered has no queue to go to the end of.
    reactor.touch(timer)
        || reactor.reschedule(timer, reactor.precise_now() + after.duration())
}

/// What the reactor reports when that timeout has passed.
#[cfg(test)]
pub(super) const fn ready_of(timeout: Timeout) -> Ready {
    Ready::timer(match timeout {
        Timeout::Read => READ,
        Timeout::Write => WRITE,
        Timeout::Idle => IDLE,
    })
}
