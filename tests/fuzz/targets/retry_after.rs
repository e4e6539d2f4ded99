#![no_main]
libfuzzer_sys::fuzz_target!(|text: &str| {
    terraform_provider_aep::api::fuzzing::check_any_retry_after(text)
});
