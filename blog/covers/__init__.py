"""Cover pictures drawn by script: motifs and palettes for each topic, varied by a seed."""

from random import Random

from PIL import Image

from blog.covers import (
    any_topic,
    career_change,
    interviews,
    job_search,
    networking,
    offers,
    resumes,
)
from blog.drawing import Board

TOPICS = {
    "interviews": interviews,
    "resumes": resumes,
    "job-search": job_search,
    "offers": offers,
    "career-change": career_change,
    "networking": networking,
}


def draw_cover(topic_slug: str, seed: str) -> Image.Image:
    """A picture of 1600 by 900 pixels: the same for the same arguments, on every machine."""
    rng = Random(f"{topic_slug}/{seed}")  # noqa: S311  (for pictures, not for secrets)
    topic = TOPICS.get(topic_slug, any_topic)
    colours = rng.choice(topic.PALETTES)
    board = Board(colours.ground)
    rng.choice(topic.COMPOSITIONS)(board, colours, rng)
    return board.picture()
