//! [`CounterClock`] where a word cannot be shared between threads: there is none, and the kernel's
//! clock serves.

use crate::time::Discipline;

#[derive(Debug)]
pub(super) enum CounterClock {}

impl CounterClock {
    pub(super) fn of_this_process() -> Option<&'static Self> {
        None
    }

    pub(super) fn now(&self) -> u64 {
        match *self {}
    }

    pub(super) fn now_and_kernel_now(&self) -> (u64, u64) {
        match *self {}
    }

    pub(super) fn discipline(&self) -> Discipline {
        match *self {}
    }
}
