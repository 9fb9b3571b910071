//! `Timers` in somebody else's mio loop, woken by an `Alarm` as exactly as the kernel can.
//!
//! The loop below is plain mio and belongs to a program that has sockets and a loop already. Its
//! timeouts would be whole milliseconds, rounded up, if it handed them to `Poll::poll`. Instead it
//! registers an `Alarm` beside its sockets, and does three things that are numbered in `main`:
//!
//! 1. before each wait, have the alarm wake it by the next deadline;
//! 2. wait, without a timeout;
//! 3. take out what is due by a fresh reading of the alarm's clock.
//!
//! A peer sends a line now and then; each is echoed, and postpones the timeout that closes the
//! connection after 20 ms of silence. Between them a metronome beats every 3 ms and 141.592 us, on
//! its grid however late the loop wakes.
//!
//! Run it with `cargo run --release --example alarm`: it ends by itself when the peer falls silent.

#[cfg(any(target_os = "linux", target_os = "android"))]
fn main() -> std::io::Result<()> {
    linux::main()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn main() {
    println!("an alarm is a timerfd: it needs Linux or Android");
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use std::io::{self, Read, Write};
    use std::thread;
    use std::time::Duration;

    use mio::net::UnixStream;
    use mio::{Events, Interest, Poll, Token};
    use tourbillon::reactor::Alarm;
    use tourbillon::time::{Instant, MonotonicClock};
    use tourbillon::timers::Timers;

    const BEAT: Duration = Duration::from_nanos(3_141_592);
    const SILENCE: Duration = Duration::from_millis(20);
    const ALARM: Token = Token(0);
    const SOCKET: Token = Token(1);

    pub(super) fn main() -> io::Result<()> {
        let mut poll = Poll::new()?;
        let mut events = Events::with_capacity(64);
        let (mut socket, peer) = UnixStream::pair()?;
        poll.registry().register(&mut socket, SOCKET, Interest::READABLE)?;
        let peer = thread::spawn(move || talk(peer));

        let mut alarm = Alarm::new(MonotonicClock::new())?;
        poll.registry().register(&mut alarm, ALARM, Interest::READABLE)?;
        let start = alarm.now();
        let mut timers = Timers::<&str>::starting_at(start);
        let silence = timers.common_timeout(SILENCE);
        let silent = timers.schedule_after(start, silence, "silence");
        timers.schedule(start + BEAT, "beat");

        let (mut beats, mut bytes, mut wakes, mut worst) = (0, 0, 0, Duration::ZERO);
        let mut open = true;
        while open {
            // 1. No later than the next deadline. The timeout that each line postpones costs no
            //    system call here: what is armed for an earlier time stays armed.
            alarm.wake_by(timers.next_deadline())?;

            // 2. The loop's own wait. Which token woke it does not matter to the timers.
            match poll.poll(&mut events, None) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            wakes += 1;
            for event in &events {
                if event.token() == SOCKET {
                    bytes += echo(&mut socket)?;
                    timers.touch(silent, alarm.now());
                }
            }

            // 3. Readiness was a hint; the clock decides.
            let now = alarm.now();
            while let Some(expired) = timers.pop_expired(now) {
                let late = now.saturating_duration_since(expired.deadline);
                worst = worst.max(late);
                match expired.value {
                    "beat" => {
                        beats += 1;
                        timers.schedule(expired.deadline + BEAT, "beat");
                    }
                    what => {
                        say(start, now, format_args!("{what}: closed, {late:?} late"));
                        open = false;
                    }
                }
            }
        }
        drop(socket);
        let heard = peer.join().map_err(|_| io::Error::other("the peer panicked"))??;
        println!("{bytes} bytes echoed, {heard} heard by the peer");
        println!("{beats} beats of {BEAT:?}, the latest {worst:?} late, {wakes} wakes");
        Ok(())
    }

    /// Sends back what has come, until there is no more.
    fn echo(socket: &mut UnixStream) -> io::Result<usize> {
        let (mut total, mut buffer) = (0, [0; 1024]);
        loop {
            match socket.read(&mut buffer) {
                Ok(0) => return Ok(total),
                Ok(count) => {
                    // A few bytes always fit the socket's buffer; a real loop would keep the rest.
                    socket.write_all(&buffer[..count])?;
                    total += count;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(total);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The peer: five lines with pauses, then silence. How many bytes it heard until it was closed.
    fn talk(peer: UnixStream) -> io::Result<usize> {
        let mut peer =
            std::os::unix::net::UnixStream::from(std::os::fd::OwnedFd::from(peer));
        peer.set_nonblocking(false)?;
        for pause_ms in [2, 5, 1, 8, 0] {
            peer.write_all(b"are you there?\n")?;
            thread::sleep(Duration::from_millis(pause_ms));
        }
        peer.read_to_end(&mut Vec::new())
    }

    fn say(start: Instant, now: Instant, what: std::fmt::Arguments<'_>) {
        let since = now.saturating_duration_since(start);
        println!("{:>7.3} ms: {what}", since.as_secs_f64() * 1e3);
    }
}
