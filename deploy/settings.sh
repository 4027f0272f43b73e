#!/bin/sh
# The first step of docker-compose.yml: ends with 78, and names them all, while what it is told is empty or still what
# .env.example says. So `up` refuses at once, before anything waits for what can't start.
bad=$(env | sort | sed -nE \
  -e 's/^([A-Z_]+)=$/  \1 is not set/p' \
  -e 's/^([A-Z_]+)=(change-me|0{8}-.*)$/  \1 is still the placeholder of .env.example/p')
[ -z "$bad" ] && exit 0
printf '%s\n' "nothing can start, see .env.example:" "$bad" >&2
exit 78
