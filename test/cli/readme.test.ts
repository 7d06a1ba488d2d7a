import { readFileSync } from 'node:fs';
import { tripline } from './support.js';

/** Command to description, of the lines that `pattern` finds in the text. */
function commands(text: string, pattern: RegExp): Record<string, string> {
  return Object.fromEntries([...text.matchAll(pattern)].map(([, name, description]) => [name, description.replace(/\s+/g, ' ').trim()]));
}

it("README's table has the commands of --help, and says the same of them", async () => {
  const { out } = await tripline(['--help']);
  const help = out.slice(out.indexOf('Commands:'), out.indexOf('Examples:'));
  // A description goes on in lines that begin far to the right.
  const shown = commands(help, /^ {2}(\w+)(?: \S+)* {2,}(\S.*(?:\n {10,}\S.*)*)/gm);
  expect(Object.keys(shown)).toContain('explain');
  expect(commands(readFileSync('README.md', 'utf8'), /^\| `tripline (\w+)[^`]*` \| (.*) \|$/gm)).toEqual(shown);
});
