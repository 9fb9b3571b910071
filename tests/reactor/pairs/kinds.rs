//! The kinds of handlers, how one of each is added with a cause to be called, and how it is removed.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mio::Interest;
use mio::net::UnixStream;
use mio::unix::pipe::{self, Receiver};
use signal_hook::low_level::raise;
use tourbillon::net::ListenerKey;
use tourbillon::reactor::{
    HookKey, Next, Priority, Reactor, Ready, Signal, SignalKey, SourceId, SourceKey,
    UserEvent,
};
use tourbillon::time::Interval;
use tourbillon::timers::TimerKey;
use tourbillon::{BufferEvent, Event, Listener, ListenerOptions, StreamKey};

use super::episode::{Who, World};
use crate::{at, drain, nanos, readable_pipe};

/// In the order of their calls in a turn.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) enum Kind {
    Before,
    After,
    Source,
    Once,
    Stream,
    Listener,
    Signal,
    Activated,
    Event,
    TimedOut,
    OneShot,
    Interval,
    Slack,
    Common,
    Deferred,
    Post,
    /// The hook of slow handlers: called right after another one, whichever that is.
    Slow,
}

impl Kind {
    /// All but the hook of slow handlers, of which there is only one.
    pub(super) const ALL: [Self; 16] = [
        Self::Before,
        Self::After,
        Self::Source,
        Self::Once,
        Self::Stream,
        Self::Listener,
        Self::Signal,
        Self::Activated,
        Self::Event,
        Self::TimedOut,
        Self::OneShot,
        Self::Interval,
        Self::Slack,
        Self::Common,
        Self::Deferred,
        Self::Post,
    ];
}

/// How it is reached from outside.
#[derive(Copy, Clone, Debug)]
pub(super) enum Key {
    Hook(HookKey),
    Pipe(SourceKey<Receiver>),
    Stream(StreamKey),
    Listener(ListenerKey),
    Signal(SignalKey),
    Event(SourceKey<UserEvent>),
    Timer(TimerKey),
    /// It can not be.
    Nothing,
}

impl Key {
    pub(super) fn source(self) -> Option<SourceId> {
        Some(match self {
            Self::Pipe(key) => key.into(),
            Self::Stream(key) => key.into(),
            Self::Listener(key) => key.into(),
            Self::Signal(key) => key.into(),
            Self::Event(key) => key.into(),
            Self::Hook(_) | Self::Timer(_) | Self::Nothing => return None,
        })
    }

    /// Whether the reactor says that it is there.
    pub(super) fn is_alive(self, reactor: &mut Reactor<World>) -> bool {
        match self {
            Self::Hook(key) => reactor.set_name(key, "there"),
            Self::Timer(key) => reactor.is_pending(key),
            Self::Nothing => false,
            _ => self.source().is_some_and(|id| reactor.is_registered(id)),
        }
    }

    /// Removes it; a pipe that comes back is handed out.
    pub(super) fn remove(self, reactor: &mut Reactor<World>) -> Option<Receiver> {
        match self {
            Self::Hook(key) => drop(reactor.remove_hook(key)),
            Self::Pipe(key) => return reactor.deregister(key),
            Self::Stream(key) => drop(reactor.deregister(key)),
            Self::Listener(key) => drop(reactor.deregister(key)),
            Self::Signal(key) => drop(reactor.off_signal(key)),
            Self::Event(key) => drop(reactor.deregister(key)),
            Self::Timer(key) => drop(reactor.cancel(key)),
            Self::Nothing => {}
        }
        None
    }
}

/// The other end of what a handler waits for.
#[derive(Debug)]
pub(super) enum End {
    Pipe(pipe::Sender),
    Stream(UnixStream),
    Client(TcpStream),
    None,
}

impl End {
    /// The descriptor that it was connected to is closed.
    pub(super) fn assert_closed(&mut self) {
        match self {
            Self::Pipe(sender) => assert!(sender.write(b"x").is_err()),
            // Reset, if there was something that nobody has read or accepted.
            Self::Stream(peer) => assert!(has_ended(peer.read(&mut [0; 8]))),
            Self::Client(client) => assert!(has_ended(client.read(&mut [0; 8]))),
            Self::None => {}
        }
    }
}

