//! The peers, which are the script's, and what else is done to connections from outside.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;

use tourbillon::net::Direction;
use tourbillon::reactor::{Interest, Ready};

use super::conn::{Conn, Key, Service};
use super::ops::Op;
use super::world::{Sabotage, Sim, World};

/// Connections at a time, at most.
const MOST_CONNS: usize = 12;
/// Waits that are interrupted before the world comes to rest, at most.
const MOST_INTERRUPTS: u32 = 50;
/// Rounds of reading all that comes until nothing comes any more, at most.
const MOST_ROUNDS: u32 = 4_000;

impl World {
    pub(super) fn apply_to_conns(&mut self, reactor: &mut Sim, op: Op) {
        match op {
            Op::Connect { how, capacity, acts } => {
                self.connect(reactor, how, capacity, acts);
            }
            Op::Storm { count } => {
                for n in 0..=count % 16 {
                    self.connect(reactor, n.wrapping_mul(37), n, 0);
                    // Some do not stay to be let in.
                    if n % 3 == 0 {
                        self.hang(self.last_conn);
                    }
                }
            }
            Op::FailAccept {} => {
                if let Some((_, connector)) = &self.door {
                    connector.fail_next_accept(ErrorKind::ConnectionAborted);
                }
            }
            Op::Interrupt {} if self.interrupts < MOST_INTERRUPTS => {
                self.interrupts += 1;
                self.memory.interrupt();
            }
            Op::Send { pick, .. }
            | Op::Flood { pick }
            | Op::Receive { pick, .. }
            | Op::Finish { pick }
            | Op::Hang { pick }
            | Op::Break { pick, .. }
            | Op::Reach { pick, .. }
            | Op::Activate { pick }
            | Op::Reregister { pick }
            | Op::Deregister { pick } => {
                if let Some(id) = self.pick_conn(pick) {
                    self.apply_to_conn(reactor, id, op);
                }
            }
            _ => {}
        }
    }

    fn pick_conn(&self, pick: u8) -> Option<u64> {
        let pick = usize::from(pick).checked_rem(self.conns.len())?;
        self.conns.keys().nth(pick).copied()
    }

    fn apply_to_conn(&mut self, reactor: &mut Sim, id: u64, op: Op) {
        match op {
            Op::Send { bytes, .. } => self.send(id, usize::from(bytes)),
            Op::Flood { .. } => self.send(id, 1_000),
            Op::Receive { bytes, .. } => {
                self.receive(id, usize::from(bytes));
            }
            Op::Finish { .. } => self.finish_sending(id),
            Op::Hang { .. } => self.hang(id),
            Op::Break { what, bytes, .. } => self.break_conn(id, what, bytes),
            Op::Reach { what, .. } => self.reach(reactor, id, what),
            Op::Activate { .. } => self.activate(reactor, id),
            Op::Reregister { .. } => self.reregister(reactor, id),
            Op::Deregister { .. } => self.deregister(reactor, id),
            _ => {}
        }
    }

    fn connect(&mut self, reactor: &mut Sim, how: u8, capacity: u8, acts: u8) {
        if self.conns.len() >= MOST_CONNS {
            return;
        }
        self.open_door(reactor);
        let Some((_, connector)) = &self.door else { return };
        let far = match connector.connect(usize::from(capacity)) {
            Ok(far) => far,
            Err(error) => {
                // The doorstep is full.
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                assert_eq!(self.doorstep.len(), 6, "connections are lost at the door");
                return;
            }
        };
        self.last_conn += 1;
        let id = self.last_conn;
        let service = [Service::Echo, Service::Lines, Service::Raw, Service::Bystander]
            [usize::from(how % 4)];
        let conn = Conn {
            id,
            service,
            how,
            acts: if acts < 128 { 0 } else { acts },
            key: None,
            faults: None,
            far: Some(far),
            born_at: self.reading(reactor),
            sent: 0,
            got: 0,
            taken: 0,
            answered: 0,
            announced: 0,
            is_alive: false,
            has_eof: false,
            has_finished: false,
            is_disturbed: false,
            is_disabled: false,
            is_closing: false,
            is_noisy: false,
            is_withheld: false,
            calls: (0, 0),
        };
        self.conns.insert(id, conn);
        self.doorstep.push_back(id);
        self.note("connect", [id, how.into()]);
    }

