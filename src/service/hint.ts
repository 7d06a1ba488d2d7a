/** What a newcomer can paste right after the start; commands for a POSIX shell. */
export function hint(url: string): string {
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
  {"cardId": "c1", "amount": 0.5, "ts": 1767225600000}
  {"cardId": "c1", "amount": 0.7, "ts": 1767225601000}
  {"cardId": "c1", "amount": 0.9, "ts": 1767225602000}
  {"cardId": "c1", "amount": 900, "ts": 1767225603000}'

  curl ${url}/v1/alerts

`;
}
