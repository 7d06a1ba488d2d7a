import { LimitField, TextField } from '../http/query-fields.js';

export class ListEntriesQuery {
  @TextField('`nextCursor` of the page before', '"c1"')
  readonly cursor?: string;

  @LimitField()
  readonly limit?: number;
}
