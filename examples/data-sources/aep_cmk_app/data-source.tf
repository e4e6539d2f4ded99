data "aep_cmk_app" "adobe" {
  tenant_id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
}

# A person opens this once and accepts, or `azuread_service_principal` does it in the tenant of the vault.
output "consent_url" {
  value = data.aep_cmk_app.adobe.consent_url
}
