# Adobe's side: its app gets a service principal (the consent) and a role, then the key is submitted.

data "aep_cmk_app" "adobe" {
  tenant_id = var.tenant_id
}

# Created here, or taken over where a person gave consent at `consent_url` before. Once it is deleted, only Adobe can fix that:
# `prevent_destroy` keeps it, `use_existing` does not. One root owns it; the others read it with a data source.
resource "azuread_service_principal" "adobe" {
  client_id    = data.aep_cmk_app.adobe.application_id
  use_existing = true

  # The portal lists enterprise applications by this tag. Taking over without it removes the tag.
  feature_tags {
    enterprise = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_role_assignment" "adobe" {
  scope                = azurerm_key_vault.cmk.id
  role_definition_name = data.aep_cmk_app.adobe.key_vault_role
  principal_id         = azuread_service_principal.adobe.object_id
  principal_type       = "ServicePrincipal"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aep_cmk_config" "customer_data" {
  name                     = var.configuration_name
  key_vault_key_identifier = azurerm_key_vault_key.cmk.versionless_id

  depends_on = [time_sleep.roles_in_effect]

  # Adobe finds these out later, and reports FAILED without a reason. Here they stop the plan.
  lifecycle {
    precondition {
      condition     = azurerm_key_vault.cmk.purge_protection_enabled == true # null when it is not written
      error_message = "Adobe requires soft delete and purge protection on the vault."
    }
    precondition {
      condition     = azurerm_key_vault.cmk.rbac_authorization_enabled
      error_message = "Adobe's app gets a role, so the vault's permission model has to be Azure RBAC, not access policies."
    }
    precondition {
      condition     = azurerm_key_vault.cmk.tenant_id == data.aep_cmk_app.adobe.tenant_id
      error_message = "The vault has to be in the tenant where Adobe's app has consent."
    }
    precondition {
      condition = (
        azurerm_key_vault.cmk.public_network_access_enabled && (
          azurerm_key_vault.cmk.network_acls[0].default_action == "Allow" || (
            azurerm_key_vault.cmk.network_acls[0].bypass == "AzureServices" &&
            # Azure writes an address back as a /32.
            length(setintersection(azurerm_key_vault.cmk.network_acls[0].ip_rules, [local.adobe_address, "${local.adobe_address}/32"])) > 0
          )
        )
      )
      error_message = "The vault's firewall has to let in trusted Microsoft services and Adobe's address ${local.adobe_address}."
    }
    precondition {
      condition     = contains(["RSA", "RSA-HSM"], azurerm_key_vault_key.cmk.key_type) && coalesce(azurerm_key_vault_key.cmk.key_size, 0) >= 3072
      error_message = "Adobe takes keys of type RSA or RSA-HSM with at least 3072 bits."
    }
    precondition {
      condition     = length(setsubtract(["wrapKey", "unwrapKey"], azurerm_key_vault_key.cmk.key_opts)) == 0
      error_message = "The key has to allow wrapKey and unwrapKey."
    }
    precondition {
      condition = (
        timecmp(coalesce(azurerm_key_vault_key.cmk.expiration_date, "9999-12-31T23:59:59Z"), plantimestamp()) > 0 &&
        timecmp(coalesce(azurerm_key_vault_key.cmk.not_before_date, "0001-01-01T00:00:00Z"), plantimestamp()) <= 0
      )
      error_message = "The key has expired, or is not active yet."
    }
  }
}

# Each plan warns of these.
check "key_in_effect" {
  assert {
    condition     = aep_cmk_config.customer_data.status == "COMPLETED"
    error_message = "The customer-managed key is ${aep_cmk_config.customer_data.status} at Adobe."
  }
}

check "key_never_expires" {
  assert {
    condition     = coalesce(azurerm_key_vault_key.cmk.expiration_date, "never") == "never"
    error_message = "The key's latest version expires on ${coalesce(azurerm_key_vault_key.cmk.expiration_date, "never")}. Adobe treats an expired key as removed on purpose, and purges the data."
  }
}
