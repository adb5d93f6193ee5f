"""The provider side: policies held by their tables, the client held against real HTTP servers."""
