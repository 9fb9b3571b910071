//! Timers of all kinds: what operations do to them, and what is checked when they fire.

use std::time::Duration;

use tourbillon::reactor::{Fired, Next};
use tourbillon::time::{Instant, Interval};

use super::book::Kind;
use super::ops::Op;
use super::world::{Phase, Sim, World};
use crate::bodies::codec::Nanos;
use crate::bodies::interval::{behavior, grid::Grid};

/// Timers at a time, at most.
const MOST_TIMERS: usize = 48;

impl World {
    pub(super) fn apply_to_timers(&mut self, reactor: &mut Sim, op: Op) {
        let now = self.reading(reactor);
        let has_room = self.book.len() < MOST_TIMERS;
        match op {
            Op::After { after, acts } if has_room => {
                self.schedule(reactor, now + after.duration(), acts);
            }
            Op::Past { before, acts } if has_room => {
                self.schedule(reactor, now - before.duration(), acts);
            }
            Op::Common { queue, acts } if has_room => {
                self.schedule_common(reactor, queue, acts);
            }
            Op::Within { opens, length, acts } if has_room => {
                let opens = now + opens.duration();
                self.schedule_within(reactor, opens, opens + length.duration(), acts);
            }
            Op::Every { first, period, behavior, acts } if has_room => {
                let first = now + first.duration();
                self.schedule_every(reactor, first, period, behavior, acts);
            }
            Op::Cancel { pick } => {
                if let Some(id) = self.book.pick(pick)
                    && let Some(entry) = self.book.remove(id)
                {
                    assert!(reactor.cancel(entry.key), "P3: timer {id}, to be cancelled");
                    assert!(!reactor.is_pending(entry.key) && !reactor.cancel(entry.key));
                    self.note("cancel", [id, 0]);
                }
            }
            Op::Reschedule { pick, after } => {
                if let Some(id) = self.book.pick(pick) {
                    self.reschedule(reactor, id, now + after.duration());
                }
            }
            Op::Touch { pick } => {
                if let Some(id) = self.book.pick(pick) {
                    self.touch(reactor, id, now);
                }
            }
            Op::Stale { pick } => self.check_stale(reactor, pick),
            _ => {}
        }
    }

    /// Writes down a timer that was scheduled just now.
    fn add(
        &mut self,
        reactor: &Sim,
        key: tourbillon::TimerKey,
        due: Instant,
        kind: Kind,
        acts: u8,
    ) {
        let id = self.book.next_id();
        self.note("timer", [id, due.as_nanos()]);
        self.book.add(key, due, kind, acts, self.birth(reactor));
        assert_eq!(reactor.deadline(key), Some(due), "timer {id}");
    }

    fn schedule(&mut self, reactor: &mut Sim, due: Instant, acts: u8) {
        let id = self.book.next_id();
        let key =
            reactor.at(due, move |world, reactor, fired| once(world, reactor, id, fired));
        self.add(reactor, key, due, Kind::Once, acts);
    }

    fn schedule_common(&mut self, reactor: &mut Sim, queue: u8, acts: u8) {
        let id = self.book.next_id();
        let queue = usize::from(queue) % self.queues.len();
        let due = self.reading(reactor) + self.queues[queue].duration();
        let key = reactor.after(self.queues[queue], move |world, reactor, fired| {
            once(world, reactor, id, fired);
        });
        self.add(reactor, key, due, Kind::Common(queue), acts);
    }

    fn schedule_within(
        &mut self,
        reactor: &mut Sim,
        opens: Instant,
        closes: Instant,
        acts: u8,
    ) {
        let id = self.book.next_id();
        let key = reactor.within(opens, closes, move |world, reactor, fired| {
            once(world, reactor, id, fired);
        });
        let kind = if closes <= opens { Kind::Once } else { Kind::Slack(opens) };
        self.add(reactor, key, closes.max(opens), kind, acts);
    }

    fn schedule_every(
        &mut self,
        reactor: &mut Sim,
        first: Instant,
        period: Nanos,
        number: u8,
        acts: u8,
    ) {
        let id = self.book.next_id();
        let Ok(interval) = Interval::new(first, period.duration()) else {
            let refused = reactor.every(Duration::ZERO, |_, _, _| Next::Stop);
            assert!(refused.is_err(), "a period of zero");
            return;
        };
        let behavior = behavior(number);
        let interval = interval.with_missed_tick_behavior(behavior);
        let key = reactor.interval(interval, move |world, reactor, fired| {
            every(world, reactor, id, fired)
        });
        let grid = Grid::new(first.as_nanos(), period.duration(), behavior);
        self.add(reactor, key, first, Kind::Every(grid), acts);
    }

