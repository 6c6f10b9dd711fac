"""The web page: plain HTML, CSS and JavaScript, which the API serves as one document."""
