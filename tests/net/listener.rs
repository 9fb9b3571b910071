//! Accepting: all, in shares, and what a bad address or a bad connection does.

use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use tourbillon::net::ListenerKey;
use tourbillon::{Listener, ListenerOptions, Reactor};

use crate::support::PATIENCE;

/// Connections that are kept open, and the listener.
#[derive(Default)]
struct Door {
    inside: Vec<mio::net::TcpStream>,
    key: Option<ListenerKey>,
}

fn listen(
    reactor: &mut Reactor<Door>,
    options: ListenerOptions,
    handler: impl FnMut(&mut Door, &mut Reactor<Door>, tourbillon::Accepted) -> io::Result<()>
    + 'static,
) -> (ListenerKey, SocketAddr) {
    let key = Listener::bind(reactor, "127.0.0.1:0", options, handler).unwrap();
    let addr = reactor.source_mut(key).unwrap().local_addr().unwrap();
    (key, addr)
}

fn turn(reactor: &mut Reactor<Door>, door: &mut Door) {
    reactor.turn(door, PATIENCE).unwrap();
}

#[test]
fn an_address_in_use_is_named_in_the_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let mut reactor = Reactor::<()>::new().unwrap();
    let options = ListenerOptions::default();
    let error =
        Listener::bind(&mut reactor, addr, options, |(), _, _| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&addr.to_string()), "{error}");
}

#[test]
fn an_empty_list_of_addresses_is_an_error() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let none: &[SocketAddr] = &[];
    let options = ListenerOptions::default();
    let error =
        Listener::bind(&mut reactor, none, options, |(), _, _| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_crowd_is_let_in_by_shares_and_nobody_is_forgotten() {
    let mut reactor = Reactor::new().unwrap();
    let options = ListenerOptions::default().accepts_per_turn(4);
    let (key, addr) = listen(&mut reactor, options, |door: &mut Door, _, accepted| {
        door.inside.push(accepted.stream);
        Ok(())
    });
    let _clients: Vec<_> = (0..10).map(|_| TcpStream::connect(addr).unwrap()).collect();
    let mut door = Door::default();
    while door.inside.len() < 10 {
        let before = door.inside.len();
        // A listener that forgot those outside would sleep here, and come back with nobody.
        turn(&mut reactor, &mut door);
        let let_in = door.inside.len() - before;
        assert!((1..=4).contains(&let_in), "{let_in} in one turn");
    }
    assert_eq!(reactor.source_mut(key).unwrap().stats().accepted, 10);
    assert!(door.inside.iter().all(|stream| stream.nodelay().unwrap()));
}

#[test]
fn a_handler_that_fails_drops_its_connection_alone() {
    let mut reactor = Reactor::new().unwrap();
    let options = ListenerOptions::default();
    let (key, addr) = listen(&mut reactor, options, |door: &mut Door, _, accepted| {
        if door.inside.is_empty() && door.key.take().is_some() {
            return Err(io::Error::other("not this one"));
        }
        door.inside.push(accepted.stream);
        Ok(())
    });
    let mut door = Door { key: Some(key), ..Door::default() };
    let mut first = TcpStream::connect(addr).unwrap();
    let _second = TcpStream::connect(addr).unwrap();
    while door.inside.is_empty() {
        turn(&mut reactor, &mut door);
    }
    first.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(first.read(&mut [0]).unwrap(), 0, "the first is closed");
    let listener = reactor.source_mut(key).unwrap();
    assert_eq!((listener.stats().accepted, listener.stats().failed), (2, 1));
    assert_eq!(listener.last_error().unwrap().to_string(), "not this one");
}

#[test]
fn a_listener_that_is_deregistered_by_its_handler_accepts_nobody_else() {
    let mut reactor = Reactor::new().unwrap();
    let options = ListenerOptions::default();
    let (key, addr) =
        listen(&mut reactor, options, |door: &mut Door, reactor, accepted| {
            door.inside.push(accepted.stream);
            assert!(reactor.deregister(door.key.unwrap()).is_none());
            Ok(())
        });
    let mut door = Door { key: Some(key), ..Door::default() };
    let _clients: Vec<_> = (0..3).map(|_| TcpStream::connect(addr).unwrap()).collect();
    turn(&mut reactor, &mut door);
    reactor.turn(&mut door, Duration::ZERO).unwrap();
    assert_eq!(door.inside.len(), 1);
    assert!(!reactor.is_registered(key));
    assert!(TcpStream::connect_timeout(&addr, PATIENCE).is_err());
}

#[test]
fn a_disabled_listener_lets_them_wait_and_an_enabled_one_lets_them_in() {
    let mut reactor = Reactor::new().unwrap();
    let options = ListenerOptions::default();
    let (key, addr) = listen(&mut reactor, options, |door: &mut Door, _, accepted| {
        door.inside.push(accepted.stream);
        Ok(())
    });
    let mut door = Door::default();
    reactor.source_mut(key).unwrap().disable();
    let _client = TcpStream::connect(addr).unwrap();
    for _ in 0..5 {
        reactor.turn(&mut door, Duration::from_millis(1)).unwrap();
    }
    assert!(door.inside.is_empty());
    reactor.source_mut(key).unwrap().enable();
    turn(&mut reactor, &mut door);
    assert_eq!(door.inside.len(), 1);
}
