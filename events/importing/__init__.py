"""Events from files: `manage.py import_events`."""
