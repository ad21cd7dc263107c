"""Other systems: each knows the services, and neither the web nor another one of them."""
