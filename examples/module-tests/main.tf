# A module that others use, and its tests: `terraform test` in this folder (Terraform 1.7, OpenTofu 1.8 or later).

terraform {
  required_providers {
    aep = {
      source  = "aep-cmk/aep"
      version = "~> 0.1"
    }
  }
}

variable "configuration_name" {
  type = string
}

variable "key" {
  type = string
}

variable "deletion_protection" {
  type    = bool
  default = true
}

resource "aep_cmk_config" "this" {
  name                     = var.configuration_name
  key_vault_key_identifier = var.key
  deletion_protection      = var.deletion_protection
}

output "status" {
  value = aep_cmk_config.this.status
}
