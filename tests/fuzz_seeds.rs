//! The fuzz targets' seeds, replayed on stable Rust through the targets' own bodies, and a few
//! thousand inputs from a seeded random source beside them.

mod common;

use std::fs;
use std::path::Path;

use common::Random;

#[path = "../fuzz/bodies/wheel_model.rs"]
mod wheel_model;

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut seeds: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    seeds.sort();
    seeds
}

#[test]
fn the_seeds_of_wheel_model_agree_with_the_oracle() {
    let seeds = seeds("wheel_model");
    assert!(seeds.len() >= 12, "only {} seeds", seeds.len());
    for (name, bytes) in &seeds {
        println!("{name}: {} bytes", bytes.len());
        wheel_model::run(bytes);
    }
}

#[test]
fn random_inputs_of_wheel_model_agree_with_the_oracle() {
    let mut random = Random::new(7);
    for _ in 0..2_000 {
        let length = random.below(600);
        let bytes: Vec<u8> =
            (0..length).map(|_| random.next().to_le_bytes()[3]).collect();
        wheel_model::run(&bytes);
    }
}
