//! One client: keeps lines in flight and checks every byte that comes back.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Instant;

use hdrhistogram::Histogram;
use mio::net::TcpStream;

use crate::lines::Lines;

pub struct Connection {
    stream: TcpStream,
    number: usize,
    /// Bytes that the socket did not take yet.
    unsent: Vec<u8>,
    /// How many lines were sent in all.
    sent: usize,
    /// When each line in flight was sent, oldest first.
    in_flight: VecDeque<Instant>,
    /// How many replies are complete, and how many bytes of the next one came.
    replied: usize,
    partial: usize,
}

impl Connection {
    pub fn new(stream: TcpStream, number: usize) -> Self {
        Self {
            stream,
            number,
            unsent: Vec::new(),
            sent: 0,
            in_flight: VecDeque::new(),
            replied: 0,
            partial: 0,
        }
    }

    pub fn stream_mut(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    pub fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Sends the next `count` lines, in one write if the socket takes them.
    pub fn send(&mut self, count: usize, lines: &Lines) -> io::Result<()> {
        for _ in 0..count {
            self.unsent.extend_from_slice(lines.request(self.number, self.sent));
            self.sent += 1;
        }
        let now = Instant::now();
        self.in_flight.extend(std::iter::repeat_n(now, count));
        self.flush()
    }

    pub fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(written) => drop(self.unsent.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads and checks what is there; gives the number of replies that became complete.
    pub fn receive(
        &mut self,
        buffer: &mut [u8],
        lines: &Lines,
        round_trips: &mut Histogram<u64>,
    ) -> io::Result<usize> {
        let before = self.replied;
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err(self.wrong("closed by the server")),
                Ok(read) => {
                    self.check(&buffer[..read], lines, round_trips)?;
                    // The socket was emptied: what comes later makes it readable anew.
                    if read < buffer.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.replied - before)
    }

    fn check(
        &mut self,
        mut bytes: &[u8],
        lines: &Lines,
        round_trips: &mut Histogram<u64>,
    ) -> io::Result<()> {
        let now = Instant::now();
        while !bytes.is_empty() {
            let Some(&sent_at) = self.in_flight.front() else {
                return Err(self.wrong("bytes that nobody asked for"));
            };
            let expected = &lines.reply(self.number, self.replied)[self.partial..];
            let length = expected.len().min(bytes.len());
            if bytes[..length] != expected[..length] {
                return Err(self.wrong("wrong bytes"));
            }
            bytes = &bytes[length..];
            self.partial += length;
            if length == expected.len() {
                let nanos = now.saturating_duration_since(sent_at).as_nanos();
                round_trips.saturating_record(u64::try_from(nanos).unwrap_or(u64::MAX));
                self.in_flight.pop_front();
                self.replied += 1;
                self.partial = 0;
            }
        }
        Ok(())
    }

    fn wrong(&self, what: &str) -> io::Error {
        io::Error::new(
            ErrorKind::InvalidData,
            format!(
                "connection {}, reply {}, byte {}: {what}",
                self.number, self.replied, self.partial
            ),
        )
    }
}
