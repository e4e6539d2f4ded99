# No plan may delete what guards the data: vault, key, role or service principal.
#
#   terraform show -json key.tfplan > plan.json
#   opa eval --fail-defined --format pretty --data keep_the_key.rego --input plan.json 'data.terraform.keep_the_key.deny[_]'
#
# conftest takes it as it is: conftest test --policy . --namespace terraform.keep_the_key plan.json
package terraform.keep_the_key

import rego.v1

guards := {
	"azuread_service_principal",
	"azurerm_key_vault",
	"azurerm_key_vault_key",
	"azurerm_key_vault_managed_hardware_security_module",
	"azurerm_key_vault_managed_hardware_security_module_key",
	"azurerm_key_vault_managed_hardware_security_module_role_assignment",
	"azurerm_role_assignment",
}

# A replacement is a deletion too. Exempt role assignments that have nothing to do with the key by their address.
deny contains message if {
	some resource in input.resource_changes
	resource.type in guards
	"delete" in resource.change.actions
	message := sprintf("%s would be deleted. Adobe would lose access to the data and purge it.", [resource.address])
}
