//! What a call through the reactor costs, beside the same done to bare `Timers`.
//!
//! Axes: what is called (timers of every kind, activations with and without a timeout, deferred
//! handlers, posts), and whether the reactor keeps histograms. A thousand calls a turn, so that the
//! turn's own system call is a small part; on the machine's clock, which is read for each timer that is
//! added and for each handler that is called. Processor time of the thread, medians of rounds that take
//! turns. What these calls allocate is counted by `tests/no_alloc_reactor.rs`.
//!
//! ```text
//! taskset -c 1 cargo bench --bench handlers          # the table: a minute
//! cargo bench --bench handlers -- --test             # does it run at all
//! ```

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {
    println!("it counts a thread's processor time: it needs Unix");
}

#[cfg(unix)]
mod unix {
    use std::hint::black_box;
    use std::time::Duration;

    use tourbillon::reactor::{Next, Reactor, Ready};
    use tourbillon::time::{Clock, Instant, ManualClock};
    use tourbillon::{Fired, Timers};

    const ROUNDS: usize = 31;
    /// Calls a turn: fewer than its budget.
    const CROWD: u32 = 1000;
    /// Timers that are pending in the hold runs.
    const POPULATION: u32 = 100_000;

    /// Does a crowd of calls, that many times.
    type Run = Box<dyn FnMut(u32)>;

    struct Row {
        name: &'static str,
        /// With bare timers, where those can.
        bare: Option<fn() -> Run>,
        make: fn(histograms: bool) -> Run,
    }

    const ROWS: [Row; 9] = [
        row("one-shot, nothing captured: add + fire", Some(bare_shots), plain_shots),
        row("one-shot, 16 bytes captured: add + fire", Some(bare_shots), capturing_shots),
        row("one-shot that adds the next, 100,000 pending", Some(bare_chain), chain),
        row("the same with a common timeout", Some(bare_queue), chain_in_a_queue),
        row("tick of an interval", None, ticks),
        row("activation of an event", None, activations),
        row("the same, whose timeout restarts", None, activations_with_timeouts),
        row("deferred", None, deferred),
        row("post, of the same thread", None, posts),
    ];

    const fn row(
        name: &'static str,
        bare: Option<fn() -> Run>,
        make: fn(bool) -> Run,
    ) -> Row {
        Row { name, bare, make }
    }

    pub(super) fn main() {
        let is_test = std::env::args().any(|arg| arg == "--test");
        let (rounds, crowds) = if is_test { (3, 1) } else { (ROUNDS, 20) };
        println!("| ns a call | bare timers | through the reactor | with histograms |");
        println!("|---|--:|--:|--:|");
        for Row { name, bare, make } in &ROWS {
            let mut runs = [bare.map(|bare| bare()), Some(make(false)), Some(make(true))];
            let mut figures = [const { Vec::new() }; 3];
            for round in 0..=rounds {
                for (run, figures) in runs.iter_mut().zip(&mut figures) {
                    let Some(run) = run else { continue };
                    let before = cpu_nanos();
                    run(crowds);
                    let nanos = cpu_nanos() - before;
                    if round > 0 {
                        figures.push(nanos / f64::from(crowds * CROWD));
                    }
                }
            }
            let [bare, plain, histograms] = figures.map(median);
            println!("| {name} | {bare} | {plain} | {histograms} |");
        }
    }

    fn median(mut figures: Vec<f64>) -> String {
        figures.sort_unstable_by(f64::total_cmp);
        figures
            .get(figures.len() / 2)
            .map_or("–".into(), |figure| format!("{figure:.0}"))
    }

