# Whether the key is in effect, in a root of its own. `terraform plan` exits with 0 if it is, and with 1 if it is not, if another
# key is, or if Adobe could not be asked. It needs Adobe's permission and nothing of Azure.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aep = {
      source  = "aep-cmk/aep"
      version = "~> 0.1"
    }
  }
}

provider "aep" {}

variable "configuration_name" {
  type        = string
  default     = "customer-data"
  description = "Name of the configuration at Adobe."
}

variable "key" {
  type        = string
  description = "The key that has to be in effect: its identifier without a version."
}

data "aep_cmk_config" "customer_data" {
  name = var.configuration_name

  lifecycle {
    postcondition {
      condition     = self.status == "COMPLETED"
      error_message = "The customer-managed key is ${self.status} at Adobe."
    }
    postcondition {
      condition     = lower(self.versionless_key_identifier) == lower(var.key)
      error_message = "Adobe uses another key: ${self.versionless_key_identifier}."
    }
  }
}