    fn send(&mut self, id: u64, bytes: usize) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        if conn.service == Service::Bystander || conn.has_finished {
            return;
        }
        let Some(far) = &mut conn.far else { return };
        let bytes: Vec<u8> =
            (0..bytes as u64).map(|at| Conn::byte_at(id, conn.sent + at)).collect();
        match far.write(&bytes) {
            Ok(n) => conn.sent += n as u64,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => {
                let is_excused = conn.is_disturbed || conn.is_closing;
                assert!(is_excused, "{id} can not be written to: {error}");
            }
        }
        let sent = conn.sent;
        self.note("send", [id, sent]);
    }

    /// The peer reads, and looks at what it gets. Gives how much that was.
    fn receive(&mut self, id: u64, most: usize) -> usize {
        let Some(conn) = self.conns.get_mut(&id) else { return 0 };
        let Some(far) = &mut conn.far else { return 0 };
        let mut part = vec![0; most];
        match far.read(&mut part) {
            Ok(0) if most > 0 => {
                let is_whole = conn.has_finished && conn.got == conn.expected();
                let is_raw = matches!(conn.service, Service::Raw | Service::Bystander);
                let is_excused = conn.is_disturbed || conn.is_closing;
                assert!(is_whole || is_raw || is_excused, "{id} ended at {}", conn.got);
                conn.far = None;
                0
            }
            Ok(n) => {
                for byte in &part[..n] {
                    let answer = Conn::answer_at(id, conn.got);
                    assert_eq!(*byte, answer, "answers to {id}, at {}", conn.got);
                    conn.got += 1;
                }
                assert!(conn.got <= conn.answered, "{id} got more than was sent");
                self.report.bytes += n as u64;
                self.note("receive", [id, n as u64]);
                n
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => {
                let is_excused = conn.is_disturbed || conn.is_closing;
                let is_raw = matches!(conn.service, Service::Raw | Service::Bystander);
                assert!(is_excused || (is_raw && !conn.is_alive), "{id}: {error}");
                conn.far = None;
                0
            }
        }
    }

    fn finish_sending(&mut self, id: u64) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        if let Some(far) = &conn.far {
            far.shutdown(Shutdown::Write).expect("it can be shut down");
            (conn.has_finished, conn.is_noisy) = (true, true);
        }
    }

    /// The peer is gone, whatever is on its way to it.
    fn hang(&mut self, id: u64) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        conn.far = None;
        (conn.is_disturbed, conn.is_noisy) = (true, true);
    }

    /// All peers are gone. Who does not read would not notice, so all do.
    pub(super) fn hang_up_all(&mut self, reactor: &mut Sim) {
        let all: Vec<_> = self.conns.keys().copied().collect();
        for id in all {
            self.reach(reactor, id, 2);
            self.break_conn(id, 8, 0);
            self.hang(id);
        }
    }

    fn break_conn(&mut self, id: u64, what: u8, bytes: u8) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        let Some(faults) = &conn.faults else { return };
        conn.is_noisy = true;
        match what % 12 {
            0 => faults.limit_reads(bytes.into()),
            1 => faults.limit_writes(bytes.into()),
            2 => faults.fail_next_read(ErrorKind::Interrupted),
            3 => faults.fail_next_write(ErrorKind::Interrupted),
            4 => faults.fail_next_read(ErrorKind::WouldBlock),
            5 => faults.fail_next_write(ErrorKind::WouldBlock),
            6 => faults.spurious(),
            7 | 8 => {
                conn.is_withheld = what % 12 == 7;
                if conn.is_withheld { faults.withhold() } else { faults.release() }
            }
            more => {
                conn.is_disturbed = true;
                match more {
                    9 => faults.reset(),
                    10 => faults.fail_next_read(ErrorKind::ConnectionReset),
                    _ => faults.fail_next_write(ErrorKind::TimedOut),
                }
            }
        }
        self.note("break", [id, what.into()]);
    }

    fn reach(&mut self, reactor: &mut Sim, id: u64, what: u8) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        match conn.key {
            Some(Key::Stream(key)) => {
                // Moved out for its own handler, or gone.
                let Some(stream) = reactor.source_mut(key) else { return };
                assert!(conn.is_alive, "P3: the key of {id} is stale");
                match what % 6 {
                    0 => {}
                    1 => {
                        stream.disable(Direction::Read);
                        conn.is_disabled = true;
                    }
                    2 => {
                        if !conn.has_eof {
                            stream.enable(Direction::Read);
                        }
                        conn.is_disabled = false;
                    }
                    3 => {
                        let is_excused = conn.is_disturbed || conn.is_closing;
                        assert!(stream.try_flush().is_ok() || is_excused);
                    }
                    4 => {
                        stream.close_when_flushed();
                        conn.is_closing = true;
                    }
                    _ => {
                        stream.close();
                        (conn.is_closing, conn.is_disturbed) = (true, true);
                    }
                }
            }
            Some(Key::Raw(key)) => {
                let is_stale = reactor.source_mut(key).is_some() && !conn.is_alive;
                assert!(!is_stale, "P3: the key of {id} is stale");
            }
            None => {}
        }
    }

    fn activate(&mut self, reactor: &mut Sim, id: u64) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        conn.is_noisy = true;
        match conn.key {
            Some(Key::Stream(key)) => drop(reactor.activate(key, Ready::READABLE)),
            Some(Key::Raw(key)) => drop(reactor.activate(key, Ready::READABLE)),
            None => {}
        }
    }

    fn reregister(&mut self, reactor: &mut Sim, id: u64) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        // A bufferevent knows what it is registered for; it is left alone.
        if let Some(Key::Raw(key)) = conn.key
            && let Err(error) = reactor.reregister(key, Interest::READABLE)
        {
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
    }

    fn deregister(&mut self, reactor: &mut Sim, id: u64) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        let is_taken = match conn.key {
            Some(Key::Stream(key)) => reactor.deregister(key).is_some(),
            Some(Key::Raw(key)) => reactor.deregister(key).is_some(),
            None => return,
        };
        if is_taken {
            assert!(conn.is_alive, "P3: {id} was gone, and was taken out");
            conn.is_alive = false;
        } else if let Some(Key::Raw(_)) = conn.key {
            // By its own handler, which is not called again; a bufferevent's hears of it.
            conn.is_alive = false;
        }
        conn.is_disturbed = true;
        self.note("deregister", [id, is_taken.into()]);
    }

    /// All faults are over and all peers read: what was sent has been answered then.
    pub(super) fn quiesce(&mut self, reactor: &mut Sim) {
        for round in 0.. {
            assert!(round < MOST_ROUNDS, "P5: there is no end of answers");
            for conn in self.conns.values_mut() {
                if let Some(faults) = &conn.faults {
                    faults.release();
                    conn.is_withheld = false;
                }
            }
            if !self.come_to_rest(reactor) {
                return;
            }
            let all: Vec<_> = self.conns.keys().copied().collect();
            let got: usize = all.into_iter().map(|id| self.receive(id, 200)).sum();
            if got == 0 {
                break;
            }
        }
        if !self.come_to_rest(reactor) {
            return;
        }
        assert!(self.doorstep.is_empty(), "connections are lost at the door");
        for conn in self.conns.values() {
            conn.check_complete();
        }
    }

    pub(super) fn check_conns(&self, reactor: &Sim) {
        for conn in self.conns.values() {
            let is_there = match conn.key {
                Some(Key::Stream(key)) => reactor.is_registered(key),
                Some(Key::Raw(key)) => reactor.is_registered(key),
                None => continue,
            };
            assert_eq!(is_there, conn.is_alive, "P11: connection {}", conn.id);
        }
    }

    pub(super) fn check_all_are_gone(&mut self, reactor: &Sim) {
        self.check_conns(reactor);
        for conn in self.conns.values() {
            assert!(!conn.is_alive, "P12: {} outlives its peer", conn.id);
        }
    }

    /// Forgets connections that are over at both ends.
    pub(super) fn bury(&mut self) {
        self.conns
            .retain(|_, conn| conn.key.is_none() || conn.is_alive || conn.far.is_some());
    }

    /// Does something behind the service's back. False: there was nothing to do it to.
    pub(super) fn sabotage_a_stream(&mut self, sabotage: Sabotage) -> bool {
        let echoes = self.conns.values_mut().filter(|conn| {
            conn.service == Service::Echo
                && conn.is_alive
                && conn.owes_all()
                && !conn.has_finished
        });
        for conn in echoes {
            let Some(far) = &mut conn.far else { continue };
            match sabotage {
                // What is on its way to the peer.
                Sabotage::Steal if far.read(&mut [0]).is_ok() => return true,
                Sabotage::Forge if far.write(b"!").is_ok() => return true,
                Sabotage::Hush => {
                    // For good: nobody will release it.
                    if let Some(faults) = conn.faults.take() {
                        faults.withhold();
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }
}

impl Conn {
    /// What the peer is to have got in the end.
    fn expected(&self) -> u64 {
        match self.service {
            Service::Lines => {
                let is_end = |place: &u64| Self::byte_at(self.id, *place) == b'\n';
                (0..self.sent).rev().find(is_end).map_or(0, |last| last + 1)
            }
            Service::Echo => self.sent,
            Service::Raw | Service::Bystander => 0,
        }
    }

    fn check_complete(&self) {
        if !self.owes_all() {
            return;
        }
        let id = self.id;
        if self.service == Service::Raw {
            assert_eq!(self.taken, self.sent, "P2: bytes of {id} are left lying");
        } else {
            assert_eq!(self.got, self.expected(), "P2: answers to {id} are left lying");
        }
    }
}
