"""Where intake-sms meets HTTP."""
