"""What people see: pages over `serving.queries`, rendered on the server, their whole state in the address."""
