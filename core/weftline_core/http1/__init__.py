"""HTTP/1.1 without sockets: a strict reader of client requests, a frame walker for upstream
answers.
"""
