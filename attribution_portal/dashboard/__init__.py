"""A partner's first page: what its events sold, what is next, what its packages wait for, and what changed since.

It stands above the rooms instead of in Lookout, because it tells of events, packages and adjustments alike, and rooms
do not import each other: it may ask all of them, and none knows of it.
"""
