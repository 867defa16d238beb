"""The sections of the bench: each measures some rows of the table, by itself."""
