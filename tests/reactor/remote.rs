//! Other threads: posts, wakes, stops, and the reactor's end.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use mio::Interest;
use mio::unix::pipe;
use tourbillon::reactor::{Exit, Next, Reactor, Remote};
use tourbillon::timers::TimerKey;

use crate::{manual, manual_with_budget};

fn assert_is_shareable<T: Clone + Send + Sync>(_: &T) {}

#[test]
fn a_remote_is_send_and_sync_whatever_the_state_is() {
    let (reactor, _clock) = manual::<std::rc::Rc<std::cell::Cell<u8>>>();
    assert_is_shareable(&reactor.remote());
}

#[test]
fn posts_of_four_threads_all_arrive_each_threads_in_order() {
    const POSTS: usize = 5_000;
    let mut reactor = Reactor::<Vec<Vec<usize>>>::new().unwrap();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let remote = reactor.remote();
            thread::spawn(move || {
                for number in 0..POSTS {
                    let posted = remote.post(move |seen: &mut Vec<Vec<usize>>, _| {
                        seen[thread].push(number);
                    });
                    assert!(posted.is_ok());
                }
            })
        })
        .collect();
    let mut seen = vec![Vec::new(); 4];
    // It ends by itself when the last thread has dropped its remote.
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    for numbers in seen {
        assert!(numbers.iter().copied().eq(0..POSTS));
    }
    for thread in threads {
        thread.join().unwrap();
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
