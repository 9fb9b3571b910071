//! [`Who`]: the contenders, and what each does about timeouts.

use clap::ValueEnum;

use crate::options::Options;

/// What an end has besides its handler.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Timeouts {
    None,
    /// Each its own, 10 s and a part of a second, refreshed with each byte.
    Own,
    /// The same 10 s for all, refreshed with each byte.
    Common,
    /// Another one with each byte, 10 s and a part of a second that is drawn.
    Drawn,
}

/// A contender.
#[derive(Copy, Clone, Eq, PartialEq, Debug, ValueEnum)]
pub(crate) enum Who {
    Tourbillon,
    /// Without its histograms.
    TourbillonBare,
    Libevent,
    Epoll,
    EpollEdge,
    TourbillonOwn,
    /// By a timer, which the handler moves.
    TourbillonMoved,
    LibeventOwn,
    TourbillonCommon,
    /// By a timer, which the handler touches.
    TourbillonTouched,
    LibeventCommon,
    EpollCommon,
    TourbillonDrawn,
    LibeventAdd,
    LibeventDelAdd,
}

/// Who runs it.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Program {
    /// This program.
    Ours,
    /// `libevent.c`, in that mode.
    Libevent(&'static str),
    /// `epoll.c`, in that mode.
    Epoll(&'static str),
}

impl Timeouts {
    pub(crate) const ALL: [Self; 4] = [Self::None, Self::Own, Self::Common, Self::Drawn];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "no timeouts",
            Self::Own => "a timeout of each end's own",
            Self::Common => "a common timeout",
            Self::Drawn => "another timeout with each byte",
        }
    }
}

impl Who {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tourbillon => "tourbillon",
            Self::TourbillonBare => "tourbillon, no histograms",
            Self::Libevent | Self::LibeventOwn | Self::LibeventCommon => "libevent",
            Self::Epoll => "epoll, bare",
            Self::EpollEdge => "epoll, bare, edges",
            Self::TourbillonOwn | Self::TourbillonCommon => "tourbillon, `set_timeout`",
            Self::TourbillonMoved | Self::TourbillonDrawn => "tourbillon, `reschedule`",
            Self::TourbillonTouched => "tourbillon, `touch`",
            Self::EpollCommon => "epoll and a list by hand",
            Self::LibeventAdd => "libevent, `event_add`",
            Self::LibeventDelAdd => "libevent, `event_del` and `event_add`",
        }
    }

    pub(crate) const fn timeouts(self) -> Timeouts {
        match self {
            Self::Tourbillon
            | Self::TourbillonBare
            | Self::Libevent
            | Self::Epoll
            | Self::EpollEdge => Timeouts::None,
            Self::TourbillonOwn | Self::TourbillonMoved | Self::LibeventOwn => {
                Timeouts::Own
            }
            Self::TourbillonCommon
            | Self::TourbillonTouched
            | Self::LibeventCommon
            | Self::EpollCommon => Timeouts::Common,
            Self::TourbillonDrawn | Self::LibeventAdd | Self::LibeventDelAdd => {
                Timeouts::Drawn
            }
        }
    }

    pub(crate) const fn program(self) -> Program {
        match self {
            Self::Tourbillon
            | Self::TourbillonBare
            | Self::TourbillonOwn
            | Self::TourbillonMoved
            | Self::TourbillonCommon
            | Self::TourbillonTouched
            | Self::TourbillonDrawn => Program::Ours,
            Self::Libevent => Program::Libevent("none"),
            Self::LibeventOwn => Program::Libevent("own"),
            Self::LibeventCommon => Program::Libevent("common"),
            Self::LibeventAdd => Program::Libevent("add"),
            Self::LibeventDelAdd => Program::Libevent("del-add"),
            Self::Epoll => Program::Epoll("none"),
            Self::EpollEdge => Program::Epoll("edge"),
            Self::EpollCommon => Program::Epoll("common"),
        }
    }

    /// Ours, that the goals are about, at these timeouts.
    pub(crate) const fn ours(timeouts: Timeouts) -> Self {
        match timeouts {
            Timeouts::None => Self::Tourbillon,
            Timeouts::Own => Self::TourbillonOwn,
            Timeouts::Common => Self::TourbillonCommon,
            Timeouts::Drawn => Self::TourbillonDrawn,
        }
    }

    /// libevent's best way at these timeouts.
    pub(crate) const fn libevents(timeouts: Timeouts) -> Self {
        match timeouts {
            Timeouts::None => Self::Libevent,
            Timeouts::Own => Self::LibeventOwn,
            Timeouts::Common => Self::LibeventCommon,
            Timeouts::Drawn => Self::LibeventAdd,
        }
    }

    /// Why it is not measured, if its program is not there.
    pub(crate) fn refusal(self, options: &Options) -> Option<&'static str> {
        match self.program() {
            Program::Libevent(_) if options.libevent.is_none() => {
                Some("no --libevent, or it does not compile")
            }
            Program::Epoll(_) if options.epoll.is_none() => {
                Some("no --epoll, or it does not compile")
            }
            _ => None,
        }
    }

    /// What it is, for the notes.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::Tourbillon => {
                "`Reactor::new`, `register` with `Interest::READABLE`, `turn` with a wait of zero. \
                 Edge-triggered: its handler has room for 64 bytes and reads again only when they are \
                 full, so that a byte takes one read, as everywhere"
            }
            Self::TourbillonBare => "the same from a builder with `histograms(false)`",
            Self::Libevent => {
                "`event_new` with `EV_READ | EV_PERSIST`, `event_base_loop` with `EVLOOP_ONCE | \
                 EVLOOP_NONBLOCK`, as in its own bench. Level-triggered, one byte a call"
            }
            Self::Epoll => {
                "`epoll_wait` and an array, level-triggered. No loop can do with less"
            }
            Self::EpollEdge => {
                "with `EPOLLET`, which spares the kernel a second look at each"
            }
            Self::TourbillonOwn => {
                "`set_timeout` with a `Duration`: on the wheel. The reactor refreshes it by itself after \
                 the call, counted from the end of that"
            }
            Self::TourbillonMoved => {
                "a one-shot timer an end, which the handler moves to its turn's now and the end's \
                 timeout: on the wheel"
            }
            Self::LibeventOwn => {
                "a timeout of the event, in its heap. It refreshes that of a persistent event by \
                 itself before it calls it, counted from the time it has read once in the loop"
            }
            Self::TourbillonCommon => {
                "`set_timeout` with a common timeout. Refreshed as above"
            }
            Self::TourbillonTouched => {
                "a one-shot timer an end with a common timeout, which the handler touches"
            }
            Self::LibeventCommon => {
                "`event_base_init_common_timeout`, a queue. Refreshed as above"
            }
            Self::EpollCommon => {
                "no such thing is in epoll: a list in an array, in the order of the deadlines, the \
                 clock read once a look. The least that timeouts can cost"
            }
            Self::TourbillonDrawn => {
                "a one-shot timer an end, which the handler moves to its turn's now and what it draws"
            }
            Self::LibeventAdd => {
                "the handler adds its pending event again with another timeout, which moves it in the \
                 heap; before that libevent has refreshed the last one"
            }
            Self::LibeventDelAdd => {
                "what libev's variant of the bench does: the handler deletes its event and adds it, \
                 two system calls more"
            }
        }
    }
}
