# The id is the name of the configuration.
terraform import aep_cmk_config.customer_data customer-data
