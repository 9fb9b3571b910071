//! Clients: how the tests talk to a server, and the plain rot13 that they expect.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::server::PATIENCE;

/// The seed's `rot13_char`.
fn rot13_char(byte: u8) -> u8 {
    match byte {
        b'a'..=b'm' | b'A'..=b'M' => byte + 13,
        b'n'..=b'z' | b'N'..=b'Z' => byte - 13,
        other => other,
    }
}

/// The answer to whole lines none of which is too long.
pub(crate) fn rot13(lines: &[u8]) -> Vec<u8> {
    lines.iter().copied().map(rot13_char).collect()
}

/// Connects, with every later read and write bounded.
pub(crate) fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&addr, PATIENCE)
        .unwrap_or_else(|error| panic!("cannot connect to {addr}: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
    stream.set_write_timeout(Some(PATIENCE)).expect("not zero");
    // Else bytes that are sent one by one would wait for each other's acknowledgement.
    stream.set_nodelay(true).expect("it is a TCP socket");
    stream
}

/// Sends all of `input`, half-closes, and gives back all that comes, as `nc -N` does.
pub(crate) fn talk(addr: SocketAddr, input: &[u8]) -> Vec<u8> {
    let stream = connect(addr);
    // Two threads: a server that applies back-pressure takes no more before we read.
    thread::scope(|scope| {
        scope.spawn(|| {
            (&stream).write_all(input).expect("the server takes what is sent");
            stream.shutdown(Shutdown::Write).expect("connected");
        });
        read_to_end(&stream)
    })
}

/// Everything up to the end of the stream.
pub(crate) fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        panic!("no end of stream, but {error}, after {} bytes", answer.len());
    }
    answer
}

/// The next `len` bytes.
pub(crate) fn read_exactly(mut stream: &TcpStream, len: usize) -> Vec<u8> {
    let mut answer = vec![0; len];
    if let Err(error) = stream.read_exact(&mut answer) {
        panic!("the answer of {len} bytes does not come: {error}");
    }
    answer
}

/// Sends one line and takes its answer: the stream is accepted, and alive.
pub(crate) fn assert_served(mut stream: &TcpStream) {
    stream.write_all(b"Ping\n").expect("the server takes a line");
    assert_eq!(read_exactly(stream, 5), b"Cvat\n");
}

/// Waits until the server has closed the stream, in good order or by a reset.
pub(crate) fn assert_closed_by_server(mut stream: &TcpStream) {
    match stream.read(&mut [0; 64]) {
        Ok(0) => {}
        Ok(len) => panic!("{len} bytes instead of the end of the stream"),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the server has not closed the stream: {error}"),
    }
}

/// Waits until the server accepts no more.
pub(crate) fn assert_stops_accepting(addr: SocketAddr) {
    eventually("connecting is refused", || TcpStream::connect(addr).is_err());
}

/// Asks again and again until `condition` holds.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(
            Instant::now() < end,
            "after {PATIENCE:?} it still does not hold: {what}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}
