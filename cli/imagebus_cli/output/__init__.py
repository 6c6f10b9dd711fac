"""What a command prints: text for people, or one JSON document."""
