//! Lists by themselves, in every state that a chunk can be in.

use alloc::vec::Vec;

use super::super::chunk::CHUNK_TIMERS;
use super::super::{Arena, Place};
use super::List;
use crate::time::Instant;

const OWNER: u32 = 7;

/// A list over an arena of its own, and the values that should be in it, in order.
struct Listed {
    arena: Arena<u32>,
    list: List,
    expected: Vec<u32>,
    next: u32,
}

impl Listed {
    fn of(timers: u32) -> Self {
        let mut listed = Self {
            arena: Arena::with_capacity(0),
            list: List::EMPTY,
            expected: Vec::new(),
            next: 0,
        };
        for _ in 0..timers {
            listed.push();
        }
        listed
    }

    /// As the wheel does it: a chunk that is full is moved up before another is taken.
    fn push(&mut self) {
        if self.list.is_full() {
            self.list.make_room(&mut self.arena);
        }
        self.append(self.next);
        self.expected.push(self.next);
        self.next += 1;
        self.check();
    }

    fn append(&mut self, value: u32) {
        let index = self.arena.insert(Instant::ZERO, value, Place::DETACHED).index();
        let chunks = &mut self.arena.chunks;
        let spot = self.list.push_back(chunks, index);
        let spot = spot.unwrap_or_else(|| self.list.lengthen(chunks, OWNER, index));
        self.arena.node_mut(index).set_place(Place::DETACHED.on_wheel(spot));
    }

    /// Takes out the timer that is nth in the list.
    fn remove(&mut self, nth: usize) {
        let value = self.expected.remove(nth);
        let is_it = |index: &u32| self.arena.node(*index).value == value;
        let index = self.list.iter(&self.arena.chunks).find(is_it).unwrap();
        let spot = self.arena.node(index).place().spot_in_list();
        self.arena.remove(index);
        if self.arena.chunks.erase(spot).is_sparse() {
            self.list.tidy(&mut self.arena, spot);
        }
        self.check();
    }

    fn check(&self) {
        self.list.validate(&self.arena, OWNER).unwrap();
        let value = |index: u32| self.arena.node(index).value;
        let chunks = &self.arena.chunks;
        assert!(self.list.iter(chunks).map(value).eq(self.expected.iter().copied()));
        assert_eq!(self.list.is_empty(), self.expected.is_empty());
        assert_eq!(self.list.first(chunks).map(value), self.expected.first().copied());
        assert_eq!(self.list.last(chunks).map(value), self.expected.last().copied());
        assert_eq!(self.list.is_single(chunks), self.expected.len() == 1);
        assert_eq!(self.list.len_up_to(chunks, 1_000), self.expected.len());
        assert_eq!(self.list.is_short(), self.list.chunk_count() <= 1);
    }
}

#[test]
fn a_list_whose_last_comes_and_goes_does_not_grow() {
    for standing in 0..50 {
        let mut listed = Listed::of(standing);
        for _ in 0..100 {
            listed.push();
            listed.remove(standing as usize);
            let most = (standing as usize).div_ceil(CHUNK_TIMERS) + 1;
            assert!(listed.list.chunk_count() <= most, "beside {standing}");
        }
        assert!(listed.arena.chunks.bytes() <= 64 * 80, "chunks are used again");
    }
}

#[test]
fn a_last_chunk_that_is_half_gone_is_moved_up_before_another_is_taken() {
    for (gone, chunks) in [(0, 2), (1, 2), (7, 2), (8, 1), (12, 1)] {
        let mut listed = Listed::of(16);
        for _ in 0..gone {
            listed.remove(0);
        }
        listed.push();
        assert_eq!(listed.list.chunk_count(), chunks, "{gone} of 16 had gone");
    }
}

#[test]
fn a_chunk_with_six_left_is_joined_with_a_neighbour_if_they_fit_in_one() {
    for (left_in_other, chunks) in [(11, 2), (10, 1), (7, 1)] {
        for first in [true, false] {
            let mut listed = Listed::of(32);
            let (sparse, other) = if first { (0, 13) } else { (16, 0) };
            for _ in left_in_other..16 {
                listed.remove(if first { 16 } else { other });
            }
            let at = if first { sparse } else { left_in_other };
            for left in (6..16).rev() {
                let before = listed.list.chunk_count();
                listed.remove(at);
                assert_eq!(before, 2, "not joined with {} left", left + 1);
            }
            assert_eq!(listed.list.chunk_count(), chunks, "beside {left_in_other}");
        }
    }
}

#[test]
fn a_chunk_whose_last_timer_leaves_goes_wherever_it_stands() {
    for chunk in 0..3 {
        let mut listed = Listed::of(3 * 16);
        for _ in 0..16 {
            listed.remove(chunk * 16);
        }
        assert_eq!(listed.list.chunk_count(), 2, "without chunk {chunk}");
        while !listed.expected.is_empty() {
            listed.remove(0);
        }
        assert_eq!(listed.list, List::EMPTY);
    }
}

#[test]
fn twenty_thousand_that_come_and_go_at_random_stay_in_order() {
    let mut listed = Listed::of(32);
    let mut random = 1_u32;
    for _ in 0..20_000 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let full = listed.expected.len();
        if full == 0 || (random >> 16) % 64 > full as u32 {
            listed.push();
        } else {
            listed.remove((random >> 8) as usize % full);
        }
    }
}

#[test]
fn what_is_dropped_at_once_is_what_has_no_timers() {
    let mut listed = Listed::of(64);
    let kept: Vec<_> = listed.expected.iter().copied().filter(|v| v / 16 == 2).collect();
    let gone: Vec<_> = listed.list.iter(&listed.arena.chunks).collect();
    for index in gone {
        let node = listed.arena.node(index);
        if node.value / 16 != 2 {
            let spot = node.place().spot_in_list();
            listed.arena.remove(index);
            let _ = listed.arena.chunks.erase(spot);
        }
    }
    listed.list.drop_empty(&mut listed.arena.chunks);
    listed.expected = kept;
    listed.check();
    assert_eq!(listed.list.chunk_count(), 1);
}

#[test]
fn chunks_take_80_bytes_and_grow_by_an_eighth() {
    let mut listed = Listed::of(0);
    let (mut grown, mut capacity) = (0, 0);
    let chunks = 100_000;
    for i in 0..chunks * CHUNK_TIMERS as u32 {
        listed.append(i);
        if listed.arena.chunks.capacity() != capacity {
            capacity = listed.arena.chunks.capacity();
            grown += 1;
        }
    }
    assert!((chunks as usize..chunks as usize * 9 / 8 + 64).contains(&capacity));
    assert!(grown < 60, "grown {grown} times");
    assert_eq!(listed.arena.chunks.bytes(), capacity * 80);
    listed.arena.chunks.clear();
    listed.arena.chunks.shrink_to_fit();
    assert_eq!(listed.arena.chunks.bytes(), 0);
}
