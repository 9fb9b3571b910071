//! Ours: the ends of all pairs as sources of one reactor, in a process of its own.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Registry, Token};
use nix::errno::Errno;
use nix::unistd::{read, write};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, pipe_with};
use tourbillon::reactor::{Interest, Next, Reactor, SourceKey};
use tourbillon::timers::{After, CommonTimeout, TimerKey};

use crate::options::{Kind, Plan};
use crate::who::Who;

/// Of a timeout that is the same for all; each end's own has a part of a second on top.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A byte takes two turns at most, and a run few of them: more means that one was lost.
const TURNS_MOST: u32 = 10_000_000;

/// The end of a pair that is read from, as a source.
struct End(OwnedFd);

impl Source for End {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).register(registry, token, interest)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).reregister(registry, token, interest)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).deregister(registry)
    }
}

/// The state of the handlers.
struct World {
    /// Where each pair is written to.
    senders: Vec<OwnedFd>,
    /// The timer of each end, if it has one.
    timers: Vec<TimerKey>,
    draw: Draw,
    sent: u32,
    read: u32,
    left: u32,
    failure: Option<io::Error>,
}

/// Marsaglia's xorshift, as the peers in C draw.
struct Draw(u64);

impl Draw {
    fn part(&mut self) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_nanos(((self.0 >> 32) * 1_000_000_000) >> 32)
    }
}

/// The part of a second that an end's own timeout has: spread evenly, the same in every program.
fn part_of(index: u32) -> Duration {
    let share = u64::from(index.wrapping_mul(2_654_435_761));
    Duration::from_nanos((share * 1_000_000_000) >> 32)
}

impl World {
    /// Reads what there is, and passes each byte on to the next pair while there are writes left.
    #[inline]
    fn pass_on(&mut self, index: u32, end: &mut End) -> Next {
        let mut bytes = [0; 64];
        loop {
            match read(&end.0, &mut bytes) {
                Ok(count) => {
                    for _ in 0..count {
                        self.read += 1;
                        if self.left > 0 {
                            self.left -= 1;
                            self.send(index + 1);
                        }
                    }
                    // No more than that was there, and what comes after makes an edge of its own.
                    if (1..bytes.len()).contains(&count) {
                        return Next::Continue;
                    }
                    if count == 0 {
                        self.failure = Some(io::ErrorKind::UnexpectedEof.into());
                        return Next::Continue;
                    }
                }
                Err(Errno::EAGAIN) => return Next::Continue,
                Err(error) => {
                    self.failure = Some(error.into());
                    return Next::Continue;
                }
            }
        }
    }

    /// Writes a byte into the pair, or into the first after the last.
    #[inline]
    fn send(&mut self, index: u32) {
        let index = index as usize;
        let index = if index == self.senders.len() { 0 } else { index };
        match write(&self.senders[index], b"e") {
            Ok(1) => self.sent += 1,
            Ok(_) => self.failure = Some(io::ErrorKind::WriteZero.into()),
            Err(error) => self.failure = Some(error.into()),
        }
    }
}

/// The reactor, and what is at its ends.
struct Bench {
    who: Who,
    reactor: Reactor<World>,
    world: World,
    common: CommonTimeout,
    plan: Plan,
}

/// Does what `plan` says, and prints a line for each run.
pub(crate) fn run(who: Who, plan: Plan) -> io::Result<()> {
    let (mut ends, mut senders) = (Vec::new(), Vec::new());
    for _ in 0..plan.pairs {
        let (end, sender) = pair(plan.kind)?;
        ends.push(End(end));
        senders.push(sender);
    }
    let mut reactor =
        Reactor::builder().histograms(who != Who::TourbillonBare).build()?;
    let common = reactor.common_timeout(TIMEOUT);
    let world = World {
        senders,
        timers: Vec::with_capacity(plan.pairs as usize),
        draw: Draw(88_172_645_463_325_252),
        sent: 0,
        read: 0,
        left: 0,
        failure: None,
    };
    let mut bench = Bench { who, reactor, world, common, plan };
    for _ in 0..=plan.runs {
        ends = bench.round(ends)?;
    }
    Ok(())
}

fn pair(kind: Kind) -> io::Result<(OwnedFd, OwnedFd)> {
    let pair = match kind {
        Kind::Pipes => pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?,
        Kind::Sockets => socketpair(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::NONBLOCK | SocketFlags::CLOEXEC,
            None,
        )?,
    };
    Ok(pair)
}

