//! [`Buffer`] against a `Vec<u8>` that is obviously right, and its corners by name.
#![cfg(feature = "net")]

use std::cell::Cell;
use std::io::{self, BufRead, Read, Write};

use proptest::prelude::*;

use tourbillon::buffer::{Buffer, Eol, LineEnd};

const STYLES: [Eol; 5] = [Eol::Lf, Eol::CrLf, Eol::CrLfStrict, Eol::Any, Eol::Nul];

/// The first line end, found by looking at each place in turn.
fn naive_find_eol(bytes: &[u8], eol: Eol) -> Option<LineEnd> {
    (0..bytes.len()).find_map(|at| {
        let rest = &bytes[at..];
        let len = match eol {
            Eol::Nul => usize::from(rest[0] == 0),
            Eol::CrLf if rest.starts_with(b"\r\n") => 2,
            Eol::Lf | Eol::CrLf => usize::from(rest[0] == b'\n'),
            Eol::CrLfStrict => 2 * usize::from(rest.starts_with(b"\r\n")),
            Eol::Any => rest.iter().take_while(|byte| b"\r\n".contains(byte)).count(),
            other => panic!("an unknown style: {other:?}"),
        };
        (len > 0).then_some(LineEnd { start: at, end: at + len })
    })
}

/// A reader that gives at most `step` bytes a call, or a writer that takes at most that.
struct Narrow<'a> {
    bytes: &'a [u8],
    taken: Vec<u8>,
    step: usize,
}

impl Read for Narrow<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.step.min(to.len());
        self.bytes.read(&mut to[..n])
    }
}

impl Write for Narrow<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.step.min(bytes.len());
        self.taken.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Op {
    Extend(Vec<u8>),
    Prepend(Vec<u8>),
    Consume(usize),
    MoveTo(usize),
    AppendOther,
    SplitTo(usize),
    FindEol(usize),
    PopLine(usize),
    ReadLine(usize),
    ReadFrom(Vec<u8>, usize),
    WriteTo(usize),
    Find(Vec<u8>),
    Overwrite(usize, u8),
    ShrinkToFit,
    Huge(usize),
}

/// Bytes among which line ends of all styles are frequent, and split at every place.
fn bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\r'), Just(b'\n'), Just(0), Just(b'a'), any::<u8>()];
    prop::collection::vec(byte, 0..max)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => bytes(40).prop_map(Op::Extend),
        2 => bytes(6).prop_map(Op::Prepend),
        3 => (0..60_usize).prop_map(Op::Consume),
        2 => (0..60_usize).prop_map(Op::MoveTo),
        1 => Just(Op::AppendOther),
        1 => (0..60_usize).prop_map(Op::SplitTo),
        6 => (0..STYLES.len()).prop_map(Op::FindEol),
        2 => (0..STYLES.len()).prop_map(Op::PopLine),
        2 => (0..STYLES.len()).prop_map(Op::ReadLine),
        3 => (bytes(80), 0..90_usize).prop_map(|(bytes, max)| Op::ReadFrom(bytes, max)),
        2 => (0..60_usize).prop_map(Op::WriteTo),
        1 => bytes(3).prop_map(Op::Find),
        1 => (0..60_usize, prop_oneof![Just(b'\n'), Just(0)])
            .prop_map(|(at, byte)| Op::Overwrite(at, byte)),
        1 => Just(Op::ShrinkToFit),
        1 => (4000..90_000_usize).prop_map(Op::Huge),
    ]
}

/// A buffer and a second one that it exchanges bytes with, each beside its model.
#[derive(Default)]
struct World {
    buffer: Buffer,
    model: Vec<u8>,
    other: Buffer,
    other_model: Vec<u8>,
}

