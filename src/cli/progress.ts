import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.js';

/** Below this many items a bar would only flicker. */
const WORTH_A_BAR = 20_000;

export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** A bar on standard error when that is a terminal and the work is long; else nothing. */
export function startProgress(terminal: Terminal, label: string, total: number, worthIt = WORTH_A_BAR): Progress {
  if (terminal.stderr.isTTY !== true || total < worthIt) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({
    stream: terminal.stderr,
    format: `${label} {bar} {percentage}% {value}/{total} {eta_formatted}`,
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
