# opa test .
package terraform.keep_the_key_test

import data.terraform.keep_the_key
import rego.v1

plan(type, actions) := {"resource_changes": [{
	"address": sprintf("%s.cmk", [type]),
	"type": type,
	"change": {"actions": actions},
}]}

test_a_deletion_is_denied if {
	every type in keep_the_key.guards {
		count(keep_the_key.deny) == 1 with input as plan(type, ["delete"])
	}
}

test_a_replacement_is_denied if {
	every actions in [["delete", "create"], ["create", "delete"]] {
		count(keep_the_key.deny) == 1 with input as plan("azurerm_key_vault_key", actions)
	}
}

test_everything_else_is_allowed if {
	every actions in [["no-op"], ["create"], ["update"], ["forget"]] {
		count(keep_the_key.deny) == 0 with input as plan("azurerm_key_vault_key", actions)
	}
	count(keep_the_key.deny) == 0 with input as plan("azurerm_resource_group", ["delete"])
}
