# A customer-managed key in a Managed HSM that exists and is activated: key, consent, role, and the configuration at Adobe.
#
# The HSM is read, not created: its activation would put the security domain into the state. azurerm neither sets nor reads
# the HSM's firewall: let in trusted Microsoft services and Adobe's address 20.88.123.53 by hand, if it is restricted.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aep = {
      source  = "aep-cmk/aep"
      version = "~> 0.1"
    }
    azuread = {
      source  = "hashicorp/azuread"
      version = ">= 2.44, < 4.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0, < 6.0"
    }
    time = {
      source  = "hashicorp/time"
      version = ">= 0.9, < 1.0"
    }
  }
}

provider "azurerm" {
  subscription_id                 = var.subscription_id
  tenant_id                       = var.tenant_id
  resource_provider_registrations = "none"

  features {
    key_vault {
      purge_soft_deleted_hardware_security_module_keys_on_destroy = false
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

data "azurerm_key_vault_managed_hardware_security_module" "cmk" {
  name                = var.hsm_name
  resource_group_name = var.resource_group_name
}

data "aep_cmk_app" "adobe" {
  tenant_id = var.tenant_id
}

# Created here, or taken over where a person gave consent at `consent_url` before. Once it is deleted, only Adobe can fix that.
resource "azuread_service_principal" "adobe" {
  client_id    = data.aep_cmk_app.adobe.application_id
  use_existing = true

  feature_tags {
    enterprise = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

locals {
  # These ids are the same in every Managed HSM. Written out, they are known at plan: an unknown id replaces the assignment.
  roles   = "/Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions"
  user    = "${local.roles}/21dbd100-6940-42c2-9190-5d6cb909625b" # Managed HSM Crypto User
  service = "${local.roles}/33413926-3206-4cdd-b39a-83574fe37a17" # data.aep_cmk_app.adobe.managed_hsm_role
}

# Roles on keys are the HSM's own (local RBAC), not Azure's: `azurerm_role_assignment` does not know them.
resource "azurerm_key_vault_managed_hardware_security_module_role_assignment" "adobe" {
  name               = uuidv5("url", "https://${var.hsm_name}.managedhsm.azure.net/adobe")
  managed_hsm_id     = data.azurerm_key_vault_managed_hardware_security_module.cmk.id
  scope              = "/keys"
  role_definition_id = local.service
  principal_id       = azuread_service_principal.adobe.object_id

  lifecycle {
    prevent_destroy = true
  }
}

# An administrator of the HSM may assign roles, but may not manage keys.
resource "azurerm_key_vault_managed_hardware_security_module_role_assignment" "key_administrators" {
  for_each = var.key_administrators

  name               = uuidv5("url", "https://${var.hsm_name}.managedhsm.azure.net/${each.value}")
  managed_hsm_id     = data.azurerm_key_vault_managed_hardware_security_module.cmk.id
  scope              = "/keys"
  role_definition_id = local.user
  principal_id       = each.value
}

# A role can take ten minutes to take effect. Neither the key's creation nor Adobe's check waits for that.
resource "time_sleep" "roles_in_effect" {
  create_duration = "10m"

  depends_on = [
    azurerm_key_vault_managed_hardware_security_module_role_assignment.adobe,
    azurerm_key_vault_managed_hardware_security_module_role_assignment.key_administrators,
  ]
}

# No rotation policy: for a Managed HSM azurerm requires `expire_after`, which puts an expiry on each new version. Rotate by hand.
resource "azurerm_key_vault_managed_hardware_security_module_key" "cmk" {
  name           = "adobe-cmk"
  managed_hsm_id = data.azurerm_key_vault_managed_hardware_security_module.cmk.id
  key_type       = "RSA-HSM"
  key_size       = 3072
  key_opts       = ["wrapKey", "unwrapKey"]

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [time_sleep.roles_in_effect]
}

resource "aep_cmk_config" "customer_data" {
  name                     = var.configuration_name
  key_vault_key_identifier = azurerm_key_vault_managed_hardware_security_module_key.cmk.id # without a version

  # Adobe finds these out later, and reports FAILED without a reason. Here they stop the plan.
  lifecycle {
    precondition {
      condition     = data.azurerm_key_vault_managed_hardware_security_module.cmk.purge_protection_enabled == true
      error_message = "Adobe requires purge protection on the Managed HSM."
    }
    precondition {
      condition     = data.azurerm_key_vault_managed_hardware_security_module.cmk.tenant_id == data.aep_cmk_app.adobe.tenant_id
      error_message = "The Managed HSM has to be in the tenant where Adobe's app has consent."
    }
    precondition {
      condition     = azurerm_key_vault_managed_hardware_security_module_key.cmk.key_type == "RSA-HSM" && coalesce(azurerm_key_vault_managed_hardware_security_module_key.cmk.key_size, 0) >= 3072
      error_message = "Adobe takes keys of type RSA or RSA-HSM with at least 3072 bits."
    }
    precondition {
      condition     = length(setsubtract(["wrapKey", "unwrapKey"], azurerm_key_vault_managed_hardware_security_module_key.cmk.key_opts)) == 0
      error_message = "The key has to allow wrapKey and unwrapKey."
    }
    precondition {
      condition = (
        timecmp(coalesce(azurerm_key_vault_managed_hardware_security_module_key.cmk.expiration_date, "9999-12-31T23:59:59Z"), plantimestamp()) > 0 &&
        timecmp(coalesce(azurerm_key_vault_managed_hardware_security_module_key.cmk.not_before_date, "0001-01-01T00:00:00Z"), plantimestamp()) <= 0
      )
      error_message = "The key has expired, or is not active yet."
    }
  }
}

# Each plan warns when the key is no longer in effect.
check "key_in_effect" {
  assert {
    condition     = aep_cmk_config.customer_data.status == "COMPLETED"
    error_message = "The customer-managed key is ${aep_cmk_config.customer_data.status} at Adobe."
  }
}
