# Against the simulated Adobe: run `cargo run --bin aep-simulator` in the provider's repository and set what it prints.
# The provider is the real one, and `terraform test` destroys what it made: so without the protection.

variables {
  configuration_name  = "module-test"
  key                 = "https://adobecmkexample.vault.azure.net/keys/adobe-cmk"
  deletion_protection = false
}

run "in_effect_after_the_apply" {
  assert {
    condition     = output.status == "COMPLETED"
    error_message = "The key is ${output.status}."
  }
}

run "another_version_of_the_key_is_no_change" {
  command = plan

  variables {
    key = "https://adobecmkexample.vault.azure.net/keys/adobe-cmk/0123456789abcdef0123456789abcdef"
  }

  assert {
    condition     = output.status == "COMPLETED" # unknown in a plan that would submit it again
    error_message = "A rotation must not change anything."
  }
}
