//! What can be seen without a suspend: that there is no false call, and that nobody is kept waiting.

use std::io::Write;
use std::time::Duration;

use mio::unix::pipe;
use tourbillon::reactor::{Exit, Interest, Next, Reactor, Ready, Resumed};

/// For handlers that are not to be called.
fn never(_: &mut (), _: &mut Reactor<()>, resumed: Resumed) -> Next {
    panic!("{resumed:?}, and nobody slept")
}

#[test]
fn a_watch_does_not_keep_a_run_alive_and_what_else_there_is_does() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let key = reactor.on_resume(never).unwrap();
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);
    let (mut sender, receiver) = pipe::new().unwrap();
    let receiver =
        reactor.register(receiver, Interest::READABLE, |(), _, _, _| Next::Stop).unwrap();
    reactor.after(Duration::from_millis(2), move |(), _, _| {
        sender.write_all(b"x").unwrap();
    });
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);
    assert!(!reactor.is_registered(receiver), "it was waited for");
    assert!(reactor.is_registered(key) && reactor.deregister(key).is_some());
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);
    assert!(reactor.deregister(key).is_none());
}

#[test]
fn an_event_without_a_suspend_calls_nobody() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let key = reactor.on_resume(never).unwrap();
    for _ in 0..1_000 {
        assert!(reactor.activate(key, Ready::READABLE));
        reactor.turn(&mut (), None).unwrap();
        assert!(reactor.source_mut(key).unwrap().resumed().is_none());
    }
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);
    assert!(reactor.is_registered(key));
}
