"""The web server, met over real sockets."""
