/** What a newcomer can paste right after the start; commands for a POSIX shell. */
export function hint(url: string): string {
  const at = (seconds: number) => Math.floor(Date.now() / 1000) * 1000 - 60_000 + seconds * 1000;
  return `
Tripline is ready at ${url} (API: ${url}/docs). Try this:

  curl -X PUT ${url}/v1/streams/payments -H 'Content-Type: application/json' \\
    -d '{"time": {"field": "ts", "format": "epochMillis"}}'

  curl ${url}/v1/rules -H 'Content-Type: application/yaml' --data-binary '
  id: card-testing
  severity: high
  from: payments
  key: cardId
  pattern:
    - begin: small
      where: amount < 1
      times: {min: 3}
    - followedBy: large
      where: amount > 500
  within: 10m
  skip: pastLast
  alert: {title: "Card \${key} tested before \${large.amount}"}'

  curl ${url}/v1/streams/payments/events -H 'Content-Type: application/x-ndjson' --data-binary '
  {"cardId": "c1", "amount": 0.5, "ts": ${at(0)}}
  {"cardId": "c1", "amount": 0.7, "ts": ${at(1)}}
  {"cardId": "c1", "amount": 0.9, "ts": ${at(2)}}
  {"cardId": "c1", "amount": 900, "ts": ${at(3)}}'

  curl ${url}/v1/alerts

`;
}
