//! What a reactor's histograms cost: the same turns with them and without, by turns.
//!
//! Axes: what wakes the turn (a byte in a pipe, an interval that is due at once, an interval that is
//! slept for), and whether histograms are kept. Figures are of the thread's own processor time: the
//! share of a turn is what counts, and the machine's interruptions are nobody's turn.
//!
//! ```text
//! taskset -c 1 cargo bench --bench turn              # the table: half a minute
//! cargo bench --bench turn -- --test                 # does it run at all
//! ```

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {
    println!(
        "it counts a thread's processor time, and wakes turns by a pipe: it needs Unix"
    );
}

#[cfg(unix)]
mod unix {
    use std::io::{Read, Write};
    use std::time::Duration;

    use mio::Interest;
    use mio::unix::pipe;
    use tourbillon::{Next, Reactor};

    /// The two kinds take turns; what counts is the median of the differences between neighbours, since the
    /// machine is faster at one time than at another.
    const ROUNDS: usize = 101;

    struct Row {
        name: &'static str,
        turns: u32,
        make: fn(histograms: bool) -> Box<dyn FnMut(u32)>,
    }

    const ROWS: [Row; 3] = [
        Row { name: "a byte in a pipe: write, wait, read", turns: 10_000, make: a_byte },
        Row { name: "an interval, due at once: wait", turns: 10_000, make: a_due_tick },
        Row { name: "an interval, slept for: arm, wait", turns: 500, make: a_slept_tick },
    ];

    pub(super) fn main() {
        let is_test = std::env::args().any(|arg| arg == "--test");
        println!("| a turn | without, ns | histograms, ns | of the turn |");
        println!("|---|--:|--:|--:|");
        for row in &ROWS {
            let (rounds, turns) = if is_test { (3, 20) } else { (ROUNDS, row.turns) };
            let mut kinds = [false, true].map(row.make);
            let (mut without, mut differences) = (Vec::new(), Vec::new());
            for round in 0..=rounds {
                let mut nanos = [0.0; 2];
                // Who goes first changes, so that neither is always the one after a change.
                for kind in [round % 2, 1 - round % 2] {
                    let before = cpu_nanos();
                    kinds[kind](turns);
                    nanos[kind] = (cpu_nanos() - before) / f64::from(turns);
                }
                if round > 0 {
                    without.push(nanos[0]);
                    differences.push(nanos[1] - nanos[0]);
                }
            }
            let (without, difference) = (median(without), median(differences));
            let share = difference / without * 100.0;
            println!("| {} | {without:.0} | {difference:.0} | {share:.1} % |", row.name);
        }
    }

    fn median(mut figures: Vec<f64>) -> f64 {
        figures.sort_unstable_by(f64::total_cmp);
        figures[figures.len() / 2]
    }

    fn cpu_nanos() -> f64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let time = Duration::try_from(time).expect("no processor time is negative");
        time.as_secs_f64() * 1e9
    }

    /// What the handlers share: how often they are still to be called.
    type Left = u32;

    fn reactor(histograms: bool) -> Reactor<Left> {
        Reactor::builder().histograms(histograms).build().expect("a reactor")
    }

    fn once_more(left: &mut Left, reactor: &mut Reactor<Left>) {
        *left -= 1;
        if *left == 0 {
            reactor.stop();
        }
    }

    /// Runs until so many handlers were called.
    fn run(reactor: &mut Reactor<Left>, mut turns: Left) {
        reactor.run(&mut turns).expect("a run");
        assert_eq!(turns, 0, "it was stopped before its time");
    }

    fn a_byte(histograms: bool) -> Box<dyn FnMut(u32)> {
        let mut reactor = reactor(histograms);
        let (mut sender, receiver) = pipe::new().expect("a pipe");
        sender.write_all(b"x").expect("room in the pipe");
        reactor
            .register(receiver, Interest::READABLE, move |left, reactor, pipe, _| {
                // One read: a pipe that is emptied short makes a new edge with the next byte.
                let _ = pipe.read(&mut [0; 16]);
                sender.write_all(b"x").expect("room in the pipe");
                once_more(left, reactor);
                Next::Continue
            })
            .expect("registered");
        Box::new(move |turns| run(&mut reactor, turns))
    }

    fn a_due_tick(histograms: bool) -> Box<dyn FnMut(u32)> {
        a_tick(histograms, Duration::from_nanos(1))
    }

    fn a_slept_tick(histograms: bool) -> Box<dyn FnMut(u32)> {
        a_tick(histograms, Duration::from_micros(200))
    }

    fn a_tick(histograms: bool, period: Duration) -> Box<dyn FnMut(u32)> {
        let mut reactor = reactor(histograms);
        let tick = |left: &mut Left, reactor: &mut Reactor<_>, _| {
            once_more(left, reactor);
            Next::Continue
        };
        reactor.every(period, tick).expect("a period");
        Box::new(move |turns| run(&mut reactor, turns))
    }
}
