import { createRequire } from 'node:module';

/** Of the package, as its package.json says. */
export const VERSION = (createRequire(import.meta.url)('tripline/package.json') as { version: string }).version;
