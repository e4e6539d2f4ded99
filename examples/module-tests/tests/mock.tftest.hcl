# Without any Adobe: the provider is mocked, so only the module's own logic is tested.

mock_provider "aep" {
  mock_resource "aep_cmk_config" {
    defaults = {
      status = "COMPLETED"
    }
  }
}

variables {
  configuration_name = "module-test"
  key                = "https://adobecmkexample.vault.azure.net/keys/adobe-cmk"
}

run "protected_unless_told_otherwise" {
  assert {
    condition     = aep_cmk_config.this.deletion_protection
    error_message = "The module has to protect the key by default."
  }
  assert {
    condition     = output.status == "COMPLETED"
    error_message = "The status is not handed out."
  }
}
