terraform {
  required_providers {
    aep = {
      source  = "aep-cmk/aep"
      version = "~> 0.1"
    }
  }
}

# Endpoint, organisation and token come from the environment: the demo points them at the simulator.
provider "aep" {}

data "aep_cmk_app" "adobe" {}

resource "aep_cmk_config" "customer_data" {
  name                     = "customer-data"
  key_vault_key_identifier = "https://adobecmkexample.vault.azure.net/keys/adobe-cmk"
}

output "adobe_app" {
  value = data.aep_cmk_app.adobe.application_id
}

output "status" {
  value = aep_cmk_config.customer_data.status
}
