data "aep_cmk_config" "customer_data" {
  name = "customer-data"
}

output "key_in_effect" {
  value = data.aep_cmk_config.customer_data.status == "COMPLETED"
}
