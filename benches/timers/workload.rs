//! [`Workload`]: what is done to the timers.

use super::contender::Contender;
use super::world::World;

/// What is done to the timers, again and again.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Workload {
    /// One more timer is scheduled within 30 s, and cancelled at once. The common life of a
    /// timeout.
    ScheduleCancel,
    /// A random timer is cancelled, and another scheduled within 30 s.
    CancelSchedule,
    /// A random timer's constant timeout of 30 s starts again. Time goes on, so that each is
    /// refreshed eight times in 30 s, and what is due is popped every 64 refreshes: what postponing
    /// puts off, upkeep pays for here.
    Refresh,
    /// Time goes on in steps of 1 ms; what is due fires and is scheduled anew within 30 s. The
    /// classical hold model.
    FireSchedule,
    /// A poll with nothing due.
    NothingDue,
    /// The exact earliest deadline.
    NextDeadline,
}

impl Workload {
    pub(crate) const ALL: [Self; 6] = [
        Self::ScheduleCancel,
        Self::CancelSchedule,
        Self::Refresh,
        Self::FireSchedule,
        Self::NothingDue,
        Self::NextDeadline,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ScheduleCancel => "schedule + cancel",
            Self::CancelSchedule => "cancel + schedule",
            Self::Refresh => "refresh",
            Self::FireSchedule => "fire + schedule",
            Self::NothingDue => "nothing due",
            Self::NextDeadline => "next_deadline",
        }
    }

    /// Timers as the workload finds them when it has gone on for long.
    pub(crate) fn world<C: Contender>(self, population: usize) -> World<C> {
        match self {
            Self::Refresh => World::idle(population),
            Self::FireSchedule => World::holding(population),
            _ => World::at_random(population),
        }
    }

    /// Calls in a round: so many that what a contender does now and then, such as sweeping dead
    /// entries out, falls due in every round.
    pub(crate) fn calls(self, population: usize) -> u64 {
        let population = population as u64;
        match self {
            // Long, so that what the others left in the caches at the turn of rounds does not count.
            Self::FireSchedule => population.max(1 << 20),
            Self::NothingDue | Self::NextDeadline => 1 << 22,
            _ => population.max(1 << 18),
        }
    }

    /// Does it `times` times.
    pub(crate) fn run<C: Contender>(self, world: &mut World<C>, times: u64) {
        match self {
            Self::ScheduleCancel => world.schedule_cancel(times),
            Self::CancelSchedule => world.cancel_schedule(times),
            Self::Refresh => world.refresh(times),
            Self::FireSchedule => world.fire_schedule(times),
            Self::NothingDue => world.nothing_due(times),
            Self::NextDeadline => world.next_deadline(times),
        }
    }
}