    fn reschedule(&mut self, reactor: &mut Sim, id: u64, due: Instant) {
        let birth = self.birth(reactor);
        let Some(entry) = self.book.get_mut(id) else { return };
        assert!(reactor.reschedule(entry.key, due), "P3: timer {id}, to be rescheduled");
        match &mut entry.kind {
            Kind::Every(grid) => grid.reset_at(due.as_nanos()),
            kind @ Kind::Slack(_) => *kind = Kind::Once,
            Kind::Once | Kind::Common(_) => {}
        }
        self.book.change_due(id, due, birth);
        self.note("move", [id, due.as_nanos()]);
    }

    fn touch(&mut self, reactor: &mut Sim, id: u64, now: Instant) {
        let Some(entry) = self.book.get(id) else { return };
        let common = match entry.kind {
            Kind::Common(queue) => Some(self.queues[queue]),
            _ => None,
        };
        assert_eq!(reactor.touch(entry.key), common.is_some(), "timer {id}, touched");
        if let Some(common) = common {
            let due = now + common.duration();
            assert_eq!(reactor.deadline(entry.key), Some(due));
            self.book.change_due(id, due, self.birth(reactor));
            self.note("touch", [id, due.as_nanos()]);
        }
    }

    /// P3: a key that is gone does nothing, and says so.
    fn check_stale(&self, reactor: &mut Sim, pick: u8) {
        let Some(pick) = usize::from(pick).checked_rem(self.book.stale.len()) else {
            return;
        };
        let key = self.book.stale[pick];
        assert!(!reactor.is_pending(key) && !reactor.cancel(key) && !reactor.touch(key));
        assert!(
            !reactor.reschedule(key, Instant::ZERO) && reactor.deadline(key).is_none()
        );
        assert!(reactor.remaining(key).is_none() && reactor.drift(key).is_none());
    }

    /// A timer fires: P1, P3, P4, and that it is not one of the turn that scheduled it.
    fn check_fired(&mut self, reactor: &mut Sim, id: u64, fired: Fired) {
        self.enter(Phase::Timers);
        let turn = reactor.stats().turns;
        let entry = self.book.get(id);
        let entry = entry.unwrap_or_else(|| panic!("P3: timer {id} fired, and was gone"));
        assert_eq!(entry.key, fired.key, "P3: timer {id}");
        assert!(entry.born < turn, "timer {id} fired in the turn that scheduled it");
        assert_eq!(fired.now, self.reading(reactor), "the reading of timer {id}");
        assert!(fired.scheduled <= fired.now, "P1: timer {id} is early");
        let from = match entry.kind {
            Kind::Slack(opens) => {
                assert!((opens..=entry.due).contains(&fired.scheduled), "P1: timer {id}");
                opens
            }
            _ => entry.due,
        };
        assert!(from <= reactor.now(), "P1: timer {id} is early, by the turn's reading");
        if self.is_exact(entry.due) && entry.due >= entry.born_at {
            assert!(fired.now <= entry.due, "P2: timer {id} of {:?} is late", entry.due);
        }
        let first = match entry.kind {
            Kind::Every(_) => entry.due,
            _ => fired.scheduled,
        };
        self.book.check_order(id, first, turn);
        self.count_fired(reactor);
        self.note("fired", [id, fired.now.as_nanos()]);
    }
}

fn once(world: &mut World, reactor: &mut Sim, id: u64, fired: Fired) {
    world.check_fired(reactor, id, fired);
    let Some(entry) = world.book.remove(id) else { return };
    if !matches!(entry.kind, Kind::Slack(_)) {
        assert_eq!(fired.scheduled, entry.due, "timer {id}");
    }
    assert_eq!(fired.missed, 0);
    assert!(!reactor.is_pending(fired.key), "P3: pending while it fires");
    world.act(reactor, entry.acts);
    if world.takes_panic() {
        world.panic_on_purpose();
    }
}

fn every(world: &mut World, reactor: &mut Sim, id: u64, fired: Fired) -> Next {
    world.check_fired(reactor, id, fired);
    let birth = world.birth(reactor);
    let Some(entry) = world.book.get_mut(id) else { return Next::Stop };
    let acts = entry.acts;
    let Kind::Every(grid) = &mut entry.kind else { panic!("timer {id} is no interval") };
    let tick = grid.tick(fired.now.as_nanos());
    let tick = tick.unwrap_or_else(|| panic!("P7: interval {id} has no tick"));
    assert_eq!(
        (fired.scheduled, fired.missed),
        (tick.scheduled, tick.missed),
        "P7: {id}"
    );
    let (next, is_over) = (grid.next_deadline(), grid.is_over());
    world.report.missed += fired.missed;
    world.book.change_due(id, next, birth);
    if is_over {
        world.book.get_mut(id).expect("it is there").is_over = true;
    } else {
        assert_eq!(reactor.deadline(fired.key), Some(next), "P7: the next of {id}");
    }
    world.act(reactor, acts);
    let stops = acts >= 250;
    let is_over = world.book.get(id).is_some_and(|entry| entry.is_over);
    if stops || is_over || world.is_to_panic() {
        world.book.remove(id);
    }
    if world.takes_panic() {
        world.panic_on_purpose();
    }
    if stops { Next::Stop } else { Next::Continue }
}
