"""The server: doors, routes and pages over the services."""
