//! [`Slots`]: where the sources are kept, and which of them wait for a call.
//!
//! # Invariants
//!
//! - I1: a key finds a slot only if the slot is taken and the generations agree. Releasing a slot
//!   ends its generation; a slot that has used up its generations is never taken again.
//! - I2: a slot with `pending` bits is on the ready list exactly once, under its present key.
//! - I3: a slot whose box is moved out for a call stays taken until the call is over.
//!
//! Every operation is O(1).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use mio::Interest;

use super::drive::AnySource;
use super::key::RawKey;
use super::priority::Waiting;
use super::{Priority, Ready, SourceId};
use crate::timers::TimerKey;

type Boxed<S> = Box<dyn AnySource<S>>;

#[allow(clippy::struct_excessive_bools, reason = "facts that hold independently")]
struct Slot<S> {
    generation: u32,
    /// Why the handler is to be called next.
    pending: Ready,
    /// Whether it is on the ready list.
    queued: bool,
    /// Whether it is on the poked list.
    poked: bool,
    /// To be dropped when its handler returns.
    doomed: bool,
    weight: Weight,
    /// The kernel may wake the reactor for it.
    wakeable: bool,
    priority: Priority,
    /// What it is registered for; `None`: nothing that the kernel knows of.
    interest: Option<Interest>,
    timeout: Option<SlotTimeout>,
    body: Body<S>,
}

/// The timeout of a source: how long nothing may come.
#[derive(Copy, Clone, Debug)]
pub(super) struct SlotTimeout {
    pub(super) timer: TimerKey,
    pub(super) after_nanos: u64,
}

/// A slot that is looked at.
pub(super) struct Seen {
    pub(super) id: SourceId,
    pub(super) type_name: Option<&'static str>,
    pub(super) interest: Option<Interest>,
    pub(super) pending: Ready,
    pub(super) priority: Priority,
    pub(super) keeps_alive: bool,
    pub(super) timeout: Option<TimerKey>,
}

/// Whether a source keeps a run alive.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Weight {
    Full,
    /// It waits for what may never come.
    None,
}

enum Body<S> {
    Vacant,
    /// Taken, and its box is being made or was moved out for a call.
    Away,
    Home(Boxed<S>),
}

pub(super) struct Slots<S> {
    all: Vec<Slot<S>>,
    vacant: Vec<u32>,
    taken: usize,
    /// How many of these keep a run alive.
    weighing: usize,
    /// How many the kernel may wake the reactor for.
    wakeable: usize,
    /// How many have a timeout.
    timing: usize,
    /// Slots with pending bits.
    ready: Waiting,
    /// Slots that were reached from outside their handlers.
    poked: VecDeque<RawKey>,
}

impl<S> Slots<S> {
    pub(super) fn new() -> Self {
        Self {
            all: Vec::new(),
            vacant: Vec::new(),
            taken: 0,
            weighing: 0,
            wakeable: 0,
            timing: 0,
            ready: Waiting::default(),
            poked: VecDeque::new(),
        }
    }

    /// How many slots are taken.
    pub(super) const fn len(&self) -> usize {
        self.taken
    }

    /// How many of them keep a run alive.
    pub(super) const fn keeping_alive(&self) -> usize {
        self.weighing
    }

    /// Whether a slot is to keep a run alive. False: the key is stale.
    pub(super) fn set_weight(&mut self, key: RawKey, keeps_alive: bool) -> bool {
        let weight = if keeps_alive { Weight::Full } else { Weight::None };
        let Some(slot) = self.slot_mut(key) else { return false };
        let was = core::mem::replace(&mut slot.weight, weight);
        self.weighing += usize::from(keeps_alive && was == Weight::None);
        self.weighing -= usize::from(!keeps_alive && was == Weight::Full);
        true
    }

    /// How many sources the kernel may wake the reactor for, whether they keep a run alive or not.
    pub(super) const fn wakeable(&self) -> usize {
        self.wakeable
    }

    /// The kernel knows of the source, and may wake the reactor for it.
    pub(super) fn set_wakeable(&mut self, key: RawKey) {
        if let Some(slot) = self.slot_mut(key)
            && !core::mem::replace(&mut slot.wakeable, true)
        {
            self.wakeable += 1;
        }
    }

    /// How many slots have a timeout.
    pub(super) const fn timing(&self) -> usize {
        self.timing
    }

