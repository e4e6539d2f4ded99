# Which role does Adobe's app need for this key, and on which vault?
output "role" {
  value = provider::aep::parse_key_identifier("https://adobecmkexample.vault.azure.net/keys/adobe-cmk").required_role
}
