/** What PostgresCheckpointStorage needs of the storage of rules; in one module, so that it can be loaded late. */
export { Database } from '../database.js';
export { Lease } from '../lease.js';
export { dropSegments, dropUnfinishedSegments, loadSegments, storeSegment } from '../output/segments.js';