    /// The timeout of a slot.
    #[inline]
    pub(super) fn timeout(&self, key: RawKey) -> Option<SlotTimeout> {
        self.slot(key)?.timeout
    }

    /// Gives a slot another timeout, or none. The one that it had; `Err`: the key is stale.
    pub(super) fn set_timeout(
        &mut self,
        key: RawKey,
        timeout: Option<SlotTimeout>,
    ) -> Result<Option<SlotTimeout>, ()> {
        let slot = self.slot_mut(key).ok_or(())?;
        let had = core::mem::replace(&mut slot.timeout, timeout);
        self.timing += usize::from(timeout.is_some());
        self.timing -= usize::from(had.is_some());
        Ok(had)
    }

    /// Gives a slot another priority, from the next time on that it becomes ready. False: the key is
    /// stale.
    pub(super) fn set_priority(&mut self, key: RawKey, priority: Priority) -> bool {
        self.slot_mut(key).map(|slot| slot.priority = priority).is_some()
    }

    pub(super) fn priority(&self, key: RawKey) -> Option<Priority> {
        Some(self.slot(key)?.priority)
    }

    /// Notes what a slot is registered for.
    pub(super) fn set_interest(&mut self, key: RawKey, interest: Interest) {
        if let Some(slot) = self.slot_mut(key) {
            slot.interest = Some(interest);
        }
    }

    /// Takes a slot, whose box is still away. `None`: there are no more tokens to name one.
    pub(super) fn take(&mut self) -> Option<RawKey> {
        let index = match self.vacant.pop() {
            Some(index) => index,
            None if self.all.len() < RawKey::MAX_SLOTS => {
                self.all.push(Slot {
                    generation: 1,
                    pending: Ready::NONE,
                    queued: false,
                    poked: false,
                    doomed: false,
                    weight: Weight::Full,
                    wakeable: false,
                    priority: Priority::Normal,
                    interest: None,
                    timeout: None,
                    body: Body::Vacant,
                });
                self.all.len() as u32 - 1
            }
            None => return None,
        };
        let slot = self.all.get_mut(index as usize)?;
        slot.body = Body::Away;
        self.taken += 1;
        self.weighing += 1;
        Some(RawKey { index, generation: slot.generation })
    }

    /// Gives a slot free and hands out its box, if it is at home.
    pub(super) fn release(&mut self, key: RawKey) -> Option<Boxed<S>> {
        let slot = self.slot_mut(key)?;
        let body = core::mem::replace(&mut slot.body, Body::Vacant);
        slot.pending = Ready::NONE;
        (slot.queued, slot.poked, slot.doomed) = (false, false, false);
        (slot.priority, slot.interest) = (Priority::Normal, None);
        let timing = slot.timeout.take().is_some();
        let wakeable = core::mem::take(&mut slot.wakeable);
        let weight = core::mem::replace(&mut slot.weight, Weight::Full);
        let reusable = slot.generation < RawKey::LAST_GENERATION;
        if reusable {
            slot.generation += 1;
            self.vacant.push(key.index);
        }
        self.taken -= 1;
        self.timing -= usize::from(timing);
        self.wakeable -= usize::from(wakeable);
        self.weighing -= usize::from(weight == Weight::Full);
        match body {
            Body::Home(boxed) => Some(boxed),
            Body::Away | Body::Vacant => None,
        }
    }

    /// Whether the key's source is registered.
    pub(super) fn contains(&self, key: RawKey) -> bool {
        self.slot(key).is_some()
    }

    /// The box, unless it is away.
    pub(super) fn get_mut(&mut self, key: RawKey) -> Option<&mut Boxed<S>> {
        match &mut self.slot_mut(key)?.body {
            Body::Home(boxed) => Some(boxed),
            Body::Away | Body::Vacant => None,
        }
    }

    /// Moves the box out, for a call.
    #[inline]
    pub(super) fn move_out(&mut self, key: RawKey) -> Option<Boxed<S>> {
        let slot = self.slot_mut(key)?;
        match core::mem::replace(&mut slot.body, Body::Away) {
            Body::Home(boxed) => Some(boxed),
            Body::Away | Body::Vacant => None,
        }
    }