impl Bench {
    /// Registers the ends, passes the bytes on and takes the ends out again.
    fn round(&mut self, ends: Vec<End>) -> io::Result<Vec<End>> {
        let mut keys = Vec::with_capacity(ends.len());
        let start = Instant::now();
        for (index, end) in (0..).zip(ends) {
            keys.push(self.watch(index, end)?);
        }
        let register_nanos = start.elapsed().as_nanos();

        self.turn()?;
        (self.world.sent, self.world.read) = (0, 0);
        self.world.left = self.plan.writes;
        for active in 0..self.plan.active {
            self.world.send(active * (self.plan.pairs / self.plan.active));
        }
        let mut turns = 0;
        let first = Instant::now();
        loop {
            self.turn()?;
            turns += 1;
            if self.world.read == self.world.sent {
                break;
            }
            if turns == TURNS_MOST {
                return Err(io::Error::other("a byte did not come"));
            }
        }
        let bytes_nanos = first.elapsed().as_nanos();
        if self.world.sent != self.plan.bytes() {
            return Err(io::Error::other("a byte was not passed on"));
        }
        println!("{register_nanos} {bytes_nanos} {} {turns}", self.world.read);

        for timer in self.world.timers.drain(..) {
            if !self.reactor.cancel(timer) {
                return Err(timed_out());
            }
        }
        keys.into_iter()
            .map(|key| {
                let end = self.reactor.deregister(key);
                end.ok_or_else(|| io::Error::other("an end is gone"))
            })
            .collect()
    }

    #[inline]
    fn turn(&mut self) -> io::Result<()> {
        self.reactor.turn(&mut self.world, Duration::ZERO)?;
        self.world.failure.take().map_or(Ok(()), Err)
    }

    fn watch(&mut self, index: u32, end: End) -> io::Result<SourceKey<End>> {
        let common = self.common;
        match self.who {
            Who::TourbillonOwn => {
                let key = self.register(index, end)?;
                self.reactor.set_timeout(key, TIMEOUT + part_of(index));
                Ok(key)
            }
            Who::TourbillonCommon => {
                let key = self.register(index, end)?;
                self.reactor.set_timeout(key, common);
                Ok(key)
            }
            Who::TourbillonMoved => {
                let own = TIMEOUT + part_of(index);
                self.register_with_timer(index, end, own, move |world, reactor, timer| {
                    reactor.reschedule(world.timers[timer], reactor.now() + own)
                })
            }
            Who::TourbillonTouched => {
                self.register_with_timer(index, end, common, |world, reactor, timer| {
                    reactor.touch(world.timers[timer])
                })
            }
            Who::TourbillonDrawn => {
                let drawn = TIMEOUT + self.world.draw.part();
                self.register_with_timer(index, end, drawn, |world, reactor, timer| {
                    let drawn = TIMEOUT + world.draw.part();
                    reactor.reschedule(world.timers[timer], reactor.now() + drawn)
                })
            }
            _ => self.register(index, end),
        }
    }

    /// An end whose handler does nothing but pass bytes on.
    fn register(&mut self, index: u32, end: End) -> io::Result<SourceKey<End>> {
        self.reactor.register(end, Interest::READABLE, move |world, _, end, ready| {
            if ready.is_timed_out() {
                world.failure = Some(timed_out());
            }
            world.pass_on(index, end)
        })
    }

    /// An end whose handler refreshes a timer before that, which it is told the place of.
    fn register_with_timer(
        &mut self,
        index: u32,
        end: End,
        after: impl Into<After>,
        refresh: impl Fn(&mut World, &mut Reactor<World>, usize) -> bool + 'static,
    ) -> io::Result<SourceKey<End>> {
        let timer = self.world.timers.len();
        self.world.timers.push(self.reactor.after(after, |world: &mut World, _, _| {
            world.failure = Some(timed_out());
        }));
        self.reactor.register(end, Interest::READABLE, move |world, reactor, end, _| {
            if !refresh(world, reactor, timer) {
                world.failure = Some(timed_out());
            }
            world.pass_on(index, end)
        })
    }
}

fn timed_out() -> io::Error {
    io::Error::other("a timeout fired")
}
