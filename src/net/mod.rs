//! Listeners and bufferevents: sockets, on the [reactor](crate::reactor).
//!
//! ```no_run
//! use std::time::Duration;
//! use tourbillon::buffer::Eol;
//! use tourbillon::net::{BufferEvent, Event, Listener, ListenerOptions};
//! use tourbillon::reactor::Reactor;
//!
//! fn shout(lines: &mut u64, _: &mut Reactor<u64>, stream: &mut BufferEvent, event: Event) {
//!     let (input, output) = stream.buffers();
//!     match event {
//!         Event::Readable => {
//!             while let Some(line) = input.find_eol(Eol::Lf) {
//!                 input.move_to(output, line.end).make_ascii_uppercase();
//!                 *lines += 1;
//!             }
//!         }
//!         Event::Eof => stream.close_when_flushed(),
//!         Event::Error(_) | Event::TimedOut(_) => stream.close(),
//!         _ => {}
//!     }
//! }
//!
//! # fn main() -> std::io::Result<()> {
//! let mut reactor = Reactor::new()?;
//! let idle = reactor.common_timeout(Duration::from_secs(30));
//! let options = ListenerOptions::default();
//! Listener::bind(&mut reactor, "127.0.0.1:40713", options, move |_, reactor, accepted| {
//!     BufferEvent::new(accepted.stream).idle_timeout(idle).attach(reactor, shout)?;
//!     Ok(())
//! })?;
//! reactor.run(&mut 0)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Ground rules
//!
//! - A stream belongs to the reactor from [`BufferEvent::attach`] on. Its handler gets it as
//!   `&mut`; anybody else reaches it with
//!   [`Reactor::source_mut`](crate::reactor::Reactor::source_mut) and its [`StreamKey`], and what
//!   they did to it takes effect later in the same turn.
//! - Handlers never run inside a call that a handler makes: to write or to close calls nobody.
//!
//! # What one peer can take (P12)
//!
//! | what | at most | set by |
//! |---|---|---|
//! | input in memory | 64 KiB | [`BufferEvent::read_high_water`] |
//! | output in memory | 256 KiB and one handler's answer to the input | [`BufferEvent::write_high_water`] |
//! | bytes read in a turn | 64 KiB | – |
//! | bytes written in a turn | 256 KiB | – |
//! | calls of its handler in a turn | 64 | – |
//! | connections accepted in a turn | 64 | [`ListenerOptions::accepts_per_turn`] |
//!
//! # Not promised
//!
//! No limit in time is set by default: give streams a timeout. A broken pipe never raises SIGPIPE
//! in a Rust program: `std` ignores the signal and sends with `MSG_NOSIGNAL`.

mod bufferevent;
mod listener;
mod stream;

pub use bufferevent::{BufferEvent, Direction, Event, StreamKey, Timeout};
pub use listener::{Accepted, Listener, ListenerKey, ListenerOptions, ListenerStats};
pub use stream::Stream;
