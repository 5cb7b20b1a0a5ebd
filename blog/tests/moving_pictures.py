"""A picture that moves: a coloured square on its way to the right."""

import io

from PIL import Image as Pillow

COLOURS = ("red", "lime", "blue")


def moving(
    kind: str = "GIF",
    size: tuple[int, int] = (120, 80),
    frames: int = 3,
    mode: str = "RGB",
    **options: object,
) -> bytes:
    drawn = [square(size, n).convert(mode) for n in range(frames)]
    buffer = io.BytesIO()
    motion = {"save_all": True, "append_images": drawn[1:], "duration": 70, "loop": 0}
    drawn[0].save(buffer, kind, **motion | options)
    return buffer.getvalue()


def square(size: tuple[int, int], n: int) -> Pillow.Image:
    """A coloured square on its way to the right, on nothing."""
    frame, side = Pillow.new("RGBA", size, (0, 0, 0, 0)), max(1, size[1] // 2)
    frame.paste(Pillow.new("RGBA", (side, side), COLOURS[n % 3]), (n % max(1, size[0] - side), 0))
    return frame
