/** The command line: what each command takes, and its help. Commands themselves are loaded when called. */
import { Command, CommanderError } from 'commander';
import type { DemoOptions } from './commands/demo.js';
import type { ExplainOptions } from './commands/explain.js';
import type { CreateKeyOptions, KeysOptions } from './commands/keys.js';
import { type ReplayOptions } from './commands/replay.js';
import type { SavepointOptions } from './commands/savepoint.js';
import { VERSION } from '../version.js';
import { EXIT, type Terminal, UsageError } from './terminal.js';

const EXIT_CODES = '\nExit codes: 0 all is well, 1 problems or failed tests, 2 wrong use or a file that cannot be read.\n';

/** Runs one command line (without `node` and the script) and gives its exit code. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const outcome = { exit: EXIT.ok as number };
  try {
    await program(terminal, outcome).parseAsync([...args], { from: 'user' });
    return outcome.exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof UsageError)) throw error;
    terminal.stderr.write(`tripline: ${error.message}\n`);
    return EXIT.usage;
  }
}

type Outcome = { exit: number };

function program(terminal: Terminal, outcome: Outcome): Command {
  const root = new Command('tripline')
    .description('Alerts on sequences of events: rules, tests and the service.')
    .version(VERSION, '--version', 'write the version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.stdout.write(text), writeErr: (text) => terminal.stderr.write(text) })
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `\nExamples:\n  tripline serve\n  tripline validate my-rule.yaml\n  tripline replay --rule my-rule.yaml --events events.jsonl\n  tripline test rules/\n${EXIT_CODES}`,
    );
  addServe(root);
  addValidate(root, terminal, outcome);
  addTest(root, terminal, outcome);
  addReplay(root, terminal, outcome);
  addExplain(root, terminal, outcome);
  addMatch(root, terminal, outcome);
  addDemo(root, terminal, outcome);
  addKeys(root, terminal, outcome);
  addSavepoint(root, terminal, outcome);
  // Subcommands take over what is set on the root only when it is copied.
  for (const command of root.commands) command.copyInheritedSettings(root);
  return root;
}

function addServe(root: Command): void {
  root
    .command('serve')
    .description('run the service (what `npm start` runs); settings are environment variables')
    .addHelpText('after', '\nExamples:\n  tripline serve\n  PORT=8080 TRIPLINE_DATA_DIR=/var/lib/tripline tripline serve\n')
    .action(async () => {
      const { serve } = await import('../main.js');
      await serve();
    });
}

function addValidate(root: Command, terminal: Terminal, outcome: Outcome): void {
  root
    .command('validate')
    .description('check rule and stream documents and write all their problems')
    .argument('<files...>', 'YAML or JSON (.json); `-` is standard input')
    .option('--json', 'one JSON object for each file instead of text')
    .addHelpText(
      'after',
      `\nA rule is held against the streams among the files and in stream.yaml beside it.\n\nExamples:\n  tripline validate rule.yaml stream.yaml\n  tripline validate --json rules/*/rule.yaml\n${EXIT_CODES}`,
    )
    .action(async (files: string[], options: { json?: boolean }) => {
      const { validate } = await import('./commands/validate.js');
      outcome.exit = await validate(files, options, terminal);
    });
}

function addTest(root: Command, terminal: Terminal, outcome: Outcome): void {
  root
    .command('test')
    .description('run the rules of a folder over their events and compare with what they expect')
    .argument('<dir>', 'a rule folder (rule.yaml, stream.yaml, lists.yaml, events.jsonl, expected.jsonl) or a folder of them')
    .addHelpText('after', `\nExamples:\n  tripline test rules/\n  tripline test rules/card-testing\n${EXIT_CODES}`)
    .action(async (dir: string) => {
      const { test } = await import('./commands/test.js');
      outcome.exit = await test(dir, terminal);
    });
}

function addReplay(root: Command, terminal: Terminal, outcome: Outcome): void {
  root
    .command('replay')
    .description('run a rule over a file of events; its alerts go to standard output, one JSON object a line')
    .requiredOption('--rule <file>', 'the rule, YAML or JSON; `-` is standard input')
    .requiredOption('--events <file>', 'one JSON object a line, or {"$stream": name, "event": {…}}; `-` is standard input')
    .option('--stream <file>', 'the streams it reads (default: stream.yaml beside the rule; else the time is the field `ts`, epoch ms)')
    .option('--lists <file>', 'reference lists, entries by name (default: lists.yaml beside the rule)')
    .option('--watermark <time>', 'where time ends, epoch ms or ISO 8601 (default: the time of the last event)')
    .addHelpText(
      'after',
      `\nEvents may stand in any order; they are taken by their time.\n\nExamples:\n  tripline replay --rule rule.yaml --events events.jsonl\n  zcat day.jsonl.gz | tripline replay --rule rule.yaml --events - --watermark 2026-02-01T00:00:00Z\n${EXIT_CODES}`,
    )
    .action(async (options: ReplayOptions) => {
      const { replay } = await import('./commands/replay.js');
      outcome.exit = await replay(options, terminal);
    });
}

function addExplain(root: Command, terminal: Terminal, outcome: Outcome): void {
  root
    .command('explain')
    .description('say why each match or window of a rule came, and for keys without one what was missing')
    .requiredOption('--rule <file>', 'the rule, YAML or JSON; `-` is standard input')
    .requiredOption('--events <file>', 'one JSON object a line, or {"$stream": name, "event": {…}}; `-` is standard input')
    .option('--key <key>', 'only this key: JSON or a bare text (default: all)')
    .option('--stream <file>', 'the streams it reads (default: stream.yaml beside the rule; else the time is the field `ts`, epoch ms)')
    .option('--lists <file>', 'reference lists, entries by name (default: lists.yaml beside the rule)')
    .option('--watermark <time>', 'where time ends, epoch ms or ISO 8601 (default: the time of the last event)')
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `\nEvents are named by their line in the file.\n\nExamples:\n  tripline explain --rule rule.yaml --events events.jsonl --key card-1\n${EXIT_CODES}`,
    )
    .action(async (options: ExplainOptions) => {
      const { explain } = await import('./commands/explain.js');
      outcome.exit = await explain(options, terminal);
    });
}

function addMatch(root: Command, terminal: Terminal, outcome: Outcome): void {
  root
    .command('match')
    .description('run conformance cases, one JSON object a line, and write what each matches')
    .requiredOption('--cases <file>', 'the cases; `-` is standard input')
    .option('--kind <kind>', 'what the cases are of, when their rules do not tell')
    .addHelpText(
      'after',
      '\nExamples:\n  tripline match --cases examples.jsonl\n  cat random.jsonl | tripline match --cases -\n\nExit codes: 0 every line was answered (rejections are answers), 2 wrong use or a file that cannot be read.\n',
    )
    .action(async (options: { cases: string; kind?: string }) => {
      const { runMatchCommand } = await import('./match/index.js');
      outcome.exit = await runMatchCommand(options, terminal);
    });
}

function addDemo(root: Command, terminal: Terminal, outcome: Outcome): void {
  root
    .command('demo')
    .description('play the ready rules into a running service and show its alerts as they come')
    .option('--url <url>', 'where the service is', 'http://127.0.0.1:3000')
    .option('--api-key <key>', 'an API key of the service, of the role author or admin')
    .option('--duration <seconds>', 'how long it takes; each rule has its minutes or weeks of events in that time', '20')
    .option('--keep', 'leave the rules and streams there (all are called demo-…)')
    .addHelpText(
      'after',
      '\nWhat an earlier demo left is removed first.\n\nExamples:\n  tripline demo\n  tripline demo --url http://tripline.example:3000 --api-key "$KEY" --keep\n\nExit codes: 0 all alerts came, 1 some did not, 2 wrong use, or a service that does not answer or refuses.\n',
    )
    .action(async (options: DemoOptions) => {
      const { demo } = await import('./commands/demo.js');
      outcome.exit = await demo(options, terminal);
    });
}

const TENANT = "whose keys (default: the operator's)";

function addSavepoint(root: Command, terminal: Terminal, outcome: Outcome): void {
  root
    .command('savepoint')
    .description('show what the savepoints or checkpoints of a stream program in a folder hold')
    .argument('<folder>', 'of a FileSystemCheckpointStorage; a program that uses it goes on')
    .option('--json', 'a line of JSON for each')
    .addHelpText('after', '\nExamples:\n  tripline savepoint /var/lib/fraud/savepoint\n  tripline savepoint --json ./checkpoints\n')
    .action(async (folder: string, options: SavepointOptions) => {
      const { savepointCommand } = await import('./commands/savepoint.js');
      outcome.exit = await savepointCommand(folder, options, terminal);
    });
}

function addKeys(root: Command, terminal: Terminal, outcome: Outcome): void {
  const keys = root
    .command('keys')
    .description('make, list and revoke API keys, in the database of the settings')
    .addHelpText(
      'after',
      '\nExamples:\n  tripline keys create --name ops --role admin\n  tripline keys create --name checkout --role producer --expires-in 90d\n  tripline keys list\n  tripline keys revoke 0f6e2d1c9b8a\n',
    );
  keys
    .command('create')
    .description('make a key; it goes to standard output and is shown only now')
    .requiredOption('--name <name>', 'who or what will hold it')
    .requiredOption('--role <role>', 'viewer, producer, author or admin')
    .option('--tenant <name>', TENANT)
    .option('--expires-in <duration>', 'how long it is good for, such as 90d (default: for ever)')
    .action(async (options: CreateKeyOptions) => {
      const { createKeyCommand } = await import('./commands/keys.js');
      outcome.exit = await createKeyCommand(options, terminal);
    });
  keys
    .command('list')
    .description('write all keys, revoked ones too, without their secrets')
    .option('--tenant <name>', TENANT)
    .action(async (options: KeysOptions) => {
      const { listKeysCommand } = await import('./commands/keys.js');
      outcome.exit = await listKeysCommand(options, terminal);
    });
  keys
    .command('revoke')
    .description('end a key; a running service knows within 5 seconds')
    .argument('<id>', 'as list writes it')
    .option('--tenant <name>', TENANT)
    .action(async (id: string, options: KeysOptions) => {
      const { revokeKeyCommand } = await import('./commands/keys.js');
      outcome.exit = await revokeKeyCommand(id, options, terminal);
    });
  for (const command of keys.commands) command.copyInheritedSettings(root);
}
