"""Figures as a reader takes them: read from text, compared by their printed precision, written again."""
from .scanner import of, parse, scan, scan_all
from .values import Bound, Ignored, Kind, Quantity, Scan, Skip

__all__ = ["Bound", "Ignored", "Kind", "Quantity", "Scan", "Skip", "of", "parse", "scan", "scan_all"]
