#!/bin/sh
# The first step of docker-compose.yml: ends with 78, and names them all, while what it is told is empty, or a secret is
# missing or a placeholder, or the region is not there or does not fit together. So `up` refuses at once, before anything waits for what can't start.
bad=$(
  env | sort | sed -nE 's/^([A-Z_]+)=$/  \1 is not set/p'
  for file in "${SECRETS:-/run/secrets}"/*; do
    name=${file##*/}
    if [ ! -e "$file" ] || [ -d "$file" ]; then # some engines make a folder where they find no file
      echo "  $name is not set: deploy/secrets.sh makes it"
    elif [ ! -r "$file" ]; then
      echo "  $name can't be read: chmod 444"
    else
      case $(cat "$file") in
      '') echo "  $name is not set: its file is empty" ;;
      change-me | 00000000-*) echo "  $name is still a placeholder" ;;
      esac
    fi
  done
)
region=$(lapor region check 2>&1) && region=
[ -z "$bad$region" ] && exit 0
printf '%s\n' "nothing can start, see .env.example:" ${bad:+"$bad"} ${region:+"$region"} >&2
exit 78
