import { DomainError } from '../errors/domain-error.js';
import type { Settings } from '../settings/settings.js';

/**
 * Throws DomainError `file-owned` when a file of TRIPLINE_RULES_DIR keeps the thing that the API is to change.
 * Without the setting nothing is kept by files any more.
 */
export function refuseFileOwned(what: string, file: string | null | undefined, { rulesDir }: Settings): void {
  if (rulesDir === undefined || file === null || file === undefined) return;
  throw new DomainError('conflict', 'file-owned', `${what} is kept by the file ${file}: change it there`, { members: { file } });
}
