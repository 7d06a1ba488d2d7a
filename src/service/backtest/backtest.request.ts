import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional } from 'class-validator';
import { readMoment } from '../http/query-fields.js';

const EXPECTED = 'must be whole milliseconds since 1970 or an ISO 8601 time with an offset';

/** Which events: those of times from `since`, and before `until`. */
export class BacktestRequest {
  @ApiPropertyOptional({ description: 'default: all that the log holds', example: '2026-01-01T00:00:00Z' })
  @IsOptional()
  @Transform(({ value }) => readMoment(value))
  @IsInt({ message: `\`since\` ${EXPECTED}` })
  since?: number;

  @ApiPropertyOptional({ description: 'default: now', example: '2026-01-02T00:00:00Z' })
  @IsOptional()
  @Transform(({ value }) => readMoment(value))
  @IsInt({ message: `\`until\` ${EXPECTED}` })
  until?: number;
}
