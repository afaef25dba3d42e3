"""What every acceptance test stands on: a server to talk to and clients that know only the RFCs.

Nothing here shares a line with the server. The HTTP client is written from RFC 9112, the WebSocket client from
RFC 6455, the signature check from RFC 8032, so that a mistake in the server's codecs is not repeated by its tests.
Standard library of Python 3.11 only.
"""
