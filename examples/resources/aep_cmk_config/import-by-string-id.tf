import {
  to = aep_cmk_config.customer_data
  id = "customer-data"
}
