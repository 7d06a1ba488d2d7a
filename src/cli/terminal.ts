/** Where a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream;
  /** Results. */
  readonly stdout: NodeJS.WritableStream;
  /** Logs, problems of use, progress. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Exit codes of every command. */
export const EXIT = { ok: 0, problems: 1, usage: 2 } as const;

/** Wrong use, or a file that cannot be read: the message goes to standard error, the exit code is 2. */
export class UsageError extends Error {}
