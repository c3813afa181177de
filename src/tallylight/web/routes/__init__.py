"""The HTTP API and the pages, one module a subject."""
