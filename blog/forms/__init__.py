"""What staff may type."""
