"""The REST API, `/api/v1`: what the pages show, for programs; pages of it by cursor, errors as RFC 9457 has them."""
