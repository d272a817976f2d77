"""What claims about speed and quality rest on; each prints what it measured in one run."""