    /// Puts a box at home. Hands it back if its slot does not wait for it, or is doomed.
    #[inline]
    pub(super) fn put_back(
        &mut self,
        key: RawKey,
        boxed: Boxed<S>,
    ) -> Result<(), Boxed<S>> {
        match self.slot_mut(key) {
            Some(slot) if !slot.doomed && matches!(slot.body, Body::Away) => {
                slot.body = Body::Home(boxed);
                Ok(())
            }
            _ => Err(boxed),
        }
    }

    /// Whether the slot's box is away for a call.
    pub(super) fn is_away(&self, key: RawKey) -> bool {
        self.slot(key).is_some_and(|slot| matches!(slot.body, Body::Away))
    }

    /// Marks a slot whose box is away, so that it is not put back. False: it is at home, or gone.
    pub(super) fn doom(&mut self, key: RawKey) -> bool {
        match self.slot_mut(key) {
            Some(slot) if matches!(slot.body, Body::Away) => {
                slot.doomed = true;
                true
            }
            _ => false,
        }
    }

    /// Whether the slot's box is away, and will not be put back.
    #[allow(dead_code, reason = "for the rooms above, which may be switched off")]
    pub(super) fn is_doomed(&self, key: RawKey) -> bool {
        self.slot(key).is_some_and(|slot| slot.doomed)
    }

    /// Adds causes for the next call. False: the key is stale.
    #[inline]
    pub(super) fn mark_ready(&mut self, key: RawKey, ready: Ready) -> bool {
        let Some(slot) = self.slot_mut(key) else { return false };
        if !ready.is_none() {
            slot.pending |= ready;
            if !core::mem::replace(&mut slot.queued, true) {
                let priority = slot.priority;
                self.ready.push(key, priority);
            }
        }
        true
    }

    /// Begins a round of those that wait for a call now, of which `most` may be called.
    pub(super) fn begin_round(&mut self, most: usize) {
        self.ready.begin_round(most);
    }

    /// Whether all of the round have been called.
    pub(super) fn is_round_over(&self) -> bool {
        self.ready.is_round_over()
    }

    /// The next source of the round, and why it waits for a call.
    #[inline]
    pub(super) fn next_ready(&mut self) -> Option<(RawKey, Ready)> {
        let key = self.ready.next_of_round()?;
        let slot = self.slot_mut(key);
        let ready = slot.map_or(Ready::NONE, |slot| {
            slot.queued = false;
            core::mem::take(&mut slot.pending)
        });
        Some((key, ready))
    }

    /// Takes what a slot is to be called for, which leaves its entry on the ready list with nothing to tell.
    pub(super) fn take_pending(&mut self, key: RawKey) -> Ready {
        self.slot_mut(key).map_or(Ready::NONE, |slot| core::mem::take(&mut slot.pending))
    }

    /// How many entries the ready list has; some of them may be stale.
    pub(super) fn ready_len(&self) -> usize {
        self.ready.len()
    }

    /// Notes that the source was reached from outside its handler.
    pub(super) fn mark_poked(&mut self, key: RawKey) {
        if let Some(slot) = self.slot_mut(key)
            && !core::mem::replace(&mut slot.poked, true)
        {
            self.poked.push_back(key);
        }
    }

    pub(super) fn next_poked(&mut self) -> Option<RawKey> {
        let key = self.poked.pop_front()?;
        if let Some(slot) = self.slot_mut(key) {
            slot.poked = false;
        }
        Some(key)
    }

    /// How many entries the poked list has; some of them may be stale.
    pub(super) fn poked_len(&self) -> usize {
        self.poked.len()
    }

    /// All that are taken, to be looked at.
    pub(super) fn all(&self) -> impl Iterator<Item = Seen> + '_ {
        let taken = self.all.iter().enumerate().filter(|(_, slot)| slot.is_taken());
        taken.map(|(index, slot)| Seen {
            id: SourceId(RawKey { index: index as u32, generation: slot.generation }),
            type_name: match &slot.body {
                Body::Home(boxed) => Some(boxed.type_name()),
                Body::Away | Body::Vacant => None,
            },
            interest: slot.interest,
            pending: slot.pending,
            priority: slot.priority,
            keeps_alive: slot.weight == Weight::Full,
            timeout: slot.timeout.map(|timeout| timeout.timer),
        })
    }

    #[inline]
    fn slot(&self, key: RawKey) -> Option<&Slot<S>> {
        self.all
            .get(key.index as usize)
            .filter(|slot| slot.generation == key.generation && slot.is_taken())
    }

    #[inline]
    fn slot_mut(&mut self, key: RawKey) -> Option<&mut Slot<S>> {
        self.all
            .get_mut(key.index as usize)
            .filter(|slot| slot.generation == key.generation && slot.is_taken())
    }
}

