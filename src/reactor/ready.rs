//! [`Ready`]: why a source's handler is called.

use core::fmt;
use core::ops::{BitOr, BitOrAssign};

use mio::event::Event;

/// Why a source's handler is called: one or more causes, merged with `|`.
///
/// Readiness is a hint, as everywhere in mio: the handler reads or writes until `WouldBlock`, and a
/// handler that stops earlier calls [`Reactor::activate`](crate::reactor::Reactor::activate), since
/// readiness that was not used up is not reported again. Libevent's name is the `what` argument of
/// an event's callback.
///
/// ```
/// use tourbillon::reactor::Ready;
///
/// let ready = Ready::READABLE | Ready::READ_CLOSED;
/// assert!(ready.is_readable() && ready.is_read_closed() && !ready.is_writable());
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Hash, Default)]
pub struct Ready(u16);

/// Which of a source's own timers: eight at most.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) struct SourceTimer(u8);

impl SourceTimer {
    /// How many timers a source can have at a time.
    const COUNT: u8 = 8;

    /// The timer with that number, counted from 0. Higher ones are refused when compiled.
    #[allow(dead_code, reason = "for the rooms above, which may be switched off")]
    pub(crate) const fn new(id: u8) -> Self {
        assert!(id < Self::COUNT, "a source has eight timers");
        Self(id)
    }
}

impl Ready {
    /// No cause at all.
    pub const NONE: Self = Self(0);
    /// There may be something to read, or a connection to accept.
    pub const READABLE: Self = Self(1);
    /// There may be room to write.
    pub const WRITABLE: Self = Self(1 << 1);
    /// The peer will send no more.
    pub const READ_CLOSED: Self = Self(1 << 2);
    /// Nothing more can be written.
    pub const WRITE_CLOSED: Self = Self(1 << 3);
    /// The source has an error to tell.
    pub const ERROR: Self = Self(1 << 4);

    /// Its [timeout](crate::reactor::Reactor::set_timeout) is over, since nothing else came.
    pub const TIMED_OUT: Self = Self(1 << 5);

    /// The first of the bits for a source's own timers.
    const FIRST_TIMER_BIT: u32 = 8;

    /// What mio reports.
    #[inline]
    pub(super) fn of_event(event: &Event) -> Self {
        let mut ready = Self::NONE;
        for (is_set, cause) in [
            (event.is_readable(), Self::READABLE),
            (event.is_writable(), Self::WRITABLE),
            (event.is_read_closed(), Self::READ_CLOSED),
            (event.is_write_closed(), Self::WRITE_CLOSED),
            (event.is_error(), Self::ERROR),
        ] {
            if is_set {
                ready |= cause;
            }
        }
        ready
    }

    /// The source's own timer `timer` fired.
    pub(crate) const fn timer(timer: SourceTimer) -> Self {
        Self(1 << (Self::FIRST_TIMER_BIT + timer.0 as u32))
    }

    /// Whether there may be something to read.
    #[inline]
    #[must_use]
    pub const fn is_readable(self) -> bool {
        self.contains(Self::READABLE)
    }

    /// Whether there may be room to write.
    #[inline]
    #[must_use]
    pub const fn is_writable(self) -> bool {
        self.contains(Self::WRITABLE)
    }

    /// Whether the peer will send no more.
    #[inline]
    #[must_use]
    pub const fn is_read_closed(self) -> bool {
        self.contains(Self::READ_CLOSED)
    }

    /// Whether nothing more can be written.
    #[inline]
    #[must_use]
    pub const fn is_write_closed(self) -> bool {
        self.contains(Self::WRITE_CLOSED)
    }

    /// Whether the source has an error to tell.
    #[inline]
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.contains(Self::ERROR)
    }

    /// Whether its [timeout](crate::reactor::Reactor::set_timeout) is over.
    #[inline]
    #[must_use]
    pub const fn is_timed_out(self) -> bool {
        self.contains(Self::TIMED_OUT)
    }

    /// Whether the source's own timer `timer` fired.
    #[inline]
    #[allow(dead_code, reason = "for the rooms above, which may be switched off")]
    pub(crate) const fn is_timer(self, timer: SourceTimer) -> bool {
        self.contains(Self::timer(timer))
    }

    /// These causes but for those of `other`.
    #[inline]
    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is no cause.
    #[inline]
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether all causes of `other` are among these.
    #[inline]
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Ready {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Ready {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut causes = f.debug_set();
        for (name, cause) in [
            ("readable", Self::READABLE),
            ("writable", Self::WRITABLE),
            ("read closed", Self::READ_CLOSED),
            ("write closed", Self::WRITE_CLOSED),
            ("error", Self::ERROR),
            ("timed out", Self::TIMED_OUT),
        ] {
            if self.contains(cause) {
                causes.entry(&format_args!("{name}"));
            }
        }
        for id in 0..SourceTimer::COUNT {
            if self.contains(Self::timer(SourceTimer(id))) {
                causes.entry(&format_args!("timer {id}"));
            }
        }
        causes.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn causes_merge_and_do_not_touch_each_other() {
        let timers: std::vec::Vec<_> = (0..8).map(SourceTimer::new).collect();
        for (place, &timer) in timers.iter().enumerate() {
            let ready = Ready::timer(timer) | Ready::WRITABLE;
            assert!(ready.is_timer(timer) && ready.is_writable());
            assert!(!ready.is_readable() && !ready.is_error());
            for (other, &another) in timers.iter().enumerate() {
                assert_eq!(ready.is_timer(another), place == other);
            }
        }
    }

    #[test]
    fn causes_are_named_when_printed() {
        let ready = Ready::READABLE | Ready::timer(SourceTimer::new(3));
        assert_eq!(format!("{ready:?}"), "{readable, timer 3}");
        assert_eq!(format!("{:?}", Ready::NONE), "{}");
    }
}
