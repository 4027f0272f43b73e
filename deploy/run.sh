#!/bin/sh
# Runs a command in a container that is started again whenever it leaves (75: what it needs is away). No restart mends
# wrong settings (78): then it waits, and its container is unhealthy, until somebody starts it with others.
for signal in TERM INT; do trap "kill -$signal \$child" $signal; done
sh -c "$1" &
child=$!
wait $child
code=$?
while kill -0 $child 2>/dev/null; do # a signal ends `wait` before the child
  wait $child
  code=$?
done
[ $code -eq 78 ] || exit $code
echo "not started again: mend the settings, then docker-compose up -d" >&2
tail -f /dev/null &
child=$!
wait $child
exit 78
