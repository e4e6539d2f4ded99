# A customer-managed key from nothing: vault, key, consent, role, and the configuration at Adobe.
#
# A key that came into being elsewhere, or a vault that exists: import them, don't copy them. For a second key later, add a
# second key and a second aep_cmk_config beside the first; never replace the first.

terraform {
  required_version = ">= 1.5" # `check`, `plantimestamp`
  required_providers {
    aep = {
      source  = "aep-cmk/aep"
      version = "~> 0.1"
    }
    azuread = {
      source  = "hashicorp/azuread"
      version = ">= 2.44, < 4.0" # `client_id`
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.42, < 6.0" # `rbac_authorization_enabled`
    }
    time = {
      source  = "hashicorp/time"
      version = ">= 0.9, < 1.0"
    }
  }
}

provider "azurerm" {
  subscription_id = var.subscription_id
  tenant_id       = var.tenant_id

  # 5.x registers nothing by itself, 4.x about sixty providers.
  resource_provider_registrations = "none"
  resource_providers_to_register  = ["Microsoft.KeyVault"]

  features {
    key_vault {
      # Belt and braces: purge protection alone keeps vault and key from being purged.
      purge_soft_delete_on_destroy       = false
      purge_soft_deleted_keys_on_destroy = false
    }
  }
}

provider "azuread" {
  tenant_id = var.tenant_id
}

# org_id and credentials: AEP_ORG_ID, AEP_CLIENT_ID and AEP_CLIENT_SECRET in the environment.
provider "aep" {
  region = var.aep_region
}

locals {
  adobe_address = "20.88.123.53"
}

resource "azurerm_resource_group" "cmk" {
  name     = "adobe-cmk"
  location = var.location
}

resource "azurerm_key_vault" "cmk" {
  name                       = var.vault_name
  resource_group_name        = azurerm_resource_group.cmk.name
  location                   = azurerm_resource_group.cmk.location
  tenant_id                  = var.tenant_id
  sku_name                   = "premium" # RSA-HSM
  rbac_authorization_enabled = true

  # Adobe requires both. Neither can be turned off again.
  purge_protection_enabled   = true
  soft_delete_retention_days = 90

  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = concat([local.adobe_address], var.terraform_addresses)
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_role_assignment" "key_administrators" {
  for_each = var.key_administrators

  scope                = azurerm_key_vault.cmk.id
  role_definition_name = "Key Vault Crypto Officer"
  principal_id         = each.value
}

# A role or a firewall rule can take ten minutes to take effect. Neither the key's creation nor Adobe's check waits for that.
resource "time_sleep" "roles_in_effect" {
  create_duration = "10m"

  depends_on = [
    azurerm_key_vault.cmk,
    azurerm_role_assignment.adobe,
    azurerm_role_assignment.key_administrators,
  ]
}

resource "azurerm_key_vault_key" "cmk" {
  name         = "adobe-cmk"
  key_vault_id = azurerm_key_vault.cmk.id
  key_type     = "RSA-HSM"
  key_size     = 3072
  key_opts     = ["wrapKey", "unwrapKey"]

  # A new version each year. No `expire_after`: it puts an expiry on each new version.
  rotation_policy {
    automatic {
      time_after_creation = "P1Y"
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.roles_in_effect]
}
