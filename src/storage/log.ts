/** Where the storage tells what it does; a pino logger is one. */
export interface StorageLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. */
export const SILENT_LOG: StorageLog = { info: () => {}, warn: () => {}, error: () => {} };
