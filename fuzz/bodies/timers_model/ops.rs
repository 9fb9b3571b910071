//! The operations of timers: the wheel's, and those that the wheel alone does not have, as likely as
//! each other.

use crate::bodies::codec::{Bytes, Code, Nanos, ops};
use crate::bodies::world;

// What one step does with common timeouts, which are picked by their number, modulo how many there
// are; and timers with slack. A window is inverted if `inverted` is odd.
ops!(QueueOp {
    Join { common: u8, back: u8 },
    Touch { pick: u16, back: u8 },
    Forget { common: u8 },
    Register { common: u8 },
    ForeignToken { common: u8, others: u8 },
    Within { after: Nanos, slack: Nanos, inverted: u8 },
});

/// One step.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Op {
    Timer(world::Op),
    Queue(QueueOp),
}

impl Code for Op {
    fn read(bytes: &mut Bytes<'_>) -> Self {
        if u8::read(bytes) % 2 == 0 {
            Self::Timer(Code::read(bytes))
        } else {
            Self::Queue(Code::read(bytes))
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Timer(op) => {
                bytes.push(0);
                op.write(bytes);
            }
            Self::Queue(op) => {
                bytes.push(1);
                op.write(bytes);
            }
        }
    }
}
