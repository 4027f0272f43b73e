"""The channels of social media: each is tested for the promises of every channel."""

CHANNELS = ("x", "facebook", "messenger", "whatsapp")
