//! Flows: see [`fuzz_targets::flows`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::flows(data));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    fuzz_targets::replay(fuzz_targets::flows)
}
