#![no_main]
libfuzzer_sys::fuzz_target!(|text: &str| {
    terraform_provider_aep::key_identifier::fuzzing::check_any_text(text)
});
