//! What the feature `tracing` tells: turns, handlers, slow handlers, spent budgets, stale events.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mio::unix::pipe;
use tourbillon::reactor::{Interest, Next, Reactor, Ready, TurnBudget};
use tourbillon::time::ManualClock;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down each event as a line: level, message, fields.
#[derive(Clone, Default)]
struct Notebook(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Notebook {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        unreachable!("the reactor opens no spans")
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == "tourbillon::reactor" {
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            self.0.lock().unwrap().push(line.0);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What is told while `body` runs.
fn told(body: impl FnOnce()) -> Vec<String> {
    let notebook = Notebook::default();
    tracing::subscriber::with_default(notebook.clone(), body);
    notebook.0.lock().unwrap().clone()
}

fn manual(budget: TurnBudget) -> (Reactor<()>, ManualClock) {
    let clock = ManualClock::new();
    let builder = Reactor::builder().clock(clock.clone()).budget(budget);
    (builder.build().unwrap(), clock)
}

#[test]
fn turns_and_handlers_are_told_and_empty_turns_are_not() {
    let lines = told(|| {
        let (mut reactor, clock) = manual(TurnBudget::default());
        let busy = clock.clone();
        reactor.after(Duration::from_nanos(5), move |(), _, _| {
            busy.advance(Duration::from_nanos(30));
        });
        reactor.turn(&mut (), Duration::ZERO).unwrap();
        clock.advance(Duration::from_nanos(7));
        reactor.turn(&mut (), Duration::ZERO).unwrap();
    });
    let [handled, turn] = &lines[..] else { panic!("{lines:#?}") };
    assert!(handled.starts_with("TRACE message=handled origin=Timer("), "{handled}");
    assert!(handled.ends_with("took_nanos=30"), "{handled}");
    let expected = "TRACE message=turn now_nanos=7 sources=0 timers=1 deferred=0 posts=0 \
                    stopped=false waited=false";
    assert_eq!(turn, expected);
}

#[test]
fn slow_handlers_are_a_warning_with_their_name() {
    let lines = told(|| {
        let (mut reactor, clock) = manual(TurnBudget::default());
        reactor.on_slow_handler(Duration::from_nanos(10), |(), _, _| Next::Continue);
        let event = reactor
            .event(move |(), _, _| {
                clock.advance(Duration::from_nanos(11));
                Next::Continue
            })
            .unwrap();
        reactor.set_name(event, "the slow one");
        reactor.activate(event, Ready::READABLE);
        reactor.turn(&mut (), Duration::ZERO).unwrap();
        assert_eq!(reactor.stats().slow_handlers, 1);
    });
    let warning = lines.iter().find(|line| line.starts_with("WARN")).unwrap();
    assert!(warning.contains("message=slow handler origin=Source("), "{warning}");
    assert!(warning.ends_with("name=\"the slow one\" took=11ns"), "{warning}");
}

#[test]
fn spent_budgets_and_stale_events_are_told() {
    let lines = told(|| {
        let mut budget = TurnBudget::default();
        budget.deferred = 1;
        let (mut reactor, _clock) = manual(budget);
        reactor.defer(|(), _| {});
        reactor.defer(|(), _| {});
        reactor.turn(&mut (), Duration::ZERO).unwrap();
    });
    let hit = lines.iter().find(|line| line.starts_with("DEBUG")).unwrap();
    assert_eq!(hit, "DEBUG message=budget spent phase=Deferred by_time=false");

    let lines = told(|| {
        let (mut reactor, _clock) = manual(TurnBudget::default());
        let pipes = [pipe::new().unwrap(), pipe::new().unwrap()];
        let keys: Arc<Mutex<Vec<_>>> = Arc::default();
        let mut senders = Vec::new();
        for (mut sender, receiver) in pipes {
            sender.write_all(b"x").unwrap();
            senders.push(sender);
            let keys_of_all = keys.clone();
            let key = reactor
                .register(
                    LeftBehind(receiver),
                    Interest::READABLE,
                    move |(), reactor, _, _| {
                        for key in keys_of_all.lock().unwrap().drain(..) {
                            reactor.deregister(key);
                        }
                        Next::Continue
                    },
                )
                .unwrap();
            keys.lock().unwrap().push(key);
        }
        for _ in 0..2 {
            reactor.turn(&mut (), Duration::ZERO).unwrap();
            for sender in &mut senders {
                let _ = sender.write_all(b"x");
            }
        }
    });
    let stale =
        lines.iter().filter(|line| line.contains("event for a source that is gone"));
    assert!(stale.count() >= 1, "{lines:#?}");
}

/// A source that the kernel keeps after it was deregistered, as it does with one whose descriptor was
/// duplicated.
struct LeftBehind(pipe::Receiver);

impl mio::event::Source for LeftBehind {
    fn register(
        &mut self,
        registry: &mio::Registry,
        token: mio::Token,
        interests: Interest,
    ) -> std::io::Result<()> {
        // Kept alive for the process by the duplicate that is leaked here.
        let duplicate = std::os::fd::AsFd::as_fd(&self.0).try_clone_to_owned()?;
        let raw = std::os::fd::IntoRawFd::into_raw_fd(duplicate);
        mio::unix::SourceFd(&raw).register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        _: &mio::Registry,
        _: mio::Token,
        _: Interest,
    ) -> std::io::Result<()> {
        Ok(())
    }

    fn deregister(&mut self, _: &mio::Registry) -> std::io::Result<()> {
        Ok(())
    }
}
