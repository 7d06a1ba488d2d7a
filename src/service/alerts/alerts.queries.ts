import { SEVERITIES } from '../../engine/rule/definition.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { type AlertState, ALERT_STATES } from '../../storage/triage/alert-states.js';
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

  @WordField('only alerts in this state', ALERT_STATES)
  state?: string;

  @CursorField()
  cursor?: number;

  @LimitField()
  limit?: number;
}

const MAX_NOTE = 1_000;

/** What somebody says about an alert. */
export class AlertStateRequest {
  @ApiProperty({ enum: [...ALERT_STATES] })
  @IsIn([...ALERT_STATES], { message: `\`state\` must be one of ${ALERT_STATES.join(', ')}` })
  state!: AlertState;

  @ApiPropertyOptional({ description: 'why' })
  @IsOptional()
  @IsString({ message: '`note` must be a text' })
  @MaxLength(MAX_NOTE, { message: `\`note\` must have at most ${MAX_NOTE} characters` })
  note?: string;
}
