"""Articles from files: read (`reading`, `text`, `markup`), then stored (`storing`)."""
