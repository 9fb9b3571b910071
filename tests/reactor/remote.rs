//! Other threads: posts, wakes, stops, and the reactor's end.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use mio::Interest;
use mio::unix::pipe;
use tourbillon::reactor::{Exit, Next, Reactor, Remote};
use tourbillon::timers::TimerKey;

use crate::{Log, drain, manual, manual_with_budget, nanos};

fn assert_is_shareable<T: Clone + Send + Sync>(_: &T) {}

#[test]
fn a_remote_is_send_and_sync_whatever_the_state_is() {
    let (reactor, _clock) = manual::<std::rc::Rc<std::cell::Cell<u8>>>();
    assert_is_shareable(&reactor.remote());
}

/// The next number that each thread is to post, and how many came out of turn.
#[derive(Default)]
struct Counted {
    next: [u64; 4],
    wrong: u64,
}

#[test]
fn a_million_posts_of_four_threads_all_arrive_each_threads_in_order() {
    const POSTS: u64 = 250_000;
    let mut reactor = Reactor::<Counted>::new().unwrap();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let remote = reactor.remote();
            thread::spawn(move || {
                for number in 0..POSTS {
                    let posted = remote.post(move |seen: &mut Counted, _| {
                        seen.wrong += u64::from(seen.next[thread] != number);
                        seen.next[thread] = number + 1;
                    });
                    assert!(posted.is_ok());
                }
            })
        })
        .collect();
    let mut seen = Counted::default();
    // It ends by itself when the last thread has dropped its remote.
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert_eq!((seen.next, seen.wrong), ([POSTS; 4], 0));
    for thread in threads {
        thread.join().unwrap();
    }
    // No sleep ends without a call, and a call without a post is a thread's last.
    let stats = reactor.stats();
    let sleeps = stats.useful_wakeups + stats.spurious_wakeups;
    assert!(sleeps <= 4 * POSTS + 4, "{sleeps} sleeps");
    println!("{sleeps} sleeps in {} turns for {} posts", stats.turns, 4 * POSTS);
}

/// Each thread wakes the loop and waits till it has looked: had one wake been lost, both would wait for
/// ever.
#[test]
fn no_wake_of_two_threads_is_lost() {
    const ROUNDS: usize = 20_000;
    let mut reactor = Reactor::<()>::new().unwrap();
    let asked = [const { AtomicUsize::new(0) }; 2];
    let told = [const { AtomicUsize::new(0) }; 2];
    let remotes = [reactor.remote(), reactor.remote()];
    thread::scope(|scope| {
        for (remote, (asked, told)) in remotes.iter().zip(asked.iter().zip(&told)) {
            scope.spawn(move || {
                for round in 1..=ROUNDS {
                    asked.store(round, Ordering::Relaxed);
                    remote.wake();
                    while told.load(Ordering::Relaxed) != round {
                        thread::yield_now();
                    }
                }
            });
        }
        while told.iter().any(|told| told.load(Ordering::Relaxed) < ROUNDS) {
            reactor.turn(&mut (), None).unwrap();
            for (asked, told) in asked.iter().zip(&told) {
                told.store(asked.load(Ordering::Relaxed), Ordering::Relaxed);
            }
        }
    });
    let turns = reactor.stats().turns;
    assert!(turns <= 4 * ROUNDS as u64 + 2, "{turns} turns: it spins");
}

#[test]
fn two_million_wakes_of_two_threads_are_merged_and_the_last_is_heard() {
    const WAKES: usize = 1_000_000;
    let mut reactor = Reactor::<()>::new().unwrap();
    let remotes = [reactor.remote(), reactor.remote()];
    let ended = AtomicUsize::new(0);
    thread::scope(|scope| {
        for remote in &remotes {
            scope.spawn(|| {
                for _ in 1..WAKES {
                    remote.wake();
                }
                ended.fetch_add(1, Ordering::Relaxed);
                remote.wake();
            });
        }
        while ended.load(Ordering::Relaxed) < 2 {
            reactor.turn(&mut (), None).unwrap();
        }
    });
    let sleeps = reactor.stats().spurious_wakeups;
    assert!(sleeps <= 2 * WAKES as u64, "{sleeps} sleeps");
    println!(
        "{sleeps} sleeps in {} turns for {} wakes",
        reactor.stats().turns,
        2 * WAKES
    );
}

/// Says that it was dropped.
struct SaysSo(Arc<AtomicUsize>);

impl Drop for SaysSo {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn posts_that_race_with_the_reactors_end_are_called_dropped_or_given_back() {
    for round in 0..50 {
        let (mut reactor, _clock) = manual::<usize>();
        let dropped = Arc::new(AtomicUsize::new(0));
        let (begun, has_begun) = mpsc::channel();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (remote, dropped) = (reactor.remote(), Arc::clone(&dropped));
                let begun = begun.clone();
                thread::spawn(move || {
                    for posted in 1.. {
                        let value = SaysSo(Arc::clone(&dropped));
                        let refused = remote.post(move |calls: &mut usize, _| {
                            drop(value);
                            *calls += 1;
                        });
                        let _ = begun.send(());
                        if refused.is_err() {
                            return posted;
                        }
                    }
                    unreachable!()
                })
            })
            .collect();
        has_begun.recv().unwrap();
        let mut calls = 0;
        for _ in 0..round {
            reactor.turn(&mut calls, Duration::ZERO).unwrap();
        }
        drop(reactor);
        let posted: usize =
            threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(dropped.load(Ordering::Relaxed), posted, "each once");
        assert!(calls <= posted - 2);
    }
}

