"""Look at images, download, delete and erase them."""
