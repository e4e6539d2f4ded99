variable "tenant_id" {
  type        = string
  description = "Directory (tenant) id of the tenant that the HSM and Adobe's consent are in."
}

variable "subscription_id" {
  type        = string
  description = "Azure subscription that has the HSM."
}

variable "hsm_name" {
  type        = string
  description = "Name of the Managed HSM."
}

variable "resource_group_name" {
  type        = string
  description = "Resource group of the Managed HSM."
}

variable "key_administrators" {
  type        = set(string)
  description = "Object ids of the users, groups or service principals that manage the key, Terraform's own among them."
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
