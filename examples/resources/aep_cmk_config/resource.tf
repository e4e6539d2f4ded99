resource "aep_cmk_config" "customer_data" {
  name                     = "customer-data"
  key_vault_key_identifier = "https://adobecmkexample.vault.azure.net/keys/adobe-cmk"

  # A role assignment or a firewall rule can take ten minutes to take effect. Six retries cover that.
  failed_attempts = 6

  timeouts {
    create = "2h"
  }
}
