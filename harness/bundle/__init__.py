"""A run in one file that carries everything it needs: written by `export`, read back anywhere by `import`."""

from .merge import Merged, merge
from .pack import export_bundle
from .unpack import Imported, import_bundle

__all__ = ["Imported", "Merged", "export_bundle", "import_bundle", "merge"]
