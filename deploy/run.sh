#!/bin/sh
# Runs a command in a container that is started again whenever it leaves (75: what it needs is away). No restart mends
# wrong settings (78): then it waits, and its container is unhealthy, until somebody starts it with others.
asked='' stopped=''
for signal in TERM INT; do trap "asked=1 stopped=1; kill -$signal \$child 2>/dev/null" $signal; done
sh -c "$1" &
child=$!
wait $child
code=$?
while [ "$asked" ]; do # a signal ends `wait` before the child leaves
  asked=
  wait $child
  late=$?
  [ $late -eq 127 ] || code=$late # 127: its code was known already
done
[ $code -eq 78 ] || exit $code
echo "not started again: mend the settings, then docker-compose up -d" >&2
while [ -z "$stopped" ]; do # a signal ends this `wait` too; one that comes just before it is seen after five seconds
  sleep 5 >/dev/null 2>&1 &
  wait $!
done
exit 78
