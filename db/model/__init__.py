"""The nouns of Ferry, one word per thing: frozen values that every floor may pass around."""
