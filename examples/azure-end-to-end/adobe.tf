# Adobe's side: its app gets a service principal (that is the consent) and a role, then the key is submitted.

data "aep_cmk_app" "adobe" {
  tenant_id = data.azurerm_client_config.current.tenant_id
}

# Deleting this service principal is a change that only Adobe can mend.
resource "azuread_service_principal" "adobe" {
  client_id = data.aep_cmk_app.adobe.application_id

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_role_assignment" "adobe" {
  scope                = azurerm_key_vault.cmk.id
  role_definition_name = data.aep_cmk_app.adobe.key_vault_role
  principal_id         = azuread_service_principal.adobe.object_id

  lifecycle {
    prevent_destroy = true
  }
}

resource "aep_cmk_config" "customer_data" {
  name                     = var.configuration_name
  key_vault_key_identifier = azurerm_key_vault_key.cmk.versionless_id

  # The role assignment above and the firewall's rules may take ten minutes to count: so long are six pauses.
  failed_attempts = 6

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [azurerm_role_assignment.adobe]
}

# A nightly `terraform plan -refresh-only -detailed-exitcode` warns when the key is no longer in effect.
check "key_in_effect" {
  assert {
    condition     = aep_cmk_config.customer_data.status == "COMPLETED"
    error_message = "The customer-managed key is ${aep_cmk_config.customer_data.status} at Adobe."
  }
}
