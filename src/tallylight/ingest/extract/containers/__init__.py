"""Walkers over the bytes of file formats: where texts, EXIF, XMP and IPTC stand, within limits, decoding nothing."""
