//! [`Kind`]: the ways to wait that can be measured, and their names.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tourbillon::reactor::Precision;

use crate::units;

/// What a reactor may spin for when nothing is said.
const SPIN: Duration = Duration::from_micros(200);

/// A way to wait for a deadline.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Kind {
    /// A reactor of this crate, sleeping so.
    Ours(Sleep),
    Peer(Peer),
}

/// How a reactor sleeps: its [`Precision`], as it is typed.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Sleep {
    Millis,
    Exact,
    Spin { max: Duration },
}

/// What a reactor is measured against.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Peer {
    /// A loop around one timerfd and nothing else: what sleeping can give on this machine.
    Timerfd,
    /// A loop around `thread::sleep`, which is what one writes first.
    Sleep,
    /// The program that real-time people measure with.
    Cyclictest,
}

impl Sleep {
    /// The crate's name for it.
    pub(crate) const fn precision(self) -> Precision {
        match self {
            Self::Millis => Precision::Millis,
            Self::Exact => Precision::Exact,
            Self::Spin { max } => Precision::Spin { max },
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self {
            Self::Ours(Sleep::Millis) => "millis".into(),
            Self::Ours(Sleep::Exact) => "exact".into(),
            Self::Ours(Sleep::Spin { max }) => format!("spin:{}", units::typed(*max)),
            Self::Peer(Peer::Timerfd) => "timerfd".into(),
            Self::Peer(Peer::Sleep) => "sleep".into(),
            Self::Peer(Peer::Cyclictest) => String::from("cyclictest"),
        })
    }
}

/// What `--precision` takes: one or several, with commas between them.
#[derive(Clone, Eq, PartialEq, Debug)]
pub(crate) struct Sleeps(pub(crate) Vec<Sleep>);

impl FromStr for Sleeps {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut sleeps = Vec::new();
        for word in text.split(',') {
            let meant = match word.split_once(':') {
                None if word == "millis" => vec![Sleep::Millis],
                None if word == "exact" => vec![Sleep::Exact],
                None if word == "spin" => vec![Sleep::Spin { max: SPIN }],
                None if word == "all" => {
                    vec![Sleep::Millis, Sleep::Exact, Sleep::Spin { max: SPIN }]
                }
                Some(("spin", max)) => vec![Sleep::Spin { max: units::parse(max)? }],
                _ => {
                    return Err(format!(
                        "there is no precision {word:?}, but millis, exact, spin:MAX, all"
                    ));
                }
            };
            for sleep in meant {
                if !sleeps.contains(&sleep) {
                    sleeps.push(sleep);
                }
            }
        }
        Ok(Self(sleeps))
    }
}

/// What `--against` takes: one or several, with commas between them.
#[derive(Clone, Eq, PartialEq, Debug, Default)]
pub(crate) struct Peers(pub(crate) Vec<Peer>);

impl FromStr for Peers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut peers = Vec::new();
        for word in text.split(',') {
            let peer = match word {
                "timerfd" => Peer::Timerfd,
                "sleep" => Peer::Sleep,
                "cyclictest" => Peer::Cyclictest,
                _ => {
                    return Err(format!(
                        "there is no peer {word:?}, but timerfd, sleep, cyclictest"
                    ));
                }
            };
            if !peers.contains(&peer) {
                peers.push(peer);
            }
        }
        Ok(Self(peers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_its_order_and_nothing_twice() {
        let sleeps = |text: &str| {
            let Sleeps(sleeps) = text.parse().unwrap();
            sleeps.iter().map(|sleep| Kind::Ours(*sleep).to_string()).collect::<Vec<_>>()
        };
        assert_eq!(sleeps("exact"), ["exact"]);
        assert_eq!(sleeps("spin:50us,spin,exact"), ["spin:50us", "spin:200us", "exact"]);
        assert_eq!(sleeps("all,exact"), ["millis", "exact", "spin:200us"]);
        assert_eq!(
            "sleep,timerfd,sleep".parse(),
            Ok(Peers(vec![Peer::Sleep, Peer::Timerfd]))
        );
    }

    #[test]
    fn a_word_that_means_nothing_is_named() {
        for text in ["", "fast", "exact,", "exact:3us", "spin:", "spin:0us", "spin:5"] {
            assert!(text.parse::<Sleeps>().is_err(), "{text:?} was taken");
        }
        assert!("exact,fast".parse::<Sleeps>().unwrap_err().contains("\"fast\""));
        assert!("timerfd,tokio".parse::<Peers>().unwrap_err().contains("\"tokio\""));
    }
}
