#!/usr/bin/env bash
# Fuzzes the REST API from its own OpenAPI document with Schemathesis (`pip install schemathesis`; SCHEMATHESIS names
# another place of it): whatever is sent, no answer may be a 5xx. Needs a built service; arguments go to Schemathesis,
# for instance --max-examples 200 --seed 7.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=$(mktemp -d)
chmod 755 "$data"
PORT=${PORT:-3987}
key=fuzz-$(node -p 'require("crypto").randomBytes(16).toString("hex")')
TRIPLINE_API_KEYS="fuzz:admin:$key" TRIPLINE_RATE_LIMIT=0 TRIPLINE_DATA_DIR=$data PORT=$PORT node bin/tripline serve >"$data/log" 2>&1 &
service=$!
trap 'kill $service; wait $service || true; grep -E "\"level\":(50|60)" "$data/log" | head -20 || true; rm -rf "$data"' EXIT
url=http://127.0.0.1:$PORT
until curl -fs "$url/health/ready" >"$data/ready"; do kill -0 $service && sleep 0.2; done
call() { curl -fsS -X "$1" "$url$2" -H "authorization: Bearer $key" -H 'content-type: application/json' -d "$3" >"$data/reply"; }
# What the examples of the document speak of is there.
call PUT /v1/streams/payments '{"id": "txId", "time": {"field": "ts", "format": "epochMillis"}}'
call PUT /v1/rules/card-testing '{"from": "payments", "key": "cardId", "pattern": [{"begin": "small", "where": "amount < 1"}]}'
# The stream of alerts does not end, so it is left out.
# It leaves files where it runs.
cd "$data"
"${SCHEMATHESIS:-schemathesis}" run "$url/docs/json" --header "authorization: Bearer $key" --checks not_a_server_error \
  --phases examples,coverage,fuzzing --exclude-path /v1/alerts/stream --request-timeout 30 "$@"
