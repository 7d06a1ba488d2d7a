import { FlagField, LimitField, TextField } from '../http/query-fields.js';

export class DryRunQuery {
  @FlagField('say what would happen to open partial matches, store nothing')
  dryRun?: boolean;
}

export class RuleListQuery {
  @TextField('`nextCursor` of the page before', 'card-testing')
  cursor?: string;

  @LimitField()
  limit?: number;
}
