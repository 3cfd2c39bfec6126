"""For every legal oddity a story: what the usual mock answers, and what the unusual one does."""