impl World {
    fn apply(&mut self, op: &Op) {
        let (buffer, model) = (&mut self.buffer, &mut self.model);
        match op {
            Op::Extend(bytes) => {
                buffer.extend_from_slice(bytes);
                model.extend_from_slice(bytes);
            }
            Op::Prepend(bytes) => {
                buffer.prepend(bytes);
                model.splice(0..0, bytes.iter().copied());
            }
            Op::Consume(n) => {
                buffer.consume(*n);
                model.drain(..(*n).min(model.len()));
            }
            Op::MoveTo(n) => {
                let moved: Vec<u8> = model.drain(..(*n).min(model.len())).collect();
                let run = buffer.move_to(&mut self.other, *n);
                assert_eq!(run, moved);
                run.reverse();
                self.other_model.extend(moved.iter().rev());
            }
            Op::AppendOther => {
                buffer.append(&mut self.other);
                model.append(&mut self.other_model);
            }
            Op::SplitTo(n) => {
                self.other = buffer.split_to(*n);
                self.other_model = model.drain(..(*n).min(model.len())).collect();
            }
            Op::Overwrite(at, byte) => {
                if let Some(place) = buffer.make_contiguous().get_mut(*at) {
                    *place = *byte;
                    model[*at] = *byte;
                }
            }
            Op::ShrinkToFit => buffer.shrink_to_fit(),
            Op::Huge(n) => {
                buffer.extend_from_slice(&vec![b'h'; *n]);
                model.resize(model.len() + n, b'h');
            }
            _ => self.apply_io(op),
        }
    }

    fn apply_io(&mut self, op: &Op) {
        let (buffer, model) = (&mut self.buffer, &mut self.model);
        match op {
            Op::FindEol(style) => {
                let eol = STYLES[*style];
                assert_eq!(buffer.find_eol(eol), naive_find_eol(model, eol), "{eol:?}");
            }
            Op::PopLine(style) => {
                let eol = STYLES[*style];
                let end = naive_find_eol(model, eol);
                let line =
                    end.map(|end| model.drain(..end.end).take(end.start).collect());
                assert_eq!(buffer.pop_line(eol), line);
            }
            Op::ReadLine(style) => {
                let eol = STYLES[*style];
                let mut line = b"before".to_vec();
                let end = naive_find_eol(model, eol);
                assert_eq!(
                    buffer.read_line_into(&mut line, eol),
                    end.map(|end| end.start)
                );
                let mut expected = b"before".to_vec();
                if let Some(end) = end {
                    expected.extend(model.drain(..end.end).take(end.start));
                }
                assert_eq!(line, expected);
            }
            Op::ReadFrom(bytes, max) => {
                let mut reader = Narrow { bytes, taken: Vec::new(), step: usize::MAX };
                let (n, room) = buffer.read_from_offering(&mut reader, *max).unwrap();
                assert!(n <= room && room <= *max);
                assert_eq!(n, bytes.len().min(room));
                model.extend_from_slice(&bytes[..n]);
            }
            Op::WriteTo(max) => {
                let mut writer = Narrow { bytes: &[], taken: Vec::new(), step: 17 };
                let n = buffer.write_to(&mut writer, *max).unwrap();
                assert_eq!(n, 17.min(*max).min(model.len()));
                assert_eq!(writer.taken, model.drain(..n).collect::<Vec<u8>>());
            }
            Op::Find(needle) => {
                let naive = (0..=model.len()).find(|&at| model[at..].starts_with(needle));
                assert_eq!(buffer.find(needle), naive);
                let from_two =
                    (2..=model.len()).find(|&at| model[at..].starts_with(needle));
                assert_eq!(buffer.find_from(needle, 2), from_two);
            }
            other => panic!("not an operation of I/O: {other:?}"),
        }
    }

    fn check(&self) {
        self.buffer.validate();
        self.other.validate();
        assert_eq!(self.buffer, self.model[..]);
        assert_eq!(self.other, self.other_model[..]);
        assert_eq!(self.buffer.len(), self.model.len());
        let mut copy = vec![0; self.model.len() / 2 + 1];
        let n = self.buffer.copy_to(&mut copy);
        assert_eq!(copy[..n], self.model[..n]);
    }
}