#[test]
fn a_burst_of_posts_is_run_within_the_budget_in_order() {
    let (mut reactor, _clock) = manual_with_budget::<Vec<u32>>(4);
    let remote = reactor.remote();
    for number in 0..10 {
        remote.post(move |seen: &mut Vec<u32>, _| seen.push(number)).unwrap();
    }
    let mut seen = Vec::new();
    let mut posts = Vec::new();
    while seen.len() < 10 {
        posts.push(reactor.turn(&mut seen, None).unwrap().posts);
        if posts.len() == 1 {
            remote.post(|seen: &mut Vec<u32>, _| seen.push(10)).unwrap();
        }
    }
    assert_eq!(posts, [4, 4, 3]);
    assert_eq!(seen, (0..=10).collect::<Vec<_>>());
    assert_eq!(reactor.stats().budget_hits, 2);
}

/// Each post is followed by two more: there are more of them in every turn.
fn flood(remote: &Remote<(Log, u64)>) {
    let again = remote.clone();
    let posted = remote.post(move |(_, posts): &mut (Log, u64), _| {
        *posts += 1;
        flood(&again);
        flood(&again);
    });
    assert!(posted.is_ok());
}

#[test]
fn a_flood_of_posts_starves_neither_sources_nor_timers_nor_what_is_deferred() {
    let (mut reactor, clock) = manual_with_budget::<(Log, u64)>(8);
    let (mut sender, receiver) = pipe::new().unwrap();
    reactor
        .register(
            receiver,
            Interest::READABLE,
            |(log, _): &mut (Log, u64), _, pipe, _| {
                drain(pipe);
                log.push("source");
                Next::Continue
            },
        )
        .unwrap();
    reactor
        .every(nanos(10), |(log, _): &mut (Log, u64), reactor, _| {
            log.push("timer");
            reactor.defer(|(log, _), _| log.push("deferred"));
            Next::Continue
        })
        .unwrap();
    flood(&reactor.remote());
    let mut seen = (Log::new(), 0);
    for turn in 1..=100 {
        sender.write_all(b"x").unwrap();
        clock.advance(nanos(10));
        let posts = reactor.turn(&mut seen, None).unwrap().posts;
        assert_eq!(std::mem::take(&mut seen.0), ["source", "timer", "deferred"]);
        assert!(turn < 5 || posts == 8, "{posts} posts in turn {turn}");
    }
    assert!(seen.1 > 700 && reactor.stats().budget_hits >= 90);
}

#[test]
fn a_post_from_a_post_waits_for_the_next_turn() {
    let (mut reactor, _clock) = manual::<u32>();
    let remote = reactor.remote();
    let again = remote.clone();
    remote
        .post(move |count: &mut u32, _| {
            *count += 1;
            again.post(|count: &mut u32, _| *count += 10).unwrap();
        })
        .unwrap();
    let mut count = 0;
    assert_eq!(reactor.turn(&mut count, None).unwrap().posts, 1);
    assert_eq!(count, 1);
    assert_eq!(reactor.turn(&mut count, None).unwrap().posts, 1);
    assert_eq!(count, 11);
}

#[test]
fn a_wake_ends_a_sleep_and_is_not_lost_when_it_comes_before() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let remote = reactor.remote();
    remote.wake();
    assert!(reactor.turn(&mut (), None).unwrap().is_empty());
    let (started, is_started) = mpsc::channel();
    let thread = thread::spawn(move || {
        is_started.recv().unwrap();
        remote.wake();
        remote
    });
    started.send(()).unwrap();
    assert!(reactor.turn(&mut (), None).unwrap().is_empty());
    drop(thread.join().unwrap());
}

#[test]
fn a_remotes_stop_ends_a_run_whichever_comes_first() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let (_sender, receiver) = pipe::new().unwrap();
    reactor.register(receiver, Interest::READABLE, |(), _, _, _| Next::Continue).unwrap();
    let remote = reactor.remote();
    remote.stop();
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Stopped, "asked for before");
    let thread = thread::spawn(move || remote.stop());
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Stopped);
    thread.join().unwrap();
}

#[test]
fn the_last_remote_that_is_dropped_ends_a_sleeping_run() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let remote = reactor.remote();
    let copy = remote.clone();
    drop(remote);
    let thread = thread::spawn(move || drop(copy));
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);
    thread.join().unwrap();
}

#[test]
fn after_the_reactor_is_gone_a_post_gives_its_function_back() {
    let (reactor, _clock) = manual::<String>();
    let remote = reactor.remote();
    assert!(!remote.is_closed());
    drop(reactor);
    assert!(remote.is_closed());
    let text = String::from("precious");
    let closed = remote.post(move |state: &mut String, _| state.push_str(&text));
    let f = closed.expect_err("the reactor is gone").0;
    let (mut other, _clock) = manual::<String>();
    let mut state = String::new();
    f(&mut state, &mut other);
    assert_eq!(state, "precious");
    remote.wake();
    remote.stop();
}

#[test]
fn posts_that_were_not_run_are_dropped_with_the_reactor() {
    struct PostsWhenDropped(Remote<()>, mpsc::Sender<bool>);
    impl Drop for PostsWhenDropped {
        fn drop(&mut self) {
            let _ = self.1.send(self.0.post(|(), _| {}).is_err());
        }
    }
    let (mut reactor, _clock) = manual::<()>();
    let remote = reactor.remote();
    let (sender, dropped) = mpsc::channel();
    let captured = PostsWhenDropped(remote.clone(), sender);
    remote.post(move |(), _| drop(captured)).unwrap();
    let never: TimerKey = reactor.after(Duration::from_secs(1), |(), _, _| {});
    assert!(reactor.is_pending(never));
    drop(reactor);
    assert_eq!(dropped.try_recv(), Ok(true));
}
