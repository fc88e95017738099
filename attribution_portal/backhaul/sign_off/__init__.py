"""Account managers sign results off."""
