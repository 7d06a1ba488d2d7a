import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsNumber, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { parseIsoTime } from '../../engine/event/decode/iso-time.js';

const DIGITS = /^-?\d{1,16}$/;

/** A moment: milliseconds since 1970, or ISO 8601 with an offset. The text itself when it is neither. */
export function readMoment(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (DIGITS.test(text)) return Number(text);
  // An unescaped + in a query is a space.
  const time = parseIsoTime(text.replace(/ (\d{2}:?\d{2})$/, '+$1'));
  return typeof time === 'number' ? time : text;
}

export function TimeField(description: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, description: `${description}: milliseconds or ISO 8601`, example: '2026-01-01T00:00:00Z' }),
    IsOptional(),
    Transform(({ value }) => readMoment(value)),
    IsNumber({}, { message: '$property must be milliseconds since 1970 or an ISO 8601 time with an offset' }),
  );
}

export function TextField(description: string, example: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, description, example }),
    IsOptional(),
    IsString({ message: '$property must be given once' }),
    MaxLength(4_096),
  );
}

export function CursorField(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, description: '`nextCursor` of the page before', example: '41' }),
    IsOptional(),
    Transform(({ value }) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value)),
    IsInt({ message: '$property must be the nextCursor of an earlier answer' }),
    Min(0),
  );
}

export function LimitField(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: Number, description: 'items per page, 1 to 1000', example: 100, default: 100 }),
    IsOptional(),
    Transform(({ value }) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value)),
    IsInt({ message: '$property must be a whole number from 1 to 1000' }),
    Min(1),
    Max(1_000),
  );
}

export function FlagField(description: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: Boolean, description, example: true }),
    IsOptional(),
    Transform(({ value }) => (value === 'true' || value === '' ? true : value === 'false' ? false : value)),
    IsBoolean({ message: '$property must be true or false' }),
  );
}

export function WordField(description: string, words: readonly string[]): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ enum: [...words], description }),
    IsOptional(),
    IsIn([...words], { message: `$property must be one of ${words.join(', ')}` }),
  );
}

export const DEFAULT_PAGE = 100;
