#!/bin/sh
exec /usr/bin/node --max-semi-space-size=2 /usr/lib/tmux-exporter/dist/cli.js "$@"
