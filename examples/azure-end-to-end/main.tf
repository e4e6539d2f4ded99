# A customer-managed key from nothing: vault, key, consent, role, and the configuration at Adobe.
#
# This file, and the azuread and azurerm resources of adobe.tf, cannot be run without an Azure subscription. The aep part
# of adobe.tf can: the tests of this repository apply it against the simulator, with stand-ins for Azure's objects.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aep = {
      source = "aep-cmk/aep"
    }
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  subscription_id = var.subscription_id
  features {
    key_vault {
      # A vault that guards data is never purged by Terraform.
      purge_soft_delete_on_destroy       = false
      purge_soft_deleted_keys_on_destroy = false
    }
  }
}

provider "azuread" {
  tenant_id = data.azurerm_client_config.current.tenant_id
}

# org_id and credentials: AEP_ORG_ID, AEP_CLIENT_ID and AEP_CLIENT_SECRET in the environment.
provider "aep" {
  region = var.aep_region
}

data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "cmk" {
  name     = "adobe-cmk"
  location = var.location
}

resource "azurerm_key_vault" "cmk" {
  name                       = var.vault_name
  resource_group_name        = azurerm_resource_group.cmk.name
  location                   = azurerm_resource_group.cmk.location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  sku_name                   = "premium"
  rbac_authorization_enabled = true

  # Adobe requires both. They cannot be turned off again.
  soft_delete_retention_days = 90
  purge_protection_enabled   = true

  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    # Adobe's address, and those that Terraform itself runs from.
    ip_rules = concat(["20.88.123.53"], var.terraform_addresses)
  }

  lifecycle {
    prevent_destroy = true
  }
}

# Whoever runs Terraform may manage keys in the vault.
resource "azurerm_role_assignment" "terraform" {
  scope                = azurerm_key_vault.cmk.id
  role_definition_name = "Key Vault Crypto Officer"
  principal_id         = data.azurerm_client_config.current.object_id
}

resource "azurerm_key_vault_key" "cmk" {
  name         = "adobe-cmk"
  key_vault_id = azurerm_key_vault.cmk.id
  key_type     = "RSA-HSM"
  key_size     = 3072
  key_opts     = ["wrapKey", "unwrapKey"]

  # Rotation makes a new version; Adobe follows by itself, and the plan of aep_cmk_config stays empty.
  rotation_policy {
    automatic {
      time_before_expiry = "P30D"
    }
    expire_after         = "P1Y"
    notify_before_expiry = "P60D"
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [azurerm_role_assignment.terraform]
}