fn has_ended(read: io::Result<usize>) -> bool {
    // A blocking one that has waited in vain says the same as one that does not block.
    read.map_or_else(|error| error.kind() != io::ErrorKind::WouldBlock, |n| n == 0)
}

/// What a handler has captured: counts its drops.
#[derive(Debug)]
pub(super) struct Witness {
    who: Who,
    drops: Arc<AtomicUsize>,
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

/// One handler: what it is, and what is known of it.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) kind: Kind,
    pub(super) key: Key,
    pub(super) end: End,
    drops: Arc<AtomicUsize>,
}

impl Subject {
    pub(super) fn drops(&self) -> usize {
        self.drops.load(Ordering::Relaxed)
    }
}

/// Where it stands among those of its phase.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) enum Rank {
    First,
    Second,
    /// Added later: due at once.
    New,
}

impl Rank {
    const fn due_nanos(self) -> u64 {
        match self {
            Self::First => 10,
            Self::Second => 20,
            Self::New => 0,
        }
    }

    const fn priority(self) -> Priority {
        match self {
            Self::First => Priority::High,
            Self::New => Priority::Normal,
            Self::Second => Priority::Low,
        }
    }
}

/// Adds a handler of that kind, with a cause to be called.
pub(super) fn add(
    reactor: &mut Reactor<World>,
    kind: Kind,
    who: Who,
    rank: Rank,
) -> Subject {
    let drops = Arc::new(AtomicUsize::new(0));
    let witness = Witness { who, drops: Arc::clone(&drops) };
    let (key, end) = match kind {
        Kind::Before | Kind::After | Kind::Deferred | Kind::Post | Kind::Slow => {
            (add_plain(reactor, kind, witness), End::None)
        }
        Kind::OneShot | Kind::Interval | Kind::Slack | Kind::Common => {
            (add_timer(reactor, kind, witness, rank.due_nanos()), End::None)
        }
        _ => add_source(reactor, kind, witness, rank.due_nanos()),
    };
    if let Some(id) = key.source() {
        assert!(reactor.set_priority(id, rank.priority()));
    }
    Subject { kind, key, end, drops }
}

fn add_plain(reactor: &mut Reactor<World>, kind: Kind, witness: Witness) -> Key {
    match kind {
        Kind::Before => Key::Hook(reactor.before_wait(move |world: &mut World, r, _| {
            world.called(r, witness.who(), false)
        })),
        Kind::After => Key::Hook(reactor.after_wait(move |world: &mut World, r, _| {
            world.called(r, witness.who(), false)
        })),
        Kind::Deferred => {
            reactor.defer(move |world, r| world.called_once(r, witness.who(), false));
            Key::Nothing
        }
        Kind::Slow => {
            reactor.on_slow_handler(nanos(20), move |world: &mut World, r, slow| {
                assert_eq!(slow.took, nanos(50));
                world.called(r, witness.who(), false)
            });
            Key::Nothing
        }
        _ => {
            let f = move |world: &mut World, r: &mut _| {
                world.called_once(r, witness.who(), false);
            };
            assert!(reactor.remote().post(f).is_ok());
            Key::Nothing
        }
    }
}

fn add_timer(
    reactor: &mut Reactor<World>,
    kind: Kind,
    witness: Witness,
    due_nanos: u64,
) -> Key {
    if kind == Kind::Interval {
        let interval = Interval::new(at(due_nanos), nanos(1 << 40)).unwrap();
        return Key::Timer(reactor.interval(interval, move |world, r, _| {
            world.called(r, witness.who(), true)
        }));
    }
    let f = move |world: &mut World, r: &mut Reactor<World>, _| {
        world.called_once(r, witness.who(), true);
    };
    Key::Timer(match kind {
        Kind::OneShot => reactor.at(at(due_nanos), f),
        Kind::Slack => reactor.within(at(due_nanos.saturating_sub(1)), at(due_nanos), f),
        _ => {
            let common = reactor.common_timeout(nanos(due_nanos));
            reactor.after(common, f)
        }
    })
}

