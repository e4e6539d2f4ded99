#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| terraform_provider_aep::api::fuzzing::check_any_body(
    bytes
));
