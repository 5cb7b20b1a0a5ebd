"""What `manage.py doctor` looks at: small functions that find out one thing each."""
