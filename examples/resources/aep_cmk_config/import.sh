# By the configuration's name.
terraform import aep_cmk_config.customer_data customer-data
