//! One round: a server is started, loaded, measured and stopped.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};

use crate::Options;
use crate::connection::Connection;
use crate::lines::Lines;
use crate::server::{Server, pin};

/// Without a reply for this long, the server is stuck.
const STUCK: Duration = Duration::from_secs(10);

/// What one round found.
#[derive(Copy, Clone, Default)]
pub struct Figures {
    pub lines: u64,
    pub lines_per_second: f64,
    /// The server's CPU time for a line, and the shares of it in user space and in the kernel.
    pub cpu_nanos: f64,
    pub user_nanos: f64,
    pub system_nanos: f64,
    /// Round trips of a line, as the client sees them.
    pub p50_micros: f64,
    pub p99_micros: f64,
}

/// When to stop sending.
enum Until {
    Time(Instant),
    Lines(u64),
}

struct Load<'a> {
    options: &'a Options,
    lines: &'a Lines,
    poll: Poll,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    round_trips: Histogram<u64>,
}

pub fn run(
    command: &str,
    options: &Options,
    lines: &Lines,
) -> Result<Figures, Box<dyn Error>> {
    // The child inherits the core that its parent is on when it starts.
    if !options.no_pin {
        pin(options.server_core)?;
    }
    let server = Server::start(command)?;
    if !options.no_pin {
        pin(options.client_core)?;
    }
    let mut load = Load::connect(&server, options, lines)?;

    load.keep_busy(&Until::Time(Instant::now() + options.warm_up()))?;
    load.round_trips.reset();
    settle();
    let (before, began) = (server.cpu_time()?, Instant::now());
    let replies = load.keep_busy(&match options.lines {
        Some(lines) => Until::Lines(lines),
        None => Until::Time(began + options.duration()),
    })?;
    let seconds = began.elapsed().as_secs_f64();
    settle();
    let after = server.cpu_time()?;

    let count = replies as f64;
    let cpu_nanos = after.nanos.saturating_sub(before.nanos) as f64 / count;
    let user = after.user_ticks.saturating_sub(before.user_ticks) as f64;
    let system = after.system_ticks.saturating_sub(before.system_ticks) as f64;
    let user_share = if user + system > 0.0 { user / (user + system) } else { 0.0 };
    let micros = |quantile| load.round_trips.value_at_quantile(quantile) as f64 / 1e3;
    Ok(Figures {
        lines: replies,
        lines_per_second: count / seconds,
        cpu_nanos,
        user_nanos: cpu_nanos * user_share,
        system_nanos: cpu_nanos * (1.0 - user_share),
        p50_micros: micros(0.5),
        p99_micros: micros(0.99),
    })
}

/// Lets the server go to sleep, which brings the scheduler's count up to date.
fn settle() {
    thread::sleep(Duration::from_millis(20));
}

impl<'a> Load<'a> {
    fn connect(
        server: &Server,
        options: &'a Options,
        lines: &'a Lines,
    ) -> Result<Self, Box<dyn Error>> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(options.connections);
        for number in 0..options.connections {
            let stream = std::net::TcpStream::connect(server.address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let stream = mio::net::TcpStream::from_std(stream);
            let mut connection = Connection::new(stream, number);
            poll.registry().register(
                connection.stream_mut(),
                Token(number),
                Interest::READABLE | Interest::WRITABLE,
            )?;
            connections.push(connection);
        }
        let buffer = vec![0; 256 * 1024];
        let round_trips = Histogram::new_with_bounds(1, 60_000_000_000, 3)?;
        Ok(Self { options, lines, poll, connections, buffer, round_trips })
    }

    /// Keeps the wanted number of lines in flight on each connection, then waits for the replies
    /// to all of them. Gives the number of replies.
    fn keep_busy(&mut self, until: &Until) -> Result<u64, Box<dyn Error>> {
        let mut events = Events::with_capacity(self.options.connections.max(16));
        let (mut sent, mut replied) = (0, 0);
        for connection in &mut self.connections {
            connection.send(self.options.in_flight, self.lines)?;
            sent += self.options.in_flight as u64;
        }
        while replied < sent {
            self.poll.poll(&mut events, Some(STUCK))?;
            if events.is_empty() {
                return Err(format!("{replied} replies, then none for {STUCK:?}").into());
            }
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                connection.flush()?;
                let answered = connection.receive(
                    &mut self.buffer,
                    self.lines,
                    &mut self.round_trips,
                )?;
                replied += answered as u64;
                let more = match *until {
                    Until::Time(end) => Instant::now() < end,
                    Until::Lines(lines) => sent < lines,
                };
                if more && answered > 0 {
                    connection.send(answered, self.lines)?;
                    sent += answered as u64;
                }
            }
        }
        debug_assert!(self.connections.iter().all(Connection::is_idle));
        Ok(replied)
    }
}
