variable "subscription_id" {
  type        = string
  description = "Azure subscription that has the vault."
}

variable "location" {
  type        = string
  default     = "eastus2"
  description = "Azure region of the vault; best the one of the organisation's data."
}

variable "vault_name" {
  type        = string
  description = "Name of the key vault: 3 to 24 letters, digits and hyphens, unique in Azure."
}

variable "terraform_addresses" {
  type        = list(string)
  default     = []
  description = "Public addresses that Terraform runs from, for the vault's firewall."
}

variable "aep_region" {
  type        = string
  default     = "va7"
  description = "Adobe's region of the organisation."
}

variable "configuration_name" {
  type        = string
  default     = "customer-data"
  description = "Name of the configuration at Adobe. It stays taken for ever."
}
