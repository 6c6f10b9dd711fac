"""The web page: plain HTML, CSS and JavaScript that the API serves as one document."""