impl<S> Slot<S> {
    const fn is_taken(&self) -> bool {
        !matches!(self.body, Body::Vacant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(slots: &mut Slots<()>) -> Option<(RawKey, Ready)> {
        slots.begin_round(usize::MAX);
        slots.next_ready()
    }

    #[test]
    fn a_released_slot_comes_back_under_another_key() {
        let mut slots = Slots::<()>::new();
        let first = slots.take().unwrap();
        assert!(slots.mark_ready(first, Ready::READABLE));
        slots.mark_poked(first);
        assert!(slots.release(first).is_none());
        let second = slots.take().unwrap();
        assert_eq!(first.index, second.index);
        assert!(!slots.contains(first) && slots.contains(second));
        assert!(!slots.mark_ready(first, Ready::READABLE));
        assert!(!slots.doom(first));
        // The stale entries name nobody, and do not stand in for the newcomer's.
        assert_eq!(next(&mut slots), Some((first, Ready::NONE)));
        assert_eq!(slots.next_poked(), Some(first));
        assert!(slots.mark_ready(second, Ready::WRITABLE));
        assert_eq!(next(&mut slots), Some((second, Ready::WRITABLE)));
        assert_eq!(next(&mut slots), None);
    }

    #[test]
    fn a_slot_that_used_up_its_generations_is_retired() {
        let mut slots = Slots::<()>::new();
        let first = slots.take().unwrap();
        slots.all[0].generation = RawKey::LAST_GENERATION;
        let last = RawKey { generation: RawKey::LAST_GENERATION, ..first };
        assert!(slots.contains(last));
        slots.release(last);
        assert!(!slots.contains(last));
        assert_eq!(slots.len(), 0);
        assert_ne!(slots.take().unwrap().index, first.index);
        assert!(!slots.contains(last));
    }

    #[test]
    fn a_weightless_slot_keeps_nothing_alive_and_its_successor_does() {
        let mut slots = Slots::<()>::new();
        let (light, other) = (slots.take().unwrap(), slots.take().unwrap());
        assert!(slots.set_weight(light, false) && slots.set_weight(light, false));
        assert_eq!((slots.len(), slots.keeping_alive()), (2, 1));
        slots.release(other);
        assert_eq!((slots.len(), slots.keeping_alive()), (1, 0));
        slots.release(light);
        assert_eq!((slots.len(), slots.keeping_alive()), (0, 0));
        assert!(!slots.set_weight(light, false));
        for _ in 0..2 {
            slots.take().unwrap();
        }
        assert_eq!((slots.len(), slots.keeping_alive()), (2, 2));
    }

    #[test]
    fn a_successor_inherits_nothing() {
        let mut slots = Slots::<()>::new();
        let mut timers = crate::timers::Timers::new();
        let timer = timers.schedule(crate::time::Instant::ZERO, ());
        let first = slots.take().unwrap();
        let timeout = Some(SlotTimeout { timer, after_nanos: 7 });
        assert!(slots.set_priority(first, Priority::Low));
        assert!(matches!(slots.set_timeout(first, timeout), Ok(None)));
        slots.set_interest(first, Interest::READABLE);
        assert_eq!(slots.timing(), 1);
        slots.release(first);
        assert_eq!(slots.timing(), 0);
        let second = slots.take().unwrap();
        assert_eq!(second.index, first.index);
        assert!(slots.timeout(second).is_none());
        assert_eq!(slots.priority(second), Some(Priority::Normal));
        assert!(!slots.set_priority(first, Priority::High));
        assert!(slots.set_timeout(first, timeout).is_err());
    }

    #[test]
    fn causes_merge_while_a_slot_waits() {
        let mut slots = Slots::<()>::new();
        let key = slots.take().unwrap();
        slots.mark_ready(key, Ready::READABLE);
        slots.mark_ready(key, Ready::NONE);
        slots.mark_ready(key, Ready::WRITABLE);
        assert_eq!(slots.ready_len(), 1);
        assert_eq!(next(&mut slots), Some((key, Ready::READABLE | Ready::WRITABLE)));
        slots.mark_ready(key, Ready::NONE);
        assert_eq!(slots.ready_len(), 0);
    }
}
