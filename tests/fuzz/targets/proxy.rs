#![no_main]
libfuzzer_sys::fuzz_target!(|text: &str| {
    terraform_provider_aep::provider::fuzzing::check_any_environment(text)
});