fn add_source(
    reactor: &mut Reactor<World>,
    kind: Kind,
    witness: Witness,
    due_nanos: u64,
) -> (Key, End) {
    match kind {
        Kind::Source | Kind::Once => {
            let (sender, receiver) = readable_pipe();
            let key = if kind == Kind::Source {
                register(reactor, receiver, witness)
            } else {
                let f = move |world: &mut World, r: &mut _, _, _| {
                    world.called_once(r, witness.who(), false);
                };
                reactor.register_once(receiver, Interest::READABLE, f).unwrap()
            };
            (Key::Pipe(key), End::Pipe(sender))
        }
        Kind::Activated | Kind::TimedOut => {
            let (sender, receiver) = pipe::new().unwrap();
            let key = register(reactor, receiver, witness);
            assert!(if kind == Kind::TimedOut {
                reactor.set_timeout(key, nanos(due_nanos))
            } else {
                reactor.activate(key, Ready::READABLE)
            });
            (Key::Pipe(key), End::Pipe(sender))
        }
        Kind::Event => {
            let f = move |world: &mut World, r: &mut _, _| {
                world.called(r, witness.who(), false)
            };
            let key = reactor.event(f).unwrap();
            assert!(reactor.activate(key, Ready::READABLE));
            (Key::Event(key), End::None)
        }
        Kind::Signal => {
            let signal = witness.who().signal();
            let f = move |world: &mut World, r: &mut _, _| {
                world.called(r, witness.who(), false)
            };
            let key = reactor.on_signal(signal, f).unwrap();
            raise(signal.number()).unwrap();
            (Key::Signal(key), End::None)
        }
        Kind::Stream => add_stream(reactor, witness),
        _ => add_listener(reactor, witness),
    }
}

fn register(
    reactor: &mut Reactor<World>,
    receiver: Receiver,
    witness: Witness,
) -> SourceKey<Receiver> {
    let f =
        move |world: &mut World, r: &mut Reactor<World>, pipe: &mut _, ready: Ready| {
            drain(pipe);
            let who = witness.who();
            if let Some(Key::Pipe(key)) = world.key(who) {
                // A timeout is a cause like others here: once.
                r.clear_timeout(key);
            }
            let by_timer = ready == Ready::TIMED_OUT;
            world.called(r, who, by_timer)
        };
    reactor.register(receiver, Interest::READABLE, f).unwrap()
}

fn add_stream(reactor: &mut Reactor<World>, witness: Witness) -> (Key, End) {
    let (mut peer, ours) = UnixStream::pair().unwrap();
    peer.write_all(b"x").unwrap();
    let f = move |world: &mut World,
                  r: &mut Reactor<World>,
                  stream: &mut BufferEvent,
                  event| match event {
        Event::Readable => {
            let len = stream.input().len();
            stream.input().consume(len);
            if world.called(r, witness.who(), false) == Next::Stop {
                stream.close();
            }
        }
        Event::Closed => world.closed.push(witness.who()),
        other => panic!("nothing else is to be told: {other:?}"),
    };
    let key = BufferEvent::new(ours).attach(reactor, f).unwrap();
    (Key::Stream(key), End::Stream(peer))
}

fn add_listener(reactor: &mut Reactor<World>, witness: Witness) -> (Key, End) {
    let f = move |world: &mut World, r: &mut Reactor<World>, _| {
        let who = witness.who();
        if world.called(r, who, false) == Next::Stop
            && let Some(key) = world.key(who)
        {
            key.remove(r);
        }
        Ok(())
    };
    let options = ListenerOptions::default();
    let key = Listener::bind(reactor, "127.0.0.1:0", options, f).unwrap();
    let addr = reactor.source_mut(key).unwrap().local_addr().unwrap();
    let client = TcpStream::connect(addr).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    (Key::Listener(key), End::Client(client))
}

impl Witness {
    const fn who(&self) -> Who {
        self.who
    }
}

impl Who {
    /// A process has only one of each.
    const fn signal(self) -> Signal {
        match self {
            Self::One => Signal::Hangup,
            Self::Two => Signal::WindowChanged,
            Self::Three | Self::Late => Signal::Quit,
        }
    }
}
