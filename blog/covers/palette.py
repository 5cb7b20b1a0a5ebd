from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """Colours as `rrggbb`: what is behind, its shade, the main shapes, and one that stands out."""

    ground: str
    shade: str
    main: str
    other: str
    spark: str
