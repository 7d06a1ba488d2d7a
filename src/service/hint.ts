import { EVENTS_EXAMPLE, RULE_YAML_EXAMPLE, STREAM_EXAMPLE } from './docs/examples.js';

/** What a newcomer can paste right after the start; commands for a POSIX shell. */
export function hint(url: string): string {
  const start = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const events = EVENTS_EXAMPLE.map((event, second) => JSON.stringify({ ...event, ts: start + second * 1000 }));
  return `
Tripline is ready at ${url} (API: ${url}/docs). Try this:

  curl -X PUT ${url}/v1/streams/${STREAM_EXAMPLE.name} -H 'Content-Type: application/json' \\
    -d '${JSON.stringify({ time: STREAM_EXAMPLE.time })}'

  curl ${url}/v1/rules -H 'Content-Type: application/yaml' --data-binary '
${indented(RULE_YAML_EXAMPLE.trimEnd())}'

  curl ${url}/v1/streams/${STREAM_EXAMPLE.name}/events -H 'Content-Type: application/x-ndjson' --data-binary '
${indented(events.join('\n'))}'

  curl ${url}/v1/alerts

`;
}

const indented = (text: string): string => text.replace(/^/gm, '  ');
