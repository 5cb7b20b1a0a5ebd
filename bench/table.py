"""A table as Markdown, so that it can be kept in README.md as it was printed."""

from collections.abc import Sequence

Cell = str | int | float | None


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    texts = [[written(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    print(f"\n### {title}\n")
    print(line(columns, widths))
    print(
        line(
            [f"{'-' * (width - 1)}:" if n else "-" * width for n, width in enumerate(widths)],
            widths,
        )
    )
    for row in texts:
        print(line(row, widths))
    print(flush=True)


def line(cells: Sequence[str], widths: list[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    aligned = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(aligned)} |"


def written(cell: Cell) -> str:
    """Three figures are enough to compare by."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        digits = 0 if cell >= 100 else 1 if cell >= 10 else 2
        return f"{cell:,.{digits}f}"
    return f"{cell:,}" if isinstance(cell, int) else cell
