//! [`Eol`]: the styles of line ends, and the search for each.

/// A style of line end.
///
/// Libevent's `enum evbuffer_eol_style`, with its meanings.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
pub enum Eol {
    /// A line feed (`EVBUFFER_EOL_LF`).
    Lf,
    /// A line feed with or without one carriage return before it (`EVBUFFER_EOL_CRLF`): what
    /// most text protocols should accept.
    CrLf,
    /// A carriage return and a line feed, both (`EVBUFFER_EOL_CRLF_STRICT`). Either alone belongs
    /// to the line.
    CrLfStrict,
    /// Any run of carriage returns and line feeds (`EVBUFFER_EOL_ANY`). A run that arrives in two
    /// parts is taken for two line ends, with an empty line between them.
    Any,
    /// A zero byte (`EVBUFFER_EOL_NUL`).
    Nul,
}

/// Where the end of a line lies: what [`Buffer::find_eol`](super::Buffer::find_eol) found.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub struct LineEnd {
    /// Where the end begins: as many bytes are in the line itself.
    pub start: usize,
    /// The first place behind it: as many bytes are in the line with its end, and are what there
    /// is to consume.
    pub end: usize,
}

/// What one search learned.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) struct Searched {
    pub(super) end: Option<LineEnd>,
    /// A search of the same style may start here next time: nothing before it can be, or become,
    /// the decisive byte of a line end as long as bytes are only appended.
    pub(super) resume: usize,
}

/// Looks for the first line end whose decisive byte (the first of the run under `Any`, else the
/// last) is at `from` or later.
pub(super) fn search(bytes: &[u8], eol: Eol, from: usize) -> Searched {
    let rest = bytes.get(from..).unwrap_or_default();
    let hit = match eol {
        Eol::Lf | Eol::CrLf => memchr::memchr(b'\n', rest),
        Eol::CrLfStrict => memchr::memchr_iter(b'\n', rest)
            .find(|&lf| byte_before(bytes, from + lf) == Some(b'\r')),
        Eol::Any => memchr::memchr2(b'\r', b'\n', rest),
        Eol::Nul => memchr::memchr(0, rest),
    };
    let Some(hit) = hit.map(|hit| from + hit) else {
        return Searched { end: None, resume: bytes.len() };
    };
    let end = match eol {
        Eol::CrLfStrict => LineEnd { start: hit.saturating_sub(1), end: hit + 1 },
        Eol::CrLf if byte_before(bytes, hit) == Some(b'\r') => {
            LineEnd { start: hit - 1, end: hit + 1 }
        }
        Eol::Any => LineEnd { start: hit, end: hit + run_of_line_ends(bytes.get(hit..)) },
        Eol::Lf | Eol::CrLf | Eol::Nul => LineEnd { start: hit, end: hit + 1 },
    };
    Searched { end: Some(end), resume: hit }
}

fn byte_before(bytes: &[u8], at: usize) -> Option<u8> {
    at.checked_sub(1).and_then(|before| bytes.get(before)).copied()
}

fn run_of_line_ends(bytes: Option<&[u8]>) -> usize {
    let is_end = |byte: &&u8| matches!(**byte, b'\r' | b'\n');
    bytes.unwrap_or_default().iter().take_while(is_end).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first line end, and how long it is.
    fn first(bytes: &[u8], eol: Eol) -> Option<(usize, usize)> {
        search(bytes, eol, 0).end.map(|end| (end.start, end.end - end.start))
    }

    #[test]
    fn each_style_takes_its_own_end_and_nothing_else() {
        assert_eq!(first(b"a\r\nb", Eol::Lf), Some((2, 1)));
        assert_eq!(first(b"a\r\nb", Eol::CrLf), Some((1, 2)));
        assert_eq!(first(b"a\nb", Eol::CrLf), Some((1, 1)));
        assert_eq!(first(b"a\rb", Eol::CrLf), None);
        assert_eq!(first(b"a\r\r\nb", Eol::CrLf), Some((2, 2)));
        assert_eq!(first(b"a\nb\rc\r\n", Eol::CrLfStrict), Some((5, 2)));
        assert_eq!(first(b"\n\r", Eol::CrLfStrict), None);
        assert_eq!(first(b"a\n\r\n\rb\n", Eol::Any), Some((1, 4)));
        assert_eq!(first(b"a\n\0b", Eol::Nul), Some((2, 1)));
        assert_eq!(first(b"\n", Eol::Lf), Some((0, 1)));
        assert_eq!(first(b"", Eol::Any), None);
    }

    #[test]
    fn a_strict_end_that_is_split_is_found_from_where_the_search_stopped() {
        let resume = search(b"ab\r", Eol::CrLfStrict, 0).resume;
        assert_eq!(resume, 3);
        let end = search(b"ab\r\n", Eol::CrLfStrict, resume).end;
        assert_eq!(end, Some(LineEnd { start: 2, end: 4 }));
    }

    #[test]
    fn a_hit_is_found_again_from_where_it_was() {
        for eol in [Eol::Lf, Eol::CrLf, Eol::CrLfStrict, Eol::Any] {
            let once = search(b"line\r\nnext", eol, 0);
            assert!(once.end.is_some());
            assert_eq!(search(b"line\r\nnext", eol, once.resume), once);
        }
    }
}
