//! [`Window`]: how long before a deadline a sleep must end, so that the wake-up is in time.
//!
//! Learned from wake-ups: how late each came after the time it was asked for. Never from how late a
//! timer fired in the end, which is near zero as long as the window is wide enough, and would tell
//! nothing.
//!
//! # Invariants
//!
//! - I1: the window is at most `max`, always.
//! - I2: of the last 1024 wake-ups no more than one was later than the window less its margin, unless
//!   `max` forbids. So, if what comes is like what came, one in 510 is too late.

use core::time::Duration;

/// Wake-ups that are remembered.
const REMEMBERED: usize = 1024;

/// The window is as wide as the so-manieth latest of these. Fewer than one in a hundred are to be later
/// with some room to spare, since a processor may be taken away in the middle of a spin as well.
const RANK: usize = 2;

/// Wake-ups after which the window may become narrower. A later one widens it at once.
const PATIENCE: u8 = 16;

/// What the way back from the kernel and a poll before the deadline may take.
const MARGIN_NANOS: u32 = 1_000;

/// What the window is before anything is known: more than most machines need.
const UNKNOWN_NANOS: u32 = 250_000;

/// The learned lateness of wake-ups.
#[derive(Clone, Debug)]
pub(super) struct Window {
    late_nanos: [u32; REMEMBERED],
    next: usize,
    /// Wake-ups until the window is computed again.
    patience: u8,
    nanos: u32,
    max_nanos: u32,
}

impl Window {
    /// A window that knows nothing yet, of 250 µs or `max`.
    pub(super) fn at_most(max: Duration) -> Self {
        let max_nanos = nanos_of(max);
        let nanos = UNKNOWN_NANOS.min(max_nanos);
        Self {
            late_nanos: [nanos.saturating_sub(MARGIN_NANOS); REMEMBERED],
            next: 0,
            patience: PATIENCE,
            nanos,
            max_nanos,
        }
    }

    /// How long before a deadline a sleep is to end.
    pub(super) const fn get(&self) -> Duration {
        Duration::from_nanos(self.nanos as u64)
    }

    /// A wake-up came so late. A deadline that was spun for without a sleep counts as one that was not
    /// late at all: else a window wider than the time from one deadline to the next would never be
    /// asked about again.
    pub(super) fn note(&mut self, late: Duration) {
        let late = nanos_of(late);
        self.late_nanos[self.next] = late;
        self.next = (self.next + 1) % REMEMBERED;
        self.patience -= 1;
        let is_too_late = late.saturating_add(MARGIN_NANOS) > self.nanos;
        if self.patience == 0 || (is_too_late && self.nanos < self.max_nanos) {
            self.patience = PATIENCE;
            self.nanos = self.learned().saturating_add(MARGIN_NANOS).min(self.max_nanos);
        }
    }

    /// The so-manieth latest of all that are remembered.
    fn learned(&self) -> u32 {
        let mut latest = [0; RANK];
        for &late in &self.late_nanos {
            if late > latest[RANK - 1] {
                // Sorted, the latest first; the last one makes room.
                let place = latest.partition_point(|&other| other >= late);
                latest.copy_within(place..RANK - 1, place + 1);
                latest[place] = late;
            }
        }
        latest[RANK - 1]
    }
}

/// Four seconds count for all that are longer.
fn nanos_of(duration: Duration) -> u32 {
    u32::try_from(duration.as_nanos()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const fn micros(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    /// What `learned` is to be, by sorting.
    fn sorted(window: &Window) -> u32 {
        let mut late: Vec<u32> = window.late_nanos.into();
        late.sort_unstable_by(|a, b| b.cmp(a));
        late[RANK - 1]
    }

    #[test]
    fn it_begins_wide_and_within_its_bound() {
        assert_eq!(Window::at_most(Duration::MAX).get(), micros(250));
        assert_eq!(Window::at_most(micros(200)).get(), micros(200));
        assert_eq!(Window::at_most(Duration::ZERO).get(), Duration::ZERO);
    }

    #[test]
    fn it_narrows_to_what_is_seen_once_that_is_all_it_has_seen() {
        let mut window = Window::at_most(micros(200));
        for seen in 1..=1_200 {
            window.note(micros(40));
            let wide = seen <= REMEMBERED - RANK;
            let expected = if wide { micros(200) } else { micros(41) };
            if wide || seen >= REMEMBERED - RANK + 1 + usize::from(PATIENCE) {
                assert_eq!(window.get(), expected, "after {seen}");
            }
        }
    }

    #[test]
    fn it_widens_with_the_second_late_wake_up_at_once_and_never_above_its_bound() {
        let mut window = Window::at_most(micros(200));
        (0..1_200).for_each(|_| window.note(micros(40)));
        window.note(micros(120));
        assert_eq!(window.get(), micros(41), "one in a thousand is let go");
        window.note(micros(130));
        assert_eq!(window.get(), micros(121));
        (0..2).for_each(|_| window.note(Duration::from_secs(7)));
        assert_eq!(window.get(), micros(200));
        (0..1_200).for_each(|_| window.note(micros(40)));
        assert_eq!(window.get(), micros(41), "it forgets");
    }

    #[test]
    fn it_is_never_wider_for_long_than_what_lies_between_two_deadlines() {
        let gap = micros(200);
        let mut window = Window::at_most(micros(1_000));
        let (mut slept, mut too_late) = (0, 0);
        for _ in 0..10_000 {
            // No time to sleep, or a machine that wakes up 60 µs late.
            let late = if window.get() >= gap { Duration::ZERO } else { micros(60) };
            slept += u32::from(!late.is_zero());
            too_late += u32::from(late > window.get());
            window.note(late);
        }
        assert!(slept > 8_000, "{slept}");
        assert!(too_late < 10_000 / 400, "{too_late}");
    }

    #[test]
    fn with_no_time_to_spin_it_learns_nothing() {
        let mut window = Window::at_most(Duration::ZERO);
        (0..2_000).for_each(|late| window.note(micros(late)));
        assert_eq!(window.get(), Duration::ZERO);
    }

    #[test]
    fn about_one_wake_up_in_510_is_later_than_the_window() {
        let mut window = Window::at_most(Duration::MAX);
        let (mut seed, mut too_late, mut asked) = (5_u64, 0_u32, 0_u32);
        for round in 0..200_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // 30 to 60 µs, and a tail that halves with each 30 µs more.
            let tail = (seed >> 20).trailing_zeros().min(10) * 30;
            let late = micros(30 + (seed >> 40) % 30 + u64::from(tail));
            if round > 2 * REMEMBERED {
                asked += 1;
                too_late += u32::from(late > window.get());
            }
            window.note(late);
            if round % 97 == 0 {
                assert_eq!(window.learned(), sorted(&window));
            }
        }
        assert!(too_late * 400 < asked, "{too_late} of {asked}");
        assert!(too_late * 2_500 > asked, "{too_late} of {asked}: wider than it need be");
    }
}
