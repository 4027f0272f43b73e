"""The channels of social media: what every one of them promises is tested of each that stands here."""

CHANNELS = ("x", "facebook", "messenger", "whatsapp")
