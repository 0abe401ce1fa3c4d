"""JSON Schemas and reference pages of the files that people write, generated from the shapes that read them."""

from .manual import pages, write_pages
from .write import FOLDER, differs, schemas, stale, write_schemas

__all__ = ["FOLDER", "differs", "pages", "schemas", "stale", "write_pages", "write_schemas"]
