import { SEVERITIES } from '../../engine/rule/definition.js';
import { CursorField, FlagField, LimitField, TextField, TimeField, WordField } from '../http/query-fields.js';

/** Filters of the alert stream. */
export class AlertFilterQuery {
  @TextField('only alerts of this rule', 'card-testing')
  rule?: string;

  @TextField('only alerts of this key: JSON or a bare string', 'card-1')
  key?: string;

  @WordField('only alerts of this severity', SEVERITIES)
  severity?: string;

  @FlagField('alerts of shadow rules too')
  shadow?: boolean;
}

/** Filters and paging of the alert list. */
export class AlertListQuery extends AlertFilterQuery {
  @TimeField('detected at or after')
  since?: number;

  @TimeField('detected before')
  until?: number;

  @CursorField()
  cursor?: number;

  @LimitField()
  limit?: number;
}
