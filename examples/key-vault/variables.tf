variable "tenant_id" {
  type        = string
  description = "Directory (tenant) id of the tenant that the vault and Adobe's consent are in."
}

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
  description = "Public IPv4 addresses or ranges that Terraform runs from. Without them the vault's firewall refuses to create the key."

  validation {
    condition     = length(var.terraform_addresses) > 0 && alltrue([for address in var.terraform_addresses : can(cidrhost(strcontains(address, "/") ? address : "${address}/32", 0))])
    error_message = "Give at least one IPv4 address or range, such as 198.51.100.7 or 198.51.100.0/24."
  }
}

variable "key_administrators" {
  type        = set(string)
  description = "Object ids of the users, groups or service principals that manage the key, Terraform's own among them."

  validation {
    condition     = length(var.key_administrators) > 0
    error_message = "Give at least the object id of whoever runs Terraform."
  }
}

variable "aep_region" {
  type        = string
  default     = "va7"
  description = "Adobe's region of the organisation."
}

variable "configuration_name" {
  type        = string
  default     = "customer-data"
  description = "Name of the configuration at Adobe. It cannot be changed, and remains reserved there."
}
