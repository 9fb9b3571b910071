//! Waits that a signal interrupts: what is left of them is waited for, and nothing comes early.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};
use std::process::{Output, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal as Posix, kill_process};
use tourbillon::reactor::{Exit, Next, Precision, Reactor, ReactorClock, Signal};
use tourbillon::time::{BoottimeClock, Clock, CoarseClock, Instant, MonotonicClock};

use crate::scenario::report;
use crate::strace::{self, Test};

pub(crate) fn tests_without_strace() -> Vec<Test> {
    vec![(
        "waits_under_a_thousand_signals_a_second_are_waited_out",
        false,
        waits_under_a_thousand_signals_a_second_are_waited_out,
    )]
}

pub(crate) fn tests() -> Vec<Test> {
    vec![
        (
            "waits_that_fail_with_eintr_are_waited_out",
            false,
            waits_that_fail_with_eintr_are_waited_out,
        ),
        (
            "waits_that_a_real_signal_interrupts_are_waited_out",
            false,
            waits_that_a_real_signal_interrupts_are_waited_out,
        ),
    ]
}

/// How many waits of each kind, and how many kinds there are.
const WAITS: u64 = 10;
const KINDS: u64 = 4 * 3;
pub(crate) const WAITED: u64 = KINDS * WAITS;

/// Waits on every clock with every precision, each wait from the handler of the one before.
pub(crate) fn waits() {
    wait_until(|_| true);
}

/// The same, again and again until a signal has come.
pub(crate) fn waits_for_a_signal() {
    wait_until(|signals| signals > 0);
}

fn wait_until(is_enough: impl Fn(u64) -> bool) {
    // From here on that signal kills nobody.
    let mut first = Reactor::<()>::new().unwrap();
    first.on_signal(Signal::User1, |(), _, _| Next::Continue).unwrap();
    report("ready", 1_u64);
    let mut waited = Waited::default();
    loop {
        waited.wait_in_every_way();
        if is_enough(waited.signals.get()) {
            break;
        }
    }
    report("turns", waited.turns);
    report("fired", waited.fired);
    report("early", waited.early);
    report("signals", waited.signals.get());
    let uptime = MonotonicClock::kernel().now().saturating_duration_since(Instant::ZERO);
    report("uptime in seconds", uptime.as_secs());
}

/// What came of it.
#[derive(Default)]
struct Waited {
    turns: u64,
    fired: u64,
    early: u64,
    signals: Rc<Cell<u64>>,
}

impl Waited {
    fn wait_in_every_way(&mut self) {
        for clock in [
            ReactorClock::from(MonotonicClock::new()),
            MonotonicClock::kernel().into(),
            BoottimeClock::new().into(),
            CoarseClock::new().into(),
        ] {
            let spin = Precision::Spin { max: Duration::from_micros(250) };
            for precision in [Precision::Exact, Precision::Millis, spin] {
                let builder = Reactor::builder().clock(clock.clone());
                self.wait_with(builder.precision(precision).build().unwrap());
            }
        }
    }

    fn wait_with(&mut self, mut reactor: Reactor<Chain>) {
        let signals = Rc::clone(&self.signals);
        let counted = move |_: &mut Chain, _: &mut Reactor<Chain>, _| {
            signals.set(signals.get() + 1);
            Next::Continue
        };
        let key = reactor.on_signal(Signal::User1, counted).unwrap();
        let mut chain = Chain { left: WAITS, early: 0 };
        link(&mut reactor);
        assert_eq!(reactor.run(&mut chain).unwrap(), Exit::Stopped);
        assert!(reactor.off_signal(key));
        self.turns += reactor.stats().turns;
        self.fired += reactor.stats().timers_fired;
        self.early += chain.early;
    }
}

struct Chain {
    left: u64,
    early: u64,
}

fn link(reactor: &mut Reactor<Chain>) {
    reactor.after(Duration::from_micros(1_700), |chain: &mut Chain, reactor, fired| {
        let readings = [fired.now, reactor.now(), reactor.clock().now()];
        let is_early = readings.iter().any(|now| *now < fired.scheduled);
        chain.early += u64::from(is_early);
        chain.left -= 1;
        if chain.left > 0 { link(reactor) } else { reactor.stop() }
    });
}

fn waits_that_fail_with_eintr_are_waited_out() {
    for every in 2..=3 {
        let injected = format!("epoll_wait:error=EINTR:when=2+{every}");
        let outcome = strace::trace("waits", "epoll_wait", Some(&injected));
        let interrupted = outcome.injected();
        assert!(interrupted as u64 >= WAITED / 4, "{interrupted} interruptions");
        assert_eq!(outcome.report("fired"), WAITED);
        assert_eq!(outcome.report("early"), 0);
        let turns = outcome.report("turns");
        // One for each call, but for those of a spin.
        assert!(turns <= outcome.count("epoll_wait") as u64, "{turns} turns");
    }
}

fn waits_that_a_real_signal_interrupts_are_waited_out() {
    let injected = "epoll_wait:signal=USR1:when=2+2";
    let outcome = strace::trace("waits", "epoll_wait", Some(injected));
    let interrupted =
        outcome.calls.iter().filter(|call| call.failed_with("EINTR")).count();
    assert!(interrupted > 0, "no wait was interrupted: {:?}", outcome.calls);
    assert!(outcome.report("signals") > 0, "no signal was handled");
    assert_eq!(outcome.report("fired"), WAITED);
    assert_eq!(outcome.report("early"), 0);
}

fn waits_under_a_thousand_signals_a_second_are_waited_out() {
    let mut command = strace::command("waits for a signal", &[]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    stdout.read_line(&mut said).unwrap();
    assert!(said.contains("ready"), "{said}");
    let pid = Pid::from_child(&child);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        kill_process(pid, Posix::USR1).unwrap();
        thread::sleep(Duration::from_millis(1));
    };
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    let output = Output { status, stdout: rest, stderr: Vec::new() };
    let outcome = strace::Outcome::of("waits for a signal", &["signals"], &output);
    assert!(outcome.report("signals") > 0, "no signal was handled");
    let fired = outcome.report("fired");
    assert!(fired >= WAITED && fired.is_multiple_of(WAITED), "{fired} fired");
    assert_eq!(outcome.report("early"), 0);
}
