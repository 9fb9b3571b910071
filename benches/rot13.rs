//! rot13 through the reactor: what a line costs from the client's write to the answer's read.
//!
//! Axes: bytes a line (64, 1024) and lines in flight (1, 16). Client and server share one thread
//! and a pair of connected sockets on loopback, so a figure is the CPU time of both sides and
//! their system calls, with nobody to wait for. The code that works on the lines is the
//! example's own.
//!
//! `cargo bench --bench rot13`; with `-- --test` every case runs once.
#![allow(missing_docs)] // criterion's macros make public functions.

#[path = "../examples/rot13/lines.rs"]
mod lines;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tourbillon::net::{BufferEvent, Event};
use tourbillon::reactor::Reactor;

const MAX_LINE: usize = 16_384;
const IDLE: Duration = Duration::from_secs(30);

/// The service with one client, both on this thread.
struct Pair {
    reactor: Reactor<u64>,
    lines: u64,
    client: TcpStream,
    answer: Vec<u8>,
}

impl Pair {
    fn new() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (server, _) = listener.accept()?;
        for stream in [&client, &server] {
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
        }
        let mut reactor = Reactor::new()?;
        let idle = reactor.common_timeout(IDLE);
        BufferEvent::new(mio::net::TcpStream::from_std(server))
            .read_high_water(MAX_LINE)
            .idle_timeout(idle)
            .attach(&mut reactor, rot13)?;
        Ok(Self { reactor, lines: 0, client, answer: vec![0; 2 * MAX_LINE] })
    }

    /// Sends a batch of whole lines and turns the loop until all answers are here.
    fn round_trip(&mut self, batch: &[u8]) -> io::Result<()> {
        self.client.write_all(batch)?;
        let mut missing = batch.len();
        while missing > 0 {
            self.reactor.turn(&mut self.lines, None)?;
            match self.client.read(&mut self.answer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(len) => missing -= len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "a handler owns its event")]
fn rot13(lines: &mut u64, _: &mut Reactor<u64>, stream: &mut BufferEvent, event: Event) {
    match event {
        Event::Readable => {
            let (input, output) = stream.buffers();
            *lines += lines::answer(input, output, MAX_LINE).lines;
        }
        Event::Eof => stream.close_when_flushed(),
        Event::TimedOut(_) | Event::Error(_) => stream.close(),
        _ => {}
    }
}

fn lines_through_the_reactor(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rot13");
    for line_bytes in [64, 1_024] {
        let mut line = vec![b'q'; line_bytes - 1];
        line.push(b'\n');
        for in_flight in [1, 16] {
            let batch = line.repeat(in_flight);
            let mut pair = Pair::new().expect("loopback works");
            group.throughput(Throughput::Elements(in_flight as u64));
            let id = BenchmarkId::new(format!("{line_bytes}B"), in_flight);
            group.bench_with_input(id, &batch, |bencher, batch| {
                bencher.iter(|| pair.round_trip(batch).expect("both ends are here"));
            });
            assert!(pair.lines > 0, "the service answered");
        }
    }
    group.finish();
}

criterion_group!(benches, lines_through_the_reactor);
criterion_main!(benches);
