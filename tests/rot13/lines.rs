//! What becomes of lines: the seed's rules, byte for byte.

use std::io::Write;
use std::net::Shutdown;

use super::client::{connect, read_exactly, read_to_end, rot13, talk};
use super::server::Server;

/// The seed's `MAX_LINE`.
const MAX_LINE: usize = 16_384;

/// `len` letters `a`, whose answer is `len` letters `n`.
fn letters(len: usize) -> Vec<u8> {
    vec![b'a'; len]
}

/// The answer to a line of `len` letters `a`.
fn answer(len: usize) -> Vec<u8> {
    [vec![b'n'; len], b"\n".to_vec()].concat()
}

#[test]
fn two_lines_come_back_rotated() {
    let server = Server::start(&[]);
    assert_eq!(talk(server.addr(), b"Hello\nWorld\n"), b"Uryyb\nJbeyq\n");
}

#[test]
fn every_ascii_letter_is_rotated_and_twice_is_the_identity() {
    let server = Server::start(&[]);
    let line = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@[`{0189 \t~\n";
    let once = talk(server.addr(), line);
    let rotated = b"NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm@[`{0189 \t~\n";
    assert_eq!(once, rotated);
    assert_eq!(talk(server.addr(), &once), line);
}

#[test]
fn a_line_sent_byte_by_byte_is_one_line() {
    let server = Server::start(&[]);
    let mut stream = connect(server.addr());
    for byte in b"Hello\nWor" {
        stream.write_all(&[*byte]).expect("connected");
    }
    assert_eq!(read_exactly(&stream, 6), b"Uryyb\n");
    for byte in b"ld\n" {
        stream.write_all(&[*byte]).expect("connected");
    }
    assert_eq!(read_exactly(&stream, 6), b"Jbeyq\n");
}

#[test]
fn an_answer_does_not_wait_for_the_end_of_the_stream() {
    let server = Server::start(&[]);
    let mut stream = connect(server.addr());
    for _ in 0..100 {
        stream.write_all(b"Hello\n").expect("connected");
        assert_eq!(read_exactly(&stream, 6), b"Uryyb\n");
    }
}

#[test]
fn empty_lines_are_lines() {
    let server = Server::start(&[]);
    assert_eq!(talk(server.addr(), b"\n\na\n\n"), b"\n\nn\n\n");
}

#[test]
fn only_letters_change_and_only_lf_ends_a_line() {
    let server = Server::start(&[]);
    // CR, NUL, every byte above 0x7f: all kept, none of them an end of line.
    let all: Vec<u8> = (0..=u8::MAX).filter(|byte| *byte != b'\n').collect();
    let line = [&all[..], b"\r\n\0Hello\0\r\n"].concat();
    assert_eq!(talk(server.addr(), &line), rot13(&line));
}

#[test]
fn bytes_above_ascii_are_unchanged() {
    let server = Server::start(&[]);
    let line: Vec<u8> = (0x80..=0xff).chain(*b"\n").collect();
    assert_eq!(talk(server.addr(), &line), line);
}

#[test]
fn a_line_that_is_too_long_is_cut_and_goes_on() {
    let server = Server::start(&[]);
    let line = [letters(40_000), b"\n".to_vec()].concat();
    let expected = [answer(MAX_LINE), answer(MAX_LINE), answer(7_232)].concat();
    assert_eq!(talk(server.addr(), &line), expected);
}

#[test]
fn a_line_is_cut_at_max_line_bytes_exactly() {
    let server = Server::start(&[]);
    // With its LF it is as long as the input may be: a line like any other.
    let fits = [letters(MAX_LINE - 1), b"\n".to_vec()].concat();
    assert_eq!(talk(server.addr(), &fits), answer(MAX_LINE - 1));
    // As in the seed, whose input holds MAX_LINE bytes at most: the letters fill it and go out
    // with an LF, and the LF that comes behind them is an empty line.
    let full = [letters(MAX_LINE), b"\n".to_vec()].concat();
    assert_eq!(talk(server.addr(), &full), [answer(MAX_LINE), answer(0)].concat());
    let over = [letters(MAX_LINE + 1), b"\n".to_vec()].concat();
    assert_eq!(talk(server.addr(), &over), [answer(MAX_LINE), answer(1)].concat());
}

#[test]
fn a_full_line_without_lf_is_answered_at_once() {
    let server = Server::start(&[]);
    let mut stream = connect(server.addr());
    stream.write_all(&letters(MAX_LINE)).expect("connected");
    assert_eq!(read_exactly(&stream, MAX_LINE + 1), answer(MAX_LINE));
}

#[test]
fn where_a_line_is_cut_does_not_depend_on_how_it_was_sent() {
    let server = Server::start(&[]);
    let mut stream = connect(server.addr());
    // A short line in front: the cut counts from where the long one starts.
    stream.write_all(b"Hello\n").expect("connected");
    for piece in letters(40_000).chunks(999) {
        stream.write_all(piece).expect("connected");
    }
    stream.write_all(b"\n").expect("connected");
    stream.shutdown(Shutdown::Write).expect("connected");
    let hello = b"Uryyb\n".to_vec();
    let expected = [hello, answer(MAX_LINE), answer(MAX_LINE), answer(7_232)].concat();
    assert_eq!(read_to_end(&stream), expected);
}

#[test]
fn max_line_is_honoured() {
    let server = Server::start(&["--max-line", "8"]);
    let expected = b"nopqrst\nnopqrstu\n\nnopqrstu\nv\n";
    assert_eq!(talk(server.addr(), b"abcdefg\nabcdefgh\nabcdefghi\n"), expected);
}

#[test]
fn a_max_line_of_one_byte_still_moves() {
    let server = Server::start(&["--max-line", "1"]);
    assert_eq!(talk(server.addr(), b"ab\n\nc\n"), b"n\no\n\n\np\n\n");
}

#[test]
fn a_max_line_far_above_the_default_is_honoured() {
    let server = Server::start(&["--max-line", "1000000"]);
    let line = [letters(999_999), b"\n".to_vec()].concat();
    assert_eq!(talk(server.addr(), &line), answer(999_999));
}

#[test]
fn an_unfinished_line_is_dropped_and_finished_ones_are_answered() {
    let server = Server::start(&[]);
    assert_eq!(talk(server.addr(), b"Hello\nWorld\nunfinished"), b"Uryyb\nJbeyq\n");
    assert_eq!(talk(server.addr(), b"unfinished"), b"");
    assert_eq!(talk(server.addr(), b""), b"");
}

#[test]
fn a_half_closed_client_gets_every_answer() {
    let server = Server::start(&[]);
    let mut stream = connect(server.addr());
    let lines = b"The quick brown fox jumps over the lazy dog\n".repeat(2_000);
    stream.write_all(&lines).expect("two buffers of the kernel hold 88 kB");
    // Nothing is read before our half is closed: the answers are the server's to keep.
    stream.shutdown(Shutdown::Write).expect("connected");
    assert_eq!(read_to_end(&stream), rot13(&lines));
}

#[test]
fn a_megabyte_of_lines_in_one_write_comes_back_in_order() {
    let server = Server::start(&[]);
    let mut lines = Vec::new();
    for number in 0.. {
        if lines.len() >= 1 << 20 {
            break;
        }
        // Lengths from 8 to 207 bytes, so that ends of lines fall everywhere in the buffers.
        let tail = "Tourbillon".repeat(20);
        let line = format!("{number:07}{}\n", &tail[..number * 37 % 200]);
        lines.extend_from_slice(line.as_bytes());
    }
    let answers = talk(server.addr(), &lines);
    assert_eq!(answers.len(), lines.len());
    assert!(answers == rot13(&lines), "a megabyte came back, but other than it should");
}
