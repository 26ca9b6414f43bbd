"""The web server: an event loop reads each request, a bounded pool of threads runs Django's WSGI handler.

A caller that sends nothing, or one byte a second, holds a socket of the loop and no thread. The loop answers
liveness, also while every thread is busy.
"""
