//! Streams in memory beside a pair of Unix-domain sockets: the same random script on both, and what they gave
//! and told compared at every step.
//!
//! Every event in memory must be one of the kernel's, with the same causes, and the other way round but
//! for one: the kernel tells of room whenever the peer has read, memory only where there was none.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

use mio::net::UnixStream;
use tourbillon::reactor::memory::{Memory, MemoryStream};
use tourbillon::reactor::{Interest, Next, Reactor, Ready, Source};
use tourbillon::{ManualClock, SourceKey};

use crate::turn;

/// Writes of one script, at most: so many small ones the kernel takes before it has no room to tell of.
const MOST_WRITES: u64 = 40;
const OPS: usize = 120;

trait Stream: Read + Write + Source + Sized + 'static {
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;
    fn take_error(&self) -> io::Result<Option<io::Error>>;
}

impl Stream for MemoryStream {
    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        Self::take_error(self)
    }
}

impl Stream for UnixStream {
    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        Self::take_error(self)
    }
}

/// What one step of a script came to.
#[derive(Clone, Eq, PartialEq, Debug)]
enum Step {
    Read(Result<Vec<u8>, ErrorKind>),
    Wrote(Result<usize, ErrorKind>),
    Done(Result<(), ErrorKind>),
    Error(Option<ErrorKind>),
    /// What the handler was told in one turn, and whether the kernel may tell of room it always had.
    Told(Ready, bool),
}

/// A stream in a reactor, and its peer in the hands of the script.
struct World<E> {
    reactor: Reactor<Ready>,
    near: Option<SourceKey<E>>,
    taken_out: Option<E>,
    far: Option<E>,
    interest: Interest,
    /// The peer has read since events were last fetched, or closed and dropped what was sent to it.
    peer_freed: bool,
    random: u64,
    writes: u64,
    sent: u8,
}

fn kinds<T>(result: io::Result<T>) -> Result<T, ErrorKind> {
    result.map_err(|error| error.kind())
}

fn read<E: Stream>(stream: &mut E, n: usize) -> Step {
    let mut part = vec![0; n];
    Step::Read(kinds(stream.read(&mut part)).map(|n| part[..n].to_vec()))
}

impl<E: Stream> World<E> {
    fn new(mut reactor: Reactor<Ready>, near: E, far: E, seed: u64) -> Self {
        let interest = Interest::READABLE;
        let near = Some(register(&mut reactor, near, interest));
        Self {
            reactor,
            near,
            taken_out: None,
            far: Some(far),
            interest,
            peer_freed: false,
            random: seed,
            writes: 0,
            sent: 0,
        }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (self.random >> 33) % limit
    }

    fn some_bytes(&mut self) -> Vec<u8> {
        let n = self.below(6);
        (0..n)
            .map(|_| {
                self.sent = self.sent.wrapping_add(1);
                self.sent
            })
            .collect()
    }

    fn shutdown_how(&mut self) -> Shutdown {
        [Shutdown::Read, Shutdown::Write, Shutdown::Both][self.below(3) as usize]
    }

    fn near(&mut self) -> Option<&mut E> {
        match self.near {
            Some(key) => self.reactor.source_mut(key),
            None => self.taken_out.as_mut(),
        }
    }

    fn step(&mut self) -> Option<Step> {
        // Drawn in any case, so that both scripts stay the same.
        let (what, n) = (self.below(100), 1 + self.below(8) as usize);
        Some(match what {
            0..24 => {
                let mut told = Ready::NONE;
                turn(&mut self.reactor, &mut told);
                let freed = std::mem::take(&mut self.peer_freed);
                Step::Told(told, freed && self.interest.is_writable())
            }
            24..44 => {
                let bytes = self.some_bytes();
                self.writes += 1;
                let may = self.writes < MOST_WRITES;
                Step::Wrote(kinds(self.far.as_mut().filter(|_| may)?.write(&bytes)))
            }
            44..54 => {
                let bytes = self.some_bytes();
                self.writes += 1;
                let may = self.writes < MOST_WRITES;
                Step::Wrote(kinds(self.near().filter(|_| may)?.write(&bytes)))
            }
            54..70 => read(self.near()?, n),
            70..80 => {
                self.peer_freed = true;
                read(self.far.as_mut()?, n)
            }
            80..84 => {
                let how = self.shutdown_how();
                let rarely = self.below(4) == 0;
                Step::Done(kinds(self.far.as_ref().filter(|_| rarely)?.shutdown(how)))
            }
            84..86 => {
                let how = self.shutdown_how();
                let rarely = self.below(4) == 0;
                Step::Done(kinds(self.near().filter(|_| rarely)?.shutdown(how)))
            }
            86 => {
                self.peer_freed = true;
                let far = self.far.take_if(|_| n == 8);
                Step::Done(far.map(drop).ok_or(ErrorKind::NotFound))
            }
            87..90 => {
                let error = self.near()?.take_error().unwrap();
                Step::Error(error.map(|error| error.kind()))
            }
            90..96 => {
                let (reads, writes) = (Interest::READABLE, Interest::WRITABLE);
                self.interest = [reads, writes, reads | writes][n % 3];
                Step::Done(kinds(self.reactor.reregister(self.near?, self.interest)))
            }
            _ => {
                if let Some(key) = self.near.take() {
                    self.taken_out = self.reactor.deregister(key);
                } else {
                    let near = self.taken_out.take()?;
                    self.near = Some(register(&mut self.reactor, near, self.interest));
                }
                Step::Done(Ok(()))
            }
        })
    }
}

