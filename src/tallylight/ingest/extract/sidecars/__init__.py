"""What lies beside a file and speaks of it: scores, XMP, Takeout, captions. Nothing is ever created."""
