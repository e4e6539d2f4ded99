resource "aep_cmk_config" "customer_data" {
  name                     = "customer-data"
  key_vault_key_identifier = "https://adobecmkexample.vault.azure.net/keys/adobe-cmk"

  # A first apply may meet role assignments and firewall rules that Azure has not put into effect yet.
  failed_attempts = 3

  timeouts {
    create = "2h"
  }

  lifecycle {
    prevent_destroy = true
  }
}
