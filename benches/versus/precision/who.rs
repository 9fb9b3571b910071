//! [`Who`]: the contenders.

use clap::ValueEnum;
use tourbillon::reactor::Precision;

use crate::ours;
use crate::peers::{self, calloop, cyclictest, tokio};
use crate::plan::{Plan, Workload};
use crate::run::Run;
use crate::waits::{self, SleepThenSpin, Spin, ThreadSleep, Timerfd, TimerfdEpoll};

/// A contender.
#[derive(Copy, Clone, Eq, PartialEq, Debug, ValueEnum)]
pub(crate) enum Who {
    TourbillonMillis,
    TourbillonExact,
    TourbillonSpin,
    Timerfd,
    TimerfdEpoll,
    SleepThenSpin,
    ClockSpin,
    ThreadSleep,
    Tokio,
    Libevent,
    LibeventPersist,
    Asio,
    Calloop,
    Cyclictest,
    CyclictestFifo,
}

impl Who {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TourbillonMillis => "tourbillon `Millis`",
            Self::TourbillonExact => "tourbillon `Exact`",
            Self::TourbillonSpin => "tourbillon `Spin`",
            Self::Timerfd => "timerfd, bare",
            Self::TimerfdEpoll => "timerfd in epoll",
            Self::SleepThenSpin => "sleep, then spin",
            Self::ClockSpin => "spin alone",
            Self::ThreadSleep => "`thread::sleep`",
            Self::Tokio => "tokio",
            Self::Libevent => "libevent",
            Self::LibeventPersist => "libevent, `EV_PERSIST`",
            Self::Asio => "asio",
            Self::Calloop => "calloop",
            Self::Cyclictest => "cyclictest",
            Self::CyclictestFifo => "cyclictest, FIFO",
        }
    }

    pub(crate) const fn is_ours(self) -> bool {
        matches!(
            self,
            Self::TourbillonMillis | Self::TourbillonExact | Self::TourbillonSpin
        )
    }

    /// Whether the contender has such a timer at all.
    pub(crate) const fn can(self, workload: Workload) -> bool {
        let has_no_one_shots = matches!(
            self,
            Self::LibeventPersist | Self::Cyclictest | Self::CyclictestFifo
        );
        matches!(workload, Workload::Ticks) || !has_no_one_shots
    }

    /// One round of the workload.
    ///
    /// # Errors
    ///
    /// Why it cannot run here.
    pub(crate) fn run(self, workload: Workload, plan: &Plan) -> Result<Run, String> {
        let ours = |precision| {
            ours::run(workload, plan, precision).map_err(|error| error.to_string())
        };
        let program = |program: &Result<_, String>, mode| {
            peers::run(program.as_deref().map_err(Clone::clone)?, mode, workload, plan)
        };
        let timerfd = || Timerfd::new().map_err(|error| error.to_string());
        let by_hand = match self {
            Self::TourbillonMillis => return ours(Precision::Millis),
            Self::TourbillonExact => return ours(Precision::Exact),
            Self::TourbillonSpin => return ours(Precision::Spin { max: plan.max }),
            Self::Calloop => {
                return calloop::run(workload, plan).map_err(|error| error.to_string());
            }
            Self::Libevent => return program(&plan.programs.libevent, workload.name()),
            Self::LibeventPersist => return program(&plan.programs.libevent, "persist"),
            Self::Asio => return program(&plan.programs.asio, workload.name()),
            Self::Cyclictest => return cyclictest::run(plan, &[]),
            Self::CyclictestFifo => return cyclictest::run(plan, &["--priority=80"]),
            Self::Tokio => tokio::run(workload, plan),
            Self::Timerfd => waits::run(workload, plan, timerfd()?),
            Self::TimerfdEpoll => {
                TimerfdEpoll::new().and_then(|wait| waits::run(workload, plan, wait))
            }
            Self::SleepThenSpin => {
                let wait =
                    SleepThenSpin { timerfd: timerfd()?, max_nanos: plan.max_nanos() };
                waits::run(workload, plan, wait)
            }
            Self::ClockSpin => waits::run(workload, plan, Spin),
            Self::ThreadSleep => waits::run(workload, plan, ThreadSleep),
        };
        by_hand.map_err(|error| error.to_string())
    }
}
