"""The campaigns list: every event of a partner with campaigns, and what these sold, read behind the page."""
