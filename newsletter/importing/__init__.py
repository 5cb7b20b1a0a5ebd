"""People brought along from another list: read from a file, row by row, and put on ours."""

from newsletter.importing.reading import CannotImport, Person, Rows, WrongRow
from newsletter.importing.storing import Import, Outcome

__all__ = ["CannotImport", "Import", "Outcome", "Person", "Rows", "WrongRow"]