fn register<E: Stream>(
    reactor: &mut Reactor<Ready>,
    near: E,
    interest: Interest,
) -> SourceKey<E> {
    let watch = |told: &mut Ready, _: &mut _, _: &mut E, ready| {
        *told |= ready;
        Next::Continue
    };
    reactor.register(near, interest, watch).unwrap()
}

fn script<E: Stream>(mut world: World<E>) -> Vec<Option<Step>> {
    (0..OPS).map(|_| world.step()).collect()
}

fn in_memory(seed: u64) -> Vec<Option<Step>> {
    let memory = Memory::new();
    let builder = Reactor::builder().memory(&memory).clock(ManualClock::new());
    let (near, far) = memory.pair(1 << 20);
    script(World::new(builder.build().unwrap(), near, far, seed))
}

fn in_the_kernel(seed: u64) -> Vec<Option<Step>> {
    let builder = Reactor::builder().clock(ManualClock::new());
    let (near, far) = UnixStream::pair().unwrap();
    script(World::new(builder.build().unwrap(), near, far, seed))
}

#[test]
#[cfg(target_os = "linux")]
fn a_stream_in_memory_does_what_a_socket_does() {
    let (mut events, mut extra, mut ends) = (0, 0, 0);
    for seed in 0..2_000 {
        let (ours, theirs) = (in_memory(seed), in_the_kernel(seed));
        for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            if let (Some(Step::Told(Ready::NONE, true)), Some(Step::Told(..))) =
                (ours, theirs)
            {
                extra += u32::from(ours != theirs);
                continue;
            }
            assert_eq!(ours, theirs, "seed {seed}, step {at}");
            if let Some(Step::Told(ready, _)) = ours {
                events += u32::from(!ready.is_none());
                ends += u32::from(ready.is_read_closed() || ready.is_error());
            }
        }
    }
    assert!(events > 5_000 && ends > 500, "{events} events, {ends} of ends");
    assert!(extra < events / 5, "{extra} of the kernel's alone, {events} of both");
}

fn room_is_told_of<E: Stream>(mut reactor: Reactor<Ready>, mut near: E, mut far: E) {
    while near.write(&[7; 1024]).is_ok() {}
    let key = register(&mut reactor, near, Interest::WRITABLE);
    let mut told = Ready::NONE;
    assert_eq!(turn(&mut reactor, &mut told), 0, "{told:?}");
    let mut part = vec![0; 1 << 20];
    while far.read(&mut part).is_ok() {}
    assert_eq!(turn(&mut reactor, &mut told), 1);
    assert_eq!(told, Ready::WRITABLE);
    // And again.
    let near = reactor.source_mut(key).unwrap();
    while near.write(&[7; 1024]).is_ok() {}
    while far.read(&mut part).is_ok() {}
    turn(&mut reactor, &mut told);
    told = Ready::NONE;
    let near = reactor.source_mut(key).unwrap();
    while near.write(&[7; 1024]).is_ok() {}
    while far.read(&mut part).is_ok() {}
    while turn(&mut reactor, &mut told) > 0 {}
    assert_eq!(told, Ready::WRITABLE);
}

#[test]
fn room_in_a_full_stream_is_told_of_by_both() {
    let memory = Memory::new();
    let (near, far) = memory.pair(5_000);
    let builder = Reactor::builder().memory(&memory).clock(ManualClock::new());
    room_is_told_of(builder.build().unwrap(), near, far);
    let (near, far) = UnixStream::pair().unwrap();
    let builder = Reactor::builder().clock(ManualClock::new());
    room_is_told_of(builder.build().unwrap(), near, far);
}
