//! Hooks before and after the wait of each turn: for who drives another library by this loop, measures
//! it, or wants a last look before it sleeps.
//!
//! # Invariants
//!
//! - I1: hooks of a kind are called in the order in which they were added, each at most once a turn;
//!   one that is added by a hook of its kind waits for the next turn.
//! - I2: what a hook adds before the wait is seen by it: the turn does not sleep if there is work now.
//!
//! A turn without hooks pays a comparison for each kind.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{Next, Origin, Reactor};

type HookFn<S, A> = Box<dyn FnMut(&mut S, &mut Reactor<S>, A) -> Next>;

/// The name of a hook.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub struct HookKey(u64);

struct Hook<S, A> {
    key: HookKey,
    /// `None` while it runs.
    f: Option<HookFn<S, A>>,
}

/// Those before the wait are told how long it is to take, those after it how long it took.
pub(super) struct Hooks<S> {
    before: Vec<Hook<S, Option<Duration>>>,
    after: Vec<Hook<S, Duration>>,
    /// Of the one that was added last.
    last: u64,
}

/// One of the two kinds.
type Kind<S, A> = fn(&mut Hooks<S>) -> &mut Vec<Hook<S, A>>;

impl<S> Hooks<S> {
    pub(super) const fn new() -> Self {
        Self { before: Vec::new(), after: Vec::new(), last: 0 }
    }

    pub(super) const fn any_before(&self) -> bool {
        !self.before.is_empty()
    }

    pub(super) const fn any_after(&self) -> bool {
        !self.after.is_empty()
    }

    pub(super) fn contains(&self, key: HookKey) -> bool {
        self.keys().any(|(hook, _)| hook == key)
    }

    /// All of them, those before the wait first, and what they are called.
    pub(super) fn keys(&self) -> impl Iterator<Item = (HookKey, &'static str)> + '_ {
        let before = self.before.iter().map(|hook| (hook.key, "before the wait"));
        let after = self.after.iter().map(|hook| (hook.key, "after the wait"));
        before.chain(after)
    }

    fn add<A>(&mut self, kind: Kind<S, A>, f: HookFn<S, A>) -> HookKey {
        self.last += 1;
        let key = HookKey(self.last);
        kind(self).push(Hook { key, f: Some(f) });
        key
    }

    /// Takes out the hook of that kind that was added first after `previous`, for its call.
    fn next<A>(
        &mut self,
        kind: Kind<S, A>,
        previous: u64,
        last: u64,
    ) -> Option<(HookKey, HookFn<S, A>)> {
        let hook = kind(self).iter_mut().find(|hook| hook.key.0 > previous)?;
        if hook.key.0 > last {
            return None;
        }
        Some((hook.key, hook.f.take()?))
    }

    /// Puts it back. Hands it back if it was removed meanwhile.
    fn put_back<A>(
        &mut self,
        kind: Kind<S, A>,
        key: HookKey,
        f: HookFn<S, A>,
    ) -> Result<(), HookFn<S, A>> {
        match kind(self).iter_mut().find(|hook| hook.key == key) {
            Some(hook) => {
                hook.f = Some(f);
                Ok(())
            }
            None => Err(f),
        }
    }

    fn remove(&mut self, key: HookKey) -> bool {
        let count = self.before.len() + self.after.len();
        self.before.retain(|hook| hook.key != key);
        self.after.retain(|hook| hook.key != key);
        self.before.len() + self.after.len() < count
    }
}

impl<S> Reactor<S> {
    /// Calls `f` in every turn just before its wait, with how long that is to take: zero if there is
    /// something to do, `None` if no time limits it. It stays until it answers [`Next::Stop`].
    ///
    /// The place for a last look: what `f` schedules, defers or activates is seen by the wait. The time
    /// is what is left, before the first hook is called, until the earliest timer, the turn's own limit, or the end of the run, by the
    /// reactor's clock; a sleep may end earlier for anything else that happens. It keeps no run alive.
    /// In the order in which they were added. Libevent: `evwatch_prepare_new`; libev and libuv:
    /// `ev_prepare`, `uv_prepare_t`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Next, Reactor};
    ///
    /// let mut reactor = Reactor::<Vec<Option<Duration>>>::new()?;
    /// reactor.before_wait(|waits: &mut Vec<_>, _, wait| {
    ///     waits.push(wait);
    ///     Next::Continue
    /// });
    /// reactor.after(Duration::from_millis(2), |_, _, _| {});
    /// let mut waits = Vec::new();
    /// reactor.run(&mut waits)?;
    /// assert!(waits[0] <= Some(Duration::from_millis(2)));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn before_wait(
        &mut self,
        f: impl FnMut(&mut S, &mut Reactor<S>, Option<Duration>) -> Next + 'static,
    ) -> HookKey {
        self.hooks.add(|hooks| &mut hooks.before, Box::new(f))
    }

    /// Calls `f` in every turn right after its wait, before any other handler, with how long the wait
    /// took. It stays until it answers [`Next::Stop`].
    ///
    /// Timers that are due are chosen before it: what it schedules waits for the next turn, as ever.
    /// It keeps no run alive. Libevent: `evwatch_check_new`; libev and libuv: `ev_check`,
    /// `uv_check_t`.
    pub fn after_wait(
        &mut self,
        f: impl FnMut(&mut S, &mut Reactor<S>, Duration) -> Next + 'static,
    ) -> HookKey {
        self.hooks.add(|hooks| &mut hooks.after, Box::new(f))
    }

    /// Takes a hook out. False: the key is stale. Inside that very hook it is taken out when it returns.
    /// Libevent: `evwatch_free`.
    pub fn remove_hook(&mut self, key: HookKey) -> bool {
        self.marks.forget(Origin::Hook(key));
        self.hooks.remove(key)
    }

    pub(super) fn run_before_hooks(&mut self, state: &mut S, wait: Option<Duration>) {
        self.run_hooks(state, |hooks| &mut hooks.before, wait);
    }

    pub(super) fn run_after_hooks(&mut self, state: &mut S) {
        let took = self.now.saturating_duration_since(self.readings.wait_began);
        self.run_hooks(state, |hooks| &mut hooks.after, took);
    }

    fn run_hooks<A: Copy>(&mut self, state: &mut S, kind: Kind<S, A>, argument: A) {
        let (mut previous, last) = (0, self.hooks.last);
        while !self.is_stopping() {
            let Some((key, mut f)) = self.hooks.next(kind, previous, last) else { break };
            previous = key.0;
            self.begin_call(Origin::Hook(key));
            let call = AssertUnwindSafe(|| f(state, self, argument));
            match catch_unwind(call) {
                Ok(next) => {
                    self.end_call();
                    if next == Next::Stop {
                        self.remove_hook(key);
                    }
                    if let Err(gone) = self.hooks.put_back(kind, key, f) {
                        drop(gone);
                        self.disown_time();
                    }
                }
                Err(panic) => {
                    self.remove_hook(key);
                    drop(f);
                    resume_unwind(panic);
                }
            }
            self.tell_if_slow(state);
        }
    }
}
