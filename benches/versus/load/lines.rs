//! What is sent, and what must come back.

/// How many different lines there are. A prime: no power-of-two mix-up of buffers repeats it.
const POOL: usize = 61;

/// A fixed pool of lines and their replies, so that checking a reply costs no more than comparing.
pub struct Lines {
    requests: Vec<Vec<u8>>,
    replies: Vec<Vec<u8>>,
}

impl Lines {
    /// Lines of `length` bytes, the LF included: letters of both cases, here and there any byte.
    pub fn new(length: usize) -> Self {
        let mut random = XorShift(0x2545_f491_4f6c_dd1d);
        let requests: Vec<_> = (0..POOL).map(|_| line(length, &mut random)).collect();
        let replies = requests
            .iter()
            .map(|request| request.iter().map(|&b| rot13(b)).collect())
            .collect();
        Self { requests, replies }
    }

    pub fn request(&self, connection: usize, line: usize) -> &[u8] {
        &self.requests[(connection * 7 + line) % POOL]
    }

    pub fn reply(&self, connection: usize, line: usize) -> &[u8] {
        &self.replies[(connection * 7 + line) % POOL]
    }
}

fn line(length: usize, random: &mut XorShift) -> Vec<u8> {
    const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut line: Vec<u8> = (1..length)
        .map(|_| match random.below(16) {
            0 => match random.below(256) {
                10 => b' ',
                byte => byte.to_le_bytes()[0],
            },
            _ => LETTERS[random.below(52)],
        })
        .collect();
    line.push(b'\n');
    line
}

fn rot13(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        other => other,
    }
}

/// Marsaglia's: the same lines in every run.
struct XorShift(u64);

impl XorShift {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % end
    }
}
