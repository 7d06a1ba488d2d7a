import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { StateStore } from '../../engine/state/keyed/state-store.js';
import type { StateBackend, StateScope } from '../../runtime/ports/state-backend.js';
import { type Level, LevelStateStore } from './level-state-store.js';

export interface EmbeddedLevelOptions {
  /** Of blocks as they are read, for each subtask of a keyed operator, bytes. */
  readonly cacheBytes?: number;
  /** Gathered in memory before it is written to a sorted file, for each subtask, bytes. */
  readonly writeBufferBytes?: number;
}

const MEBIBYTE = 1024 * 1024;

/**
 * Keyed state in a LevelDB for each subtask (what Flink's EmbeddedRocksDBStateBackend is there): state may be larger
 * than memory, at some microseconds for each access. Timers stay in memory.
 */
export class EmbeddedLevelStateBackend implements StateBackend {
  readonly name = 'level';

  /** @param folder of working files, for one program alone; it need not survive anything */
  constructor(
    readonly folder: string,
    private readonly options: EmbeddedLevelOptions = {},
  ) {}

  async createStore({ operator, subtask, groupOf }: StateScope): Promise<StateStore> {
    const path = join(this.folder, `${createHash('sha256').update(operator).digest('hex').slice(0, 16)}-${subtask}`);
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true });
    const level: Level = new ClassicLevel(path, {
      keyEncoding: 'view',
      valueEncoding: 'view',
      cacheSize: this.options.cacheBytes ?? 8 * MEBIBYTE,
      writeBufferSize: this.options.writeBufferBytes ?? 8 * MEBIBYTE,
      // Files are read through maps of memory, which count as resident: 2 MiB for each that is open.
      maxOpenFiles: 100,
    });
    await level.open();
    return new LevelStateStore(level, groupOf, () => rm(path, { recursive: true, force: true }));
  }
}
