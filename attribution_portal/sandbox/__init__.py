"""A stand-in platform that speaks the contract, for the demo and the tests. All of its data is fictional."""