proptest! {
    #[test]
    fn a_buffer_agrees_with_a_vector(ops in prop::collection::vec(op(), 1..60)) {
        let mut world = World::default();
        for op in &ops {
            world.apply(op);
            world.check();
        }
    }

    #[test]
    fn lines_come_out_alike_however_they_were_split(
        bytes in bytes(200),
        step in 1..20_usize,
        style in 0..STYLES.len(),
    ) {
        let eol = STYLES[style];
        let mut whole = Buffer::from(&bytes[..]);
        let mut expected = Vec::new();
        while let Some(line) = whole.pop_line(eol) {
            expected.push(line);
        }
        let mut reader = Narrow { bytes: &bytes, taken: Vec::new(), step };
        let (mut buffer, mut lines) = (Buffer::new(), Vec::new());
        while buffer.read_from(&mut reader, usize::MAX).unwrap() > 0 {
            // A run that is split is two ends (documented): ask only once all is there.
            while eol != Eol::Any && let Some(line) = buffer.pop_line(eol) {
                lines.push(line);
            }
            buffer.validate();
        }
        while let Some(line) = buffer.pop_line(eol) {
            lines.push(line);
        }
        prop_assert_eq!(lines, expected);
        prop_assert_eq!(buffer, whole);
    }
}

#[test]
fn a_partial_line_is_kept_and_zero_bytes_belong_to_a_line() {
    let mut buffer = Buffer::from(&b"a\0b\npart"[..]);
    assert_eq!(buffer.pop_line(Eol::Lf).as_deref(), Some(&b"a\0b"[..]));
    assert_eq!(buffer.pop_line(Eol::Lf), None);
    assert_eq!(buffer, *b"part");
}

#[test]
fn a_run_of_line_ends_is_one_end_and_a_split_run_is_two() {
    let mut buffer = Buffer::from(&b"a\r\n\r\nb"[..]);
    assert_eq!(buffer.pop_line(Eol::Any).as_deref(), Some(&b"a"[..]));
    assert_eq!(buffer, *b"b");
    let mut split = Buffer::from(&b"a\r"[..]);
    assert_eq!(split.pop_line(Eol::Any).as_deref(), Some(&b"a"[..]));
    split.extend_from_slice(b"\nb");
    assert_eq!(split.pop_line(Eol::Any).as_deref(), Some(&b""[..]));
}

#[test]
fn a_line_end_written_into_a_moved_run_is_found() {
    let (mut from, mut to) = (Buffer::from(&[b'x'; 10_000][..]), Buffer::new());
    assert_eq!(to.find_eol(Eol::Lf), None);
    from.move_to(&mut to, usize::MAX)[5] = b'\n';
    assert_eq!(to.find_eol(Eol::Lf), Some(LineEnd { start: 5, end: 6 }));
    assert!(from.is_empty());
}

#[test]
fn a_large_buffer_moves_into_an_empty_one_without_a_copy() {
    let (mut from, mut to) = (Buffer::from(&vec![b'x'; 100_000][..]), Buffer::new());
    let address = from.chunks().next().map(<[u8]>::as_ptr);
    to.append(&mut from);
    assert_eq!(to.chunks().next().map(<[u8]>::as_ptr), address);
    assert_eq!((to.len(), from.len(), from.capacity()), (100_000, 0, 0));
}

#[test]
fn an_error_of_the_reader_or_writer_leaves_the_buffer_as_it_was() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            to.fill(b'!');
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut buffer = Buffer::from(&b"kept"[..]);
    assert!(buffer.read_from(&mut Broken, 100).is_err());
    assert!(buffer.write_to(&mut Broken, 100).is_err());
    assert_eq!(buffer, *b"kept");
    buffer.validate();
}

