//! Lines: where one ends, and what is done to it. Knows buffers, and nothing of sockets.
//!
//! Costs: no allocation a line, one search that goes on where the last one stopped, one move
//! from the input to the output, one pass over the bytes where they lie.

use tourbillon::buffer::{Buffer, Eol};

/// What was answered.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Answered {
    /// Lines, the pieces of long ones too.
    pub(crate) lines: u64,
    /// Bytes, each line with its LF.
    pub(crate) bytes: u64,
}

/// Moves every line that is there from the input to the output, rotated.
///
/// A partial line stays in the input, until it is `max_line` bytes long: then it goes out with
/// an LF of its own, and what follows starts a new line. (So a line of exactly `max_line` bytes
/// is answered before its LF comes, and the LF is an empty line: as in the seed, whose input
/// holds no more than that.)
pub(crate) fn answer(
    input: &mut Buffer,
    output: &mut Buffer,
    max_line: usize,
) -> Answered {
    let mut answered = Answered::default();
    while let Some(len) = answer_one(input, output, max_line) {
        answered.lines += 1;
        answered.bytes += len as u64;
    }
    answered
}

/// Moves one line and says how long its answer is, or `None` when no line is ready.
fn answer_one(input: &mut Buffer, output: &mut Buffer, max_line: usize) -> Option<usize> {
    match input.find_eol(Eol::Lf) {
        Some(line) if line.start < max_line => {
            // The LF moves along with its line: it is no letter.
            rotate(input.move_to(output, line.end));
            Some(line.end)
        }
        _ if input.len() >= max_line => {
            rotate(input.move_to(output, max_line));
            output.extend_from_slice(b"\n");
            Some(max_line + 1)
        }
        _ => None,
    }
}

/// Turns every ASCII letter by thirteen places and keeps every other byte.
///
/// Without a branch, so that the compiler works on as many bytes at a time as a vector register
/// holds: a table or an `if` per byte is what makes a kilobyte cost microseconds.
fn rotate(bytes: &mut [u8]) {
    for byte in bytes {
        // 0..26 for a letter of either case; anything else wraps to 26 or more.
        let place = (*byte | 0x20).wrapping_sub(b'a');
        let up = u8::from(place < 13) * 13;
        let down = u8::from((13..26).contains(&place)) * 13;
        *byte = byte.wrapping_add(up).wrapping_sub(down);
    }
}