    fn cpu_nanos() -> f64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let time = Duration::try_from(time).expect("no processor time is negative");
        time.as_secs_f64() * 1e9
    }

    /// What the handlers share: how many calls there were.
    type Calls = u64;

    fn reactor(histograms: bool) -> Reactor<Calls> {
        Reactor::builder().histograms(histograms).build().expect("a reactor")
    }

    /// Runs a crowd: what is added, and turns until all were called.
    fn crowds_of(
        mut reactor: Reactor<Calls>,
        mut add: impl FnMut(&mut Reactor<Calls>) + 'static,
    ) -> Run {
        Box::new(move |crowds| {
            for _ in 0..crowds {
                let mut calls = 0;
                add(&mut reactor);
                while calls < u64::from(CROWD) {
                    reactor.turn(&mut calls, Duration::ZERO).expect("a turn");
                }
            }
        })
    }

    /// The same to bare timers, as far apart as the clock's readings would be.
    fn bare_shots() -> Run {
        let mut timers = Timers::new();
        let mut now = Instant::ZERO;
        Box::new(move |crowds| {
            for _ in 0..crowds {
                for number in 0..CROWD {
                    now += Duration::from_nanos(50);
                    timers.schedule(now, u64::from(number));
                }
                for _ in 0..CROWD {
                    black_box(timers.pop_expired(now)).expect("one is due");
                }
            }
        })
    }

    fn plain_shots(histograms: bool) -> Run {
        crowds_of(reactor(histograms), |reactor| {
            for _ in 0..CROWD {
                reactor.after(Duration::ZERO, |calls: &mut Calls, _, _| *calls += 1);
            }
        })
    }

    fn capturing_shots(histograms: bool) -> Run {
        crowds_of(reactor(histograms), |reactor| {
            for number in 0..u64::from(CROWD) {
                let captured = (number, black_box(1));
                reactor.after(Duration::ZERO, move |calls: &mut Calls, _, _| {
                    black_box(captured.0);
                    *calls += captured.1;
                });
            }
        })
    }

    /// Somewhere in the next second, by a hash of who asks.
    fn delay(number: u64) -> Duration {
        Duration::from_nanos(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 34)
    }

    fn link(calls: &mut Calls, reactor: &mut Reactor<Calls>, _: Fired) {
        *calls += 1;
        reactor.after(delay(*calls), link);
    }

    fn link_in_a_queue(calls: &mut Calls, reactor: &mut Reactor<Calls>, _: Fired) {
        *calls += 1;
        reactor.after(Duration::from_secs(1), link_in_a_queue);
    }

    const STEP: Duration = Duration::from_micros(1_000_000 / (POPULATION / CROWD) as u64);

    /// A hold run: time goes on by as much as makes a crowd due.
    fn hold(histograms: bool, in_a_queue: bool) -> Run {
        let clock = ManualClock::new();
        let mut reactor = Reactor::<Calls>::builder()
            .clock(clock.clone())
            .histograms(histograms)
            .build()
            .expect("a reactor");
        if in_a_queue {
            reactor.common_timeout(Duration::from_secs(1));
        }
        for number in 0..u64::from(POPULATION) {
            if in_a_queue {
                if number % u64::from(CROWD) == 0 {
                    clock.advance(STEP);
                }
                reactor.after(Duration::from_secs(1), link_in_a_queue);
            } else {
                reactor.after(delay(number), link);
            }
        }
        Box::new(move |crowds| {
            let (mut calls, wanted) = (0, u64::from(crowds) * u64::from(CROWD));
            while calls < wanted {
                clock.advance(STEP);
                while !reactor
                    .turn(&mut calls, Duration::ZERO)
                    .expect("a turn")
                    .is_empty()
                {}
            }
        })
    }

    fn bare_hold(in_a_queue: bool) -> Run {
        let clock = ManualClock::new();
        let mut timers = Timers::new();
        let second = timers.common_timeout(Duration::from_secs(1));
        for number in 0..u64::from(POPULATION) {
            if in_a_queue {
                if number % u64::from(CROWD) == 0 {
                    clock.advance(STEP);
                }
                timers.schedule_after(clock.now(), second, number);
            } else {
                timers.schedule_after(clock.now(), delay(number), number);
            }
        }
        let mut calls = 0;
        Box::new(move |crowds| {
            let wanted = calls + u64::from(crowds) * u64::from(CROWD);
            while calls < wanted {
                clock.advance(STEP);
                let now = clock.now();
                while let Some(expired) = timers.pop_expired(now) {
                    calls += 1;
                    black_box(expired.value);
                    if in_a_queue {
                        timers.schedule_after(now, second, calls);
                    } else {
                        timers.schedule_after(now, delay(calls), calls);
                    }
                }
            }
        })
    }

    fn bare_chain() -> Run {
        bare_hold(false)
    }

    fn bare_queue() -> Run {
        bare_hold(true)
    }

    fn chain(histograms: bool) -> Run {
        hold(histograms, false)
    }

    fn chain_in_a_queue(histograms: bool) -> Run {
        hold(histograms, true)
    }

    fn ticks(histograms: bool) -> Run {
        let mut reactor = reactor(histograms);
        for _ in 0..CROWD {
            let tick = |calls: &mut Calls, _: &mut Reactor<Calls>, _| {
                *calls += 1;
                Next::Continue
            };
            reactor.every(Duration::from_nanos(1), tick).expect("a period");
        }
        crowds_of(reactor, |_| {})
    }

    fn events(histograms: bool, timeout: Option<Duration>) -> Run {
        let mut reactor = reactor(histograms);
        let common = timeout.map(|timeout| reactor.common_timeout(timeout));
        let events: Vec<_> = (0..CROWD)
            .map(|_| {
                let called = |calls: &mut Calls, _: &mut Reactor<Calls>, _| {
                    *calls += 1;
                    Next::Continue
                };
                let event = reactor.event(called).expect("a slot");
                if let Some(common) = common {
                    reactor.set_timeout(event, common);
                }
                event
            })
            .collect();
        crowds_of(reactor, move |reactor| {
            for &event in &events {
                reactor.activate(event, Ready::READABLE);
            }
        })
    }

    fn activations(histograms: bool) -> Run {
        events(histograms, None)
    }

    fn activations_with_timeouts(histograms: bool) -> Run {
        events(histograms, Some(Duration::from_secs(30)))
    }

    fn deferred(histograms: bool) -> Run {
        crowds_of(reactor(histograms), |reactor| {
            for _ in 0..CROWD {
                reactor.defer(|calls: &mut Calls, _| *calls += 1);
            }
        })
    }

    fn posts(histograms: bool) -> Run {
        let reactor = reactor(histograms);
        let remote = reactor.remote();
        crowds_of(reactor, move |_| {
            for _ in 0..CROWD {
                let posted = remote.post(|calls: &mut Calls, _| *calls += 1);
                assert!(posted.is_ok(), "the reactor is there");
            }
        })
    }
}
