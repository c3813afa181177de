"""The ingest itself: discover, extract, preview, commit. It records facts and never knows who watches."""
