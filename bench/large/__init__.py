"""What people meet where a thousand computers are connected: each over a service that runs already."""