#[test]
fn a_reader_or_writer_that_lies_about_its_count_is_clamped() {
    struct Liar;
    impl Read for Liar {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Ok(usize::MAX)
        }
    }
    impl Write for Liar {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Ok(usize::MAX)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut buffer = Buffer::new();
    assert_eq!(buffer.read_from(&mut Liar, 10).unwrap(), 10);
    assert_eq!(buffer.len(), 10);
    assert_eq!(buffer.write_to(&mut Liar, 4).unwrap(), 4);
    assert_eq!(buffer.len(), 6);
}

#[test]
fn a_read_asks_for_more_when_reads_come_full_and_for_less_when_they_do_not() {
    struct Watched<'a>(&'a Cell<usize>, bool);
    impl Read for Watched<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0.set(to.len());
            Ok(if self.1 { to.len() } else { 1 })
        }
    }
    let asked = Cell::new(0);
    let mut buffer = Buffer::new();
    buffer.read_from(&mut Watched(&asked, false), usize::MAX).unwrap();
    let first = asked.get();
    for _ in 0..10 {
        buffer.read_from(&mut Watched(&asked, true), usize::MAX).unwrap();
        buffer.clear();
    }
    assert!(first <= 4096, "the first read asks for {first}");
    assert_eq!(asked.get(), 64 * 1024);
    for _ in 0..20 {
        buffer.read_from(&mut Watched(&asked, false), usize::MAX).unwrap();
        buffer.clear();
        buffer.shrink_to_fit();
    }
    assert!(asked.get() <= 4096, "a quiet reader is still offered {}", asked.get());
}

#[test]
fn an_emptied_buffer_owns_little_however_much_it_held() {
    let mut buffer = Buffer::new();
    buffer.extend_from_slice(&vec![0; 10 << 20]);
    buffer.consume((10 << 20) - 1);
    assert!(buffer.capacity() <= 64 * 1024, "{} bytes for one", buffer.capacity());
    buffer.clear();
    assert!(buffer.capacity() <= 64 * 1024);
}

#[test]
fn it_is_a_reader_a_writer_and_a_buffered_reader() {
    let mut buffer = Buffer::new();
    write!(buffer, "{}-ab", 12).unwrap();
    let pieces = [io::IoSlice::new(b"\nsec"), io::IoSlice::new(b"ond")];
    assert_eq!(buffer.write_vectored(&pieces).unwrap(), 7);
    let mut line = String::new();
    buffer.read_line(&mut line).unwrap();
    assert_eq!(line, "12-ab\n");
    let mut rest = Vec::new();
    buffer.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"second");
}

#[test]
fn asking_for_more_than_there_is_means_all() {
    let mut buffer = Buffer::from(&b"abc"[..]);
    assert_eq!(buffer.copy_to(&mut [0; 10]), 3);
    assert_eq!(buffer.find_from(b"c", 4), None);
    assert_eq!(buffer.split_to(usize::MAX), *b"abc");
    buffer.consume(usize::MAX);
    assert_eq!(buffer.move_to(&mut Buffer::new(), usize::MAX), b"");
    assert!(buffer.is_empty());
    buffer.validate();
}

/// Several slices are filled, and several appended, in one call and in their order.
#[test]
fn vectored_reads_and_writes_take_every_piece() {
    use std::io::{IoSlice, IoSliceMut, Read, Write};

    let mut buffer = Buffer::new();
    let pieces = [IoSlice::new(b"tour"), IoSlice::new(b""), IoSlice::new(b"billon")];
    assert_eq!(buffer.write_vectored(&pieces).unwrap(), 10);
    let (mut first, mut second) = ([0; 3], [0; 20]);
    let mut into = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(buffer.read_vectored(&mut into).unwrap(), 10);
    assert_eq!((&first[..], &second[..7]), (&b"tou"[..], &b"rbillon"[..]));
    assert!(buffer.is_empty());
}
