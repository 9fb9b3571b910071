//! Deferred calls and posts: each once, in their order, and not in the phase that added them.

use super::world::{Phase, Sim, World};

/// Of either kind, at most.
const MOST_CALLS: usize = 32;

impl World {
    /// The turn that is over before a call may come: the present one, if its phase has begun.
    fn not_before(&self, reactor: &Sim, phases: &[Phase]) -> u64 {
        let has_begun = phases.contains(&self.phase);
        reactor.stats().turns + u64::from(has_begun && self.phase != Phase::Outside)
    }

    pub(super) fn defer(&mut self, reactor: &mut Sim, acts: u8) {
        if self.deferred.len() >= MOST_CALLS {
            return;
        }
        self.last_call += 1;
        let id = self.last_call;
        let turn = self.not_before(reactor, &[Phase::Deferred, Phase::Posts]);
        self.deferred.push_back((id, turn));
        reactor.defer(move |world, reactor| {
            world.enter(Phase::Deferred);
            let (next, turn) = world.deferred.pop_front().expect("P3: deferred twice");
            assert_eq!(next, id, "P4: deferred calls, out of order");
            assert!(reactor.stats().turns >= turn, "it ran in the phase that added it");
            world.note("deferred", [id, 0]);
            world.finish_call(reactor, acts);
        });
    }

    pub(super) fn post(&mut self, reactor: &mut Sim, acts: u8) {
        if self.posts.len() >= MOST_CALLS {
            return;
        }
        self.last_call += 1;
        let id = self.last_call;
        let turn = self.not_before(reactor, &[Phase::Posts]);
        self.posts.push_back((id, turn));
        let post = move |world: &mut Self, reactor: &mut Sim| {
            world.enter(Phase::Posts);
            let (next, turn) = world.posts.pop_front().expect("P3: posted twice");
            assert_eq!(next, id, "P4: posts, out of order");
            assert!(reactor.stats().turns >= turn, "it ran in the phase that added it");
            world.note("post", [id, 0]);
            world.finish_call(reactor, acts);
        };
        assert!(reactor.remote().post(post).is_ok(), "the reactor is there");
    }

    fn finish_call(&mut self, reactor: &mut Sim, acts: u8) {
        self.act(reactor, acts);
        if self.takes_panic() {
            self.panic_on_purpose();
        }
    }
}
