#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tf_provider_host::fuzzing::check_any_value(bytes));
