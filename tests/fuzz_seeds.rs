//! The fuzz targets' seeds, replayed on stable Rust through the targets' own bodies, and a few
//! thousand inputs from a seeded random source beside them.
//!
//! A seed is a file of `fuzz/seeds/<target>/`. Those that were made by hand are written as scripts,
//! in `fuzz/bodies/<target>/seeds.rs`; `write_the_seeds_made_by_hand` makes files of them. Others
//! were found by the fuzzer and made small (`cargo +nightly fuzz cmin`, `tmin`). To read what an
//! input says, and run it:
//!
//! ```text
//! FUZZ_INPUT=fuzz/artifacts/wheel_model/crash-… cargo test --test fuzz_seeds -- --ignored read
//! ```

mod common;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use common::Random;

#[path = "../fuzz/bodies/mod.rs"]
mod bodies;

use bodies::{TARGETS, Target, canary};

fn folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target.name)
}

/// The seeds of a target, by name.
fn seeds(target: &Target) -> Vec<(String, Vec<u8>)> {
    let mut seeds: Vec<_> = fs::read_dir(folder(target))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect();
    seeds.sort();
    seeds
}

fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap()
}

fn replay(name: &str) {
    let target = target(name);
    let seeds = seeds(target);
    assert!(seeds.len() >= 12, "only {} seeds", seeds.len());
    for (name, bytes) in &seeds {
        println!("{name}: {} bytes", bytes.len());
        (target.run)(bytes);
    }
}

/// Random bytes, and random bytes behind a random part of a seed.
fn run_random(name: &str, runs: u32) {
    let target = target(name);
    let seeds = seeds(target);
    let mut random = Random::new(7);
    for run in 0..runs {
        let seed = &seeds[random.below(seeds.len() as u64) as usize].1;
        let kept = if run % 2 == 0 { 0 } else { random.below(seed.len() as u64 + 1) };
        let mut bytes = seed[..kept as usize].to_vec();
        bytes.extend((0..random.below(500)).map(|_| random.next().to_le_bytes()[3]));
        (target.run)(&bytes);
    }
}

#[test]
fn the_seeds_of_wheel_model_agree_with_the_oracle() {
    replay("wheel_model");
}

#[test]
fn random_inputs_of_wheel_model_agree_with_the_oracle() {
    run_random("wheel_model", 2_000);
}

/// What is behind the targets' silence: a wheel that loses, invents, hastens or delays one timer by a
/// nanosecond does not go unnoticed.
#[test]
fn the_world_notices_what_is_done_behind_its_back() {
    use bodies::wheel_model::{Sabotage, run_sabotaged};
    for sabotage in [Sabotage::Lose, Sabotage::Invent, Sabotage::Hasten, Sabotage::Delay]
    {
        let (mut noticed, mut untouched) = (0, 0);
        for (name, bytes) in seeds(target("wheel_model")) {
            match catch_unwind(|| run_sabotaged(&bytes, sabotage)) {
                Err(_) => noticed += 1,
                Ok(false) => untouched += 1,
                Ok(true) => panic!("{name}: {sabotage:?} went unnoticed"),
            }
        }
        assert!(noticed >= 12, "{sabotage:?}: {noticed} noticed, {untouched} untouched");
    }
}

#[test]
fn the_seeds_of_timers_model_agree_with_the_oracle() {
    replay("timers_model");
}

#[test]
fn random_inputs_of_timers_model_agree_with_the_oracle() {
    run_random("timers_model", 2_000);
}

#[test]
fn the_seeds_of_common_timeout_model_agree_with_a_plain_list() {
    replay("common_timeout_model");
}

#[test]
fn random_inputs_of_common_timeout_model_agree_with_a_plain_list() {
    run_random("common_timeout_model", 1_000);
}

#[test]
fn the_seeds_of_interval_agree_with_the_grid() {
    replay("interval");
}

#[test]
fn random_inputs_of_interval_agree_with_the_grid() {
    run_random("interval", 2_000);
}

#[test]
fn the_seeds_of_instant_rounding_saturate_and_never_wrap() {
    replay("instant_rounding");
}

#[test]
fn random_inputs_of_instant_rounding_saturate_and_never_wrap() {
    run_random("instant_rounding", 2_000);
}

#[test]
fn the_seeds_of_reactor_script_keep_every_promise() {
    replay("reactor_script");
}

#[test]
fn random_inputs_of_reactor_script_keep_every_promise() {
    run_random("reactor_script", 1_000);
}

/// The fuzzer is to find the bug by itself: no seed leads straight to it.
#[test]
fn the_seeds_of_the_canary_do_not_show_the_planted_bug() {
    replay("canary");
}

/// And it is there to be found: two timers show it, and without it they are nothing special.
#[test]
fn the_canary_catches_the_planted_bug_and_only_that() {
    let finding = canary::finding();
    let caught = catch_unwind(|| canary::run(&finding)).expect_err("the bug is planted");
    let message = caught.downcast_ref::<String>().expect("an assertion with words");
    assert!(message.contains("the planted bug"), "{message}");
    canary::run_mended(&finding);
    let mut random = Random::new(7);
    for _ in 0..2_000 {
        let length = random.below(500);
        let bytes: Vec<u8> =
            (0..length).map(|_| random.next().to_le_bytes()[3]).collect();
        canary::run_mended(&bytes);
    }
}

/// What was written by hand is what lies in the folder, and reads back as it was written.
#[test]
fn the_seeds_made_by_hand_are_up_to_date() {
    for target in &TARGETS {
        let by_hand = (target.seeds)();
        assert!(by_hand.len() >= 12, "only {} for {}", by_hand.len(), target.name);
        for (name, bytes) in by_hand {
            let file = folder(target).join(name);
            let written = fs::read(&file).unwrap_or_default();
            assert!(
                written == bytes,
                "{} is out of date: cargo test --test fuzz_seeds -- --ignored write",
                file.display()
            );
        }
    }
}

#[test]
#[ignore = "writes fuzz/seeds"]
fn write_the_seeds_made_by_hand() {
    for target in &TARGETS {
        fs::create_dir_all(folder(target)).unwrap();
        for (name, bytes) in (target.seeds)() {
            fs::write(folder(target).join(name), bytes).unwrap();
        }
    }
}

/// Prints the script in the file `FUZZ_INPUT`, of the target that its folder is named for, and
/// runs it.
#[test]
#[ignore = "for one input at a time"]
fn read_an_input() {
    let path = PathBuf::from(std::env::var_os("FUZZ_INPUT").expect("FUZZ_INPUT"));
    let name = path.parent().unwrap().file_name().unwrap().to_string_lossy();
    let bytes = fs::read(&path).unwrap();
    println!("{}", (target(&name).show)(&bytes));
    (target(&name).run)(&bytes);
}
